import type { Dpia } from '../agreement.ts'

/** What is stated of an assessment, as decisions read it (CK-11). */
export type StatedDpia = Pick<Dpia, 'required' | 'status' | 'residual' | 'prior_consultation' | 'review_due'>

/**
 * Whether stating `after` instead of `before` could let a share go on that the assessment stops. Each controller accepts an
 * assessment for itself (P11, DP-7), so once a text is signed none of them relaxes it alone. Pure.
 */
export function relaxes(before: StatedDpia, after: StatedDpia): boolean {
  if (!before.required) return false
  if (!after.required) return true
  return (
    (before.status !== 'APPROVED' && after.status === 'APPROVED') ||
    (before.residual === 'HIGH' && after.residual !== 'HIGH') ||
    (before.prior_consultation !== 'COMPLETED' && after.prior_consultation === 'COMPLETED') ||
    isLater(before.review_due, after.review_due)
  )
}

/** Days compare as text; null is a review that is never due. */
function isLater(before: string | null, after: string | null): boolean {
  return before !== null && (after === null || after > before)
}
