import { addDays, type Day, londonDay, spokenDay } from '../../platform/kernel/london-day.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { type Person, unprocessable } from '../held-role.ts'

/** Training that somebody completed, as their organisation recorded it; it keeps what it says, and is withdrawn where that was wrong. */
export interface Training {
  readonly id: string
  readonly org: string
  readonly person: Person
  /** The same course by the same name renews it. */
  readonly course: string
  readonly provider: string | null
  readonly completed_on: Day
  /** The last London day on which it counts. */
  readonly ends_on: Day
  /** Whether its person signs nothing for the organisation once it has ended. */
  readonly is_required: boolean
  readonly recorded_at: string
  readonly withdrawn_at: string | null
  readonly withdraw_reason: string | null
}

/** Days before its end on which its person is warned (screens, people records). */
const WARNED_DAYS = [60, 30, 7]

/** Of one person, the record of each course that counts longest: what was renewed or withdrawn counts no more. In no order. Pure. */
export function countingOf(all: readonly Training[]): readonly Training[] {
  const newest = new Map<string, Training>()
  for (const one of all) {
    const known = newest.get(one.course)
    if (one.withdrawn_at === null && (!known || known.ends_on < one.ends_on)) newest.set(one.course, one)
  }
  return [...newest.values()]
}

/** Why somebody with these records signs nothing today: required training of theirs has ended. undefined: they may. Pure. */
export function signingRefused(all: readonly Training[], today: Day): Refusal | undefined {
  const [ended] = countingOf(all)
    .filter(({ is_required, ends_on }) => is_required && ends_on < today)
    .toSorted((one, other) => (one.ends_on < other.ends_on ? -1 : 1))
  if (!ended) return undefined
  const detail = `Your training “${ended.course}” ended on ${spokenDay(ended.ends_on)}, and nobody signs after theirs has: renew it, and have your SIRO record that.`
  return refusal('FORBIDDEN', detail, [{ pointer: '', detail, code: 'TRAINING' }])
}

/** The day of the last warning that was due up to today; undefined: none yet, or it has ended. Pure. */
export function lastWarning({ ends_on }: Pick<Training, 'ends_on'>, today: Day): Day | undefined {
  if (ends_on < today) return undefined
  return WARNED_DAYS.map((days) => addDays(ends_on, -days))
    .filter((day) => day <= today)
    .at(-1)
}

/** The ends of training of which somebody may have to be warned today lie in these days. */
export function warnedEnds(today: Day): { readonly from: Day; readonly to: Day } {
  return { from: today, to: addDays(today, Math.max(...WARNED_DAYS)) }
}

/** Why training cannot be recorded so; undefined: it can. Pure. `now` is ISO 8601. */
export function trainingRefused({ completed_on, ends_on }: Pick<Training, 'completed_on' | 'ends_on'>, now: string): Refusal | undefined {
  if (completed_on > londonDay(Date.parse(now))) return unprocessable('/completed_on', 'Training is recorded once it is completed.')
  return ends_on <= completed_on ? unprocessable('/ends_on', 'It ends after it was completed.') : undefined
}
