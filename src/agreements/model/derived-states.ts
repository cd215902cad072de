import { holdsAt, type Instant } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { Agreement } from '../agreement.ts'
import { areAllFlowsSuspended, missingSignatures, partiesInForce } from './in-force.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { governing, isPresent, signatoriesOf, valueAt } from './standing.ts'

/** DERIVED_STATE (3.5): what an agreement is at an instant, in the order of the list. Worked out, never stored. */
export const DERIVED_STATES = ['NOT_YET_EFFECTIVE', 'IN_FORCE', 'EXPIRED', 'SUSPENDED', 'REVIEW_OVERDUE', 'PARTIALLY_SIGNED'] as const
export type DerivedState = (typeof DERIVED_STATES)[number]

/**
 * The derived states that hold at an instant, several at once; none while no text stands. Pure; what was said of an instant that
 * is past stays so, whatever is done afterwards.
 *
 * NOT_YET_EFFECTIVE: a text stands, but none has begun. EXPIRED: the governing version's last day is over; an earlier one never
 * revives (LC-2). SUSPENDED: the whole agreement is, or every flow of it; of a single party or flow it is not said. REVIEW_OVERDUE:
 * the day the review was due is over, whether or not that denies anything yet. PARTIALLY_SIGNED: some have signed the governing
 * version (or the first to come), and it waits for others that still can. IN_FORCE: between two of its parties at least nothing of
 * the lifecycle stands against sharing; of one purpose and one item it says nothing: that is a decision's question.
 */
export function derivedStates(agreement: Agreement, at: Instant): DerivedState[] {
  const facts = lifecycleFacts(agreement)
  const day = londonDay(at)
  const leading = governing(facts, at, day)
  const hasEnded = at >= facts.terminatedAt
  if (!leading) return holdsAt(facts.suspensions, at) && !hasEnded && agreement.status !== 'DRAFT' ? ['SUSPENDED'] : []
  const { version, notYetEffective } = leading
  const { due } = valueAt(facts.reviews, at)
  const signed = signatoriesOf(agreement, version.version, at).filter((org) => {
    const party = facts.parties.get(org)
    return party !== undefined && isPresent(party, at)
  })
  const holds: Readonly<Record<DerivedState, boolean>> = {
    NOT_YET_EFFECTIVE: notYetEffective && !hasEnded,
    IN_FORCE: partiesInForce(agreement, at).length > 1,
    EXPIRED: version.effectiveTo !== null && day > version.effectiveTo,
    SUSPENDED: !hasEnded && (holdsAt(facts.suspensions, at) || areAllFlowsSuspended(version, at)),
    REVIEW_OVERDUE: !hasEnded && due !== null && day > due,
    PARTIALLY_SIGNED: !hasEnded && signed.length > 0 && missingSignatures(agreement, version.version, at).length > 0,
  }
  return DERIVED_STATES.filter((state) => holds[state])
}
