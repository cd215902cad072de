import type { Share } from '../caller.ts'
import { type CallPayload, evaluationsOf } from './decision-record.ts'

/** Whom a recorded call is about: read out of its payload, since the leaf names no one but the agreement. */

/** Who called, and what was asked about. */
export interface DecisionParties {
  readonly caller: string | null
  readonly shares: readonly Share[]
  /** Whether the payload names an agreement that the caller was not told. */
  readonly withholds: boolean
}

/** What a reader may see of a decision. Nobody may know of a decision on others. */
export type DecisionView = 'NOTHING' | 'RECORD' | 'RECORD_AND_PAYLOAD'

/** Of a call that nothing says whom it is about. */
export const NOBODY: DecisionParties = { caller: null, shares: [], withholds: false }

/** The parties in a payload: those of every evaluation of the call. Pure. */
export function partiesOfCall(payload: CallPayload): DecisionParties {
  const evaluations = evaluationsOf(payload)
  return {
    caller: payload.caller.org,
    shares: evaluations.flatMap(({ request }) => (request ? [{ provider: request.provider, recipient: request.recipient }] : [])),
    withholds: evaluations.some(({ response, relied_on, prohibited_by }) =>
      [relied_on, prohibited_by].some((named) => typeof named === 'string' && named !== response?.agreement),
    ),
  }
}

/**
 * What an organisation may see: the record when it called or is a party of any share asked about; the payload only when
 * every share in it is its own, since a payload is disclosed whole or not at all. A caller that is no party sees its own words
 * back, but not when an agreement that it may not know stands beside them. Pure.
 */
export function viewOf(org: string, { caller, shares, withholds }: DecisionParties): DecisionView {
  const isOwn = ({ provider, recipient }: Share) => org === provider || org === recipient
  const isParty = shares.some(isOwn)
  if (org === caller) return withholds && !shares.every(isOwn) ? 'RECORD' : 'RECORD_AND_PAYLOAD'
  if (!isParty) return 'NOTHING'
  return shares.every(isOwn) ? 'RECORD_AND_PAYLOAD' : 'RECORD'
}
