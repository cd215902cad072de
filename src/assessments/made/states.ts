import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { OverallRisk } from './codes.ts'
import { needsConsultation } from './consultation.ts'
import type { ReopeningReason } from './reopening.ts'

/** Where an assessment that is made here stands (domain reference 4.4, DPIA_STATE), and what can be done with it there. Pure. */

/** DPIA_STATE codes. */
export type AssessmentState =
  | 'DRAFT'
  | 'DPO_ADVICE_REQUESTED'
  | 'DPO_ADVICE_GIVEN'
  | 'AWAITING_RISK_ACCEPTANCE'
  | 'PRIOR_CONSULTATION'
  | 'APPROVED'
  | 'REJECTED'
  | 'IN_REVIEW'
  | 'SUPERSEDED'
  | 'SCREENED_OUT'

/** What is done with an assessment. `faults`: what `contentFaults` found. */
export type AssessmentCommand =
  | { readonly name: 'screen'; readonly required: boolean }
  | { readonly name: 'write' }
  | { readonly name: 'send'; readonly faults: number }
  | { readonly name: 'returned' }
  | { readonly name: 'advice'; readonly org: string }
  | { readonly name: 'accept'; readonly org: string }
  /** A controller refuses the risk. */
  | { readonly name: 'refuse'; readonly org: string }
  | { readonly name: 'consult' }
  | { readonly name: 'consultation_answered'; readonly answer: 'COMPLETED' | 'ADVICE_NOT_TO_PROCEED' }
  | { readonly name: 'reopen'; readonly reason: ReopeningReason }
  | { readonly name: 'supersede' }
export type AssessmentCommandName = AssessmentCommand['name']

/** What has been done with this version so far, before the command. */
export interface AssessmentProgress {
  /** Whose screening says that one is needed; null: nobody has screened. */
  readonly required: boolean | null
  /** Organisations whose acceptance it needs (DP-7). */
  readonly controllers: readonly string[]
  /** Those whose data protection officer has advised on it (DP-4). */
  readonly advised: readonly string[]
  /** Those whose SIRO has accepted the risk. */
  readonly accepted: readonly string[]
  /** Whether other steps before the acceptance are open, for example of the Caldicott Guardian. */
  readonly others_open: boolean
  /** `residualOf` of this version. */
  readonly residual: OverallRisk | null
  /** PRIOR_CONSULTATION code. */
  readonly prior_consultation: string
  /** Whether it was approved or rejected before and opened again. */
  readonly reopened: boolean
}

/** Which commands can be given in which state: a list of what is open, never of what is closed. */
export const COMMANDS: Readonly<Record<AssessmentState, readonly AssessmentCommandName[]>> = {
  DRAFT: ['screen', 'write', 'send', 'reopen', 'supersede'],
  SCREENED_OUT: ['screen', 'supersede'],
  DPO_ADVICE_REQUESTED: ['advice', 'accept', 'refuse', 'returned', 'consult', 'reopen', 'supersede'],
  DPO_ADVICE_GIVEN: ['advice', 'accept', 'refuse', 'returned', 'consult', 'reopen', 'supersede'],
  AWAITING_RISK_ACCEPTANCE: ['accept', 'refuse', 'returned', 'consult', 'reopen', 'supersede'],
  PRIOR_CONSULTATION: ['advice', 'accept', 'refuse', 'returned', 'consult', 'consultation_answered', 'reopen', 'supersede'],
  APPROVED: ['reopen', 'supersede'],
  REJECTED: ['reopen', 'supersede'],
  IN_REVIEW: ['screen', 'write', 'send', 'reopen', 'supersede'],
  SUPERSEDED: [],
}

/** Whether the content can be written. */
export function isWritable(state: AssessmentState): boolean {
  return COMMANDS[state].includes('write')
}

/** The state after a command, or why it cannot be given, with the rule that says so (DP-2 to DP-7). */
export function nextState(
  state: AssessmentState,
  command: AssessmentCommand,
  progress: AssessmentProgress,
): Result<AssessmentState, Refusal> {
  if (!COMMANDS[state].includes(command.name)) return refuse(impossible(state, command.name))
  switch (command.name) {
    case 'screen':
      return screened(state, command.required)
    case 'write':
      return ok(state)
    case 'send':
      return sent(command.faults, progress)
    case 'returned':
      return ok(progress.reopened ? 'IN_REVIEW' : 'DRAFT')
    case 'advice':
      return advised(command.org, progress)
    case 'accept':
      return accepted(command.org, progress)
    case 'refuse':
      return byController(command.org, progress) ?? ok('REJECTED')
    case 'consult':
      return consulted(progress)
    case 'consultation_answered':
      return answered(command.answer, progress)
    case 'reopen':
      return reopened(state, progress)
    case 'supersede':
      return ok('SUPERSEDED')
  }
}

