import { londonDay } from '../platform/kernel/london-day.ts'
import { approvedVersions, governingVersion, hasLeft, leadingVersion, signatoriesOf, statusAt } from './acts/governing.ts'
import type { Agreement } from './agreement.ts'

/** DERIVED_STATE (3.5): what an agreement is at an instant, in the order of the list. Worked out, never stored. */
export const DERIVED_STATES = ['NOT_YET_EFFECTIVE', 'IN_FORCE', 'EXPIRED', 'SUSPENDED', 'REVIEW_OVERDUE', 'PARTIALLY_SIGNED'] as const
export type DerivedState = (typeof DERIVED_STATES)[number]

/**
 * The derived states that hold at an instant, several at once; none while nothing is approved. Pure.
 *
 * NOT_YET_EFFECTIVE: approved, but no version has begun. EXPIRED: the governing version's last day is over; an earlier one
 * never revives (LC-2). SUSPENDED: the whole agreement is; of a single party or flow it is not said. REVIEW_OVERDUE: the day
 * the review was due is over, whether or not that denies anything yet. PARTIALLY_SIGNED: of the parties that have not left,
 * some have signed the governing version (or the first to come) and some have not. IN_FORCE: a version governs within its
 * dates, at least two parties have signed it, and the agreement is neither suspended nor ended. It says nothing of one pair
 * and one purpose: that is a decision's question. What was signed after the instant does not count.
 *
 * @param at ISO 8601 with an offset
 */
export function derivedStates(agreement: Agreement, at: string): DerivedState[] {
  const ms = Date.parse(at)
  const day = londonDay(ms)
  const then = atInstant(agreement, ms)
  const hasEnded = statusAt(then, at) === 'TERMINATED'
  const governing = governingVersion(then, day)
  const leading = leadingVersion(then, day)
  const isExpired = governing !== undefined && governing.effective_to !== null && day > governing.effective_to
  const isSuspended = then.suspensions.some(
    ({ scope, from, to }) => scope === 'AGREEMENT' && Date.parse(from) <= ms && (to === null || ms < Date.parse(to)),
  )
  const signed = new Set(leading ? signatoriesOf(then, leading.version) : [])
  const present = then.parties.filter((party) => !hasLeft(party.left_at, at)).map(({ org }) => org)
  const signedPresent = present.filter((org) => signed.has(org)).length
  const holds: Readonly<Record<DerivedState, boolean>> = {
    NOT_YET_EFFECTIVE: !governing && approvedVersions(then).length > 0 && !hasEnded,
    IN_FORCE: governing !== undefined && !isExpired && !isSuspended && !hasEnded && signedPresent > 1,
    EXPIRED: isExpired,
    SUSPENDED: isSuspended && !hasEnded,
    REVIEW_OVERDUE: leading !== undefined && !hasEnded && then.review_due !== null && day > then.review_due,
    PARTIALLY_SIGNED: !hasEnded && signedPresent > 0 && signedPresent < present.length,
  }
  return DERIVED_STATES.filter((state) => holds[state])
}

/** The agreement with only what had been signed by then. */
function atInstant(agreement: Agreement, ms: number): Agreement {
  return { ...agreement, signatures: agreement.signatures.filter((signature) => Date.parse(signature.signed_at) <= ms) }
}
