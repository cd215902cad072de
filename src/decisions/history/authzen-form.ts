import type { Answer } from '../answer.ts'
import type { DecisionBody } from '../request-body.ts'

/** A decision call in the words of AuthZEN, as others' tools read it. Pure: nothing is added and nothing is lost. */

/** A request of the Access Evaluation API. */
export interface AuthzenRequest {
  readonly subject: { readonly type: 'organisation'; readonly id: string }
  readonly action: { readonly name: string; readonly properties: Readonly<Record<string, unknown>> }
  readonly resource: { readonly type: 'data'; readonly id: string; readonly properties: Readonly<Record<string, unknown>> }
  readonly context?: Readonly<Record<string, unknown>>
}

/** A response of the Access Evaluation API; `context.answer` is the answer as it was given. */
export interface AuthzenResponse {
  readonly decision: boolean
  readonly context: {
    readonly evaluation_id: string
    readonly evaluated_at: string
    /** REASON code of a refusal. */
    readonly reason?: string
    readonly answer: Answer
  }
}

/**
 * The recipient asks to do the purpose with items of the provider: the provider is the id of the resource, the items are its
 * properties, and what else was stated belongs to the action.
 *
 * @see OpenID AuthZEN Authorization API 1.0, sections 5 and 6
 */
export function authzenRequest(body: DecisionBody): AuthzenRequest {
  const { provider, recipient, purpose, data_items, data_subjects, data_form, min_revision, as_of_revision, ...others } = body
  const { stated = {}, refused: _, ...how } = others
  const { processing_activity_id, algorithm_id, ...ofCall } = stated
  const context = present({ min_revision, as_of_revision, ...ofCall })
  return {
    subject: { type: 'organisation', id: recipient },
    action: { name: purpose, properties: present({ ...how, processing_activity_id, algorithm_id }) },
    resource: { type: 'data', id: provider, properties: present({ data_items, data_subjects, data_form }) },
    ...(Object.keys(context).length === 0 ? {} : { context }),
  }
}

/** The answer as a decision with its context. */
export function authzenResponse(answer: Answer): AuthzenResponse {
  return {
    decision: answer.decision === 'PERMIT',
    context: {
      evaluation_id: answer.decision_id,
      evaluated_at: answer.evaluated_at,
      ...(answer.primary_reason === null ? {} : { reason: answer.primary_reason }),
      answer,
    },
  }
}

/** Absent and null are the same in a request. */
function present(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null))
}
