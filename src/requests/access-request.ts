import { askableUntil } from '../decisions/authzen/authzen-answer.ts'
import { type AuthzenQuestion, bodyOf } from '../decisions/authzen/authzen-question.ts'
import { type Refusal, refusal } from '../platform/kernel/refusal.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import { type AskedShare, type EarlierDecision, questionOf } from './asked.ts'
import type { ShareRequest } from './share-request.ts'

// A request for a share in the words of the Access Request and Approval profile of AuthZEN (draft). Pure.

/** What a client submits, as the contract lets it through. */
export interface AccessRequestSubmission extends Omit<AuthzenQuestion, 'context'> {
  readonly context?: { readonly business_justification?: string }
  readonly denial: { readonly evaluation_id: string; readonly expires_at: string }
}

/** What it asks for: what was denied. */
export function askedBy({ denial, context }: AccessRequestSubmission): AskedShare {
  return { decision_id: denial.evaluation_id, why: context?.business_justification ?? `Denied: ${denial.evaluation_id}` }
}

/** Why the named denial does not bind what is submitted: it is of another question, says another last instant, or that has passed; null: it does. */
export function unbound({ denial, ...question }: AccessRequestSubmission, earlier: EarlierDecision, now: string): Refusal | null {
  const until = askableUntil(earlier.evaluated_at)
  if (stableJson(questionOf(bodyOf(question as AuthzenQuestion))) !== stableJson(questionOf(earlier.request)))
    return no('/denial/evaluation_id', 'INVALID_DENIAL_BINDING', 'The denial is not of this question.')
  if (Date.parse(denial.expires_at) !== Date.parse(until))
    return no('/denial/expires_at', 'INVALID_DENIAL_BINDING', 'The denial says another last instant.')
  return now > until ? no('/denial/expires_at', 'EXPIRED_DENIAL', 'The denial is too old to be named: ask for the decision again.') : null
}

function no(pointer: string, code: string, detail: string): Refusal {
  return refusal('UNPROCESSABLE', 'This denial cannot be asked about.', [{ pointer, detail, code }])
}

/** A request as a task of the profile. */
export interface AccessTask {
  readonly task: { readonly id: string; readonly status: TaskStatus; readonly status_endpoint: string }
  readonly result?: { readonly mode: 'reevaluate'; readonly approval: { readonly id: string } }
}
type TaskStatus = 'pending' | 'approved' | 'denied' | 'cancelled'

/** How a request stands, as a task at an address. An approval permits nothing: the decision is asked for again, and agreements decide. */
export function taskOf({ id, status, answer }: Pick<ShareRequest, 'id' | 'status' | 'answer'>, endpoint: string): AccessTask {
  const state = status === 'CLOSED' ? stateOf(answer) : 'pending'
  const task = { id, status: state, status_endpoint: `${endpoint}/${id}` }
  return state === 'approved' ? { task, result: { mode: 'reevaluate', approval: { id } } } : { task }
}

function stateOf(answer: ShareRequest['answer']): TaskStatus {
  if (answer === 'REFUSED') return 'denied'
  return answer === 'WITHDRAWN' ? 'cancelled' : 'approved'
}
