import type { Day } from '../../platform/kernel/london-day.ts'

/**
 * Calendars as text (iCalendar, RFC 5545): days on which something is due. A subset that calendar programs read alike: lines of at most 75
 * octets, CRLF, all-day events. Pure.
 */

/** An event as it is written. */
export interface WrittenEvent {
  /** Stable: a program that holds a copy knows it again. */
  readonly uid: string
  readonly day: Day
  /** One line, of references and kinds only. */
  readonly summary: string
  readonly url: string
  /** Counts the changes. */
  readonly sequence: number
  readonly isCancelled: boolean
  /** ISO 8601. */
  readonly modifiedAt: string
  /** Days before at which a program reminds of it. */
  readonly alarmDays: number
}

const OCTETS_MAX = 75

/** A calendar of these events. */
export function calendarText(name: string, events: readonly WrittenEvent[]): string {
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Accord//Calendar//EN', 'CALSCALE:GREGORIAN', 'METHOD:PUBLISH'],
    ...[`X-WR-CALNAME:${escaped(name)}`, 'REFRESH-INTERVAL;VALUE=DURATION:PT6H', 'X-PUBLISHED-TTL:PT6H'],
    ...events.flatMap(eventLines),
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

function eventLines({ uid, day, summary, url, sequence, isCancelled, modifiedAt, alarmDays }: WrittenEvent): string[] {
  const alarm = ['BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${escaped(summary)}`, `TRIGGER:-P${alarmDays}D`, 'END:VALARM']
  return [
    ...['BEGIN:VEVENT', `UID:${escaped(uid)}`, `DTSTAMP:${basic(modifiedAt)}`, `LAST-MODIFIED:${basic(modifiedAt)}`],
    ...[`SEQUENCE:${sequence}`, `STATUS:${isCancelled ? 'CANCELLED' : 'CONFIRMED'}`, `DTSTART;VALUE=DATE:${day.replaceAll('-', '')}`],
    ...[`SUMMARY:${escaped(summary)}`, `URL:${url}`, 'TRANSP:TRANSPARENT'],
    ...(isCancelled ? [] : alarm),
    'END:VEVENT',
  ]
}

/** RFC 5545, 3.3.11. */
function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/\r?\n|\r/g, '\\n')
}

/** RFC 5545, 3.3.5: an instant in UTC, to the second. */
function basic(instant: string): string {
  return `${instant.slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** RFC 5545, 3.1: a line of more than 75 octets goes on in the next one after a space, never within a character. */
function folded(line: string): string {
  if (Buffer.byteLength(line) <= OCTETS_MAX) return line
  const parts: string[] = []
  let part = ''
  for (const character of line) {
    if (Buffer.byteLength(part + character) > OCTETS_MAX - (parts.length > 0 ? 1 : 0)) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part].join('\r\n ')
}
