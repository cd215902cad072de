import type { Identity } from '../identity/principal.ts'
import { type Instant, instantOf } from '../platform/kernel/instant.ts'
import type { Fault } from '../platform/kernel/refusal.ts'

/** The assessment of a personal data breach: what was found, whether and when the regulator and the people were told (UK GDPR Arts 33, 34). Pure. */

/** NO_BREACH (Art 4(12)); RISK_UNLIKELY: documented and not notified (Art 33(1), (5)); RISK: notified; HIGH_RISK: the people are told as well (Art 34(1)). */
export type BreachFinding = 'NO_BREACH' | 'RISK_UNLIKELY' | 'RISK' | 'HIGH_RISK'

/** Why people are not told of a breach that was likely to be a high risk: the data could be read by nobody, the risk was removed, or a public communication took its place (Art 34(3)(a) to (c)). */
export type NotToldGround = 'PROTECTED_DATA' | 'RISK_REMOVED' | 'DISPROPORTIONATE_EFFORT'

/** Who recorded something, and in whose place. */
export interface RecordedBy {
  readonly at: string
  readonly by: Identity
  readonly deputy_for: Identity | null
}

/** What a data protection officer records of a breach. */
export interface BreachAssessment extends RecordedBy {
  readonly finding: BreachFinding
  readonly reason: string
  /** What was done about it (Art 33(5)); null: there was none. */
  readonly measures: string | null
  readonly notified_at: string | null
  readonly regulator_reference: string | null
  /** Why it was notified after 72 hours (Art 33(1)). */
  readonly late_reason: string | null
}

/** How the people were told, or why not. */
export interface BreachCommunication extends RecordedBy {
  readonly told_at: string | null
  readonly ground: NotToldGround | null
  readonly what: string
}

type Asked<T> = { readonly [Name in keyof T]?: T[Name] | null | undefined }
export type AssessmentBody = Pick<BreachAssessment, 'finding' | 'reason'> &
  Asked<Pick<BreachAssessment, 'measures' | 'notified_at' | 'regulator_reference' | 'late_reason'>>
export type CommunicationBody = Pick<BreachCommunication, 'what'> & Asked<Pick<BreachCommunication, 'told_at' | 'ground'>>

/** A breach on its way: when it happened and became known, and what was recorded of it. */
export interface Breach {
  readonly happened_at: string
  readonly aware_at: string
  readonly assessment: BreachAssessment | null
  readonly communication: BreachCommunication | null
}

export type BreachState = 'TO_ASSESS' | 'TO_COMMUNICATE' | 'CLOSED'

/** What somebody recorded, as it is shown. */
type Shown<T extends RecordedBy> = Omit<T, 'by' | 'deputy_for'> & { readonly by: string; readonly deputy_for: string | null }

export interface BreachView {
  readonly aware_at: string
  readonly notify_by: string
  readonly state: BreachState
  readonly is_overdue: boolean
  readonly assessment: Shown<BreachAssessment> | null
  readonly communication: Shown<BreachCommunication> | null
}

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const NOTIFY_MS = 72 * HOUR_MS
/** A day is left to notify. */
const REMINDED_BEFORE_MS = DAY_MS
/** "Without undue delay" (Art 34(1)) names no day: whoever has not told the people by then hears of it again (Policy). */
const COMMUNICATION_REMINDED_DAYS = [3, 7] as const

/** Until when the regulator is told: 72 hours from awareness (UK GDPR Art 33(1)). */
export function notifyBy(awareAt: string): string {
  return new Date(instantOf(awareAt) + NOTIFY_MS).toISOString()
}

/** What is still to be done. */
export function breachState({ assessment, communication }: Pick<Breach, 'assessment' | 'communication'>): BreachState {
  if (assessment === null) return 'TO_ASSESS'
  return assessment.finding === 'HIGH_RISK' && communication === null ? 'TO_COMMUNICATE' : 'CLOSED'
}

/** One as it is shown at an instant. */
export function breachView(breach: Breach, now: Instant): BreachView {
  const { aware_at, assessment, communication } = breach
  const [notify_by, state] = [notifyBy(aware_at), breachState(breach)]
  return {
    ...{ aware_at, notify_by, state, is_overdue: state === 'TO_ASSESS' && instantOf(notify_by) < now },
    ...{ assessment: assessment && shown(assessment), communication: communication && shown(communication) },
  }
}