/** Where a version stands that was sent, by what has been done with it. */
export function stateOf(progress: AssessmentProgress): AssessmentState {
  const { controllers, accepted: accepting, advised: advising, prior_consultation, residual, others_open } = progress
  if (prior_consultation === 'ADVICE_NOT_TO_PROCEED') return 'REJECTED'
  if (prior_consultation === 'PENDING') return 'PRIOR_CONSULTATION'
  if (!controllers.every((org) => advising.includes(org))) return 'DPO_ADVICE_REQUESTED'
  if (others_open) return 'DPO_ADVICE_GIVEN'
  if (!controllers.every((org) => accepting.includes(org))) return 'AWAITING_RISK_ACCEPTANCE'
  return needsConsultation(residual) && prior_consultation !== 'COMPLETED' ? 'PRIOR_CONSULTATION' : 'APPROVED'
}

function screened(state: AssessmentState, required: boolean): Result<AssessmentState, Refusal> {
  if (required) return ok(state === 'SCREENED_OUT' ? 'DRAFT' : state)
  if (state === 'IN_REVIEW') return refuse(no('DP-6', 'It was opened again, so it is reviewed: nobody screens out what had been assessed.'))
  return ok('SCREENED_OUT')
}

function sent(faults: number, { required }: AssessmentProgress): Result<AssessmentState, Refusal> {
  if (required !== true)
    return refuse(no('DP-2', 'Nobody has confirmed that an assessment is needed: do the screening before it is sent.', '/screening'))
  if (faults > 0)
    return refuse(no('DP-4', `It is not complete: ${faults === 1 ? 'one thing is' : `${faults} things are`} missing or wrong.`))
  return ok('DPO_ADVICE_REQUESTED')
}

function advised(org: string, progress: AssessmentProgress): Result<AssessmentState, Refusal> {
  return byController(org, progress) ?? ok(stateOf({ ...progress, advised: [...progress.advised, org] }))
}

function accepted(org: string, progress: AssessmentProgress): Result<AssessmentState, Refusal> {
  const notTheirs = byController(org, progress)
  if (notTheirs) return notTheirs
  if (!progress.advised.includes(org))
    return refuse(no('DP-4', `The data protection officer of ${org} has not advised on it: nobody accepts the risk before.`))
  return ok(stateOf({ ...progress, accepted: [...progress.accepted, org] }))
}

function consulted(progress: AssessmentProgress): Result<AssessmentState, Refusal> {
  if (!needsConsultation(progress.residual))
    return refuse(no('DP-5', 'The regulator is consulted where the risk stays high: what is left of this one is not.'))
  if (progress.prior_consultation !== 'NOT_REQUIRED') return refuse(no('DP-5', 'The regulator has been consulted on this version already.'))
  return ok('PRIOR_CONSULTATION')
}

function answered(answer: 'COMPLETED' | 'ADVICE_NOT_TO_PROCEED', progress: AssessmentProgress): Result<AssessmentState, Refusal> {
  if (progress.prior_consultation !== 'PENDING')
    return refuse(no('DP-5', 'It has not been recorded when the regulator was consulted: there is nothing to be answered.'))
  return ok(stateOf({ ...progress, prior_consultation: answer }))
}

/** While it is reviewed anew, too: an incident then is one more thing to look at. What was never approved cannot be opened again. */
function reopened(state: AssessmentState, progress: AssessmentProgress): Result<AssessmentState, Refusal> {
  if (state === 'APPROVED' || state === 'REJECTED' || progress.reopened) return ok('IN_REVIEW')
  return refuse(no('DP-6', 'It has not been approved yet: return it, and change what is wrong.'))
}

/** DP-7: each controller accepts for itself, and nobody else does. */
function byController(org: string, { controllers }: AssessmentProgress): Result<AssessmentState, Refusal> | null {
  return controllers.includes(org) ? null : refuse(no('DP-7', `${org} is no controller of what is assessed.`))
}

function no(rule: string, detail: string, pointer = ''): Refusal {
  return refusal('ILLEGAL_STATE', detail, [{ pointer, detail, code: rule }])
}

/** What each command is called, after "It can be" or "It cannot be". */
const CALLED: Readonly<Record<AssessmentCommandName, string>> = {
  screen: 'screened',
  write: 'changed',
  send: 'sent for review',
  returned: 'returned for changes',
  advice: 'advised on',
  accept: 'accepted',
  refuse: 'refused',
  consult: 'taken to the regulator',
  consultation_answered: 'answered by the regulator',
  reopen: 'opened again',
  supersede: 'superseded',
}
const RULES: Partial<Readonly<Record<AssessmentCommandName, string>>> = {
  screen: 'DP-2',
  send: 'DP-4',
  advice: 'DP-4',
  accept: 'DP-7',
  refuse: 'DP-7',
  consult: 'DP-5',
  consultation_answered: 'DP-5',
  reopen: 'DP-6',
}

function impossible(state: AssessmentState, name: AssessmentCommandName): Refusal {
  const open = COMMANDS[state].map((one) => CALLED[one]).join(', ')
  const instead = open === '' ? 'nothing can be done with it any more' : `it can be ${open}`
  return no(RULES[name] ?? 'DP-6', `In the state ${state} it cannot be ${CALLED[name]}: ${instead}.`)
}
