import { nextLondonMidnight } from '../../platform/kernel/london-day.ts'
import type { Interval, PolicyAgreement } from '../policy/policy.ts'
import type { Outcome } from './evaluate.ts'

/** How long a permit may be relied on (OB-3, Policy). */
export interface PermitPolicy {
  readonly permitTtlSeconds: number
  /** Purposes for which a permit counts at its own instant only. */
  readonly restrictedPurposes: ReadonlySet<string>
}

/**
 * The instant until which a PERMIT may be relied on, null for a DENY.
 *
 * A permit never outlives the London day it was given on, since dates change what is permitted at midnight, nor the next
 * instant already known at which the agreement stops.
 */
export function expiresAt(outcome: Outcome, policy: PermitPolicy): number | null {
  if (outcome.decision === 'DENY') return null
  const { at, request } = outcome.facts
  if (policy.restrictedPurposes.has(request.purpose)) return at
  const ends = [at + policy.permitTtlSeconds * 1000, nextLondonMidnight(at)]
  if (outcome.via === 'AD_HOC') ends.push(outcome.oneOff.validTo)
  if (outcome.via === 'AGREEMENT') ends.push(...knownStops(outcome.finding.agreement, request.provider, request.recipient))
  return Math.min(...ends.filter((end) => end > at))
}

function knownStops(agreement: PolicyAgreement, provider: string, recipient: string): number[] {
  const begins = (intervals: readonly Interval[]) => intervals.map((interval) => interval.from)
  const parties = [provider, recipient].flatMap((code) => agreement.parties.get(code) ?? [])
  return [
    agreement.terminatedAt,
    ...begins(agreement.suspensions),
    ...parties.flatMap((party) => [party.leftAt, ...begins(party.suspensions)]),
    ...agreement.approved.flatMap((version) => version.flows.flatMap((flow) => begins(flow.suspensions))),
    ...agreement.dpia.changes.map((change) => change.at),
  ]
}
