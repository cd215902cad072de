import type { Fault } from '../../platform/kernel/refusal.ts'
import type { Batch } from '../decision-call.ts'
import { type DecisionBody, refusedBody } from '../request-body.ts'
import { type AuthzenQuestion, bodyOf } from './authzen-question.ts'

// Several questions of AuthZEN (Authorization API 1.0, section 7). Pure.

/** A request of the Access Evaluations API; its items are whatever was sent. */
export interface AuthzenQuestions extends Partial<AuthzenQuestion> {
  readonly evaluations?: readonly unknown[]
  readonly options?: { readonly evaluations_semantic?: keyof typeof ENDS }
}

const ENDS = { execute_all: null, deny_on_first_deny: 'DENY', permit_on_first_permit: 'PERMIT' } as const
const PARTS = ['subject', 'action', 'resource', 'context'] as const
/** Places that are named of one item. */
const FAULTS_NAMED = 3

/** Up to which answer the call goes. */
export function batchOf({ options }: AuthzenQuestions): Batch {
  return { until: ENDS[options?.evaluations_semantic ?? 'execute_all'] }
}

/** What each item asks; one that does not fit the contract of one question is put aside with what is wrong, and sinks no other. */
export function bodiesOf(asked: AuthzenQuestions, faultsOf: (question: unknown) => readonly Fault[]): DecisionBody[] {
  return (asked.evaluations ?? []).map((item) => {
    const question = withDefaults(item, asked)
    const faults = faultsOf(question)
    return faults.length === 0 ? bodyOf(question as AuthzenQuestion) : refusedBody({ code: 'INVALID_REQUEST', detail: inWords(faults) })
  })
}

/** An item has its own part whole, or the call's (7.1.1): nothing is merged below that. */
function withDefaults(item: unknown, defaults: AuthzenQuestions): unknown {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return item
  const question: Record<string, unknown> = {}
  for (const part of PARTS) {
    const own = Object.hasOwn(item, part) ? (item as Record<string, unknown>)[part] : defaults[part]
    if (own !== undefined) question[part] = own
  }
  return question
}

function inWords(faults: readonly Fault[]): string {
  const places = faults.slice(0, FAULTS_NAMED).map(({ pointer, detail }) => `${pointer || 'the item'} ${detail}`)
  return `${places.join('; ')}.`
}
