/**
 * Instants and days as requests, case files and commands may name them: one form each, which every part of the service, its
 * database too, reads alike. Pure.
 */

const FIRST_MS = Date.parse('1900-01-01T00:00:00Z')
const END_MS = Date.parse('9000-01-01T00:00:00Z')
/** What database and languages know; no place on earth has more. */
const OFFSET_MINUTES_MAX = 14 * 60
/**
 * RFC 3339 in its strict form: capital `T` and `Z` (section 5.6 lets a specification ask for them), seconds, an offset with a
 * colon, and no finer fraction than nanoseconds.
 */
const INSTANT = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](\d\d):([0-5]\d))$/
const DAY = /^\d{4}-(\d\d)-(\d\d)$/

/** What an instant of a request must be, as its refusal says it. */
export const INSTANT_WORDS =
  'must be a valid date-time with an offset of at most 14 hours, from 1900-01-01T00:00:00Z to before 9000-01-01T00:00:00Z, without a leap second'
/** What a day of a request must be. */
export const DAY_WORDS = 'must be a valid date from 1900-01-01 to 8999-12-31'

/** Whether a text is an instant of RFC 3339 in the range. A leap second (`:60`) has no place in time as computers count it. */
export function isInstant(text: string): boolean {
  const [, day, , hours, minutes] = INSTANT.exec(text) ?? []
  if (day === undefined || !isCalendarDay(day)) return false
  if (hours !== undefined && Number(hours) * 60 + Number(minutes) > OFFSET_MINUTES_MAX) return false
  return isInRange(Date.parse(text))
}

/** Whether a text is a day that exists, in the range. */
export function isRequestDay(text: string): boolean {
  return isCalendarDay(text) && isInRange(Date.parse(`${text}T00:00:00Z`))
}

function isCalendarDay(text: string): boolean {
  const [, month, day] = DAY.exec(text) ?? []
  if (month === undefined) return false
  const found = new Date(`${text}T00:00:00Z`)
  return found.getUTCMonth() + 1 === Number(month) && found.getUTCDate() === Number(day)
}

function isInRange(ms: number): boolean {
  return ms >= FIRST_MS && ms < END_MS
}
