import addFormats from 'ajv-formats'

/** Instants and days as requests may name them: those that every part of the service, its database too, can work with. Pure. */

const FIRST_MS = Date.parse('1900-01-01T00:00:00Z')
const END_MS = Date.parse('9000-01-01T00:00:00Z')
/** What database and languages know; no place on earth has more. */
const OFFSET_HOURS_MAX = 14

const looksRight = { 'date-time': shipped('date-time'), date: shipped('date') }

/** What an instant of a request must be, as its refusal says it. */
export const INSTANT_WORDS =
  'must be a valid date-time with an offset of at most 14 hours, from 1900-01-01T00:00:00Z to before 9000-01-01T00:00:00Z, without a leap second'
/** What a day of a request must be. */
export const DAY_WORDS = 'must be a valid date from 1900-01-01 to 8999-12-31'

/** Whether a text is an instant of RFC 3339 in the range. A leap second (`:60`) has no place in time as computers count it. */
export function isInstant(text: string): boolean {
  const offset = /[+-](\d\d):?(\d\d)?$/.exec(text)
  const isFar = offset !== null && Number(offset[1]) * 60 + Number(offset[2] ?? 0) > OFFSET_HOURS_MAX * 60
  return looksRight['date-time'](text) && !isFar && isInRange(Date.parse(text))
}

/** Whether a text is a day that exists, in the range. */
export function isRequestDay(text: string): boolean {
  return looksRight.date(text) && isInRange(Date.parse(`${text}T00:00:00Z`))
}

function isInRange(ms: number): boolean {
  return ms >= FIRST_MS && ms < END_MS
}

function shipped(name: 'date-time' | 'date'): (text: string) => boolean {
  const format = addFormats.default.get(name)
  if (typeof format === 'object' && 'validate' in format && typeof format.validate === 'function')
    return format.validate as (text: string) => boolean
  throw new Error(`there is no format ${name}`)
}
