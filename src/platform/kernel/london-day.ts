/** A calendar day of London as `yyyy-mm-dd`. Two of them compare correctly with `<` as text. */
export type Day = string

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const MORNING_HOUR = 9
const REMEMBERED_MAX = 20_000
/** Since this instant London's clocks differ from UTC by whole hours and change on the hour, so a UTC hour lies in one day. */
const WHOLE_HOURS_SINCE_MS = Date.UTC(1972, 0, 1)

const londonFormat = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London', year: 'numeric', month: '2-digit', day: '2-digit' })
const dayOfHour = new Map<number, Day>()

/**
 * The day it is in London at an instant.
 *
 * @param ms Unix milliseconds
 * @returns `yyyy-mm-dd`; remembered per UTC hour, so that asking again costs well under a microsecond
 * @see Summer Time Act 1972: clocks change at 01:00 Greenwich mean time
 */
export function londonDay(ms: number): Day {
  if (ms < WHOLE_HOURS_SINCE_MS) return londonFormat.format(ms)
  const hour = Math.floor(ms / HOUR_MS)
  const known = dayOfHour.get(hour)
  if (known !== undefined) return known
  return remember(dayOfHour, hour, londonFormat.format(ms))
}

/** The instant (Unix milliseconds) at which a London day begins: 00:00 UTC in winter, 23:00 UTC of the day before in summer. */
export function londonMidnight(day: Day): number {
  const utcMidnight = toUtc(day)
  return londonDay(utcMidnight - HOUR_MS) === day ? utcMidnight - HOUR_MS : utcMidnight
}

/** 09:00 of a London day (Unix milliseconds), when people are told: clocks change at 01:00, so it lies 15 hours before the next midnight on every day. */
export function londonMorning(day: Day): number {
  return londonMidnight(addDays(day, 1)) - (24 - MORNING_HOUR) * HOUR_MS
}

/** The first instant (Unix milliseconds) after `ms` at which a new day begins in London: 23, 24 or 25 hours after the last one. */
export function nextLondonMidnight(ms: number): number {
  return londonMidnight(addDays(londonDay(ms), 1))
}

/** The day `count` calendar days after `day`; before it when `count` is negative. */
export function addDays(day: Day, count: number): Day {
  return fromUtc(toUtc(day) + count * DAY_MS)
}

/** How many calendar days `to` lies after `from`; negative when it lies before. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((toUtc(to) - toUtc(from)) / DAY_MS)
}

/** The day of the week: 0 is Sunday, 6 is Saturday. */
export function weekday(day: Day): number {
  return new Date(toUtc(day)).getUTCDay()
}

/** Whether the text is a day that exists, written `yyyy-mm-dd`; 2026-02-30 is not. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && fromUtc(ms) === text
}

const spokenDayFormat = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' })
const spokenInstantFormat = new Intl.DateTimeFormat('en-GB', {
  ...{ timeZone: 'Europe/London', day: 'numeric', month: 'long', year: 'numeric' },
  ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
})

/** A day as a person writes it: "1 July 2024". */
export function spokenDay(day: Day): string {
  return spokenDayFormat.format(toUtc(day))
}

/** An instant as a person in London writes it: "30 June 2024, 14:05 London time". */
export function spokenInstant(ms: number): string {
  const parts = new Map(spokenInstantFormat.formatToParts(ms).map(({ type, value }) => [type, value]))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? ''
  return `${part('day')} ${part('month')} ${part('year')}, ${part('hour')}:${part('minute')} London time`
}

/** The time of day in London: "14:05"; for what lies minutes away. */
export function spokenTime(ms: number): string {
  return /\d\d:\d\d/.exec(spokenInstantFormat.format(ms))?.[0] ?? ''
}

/** Days that were written or read lately: a decision counts with the same few again and again. */
const utcOfDay = new Map<Day, number>()
const dayOfUtc = new Map<number, Day>()

function toUtc(day: Day): number {
  const known = utcOfDay.get(day)
  if (known !== undefined) return known
  const ms = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(ms)) throw new RangeError(`not a day: ${day}`)
  return remember(utcOfDay, day, ms)
}

function fromUtc(ms: number): Day {
  const known = dayOfUtc.get(ms)
  if (known !== undefined) return known
  return remember(dayOfUtc, ms, new Date(ms).toISOString().slice(0, 10))
}

/** Questions about far-apart days (a replay) must not fill the memory: then it starts again. */
function remember<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value {
  if (known.size >= REMEMBERED_MAX) known.clear()
  known.set(key, value)
  return value
}
