import type { Caller } from '../identity/principal.ts'
import { type Refusal, refusal } from '../platform/kernel/refusal.ts'
import { type DecisionBody, refusedBody } from './request-body.ts'
import type { Trace } from './trace.ts'

// A call with one or more bodies, and what of them together refuses it. Pure.

/** One call, as the edge hands it over. */
export interface DecisionCall {
  readonly caller: Caller
  /** What is asked: at least one body. All are decided on one policy and stand in one record. */
  readonly bodies: readonly DecisionBody[]
  readonly simulated: boolean
  /** The caller's trace; null: a new one. */
  readonly trace: Trace | null
  /** By what else the caller knows the call: recorded, never read. */
  readonly references?: CallReferences
  /** Absent: what cannot be one of several refuses the call. Else it is denied by itself, and `until` ends the call early. */
  readonly batch?: Batch
  /** Whether the caller is told the decisions in short, without what would make a DENY a permit. */
  readonly inShort?: boolean
}

/** Names that a caller has for its call. */
export interface CallReferences {
  readonly request_id?: string
  readonly tracestate?: string
}

/** Questions of which each is answered by itself; those after the first answer of a kind are not asked where `until` names the kind. */
export interface Batch {
  readonly until: 'PERMIT' | 'DENY' | null
}

/** The call with every body that is refused for itself put in its place. */
export function eachByItself<T extends Pick<DecisionCall, 'bodies'>>(call: T, why: (body: DecisionBody) => Refusal | null): T {
  const bodies = call.bodies.map((body) => {
    const found = body.refused ? null : why(body)
    return found ? refusedBody({ code: found.code, detail: found.errors[0]?.detail ?? found.detail }) : body
  })
  return { ...call, bodies }
}

/** Why a question cannot be one of several: a permit that is used up by giving it makes a policy of its own. */
export function whyNotAmongOthers({ mode }: DecisionBody): Refusal | null {
  return mode === 'AD_HOC' ? refusal('UNPROCESSABLE', 'a one-off decision is used in a call of its own') : null
}

/**
 * Why these bodies cannot be asked in one call: all stand on one policy, and none may use up a one-off decision, which makes a policy of
 * its own; null: they can.
 */
export function whyNotTogether(bodies: readonly DecisionBody[], simulated: boolean): Refusal | null {
  if (bodies.length < 2) return null
  const use = simulated ? -1 : bodies.findIndex(({ mode }) => mode === 'AD_HOC')
  if (use >= 0) return together(bodies, use, 'mode', 'a one-off decision is used in a call of its own')
  const asOf = bodies[0]?.as_of_revision ?? null
  const other = bodies.findIndex(({ as_of_revision = null }) => as_of_revision !== asOf)
  return other < 0 ? null : together(bodies, other, 'as_of_revision', 'all evaluations of a call are of one policy revision')
}

function together(bodies: readonly DecisionBody[], index: number, member: keyof DecisionBody, detail: string): Refusal {
  const pointer = pointerTo(bodies, index, member)
  return refusal('UNPROCESSABLE', 'These evaluations cannot be asked in one call.', [{ pointer, detail }])
}

/** What a call about a revision that is not there is told. */
export function unknownRevision(bodies: readonly DecisionBody[]): Refusal {
  const detail = 'no policy revision has this number yet'
  return refusal('UNPROCESSABLE', 'There is no such policy revision.', [{ pointer: pointerTo(bodies, 0, 'as_of_revision'), detail }])
}

/** Where a member of one body is: by itself, or in the list of evaluations. */
export function pointerTo(bodies: readonly unknown[], index: number, member: keyof DecisionBody): string {
  return bodies.length === 1 ? `/${member}` : `/evaluations/${index}/${member}`
}

/** The newest revision that any body demands; null: none does. */
export function newestDemanded(bodies: readonly DecisionBody[]): number | null {
  let most: number | null = null
  for (const { min_revision } of bodies) if (min_revision != null && (most === null || min_revision > most)) most = min_revision
  return most
}
