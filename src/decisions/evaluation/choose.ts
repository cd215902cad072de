import { isLifecycleOrParty } from '../rules/reason.ts'
import type { Finding } from './candidates.ts'

/** 6.2 step 5: among permits the latest `effective_from`, then the highest agreement id, then the highest flow id. */
export function choosePermit(permits: readonly Finding[]): Finding | undefined {
  return permits.length < 2
    ? permits[0]
    : [...permits].sort(
        (a, b) =>
          compare(effectiveFrom(b), effectiveFrom(a)) ||
          compare(b.agreement.id, a.agreement.id) ||
          compare(b.flow?.id ?? '', a.flow?.id ?? ''),
      )[0]
}

/** 6.2 step 7: the finding that came nearest to a permit; its reasons are the answer. */
export function chooseNearest(refused: readonly Finding[]): Finding | undefined {
  return [...refused].sort(
    (a, b) =>
      Number(b.covers) - Number(a.covers) ||
      Number(hasLifecycleReason(a)) - Number(hasLifecycleReason(b)) ||
      compareNumbers(a.uncoveredCount, b.uncoveredCount) ||
      a.reasons.length - b.reasons.length ||
      compare(effectiveFrom(b), effectiveFrom(a)) ||
      compare(a.agreement.id, b.agreement.id) ||
      compare(a.flow?.id ?? '', b.flow?.id ?? ''),
  )[0]
}

function hasLifecycleReason(finding: Finding): boolean {
  return finding.reasons.some((found) => isLifecycleOrParty(found.code))
}

/** No version: before every date, so that it comes last among the latest. */
function effectiveFrom(finding: Finding): string {
  return finding.version?.effectiveFrom ?? ''
}

/** Plain strings by UTF-16 code unit, never by locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Infinity minus Infinity is NaN, so no subtraction. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
