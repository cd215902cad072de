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
  /** Those made elsewhere that are recorded, oldest first. */
  readonly elsewhere?: readonly AssessmentElsewhere[]
  /** The one that is made here; absent: none is, or nobody has accepted its risk yet. */
  readonly made?: AcceptedAssessment
}

/** An assessment made here, and which controllers have accepted its risk (DP-7). */
export interface AcceptedAssessment {
  readonly id: string
  /** From when each controller has to have accepted it for itself. */
  readonly since: string
  /** From when each acceptance holds, of which version, to the end of which day (its review), and when an incident ended it; null: none did. */
  readonly accepted: readonly {
    readonly org: string
    readonly version: number
    readonly at: string
    readonly holds_to: string
    readonly until: string | null
  }[]
  /** Whether a version is on its way that the keeper has not accepted yet; decisions do not ask it. */
  readonly isUnderWay: boolean
}

/** What decisions ask of an assessment that was made elsewhere: by whom it is recorded, and whether a second person has confirmed it. */
export interface AssessmentElsewhere {
  readonly id: string
  /** Whose two people record and confirm it. */
  readonly org: string
  /** DPIA_STATE code that it came to. */
  readonly outcome: string
  readonly recorded_at: string
  readonly confirmed_at: string | null
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

/**
 * What counts of `after` before a second person has confirmed it: whatever is stricter than `before`, and nothing that relaxes it. Where
 * none was required, one that is recorded as approved counts only then, so that recording it stops no share. Pure.
 */
export function stricterOf(before: StatedAssessment, after: StatedAssessment): StatedAssessment {
  if (!before.required) return after.status === 'APPROVED' ? before : after
  return {
    required: true,
    status: after.status === 'APPROVED' ? before.status : after.status,
    residual: before.residual === 'HIGH' ? before.residual : after.residual,
    prior_consultation: after.prior_consultation === 'COMPLETED' ? before.prior_consultation : after.prior_consultation,
    review_due: isLater(before.review_due, after.review_due) ? before.review_due : after.review_due,
  }
}

/** The one recorded elsewhere that a second person can confirm: the last, as long as nothing else was stated of the assessment since. Pure. */
export function awaitsConfirmation({
  elsewhere = [],
  earlier = [],
}: Pick<Assessment, 'elsewhere' | 'earlier'>): AssessmentElsewhere | undefined {
  const latest = elsewhere.at(-1)
  if (!latest || latest.confirmed_at !== null) return undefined
  return earlier.some(({ until }) => until > latest.recorded_at) ? undefined : latest
}

/** Days compare as text; null is a review that is never due. */
function isLater(before: string | null, after: string | null): boolean {
  return before !== null && (after === null || after > before)
}
