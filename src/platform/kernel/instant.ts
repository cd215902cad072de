/**
 * An instant as the rules count with it: Unix milliseconds. Text (ISO 8601 with an offset) is how an instant is written in rows
 * and messages; it is read once, here, where it comes in. Two instants compare as numbers.
 */
export type Instant = number

/** Later than every instant: what has no end. */
export const NEVER: Instant = Number.POSITIVE_INFINITY
/** Earlier than every instant: what has no beginning on record. */
export const ALWAYS: Instant = Number.NEGATIVE_INFINITY

/** The instant that a text names; `absent` where there is none. @throws RangeError for text that names none */
export function instantOf(written: string | null | undefined, absent: Instant = NEVER): Instant {
  if (written === null || written === undefined) return absent
  const at = Date.parse(written)
  if (Number.isNaN(at)) throw new RangeError(`not an instant: ${written}`)
  return at
}

/** An instant as text, ISO 8601 in UTC; null for one that never comes. */
export function written(at: Instant): string | null {
  return Number.isFinite(at) ? new Date(at).toISOString() : null
}

/** A half-open interval of instants [from, to). */
export interface Interval {
  readonly from: Instant
  readonly to: Instant
}

/** Whether one of the intervals holds at an instant. */
export function holdsAt(intervals: readonly Interval[], at: Instant): boolean {
  return intervals.some((interval) => interval.from <= at && at < interval.to)
}
