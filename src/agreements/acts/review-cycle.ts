/** Months between reviews where an agreement names none: the stricter of the two cycles (5.6). */
export const REVIEW_CYCLE_MONTHS = 12

/** The day `count` calendar months after `day` (both `yyyy-mm-dd`); the last of the month where it has no such day. Pure. */
export function addMonths(day: string, count: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + count, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(date, last))
  return first.toISOString().slice(0, 10)
}
