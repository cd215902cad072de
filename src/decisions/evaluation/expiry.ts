import { nextChange } from '../../agreements/model/in-force.ts'
import type { Organisation } from '../../parties/organisation.ts'
import { nextLondonMidnight } from '../../platform/kernel/london-day.ts'
import type { Outcome } from './evaluate.ts'

/** A break-glass permit counts no longer, whatever the setting (domain reference, decision 3). */
const BREAK_GLASS_TTL_SECONDS_MAX = 300

/** How long a permit may be relied on (OB-3, Policy). */
export interface PermitPolicy {
  readonly permitTtlSeconds: number
  /** Purposes for which, and for whose narrower purposes, a permit counts at its own instant only. */
  readonly restrictedPurposes: ReadonlySet<string>
}

/**
 * The instant until which a PERMIT may be relied on, null for a DENY.
 *
 * A permit never outlives the London day it was given on, since dates change what is permitted at midnight, nor the next
 * instant already known at which one of the two bodies ceases to exist or the agreement stops.
 */
export function expiresAt(outcome: Outcome, policy: PermitPolicy): number | null {
  if (outcome.decision === 'DENY') return null
  const { at, request, provider, recipient } = outcome.facts
  if (isRestricted(outcome, policy)) return at
  const ttlSeconds =
    outcome.via === 'BREAK_GLASS' ? Math.min(policy.permitTtlSeconds, BREAK_GLASS_TTL_SECONDS_MAX) : policy.permitTtlSeconds
  const ends = [at + ttlSeconds * 1000, nextLondonMidnight(at), endOf(provider), endOf(recipient)]
  if (outcome.via === 'AD_HOC') ends.push(outcome.oneOff.validTo)
  if (outcome.via === 'AGREEMENT') ends.push(nextChange(outcome.finding.agreement, [request.provider, request.recipient], at))
  return Math.min(...ends.filter((end) => end > at))
}

/**
 * The instant until which a permit by an agreement may stand in a manifest, null: not at all. Dates are another matter: what they change at
 * midnight is asked of the rules then.
 */
export function standsUntil(outcome: Extract<Outcome, { via: 'AGREEMENT' }>, policy: PermitPolicy, hours: number): number | null {
  if (isRestricted(outcome, policy)) return null
  const { at, request, provider, recipient } = outcome.facts
  const ends = [at + hours * 3_600_000, endOf(provider), endOf(recipient)]
  ends.push(nextChange(outcome.finding.agreement, [request.provider, request.recipient], at))
  return Math.min(...ends.filter((end) => end > at))
}

function isRestricted(
  { facts: { request, codes } }: Extract<Outcome, { decision: 'PERMIT' }>,
  { restrictedPurposes }: Pick<PermitPolicy, 'restrictedPurposes'>,
): boolean {
  for (const restricted of restrictedPurposes) if (codes.purposes.isWithin(request.purpose, restricted)) return true
  return false
}

function endOf({ active_to }: Organisation): number {
  return active_to === null ? Number.POSITIVE_INFINITY : Date.parse(active_to)
}