function shown<T extends RecordedBy>({ by, deputy_for, ...rest }: T) {
  return { ...rest, by: by.sub, deputy_for: deputy_for?.sub ?? null }
}

/** What an assessment cannot say of a breach. */
export function assessmentFaults(asked: AssessmentBody, breach: Breach, now: string): Fault[] {
  const { finding, measures = null, notified_at = null, regulator_reference = null, late_reason = null } = asked
  const mustNotify = finding === 'RISK' || finding === 'HIGH_RISK'
  const isLate = notified_at !== null && instantOf(notified_at) > instantOf(notifyBy(breach.aware_at))
  const faults: Fault[] = []
  if (mustNotify && notified_at === null)
    faults.push({
      pointer: '/notified_at',
      detail: 'A breach that is likely to be a risk is notified first, then recorded.',
      code: 'ART_33',
    })
  faults.push(...happenedFaults(notified_at, '/notified_at', breach, now))
  if (finding !== 'NO_BREACH' && measures === null)
    faults.push({ pointer: '/measures', detail: 'What was done about a breach is documented.', code: 'ART_33_5' })
  if (regulator_reference !== null && notified_at === null)
    faults.push({ pointer: '/regulator_reference', detail: 'A reference of the regulator goes with a notification.', code: 'NOT_NOTIFIED' })
  if (isLate && mustNotify && late_reason === null)
    faults.push({ pointer: '/late_reason', detail: 'A notification after 72 hours says why it comes late.', code: 'LATE' })
  if (!isLate && late_reason !== null)
    faults.push({ pointer: '/late_reason', detail: 'It was not notified late: there is nothing to give a reason for.', code: 'LATE' })
  return faults
}

/** What cannot be recorded of telling the people. */
export function communicationFaults({ told_at = null, ground = null }: CommunicationBody, breach: Breach, now: string): Fault[] {
  if ((told_at === null) === (ground === null))
    return [{ pointer: '/told_at', detail: 'Either they were told at an instant, or a ground of Art 34(3) says why not.', code: 'ART_34' }]
  if (ground !== null && breach.assessment?.finding !== 'HIGH_RISK')
    return [{ pointer: '/ground', detail: 'Only a breach likely to be a high risk needs a ground for not telling them.', code: 'ART_34' }]
  return happenedFaults(told_at, '/told_at', breach, now)
}

function happenedFaults(at: string | null, pointer: string, { happened_at }: Breach, now: string): Fault[] {
  const isPossible = at === null || (instantOf(at) >= instantOf(happened_at) && instantOf(at) <= instantOf(now))
  return isPossible ? [] : [{ pointer, detail: 'It lies after what was disclosed, now or earlier.', code: 'INSTANT' }]
}

export type BreachReminder = 'REMIND' | 'OVERDUE' | 'COMMUNICATE'

/** What falls due. */
export interface BreachTimer {
  /** The reminder, and where there are several of it, which. */
  readonly name: string
  readonly dueAt: string
}

/** When a breach that is to be assessed is told again: a day before the 72 hours are over, and then; what lies in the past of `now` but the limit is left out. */
export function assessmentTimers(awareAt: string, now: string): BreachTimer[] {
  const limit = instantOf(notifyBy(awareAt))
  const remind = limit - REMINDED_BEFORE_MS
  return [
    ...(remind > instantOf(now) ? [{ name: 'REMIND', dueAt: new Date(remind).toISOString() }] : []),
    // After its last instant, which still is in time.
    { name: 'OVERDUE', dueAt: new Date(limit + 1).toISOString() },
  ]
}

/** When whoever has not told the people hears of it again. */
export function communicationTimers(now: string): BreachTimer[] {
  return COMMUNICATION_REMINDED_DAYS.map((days) => ({
    name: `COMMUNICATE/${days}`,
    dueAt: new Date(instantOf(now) + days * DAY_MS).toISOString(),
  }))
}

/** What a timer tells while the breach is in this state; null: it was done meanwhile. */
export function reminderOf(name: string, state: BreachState): BreachReminder | null {
  const reminder = name.split('/')[0] as BreachReminder
  const isOpen = state === (reminder === 'COMMUNICATE' ? 'TO_COMMUNICATE' : 'TO_ASSESS')
  return isOpen ? reminder : null
}
