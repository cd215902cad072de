import { addDays, type Day, daysBetween, isDay } from '../platform/kernel/london-day.ts'

/** The entry of an organisation in the register, which its own people confirm once a year (screens E21). Pure. */

/** Days after which an organisation whose entry is still not confirmed is reminded. */
const REMIND_DAYS = 30

/** The day from which an entry that was right on `since` is to be confirmed anew: twelve months later. */
export function toConfirmFrom(since: Day): Day {
  const sameDay = `${Number(since.slice(0, 4)) + 1}${since.slice(4)}`
  return isDay(sameDay) ? sameDay : addDays(`${sameDay.slice(0, 8)}28`, 1)
}

/** The last day, up to today, on which an organisation is to be told that its entry waits to be confirmed; undefined: not yet. */
export function lastTelling(since: Day, today: Day): Day | undefined {
  const first = toConfirmFrom(since)
  const days = daysBetween(first, today)
  return days < 0 ? undefined : addDays(first, days - (days % REMIND_DAYS))
}
