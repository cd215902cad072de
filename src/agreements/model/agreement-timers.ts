import type { Instant } from '../../platform/kernel/instant.ts'
import { addDays, type Day, londonDay, londonMidnight, londonMorning } from '../../platform/kernel/london-day.ts'
import type { Agreement } from '../agreement.ts'
import { dpiaAt } from './in-force.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { governing, valueAt } from './standing.ts'

/**
 * What of an agreement falls due by the calendar (5.5, 5.6): its review, before it is due and once it is overdue, and its end. Nothing of it
 * changes what is permitted: that is worked out at every decision. Pure.
 */

/** Days before a review or an end on which the parties are told. */
const DAYS_BEFORE = [90, 30, 7] as const
/** For how many days ahead timers are set. */
export const PLANNED_DAYS = 91

export type AgreementTimerKind = `REVIEW_DUE_${90 | 30 | 7}` | 'REVIEW_OVERDUE' | 'REVIEW_BLOCKS' | `EXPIRY_${90 | 30 | 7}`

export interface AgreementTimer {
  readonly kind: AgreementTimerKind
  /** The day that it is about: of the review, or the last one of the governing version. */
  readonly day: Day
  readonly at: Instant
  /** From here on an overdue review denies; null: it never does, or it is not about one. */
  readonly deniesFrom: Day | null
}

/** What a timer is called, and back: another review date is another timer. */
export const nameOfTimer = ({ kind, day }: Pick<AgreementTimer, 'kind' | 'day'>): string => `${kind}:${day}`

/** A day of an agreement that its parties look ahead to. */
export interface DueDay {
  readonly kind: 'AGREEMENT_REVIEW' | 'AGREEMENT_END' | 'ASSESSMENT_REVIEW'
  readonly day: Day
}

/** The days that lie ahead of an agreement as it stands at an instant, and reviews that are overdue: its own, and that of its assessment. */
export function dueDays(agreement: Agreement, at: Instant): DueDay[] {
  const { review, end, assessment } = daysOf(agreement, at)
  return [
    ...(review === null ? [] : [{ kind: 'AGREEMENT_REVIEW' as const, day: review }]),
    ...(end === null || end < londonDay(at) ? [] : [{ kind: 'AGREEMENT_END' as const, day: end }]),
    ...(assessment === null ? [] : [{ kind: 'ASSESSMENT_REVIEW' as const, day: assessment }]),
  ]
}

/** Days of an agreement in force; null where there is none. */
interface DaysAhead {
  readonly review: Day | null
  /** The last day. */
  readonly end: Day | null
  /** From when an overdue review denies. */
  readonly denies: Day | null
  /** The review of the assessment, where one is required. */
  readonly assessment: Day | null
}

function daysOf(agreement: Agreement, at: Instant): DaysAhead {
  const facts = lifecycleFacts(agreement)
  const leading = governing(facts, at, londonDay(at))
  if (!leading || agreement.status !== 'ACTIVE' || at >= facts.terminatedAt)
    return { review: null, end: null, denies: null, assessment: null }
  const { due, lastDay } = valueAt(facts.reviews, at)
  const end = leading.version.effectiveTo
  const hasEnded = end !== null && londonDay(at) > end
  const { required, review_due } = dpiaAt(agreement, facts, at)
  return {
    review: hasEnded ? null : due,
    end,
    denies: lastDay === null ? null : addDays(lastDay, 1),
    assessment: hasEnded || !required ? null : review_due,
  }
}

/** Everything that falls due in an agreement as it stands at an instant, whether or not it has by then, in order. */
export function agreementTimers(agreement: Agreement, at: Instant): AgreementTimer[] {
  const { review: due, end, denies } = daysOf(agreement, at)
  const timers: AgreementTimer[] = []
  if (due !== null) {
    for (const days of DAYS_BEFORE)
      timers.push({ kind: `REVIEW_DUE_${days}`, day: due, at: londonMorning(addDays(due, -days)), deniesFrom: denies })
    timers.push({ kind: 'REVIEW_OVERDUE', day: due, at: londonMidnight(addDays(due, 1)), deniesFrom: denies })
    if (denies !== null) timers.push({ kind: 'REVIEW_BLOCKS', day: due, at: londonMidnight(denies), deniesFrom: denies })
  }
  if (end !== null)
    for (const days of DAYS_BEFORE)
      timers.push({ kind: `EXPIRY_${days}`, day: end, at: londonMorning(addDays(end, -days)), deniesFrom: null })
  return timers.toSorted((one, other) => one.at - other.at)
}

/** The timers to be set: those to come, and of a review that is overdue already the last thing that is to be told, once. */
export function timersToSet(agreement: Agreement, at: Instant): AgreementTimer[] {
  const timers = agreementTimers(agreement, at)
  const overdue = timers.filter((timer) => timer.at <= at && (timer.kind === 'REVIEW_OVERDUE' || timer.kind === 'REVIEW_BLOCKS'))
  const until = londonMidnight(addDays(londonDay(at), PLANNED_DAYS))
  return [...overdue.slice(-1), ...timers.filter((timer) => timer.at > at && timer.at <= until)]
}
