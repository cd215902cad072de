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
  /** The file that was taken over last; null: none was. */
  readonly imported: Imported | null
}

/** A file of another tool that was taken over: what it says of itself, which is no act here. */
export interface Imported {
  readonly at: string
  readonly org: string
  readonly name: string
  /** Where it stands there, in words. */
  readonly state: string
  readonly dpo_advice: { readonly favours: boolean | null; readonly text: string } | null
  /** What it says against itself, with the place. */
  readonly contradictions: readonly { readonly pointer: string; readonly detail: string }[]
  /** What lacks something that is asked here before it counts. */
  readonly unfinished: readonly {
    readonly kind: 'ANSWER' | 'RISK' | 'MEASURE'
    readonly reference: string
    readonly text: string
    readonly missing: readonly string[]
  }[]
  /** Answers to questions that are not asked here. */
  readonly answers_beside: readonly { readonly reference: string; readonly asks: string; readonly text: string }[]
  /** Its files; `size` null: they were removed there, or cannot be read. */
  readonly attachments: readonly {
    readonly name: string
    readonly media_type: string
    readonly size: number | null
    readonly sha256: string | null
    readonly signed: boolean
  }[]
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
  /** Of the agreement; null: its reader knows it no more. */
  readonly title: string | null
  readonly review_due: string | null
}

export function assessmentSummary({
  title,
  id,
  agreement,
  state,
  version,
  approved_version,
  content,
  begun_at,
  changed_at,
}: MadeAssessment & Pick<AssessmentSummary, 'title'>): AssessmentSummary {
  return { id, agreement, title, state, version, approved_version, review_due: content.review?.due ?? null, begun_at, changed_at }
}
