import { isRecorded } from '../../audit/format/commitment.ts'
import type { Caller } from '../../identity/principal.ts'
import type { Answer } from '../answer.ts'
import type { CallReferences } from '../decision-call.ts'
import { evaluationId, type RecordedSettings } from '../decision-entry.ts'
import type { DecisionBody } from '../request-body.ts'

// What is read out of the decision log: nobody else reads a leaf's or a payload's members.

/** One evaluation as it stands in the log: its part of the payload, and the leaf of its call. */
export interface DecisionRecord {
  readonly decisionId: string
  /** Which of the call's evaluations, from 0. */
  readonly evaluation: number
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
  readonly n: number
  readonly rc: readonly string[]
  readonly d?: boolean
  readonly sim?: true
}

/** What `decision-entry.ts` put into the payload about the call. */
interface RecordedCall {
  readonly caller: { readonly sub: string; readonly org: string; readonly roles: Caller['roles']; readonly client_id: string | null }
  readonly callers_revision?: number
  /** The caller's span, where it named one. */
  readonly parent_span_id?: string
  /** By what else it knew the call. */
  readonly references?: CallReferences
  /** What an answer depends on besides policy and engine. */
  readonly settings?: RecordedSettings
  /** Of a refused call: what was wrong with it, and the code lists of that moment. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly code_list_version?: string
}

/** What it put there about one evaluation. */
interface RecordedEvaluation {
  readonly request?: DecisionBody
  readonly response?: Answer
  readonly relied_on?: string | null
  readonly prohibited_by?: string | null
}

/** What the payload of a call says of one of its evaluations. */
export interface RecordedPayload extends RecordedCall, RecordedEvaluation {}

/** A payload as it is stored: of a call with one evaluation, or with several. */
export type CallPayload = RecordedPayload | (RecordedCall & { readonly evaluations: readonly RecordedEvaluation[] })

/** How many evaluations a call had; a search, whose `n` counts what it found, is one question. */
export function evaluationsIn({ t, n }: Pick<RecordedLeaf, 't' | 'n'>): number {
  return isSearch({ t }) ? 1 : Math.max(n, 1)
}

/** Whether a leaf records a search: it lists what is permitted, and permits nothing. */
export function isSearch({ t }: Pick<RecordedLeaf, 't'>): boolean {
  return t.startsWith('adl.search_')
}

/** The evaluations of a stored payload in their order, each with what is said of the call. Pure. */
export function evaluationsOf(stored: CallPayload): readonly RecordedPayload[] {
  if (!('evaluations' in stored)) return [stored]
  const { evaluations, ...call } = stored
  return evaluations.map((evaluation) => ({ ...call, ...evaluation }))
}

/** Leaf, salt and payload of a call as they are stored, and which of its evaluations the reader may see. */
export interface StoredCall {
  readonly decision_id: string
  readonly log: string
  readonly idx: string
  readonly leaf: string
  readonly salt: Buffer | null
  readonly body: Buffer | null
  readonly seen: readonly number[]
}

/** The records of a stored call. A payload that is not what the leaf commits to is not given: the records say so instead. Pure. */
export function recordsOf({ decision_id: id, log, idx, leaf: text, salt, body, seen }: StoredCall): DecisionRecord[] {
  const stored = salt && body ? { salt, body } : null
  const isAltered = stored !== null && !isRecorded(id, text, stored)
  const payloads = stored && !isAltered ? evaluationsOf(JSON.parse(stored.body.toString('utf8')) as CallPayload) : []
  const leaf = JSON.parse(text) as RecordedLeaf
  return seen.map((evaluation) => ({
    decisionId: evaluationId(id, evaluation, evaluationsIn(leaf)),
    evaluation,
    log,
    index: Number(idx),
    leaf,
    payload: payloads[evaluation] ?? null,
    isAltered,
  }))
}

/** The call that an evaluation is of: the id of its record. */
export function callIdOf(decisionId: string): string {
  return decisionId.split('.')[0] ?? decisionId
}

/** A record that holds one evaluation with its answer. */
export interface EvaluatedRecord extends DecisionRecord {
  readonly payload: RecordedPayload & { readonly request: DecisionBody; readonly response: Answer }
}

/** Whether the record holds an evaluation with its answer: not malformed, not a search, payload still there. */
export function isEvaluated(record: DecisionRecord): record is EvaluatedRecord {
  const { leaf, payload } = record
  return leaf.t.startsWith('adl.access_') && leaf.st !== 'Error' && payload?.request !== undefined && payload.response !== undefined
}

/** Who called, with the roles that counted at that moment. */
export function callerOfRecord({ payload: { caller } }: EvaluatedRecord): Caller {
  return { sub: caller.sub, org: caller.org, roles: caller.roles, clientId: caller.client_id }
}
