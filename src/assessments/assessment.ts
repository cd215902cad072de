/** What is stated of an assessment, as decisions read it (CK-11). */
export interface StatedAssessment {
  readonly required: boolean
  readonly status: string
  readonly residual: string | null
  readonly prior_consultation: string | null
  readonly review_due: string | null
}

/** What a decision asks of a DPIA (section 4, CK-11). The state at T is the last change with `at` <= T, else `status`. */
export interface Assessment extends StatedAssessment {
  readonly status_changes: readonly { readonly at: string; readonly status: string }[]
  /** What was recorded before, oldest first: at each instant these members held until then. */
  readonly earlier?: readonly EarlierAssessment[]
}

/** What an assessment said until it was recorded anew. */
export interface EarlierAssessment extends Omit<StatedAssessment, 'status'> {
  readonly until: string
}

/**
 * Whether stating `after` instead of `before` could let a share go on that the assessment stops. Each controller accepts an
 * assessment for itself (P11, DP-7), so once a text is signed none of them relaxes it alone. Pure.
 */
export function relaxes(before: StatedAssessment, after: StatedAssessment): boolean {
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
