import type { Day } from '../../platform/kernel/london-day.ts'
import type { WrittenEvent } from './calendar-text.ts'

/** What a calendar shows, and how it says that something has changed. Pure. */

export type EventKind = 'AGREEMENT_REVIEW' | 'AGREEMENT_END' | 'ASSESSMENT_REVIEW' | 'STEP_DUE' | 'SIGN_BY' | 'MEASURE_DUE'

/** A day that something of a record falls on. */
export interface DueEvent {
  readonly kind: EventKind
  /** The record, and what of it: together with the kind it is one event for ever. */
  readonly record: string
  /** How people refer to it. */
  readonly reference: string
  readonly day: Day
  /** Where it is found. */
  readonly path: string
}

/** An event as a calendar has shown it. */
export interface ShownEvent {
  readonly uid: string
  readonly day: Day
  readonly sequence: number
  readonly isCancelled: boolean
  /** ISO 8601. */
  readonly modifiedAt: string
}

/** Words, and how many days before a program reminds of it. */
const KINDS: Readonly<Record<EventKind, { readonly words: string; readonly alarmDays: number }>> = {
  AGREEMENT_REVIEW: { words: 'review due', alarmDays: 7 },
  AGREEMENT_END: { words: 'last day', alarmDays: 30 },
  ASSESSMENT_REVIEW: { words: 'DPIA review due', alarmDays: 30 },
  STEP_DUE: { words: 'review step due', alarmDays: 1 },
  SIGN_BY: { words: 'sign by', alarmDays: 2 },
  MEASURE_DUE: { words: 'measure of its DPIA due', alarmDays: 7 },
}
/** For how many days it is still told that something was taken out, or is over. */
const TOLD_DAYS = 90

export function uidOf({ kind, record }: Pick<DueEvent, 'kind' | 'record'>): string {
  return `${record}/${kind}`
}

/**
 * How each event is shown from now on: a new day counts up its sequence, and so does its removal. What is past and goes stays as it was:
 * nobody took it out.
 *
 * @param now ISO 8601; `today` is its London day
 */
export function nextShown(shown: readonly ShownEvent[], due: readonly DueEvent[], now: string, today: Day): ShownEvent[] {
  const before = new Map(shown.map((event) => [event.uid, event]))
  const wanted = new Map(due.map((event) => [uidOf(event), event.day]))
  const present = [...wanted].map(([uid, day]): ShownEvent => {
    const known = before.get(uid)
    if (!known) return { uid, day, sequence: 0, isCancelled: false, modifiedAt: now }
    return known.day === day && !known.isCancelled ? known : { uid, day, sequence: known.sequence + 1, isCancelled: false, modifiedAt: now }
  })
  const gone = shown.filter(({ uid }) => !wanted.has(uid))
  return [
    ...present,
    ...gone.map((event) =>
      event.isCancelled || event.day < today ? event : { ...event, sequence: event.sequence + 1, isCancelled: true, modifiedAt: now },
    ),
  ]
}

/** The events of a calendar as they are written, in the order of their days. What was taken out says so by its kind alone: it may no longer be known. */
export function written(shown: readonly ShownEvent[], due: readonly DueEvent[], now: string, publicUrl: URL): WrittenEvent[] {
  const known = new Map(due.map((event) => [uidOf(event), event]))
  const since = new Date(Date.parse(now) - TOLD_DAYS * 86_400_000).toISOString()
  return shown
    .filter(({ uid, modifiedAt, day }) => known.has(uid) || modifiedAt > since || day > since.slice(0, 10))
    .toSorted((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : one.uid < other.uid ? -1 : 1))
    .map((event) => {
      const found = known.get(event.uid)
      const { words, alarmDays } = KINDS[event.uid.slice(event.uid.lastIndexOf('/') + 1) as EventKind]
      const summary = found ? `${found.reference}: ${words}` : `No longer shown: ${words}`
      return { ...event, uid: `${event.uid}@${publicUrl.host}`, summary, alarmDays, url: new URL(found?.path ?? '/', publicUrl).href }
    })
}
