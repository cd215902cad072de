import type { AssessedFacts } from './assessed-facts.ts'
import type { AssessmentCodes, OverallRisk } from './codes.ts'
import type { Acceptance, Advice, MadeAssessment, SentVersion } from './made-assessment.ts'
import { residualOf } from './risks.ts'
import { type DerivedTrigger, derivedTriggers } from './triggers.ts'

/** What became of the versions of an assessment. */
export interface BecameOfVersions {
  readonly versions: readonly Omit<SentVersion, 'document'>[]
  readonly advice: readonly Advice[]
  readonly acceptances: readonly Acceptance[]
}

/** An assessment as people and systems read it: what the flows speak for now and what is left of its risks are computed. */
export interface AssessmentView extends Omit<MadeAssessment, 'writers' | 'first_approved_at'>, BecameOfVersions {
  readonly derived: readonly DerivedTrigger[]
  readonly residual: OverallRisk | null
}

/** @param facts of its agreement as it stands; undefined: its reader knows the agreement no more */
export function assessmentView(
  { writers: _writers, first_approved_at: _first, ...made }: MadeAssessment,
  facts: AssessedFacts | undefined,
  codes: AssessmentCodes,
  became: BecameOfVersions,
): AssessmentView {
  return { ...made, ...became, derived: facts ? derivedTriggers(facts, codes) : [], residual: residualOf(made.content, codes) }
}

/** One of a list of assessments. */
export interface AssessmentSummary
  extends Pick<MadeAssessment, 'id' | 'agreement' | 'state' | 'version' | 'approved_version' | 'begun_at' | 'changed_at'> {
  readonly review_due: string | null
}

export function assessmentSummary({
  id,
  agreement,
  state,
  version,
  approved_version,
  content,
  begun_at,
  changed_at,
}: MadeAssessment): AssessmentSummary {
  return { id, agreement, state, version, approved_version, review_due: content.review?.due ?? null, begun_at, changed_at }
}
