import type { Caller } from '../../identity/principal.ts'
import type { Answer } from '../answer.ts'
import type { RecordedSettings } from '../decision-entry.ts'
import type { DecisionBody } from '../request-body.ts'

/** A decision as it stands in the log: leaf joined with payload. */
export interface DecisionRecord {
  readonly decisionId: string
  /** Name of the log it stands in. */
  readonly log: string
  readonly index: number
  readonly leaf: RecordedLeaf
  /** null: retention or an erasure has taken it, or it was altered. */
  readonly payload: RecordedPayload | null
  /** Whether other words stand where the recorded ones were. */
  readonly isAltered: boolean
}

/** The members of a decision leaf that a reader of the log uses (`audit/leaf.ts`). */
export interface RecordedLeaf {
  readonly id: string
  readonly t: string
  readonly ts: number
  readonly cfg: string
  readonly pol: string
  readonly rev: number
  readonly st: string
  readonly trace: string
  readonly span: string
  readonly rc: readonly string[]
  readonly d?: boolean
  readonly sim?: true
}

/** What `decision-entry.ts` put into the payload. */
export interface RecordedPayload {
  readonly caller: { readonly sub: string; readonly org: string; readonly roles: Caller['roles']; readonly client_id: string | null }
  readonly request?: DecisionBody
  readonly response?: Answer
  readonly relied_on?: string | null
  readonly callers_revision?: number
  readonly prohibited_by?: string | null
  /** The caller's span, where it named one. */
  readonly parent_span_id?: string
  /** What an answer depends on besides policy and engine. */
  readonly settings?: RecordedSettings
  /** Of a refused call: what was wrong with it, and the code lists of that moment. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly code_list_version?: string
}

/** A record that holds one evaluated call. */
export interface EvaluatedRecord extends DecisionRecord {
  readonly payload: RecordedPayload & { readonly request: DecisionBody; readonly response: Answer }
}

/** Whether the record holds one call with its answer: not malformed, not a search or a batch, payload still there. */
export function isEvaluated(record: DecisionRecord): record is EvaluatedRecord {
  const { leaf, payload } = record
  return leaf.t === 'adl.access_evaluation' && leaf.st !== 'Error' && payload?.request !== undefined && payload.response !== undefined
}

/** Who called, with the roles that counted at that moment. */
export function callerOfRecord({ payload: { caller } }: EvaluatedRecord): Caller {
  return { sub: caller.sub, org: caller.org, roles: caller.roles, clientId: caller.client_id }
}
