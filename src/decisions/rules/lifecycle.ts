import type { Facts } from '../evaluation/facts.ts'
import { type Reason, reason } from '../evaluation/reason.ts'
import { holdsAt, type PolicyAgreement, type PolicyFlow, type PolicyVersion } from '../policy/policy.ts'

/**
 * The version that governs at T (LC-2, LC-2a): the latest APPROVED one that has begun, equal dates the higher number.
 * None begun yet: the earliest one (equal dates the higher number) and `notYetEffective`. None approved: null.
 * An earlier version never revives when a later one has expired.
 */
export function governingVersion(
  agreement: PolicyAgreement,
  day: string,
): { readonly version: PolicyVersion; readonly notYetEffective: boolean } | null {
  const begun = agreement.approved.findLast((version) => version.effectiveFrom <= day)
  if (begun) return { version: begun, notYetEffective: false }
  const first = agreement.approved[0]
  if (!first) return null
  const earliest = agreement.approved.findLast((version) => version.effectiveFrom === first.effectiveFrom) ?? first
  return { version: earliest, notYetEffective: true }
}

/** CK-1: is the governing version within its dates, the agreement neither ended, suspended nor overdue for review? */
export function lifecycle({ at, day }: Pick<Facts, 'at' | 'day'>, agreement: PolicyAgreement, version: PolicyVersion): Reason[] {
  const found: Reason[] = []
  if (version.effectiveFrom > day) found.push(reason('NOT_YET_EFFECTIVE', `Version ${version.version} begins on ${version.effectiveFrom}.`))
  if (isExpired(version, day)) found.push(reason('EXPIRED', `Version ${version.version} ended on ${version.effectiveTo}.`))
  if (at >= agreement.terminatedAt) found.push(reason('TERMINATED', `The agreement was terminated at ${instant(agreement.terminatedAt)}.`))
  if (holdsAt(agreement.suspensions, at)) found.push(reason('SUSPENDED', 'The agreement is suspended.'))
  if (agreement.lastDayOfReview !== null && day > agreement.lastDayOfReview) {
    found.push(
      reason('REVIEW_OVERDUE', `Its review was due on ${agreement.reviewDue} and its grace ended on ${agreement.lastDayOfReview}.`),
    )
  }
  return found
}

/** CK-18: is this flow suspended? */
export function flowSuspension({ at }: Pick<Facts, 'at'>, flow: PolicyFlow): Reason[] {
  return holdsAt(flow.suspensions, at) ? [reason('SUSPENDED', `Flow ${flow.id} is suspended.`)] : []
}

/** Whether the day is after the version's last day, which itself still counts. */
export function isExpired(version: PolicyVersion, day: string): boolean {
  return version.effectiveTo !== null && day > version.effectiveTo
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
