import { addDays, type Day } from '../../platform/kernel/london-day.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'

/**
 * What the days of a text may say, for every door that takes them: a draft, an amendment, a renewal, an import. Days are London
 * local dates, both ends included. Pure.
 */

/** A last day before the first. */
export function dayFaults(from: Day | null, to: Day | null, pointer: string): Fault[] {
  return from !== null && to !== null && to < from
    ? [{ pointer, detail: `It ends on ${to}, before it begins on ${from}.`, code: 'ENDS_BEFORE_IT_BEGINS' }]
    : []
}

/** Days as somebody names them for the next version; a day that is absent is not named, null is named and open. */
export interface NamedDays {
  readonly effective_from?: Day | null | undefined
  readonly effective_to?: Day | null | undefined
}

/**
 * The days of the next version of a text, and what is wrong with them. An end that was agreed goes on unless another one, or none,
 * is named: it never falls away because it no longer fits.
 */
export function nextDays(
  before: { readonly effective_to: Day | null },
  { effective_from = null, effective_to }: NamedDays,
): { readonly from: Day | null; readonly to: Day | null; readonly faults: readonly Fault[] } {
  const to = effective_to === undefined ? before.effective_to : effective_to
  if (effective_to === undefined && to !== null && effective_from !== null && to < effective_from) {
    const detail = `The text it follows ends on ${to}, before ${effective_from}: name the last day of this one, or null for no end.`
    return { from: effective_from, to, faults: [{ pointer: '/effective_to', detail, code: 'END_NOT_NAMED' }] }
  }
  return { from: effective_from, to, faults: dayFaults(effective_from, to, '/effective_to') }
}

/** The days between two texts on which neither holds; null: one follows on the other. */
export function gapBetween(
  before: { readonly effective_to: Day | null },
  after: { readonly effective_from: Day | null },
): { readonly from: Day; readonly to: Day } | null {
  if (before.effective_to === null || after.effective_from === null) return null
  const from = addDays(before.effective_to, 1)
  return from < after.effective_from ? { from, to: addDays(after.effective_from, -1) } : null
}

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
