import { type DraftFacts, organisationFaults, unknownCode, unknownCodes } from '../agreements/model/draft-rules.ts'
import type { Identity } from '../identity/principal.ts'
import { type Instant, instantOf } from '../platform/kernel/instant.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import type { Fault } from '../platform/kernel/refusal.ts'
import { addWorkingDays } from '../platform/kernel/working-days.ts'
import { type Breach, type BreachAssessment, type BreachCommunication, type BreachView, breachView } from './breach.ts'

/** What was disclosed in an emergency, and its review (domain reference, 6.6 EM-5 and EM-6). Pure. */

export type EmergencyOutcome = 'JUSTIFIED' | 'JUSTIFIED_EXCESSIVE_DATA' | 'NOT_JUSTIFIED'

export interface Emergency {
  readonly id: string
  /** Whose person acted; its people review it. */
  readonly org: string
  /** null: it was recorded afterwards. */
  readonly decision_id: string | null
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly ground: string | null
  /** Only of what was recorded afterwards: what is stated to a decision stays in its record. */
  readonly justification: string | null
  readonly lawful_basis: string | null
  readonly actor: Identity | null
  readonly happened_at: string
  readonly recorded_at: string
  readonly status: 'OPEN' | 'REVIEWED'
  readonly sign_off: string
  readonly content_hash: string
  readonly review_due: Day
  readonly outcome: EmergencyOutcome | null
  readonly dsa_needed: boolean | null
  readonly reason: string | null
  readonly excessive_items: readonly string[]
  readonly reviewed_at: string | null
  /** When the organisation became aware that it was not justified. */
  readonly aware_at: string | null
  /** What came of the breach that it may be; null: it is none, or to be assessed. */
  readonly assessment: BreachAssessment | null
  readonly communication: BreachCommunication | null
}

/** What happened, before its review is opened: what is reviewed is the hash of this. */
export type HappenedEmergency = Omit<
  Emergency,
  | 'id'
  | 'recorded_at'
  | 'status'
  | 'sign_off'
  | 'content_hash'
  | 'review_due'
  | 'outcome'
  | 'dsa_needed'
  | 'reason'
  | 'excessive_items'
  | 'reviewed_at'
  | 'aware_at'
  | 'assessment'
  | 'communication'
>

/** One as it is shown. */
export interface EmergencyView extends Omit<Emergency, 'actor' | 'aware_at' | 'assessment' | 'communication'> {
  readonly actor: string | null
  readonly recorded_after: boolean
  readonly is_review_overdue: boolean
  readonly breach: BreachView | null
}

/** What somebody records afterwards. */
export interface AskedEmergency {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly ground: string
  readonly justification: string
  readonly lawful_basis?: string | null | undefined
  readonly actor?: string | null | undefined
  readonly happened_at: string
}

/** What the review found. */
export interface ReviewBody {
  readonly outcome: EmergencyOutcome
  readonly dsa_needed: boolean
  readonly reason: string
  readonly excessive_items?: readonly string[] | null | undefined
  readonly aware_at?: string | null | undefined
}

const REVIEW_WORKING_DAYS = 2
/** So many events of one pair and purpose in 90 days are no emergency any longer: they need an agreement (EM-5, Policy). */
export const EVENTS_MAX = 3
export const EVENTS_WINDOW_MS = 90 * 24 * 60 * 60 * 1000

/** The last London day of the review: two working days after it happened, or after it was recorded where that came later. */
export function reviewDue(at: string): Day {
  return addWorkingDays(londonDay(Date.parse(at)), REVIEW_WORKING_DAYS)
}

/** What cannot be recorded so; however late it is, it can. */
export function recordFaults(asked: AskedEmergency, facts: DraftFacts, now: string): Fault[] {
  const { provider, recipient, purpose, data_items, ground, lawful_basis = null, happened_at } = asked
  return [
    ...organisationFaults(facts, provider, now, '/provider'),
    ...organisationFaults(facts, recipient, now, '/recipient'),
    ...(provider === recipient ? [{ pointer: '/recipient', detail: 'Nobody discloses to itself.', code: 'SAME_CONTROLLER' }] : []),
    ...unknownCode(facts, 'PURPOSE', purpose, '/purpose'),
    ...unknownCodes(facts, 'DATA_ITEM', data_items, '/data_items'),
    ...unknownCode(facts, 'EMERGENCY_GROUND', ground, '/ground'),
    ...unknownCode(facts, 'LAWFUL_BASIS', lawful_basis, '/lawful_basis'),
    ...(instantOf(happened_at) > Date.parse(now)
      ? [{ pointer: '/happened_at', detail: 'It has happened: now or earlier.', code: 'FUTURE' }]
      : []),
  ]
}

/** What a review cannot say of an emergency. */
export function reviewFaults({ outcome, excessive_items, aware_at }: ReviewBody, emergency: Emergency, now: string): Fault[] {
  const items = excessive_items ?? []
  const isExcessive = outcome === 'JUSTIFIED_EXCESSIVE_DATA'
  const faults: Fault[] = items.flatMap((code, index) =>
    emergency.data_items.includes(code)
      ? []
      : [{ pointer: `/excessive_items/${index}`, detail: 'It was not among what was disclosed.', code: 'ITEM' }],
  )
  if (isExcessive !== items.length > 0)
    faults.push({
      pointer: '/excessive_items',
      detail: 'JUSTIFIED_EXCESSIVE_DATA names what was too much, and nothing else does.',
      code: 'EXCESSIVE',
    })
  if (aware_at && outcome !== 'NOT_JUSTIFIED')
    faults.push({ pointer: '/aware_at', detail: 'Only what was not justified is a breach to be aware of.', code: 'AWARE' })
  else if (aware_at && (instantOf(aware_at) > Date.parse(now) || instantOf(aware_at) < instantOf(emergency.happened_at)))
    faults.push({ pointer: '/aware_at', detail: 'Awareness comes after what happened, now or earlier.', code: 'AWARE' })
  return faults
}

/** An emergency as its review leaves it. */
export function reviewed(
  emergency: Emergency,
  { outcome, dsa_needed, reason, excessive_items, aware_at }: ReviewBody,
  now: string,
): Emergency {
  return {
    ...emergency,
    ...{ status: 'REVIEWED', outcome, dsa_needed, reason, excessive_items: excessive_items ?? [], reviewed_at: now },
    aware_at: outcome === 'NOT_JUSTIFIED' ? new Date(aware_at ?? now).toISOString() : null,
  }
}

/** The breach that an emergency may be, as its review left it; null: the review found none, or is to come. */
export function breachOf({ happened_at, aware_at, assessment, communication }: Emergency): Breach | null {
  return aware_at === null ? null : { happened_at, aware_at, assessment, communication }
}

/** One as it is shown at an instant. */
export function viewOf(emergency: Emergency, now: Instant): EmergencyView {
  const { actor, aware_at: _aware, assessment: _assessment, communication: _communication, ...rest } = emergency
  const breach = breachOf(emergency)
  return {
    ...rest,
    actor: actor?.sub ?? null,
    recorded_after: emergency.decision_id === null,
    is_review_overdue: emergency.status === 'OPEN' && emergency.review_due < londonDay(now),
    breach: breach && breachView(breach, now),
  }
}
