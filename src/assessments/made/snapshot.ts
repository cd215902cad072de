import { canonicalJson, sha256Hex } from '../../audit/format/canonical-json.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import type { AssessmentCodes, OverallRisk } from './codes.ts'
import { conditionsOf } from './conditions.ts'
import type { Answer, AssessmentContent, Measure, Risk, ScreeningOutcome } from './content.ts'
import { asked, type Question, type QuestionSection, type QuestionSet } from './questions.ts'
import { type ReliedLaw, reliedLaw } from './relied-law.ts'
import { inherentOf, overallOf, type ResidualRisk, residualOf, residualOfRisk } from './risks.ts'

/**
 * A version of an assessment as it stays for ever: the questions as they were asked, the answers as they were given, what was assessed
 * and what follows from it. Questions change and code lists too; what somebody has advised on, accepted and signed does not.
 */
export interface AssessmentSnapshot {
  readonly edition: string
  readonly sections: readonly QuestionSection[]
  readonly asked: readonly AskedQuestion[]
  readonly screening: ScreeningOutcome | null
  readonly risks: readonly (Risk & { readonly overall: OverallRisk; readonly residual: ResidualRisk })[]
  readonly measures: readonly Measure[]
  readonly review: AssessmentContent['review']
  /** Of the whole, before and after what is approved; null: no risk is described. */
  readonly inherent: OverallRisk | null
  readonly residual: OverallRisk | null
  readonly facts: AssessedFacts
  /** What the code lists said of the law that it relies on. */
  readonly law: readonly ReliedLaw[]
}

/** A question as it was asked, with the answer; null: it was left out. */
export type AskedQuestion = Omit<Question, 'why' | 'example' | 'prefilled_from' | 'when'> & { readonly answer: Answer | null }

/** The record of a version. Answers to questions that no longer apply are kept with it, so that nothing that was written gets lost. Pure. */
export function snapshotOf({
  questions,
  content,
  facts,
  codes,
}: {
  readonly questions: QuestionSet
  readonly content: AssessmentContent
  readonly facts: AssessedFacts
  readonly codes: AssessmentCodes
}): AssessmentSnapshot {
  const applies = new Set(asked(questions, conditionsOf(facts, codes)))
  const kept = questions.questions.filter((question) => applies.has(question) || content.answers[question.key] !== undefined)
  return {
    edition: questions.edition,
    sections: questions.sections,
    asked: kept.map(({ why: _why, example: _example, prefilled_from: _from, when: _when, ...question }) => ({
      ...question,
      answer: content.answers[question.key] ?? null,
    })),
    screening: content.screening,
    risks: content.risks.map((risk) => ({
      ...risk,
      overall: overallOf(risk.likelihood, risk.severity, codes),
      residual: residualOfRisk(risk, content.measures, codes),
    })),
    measures: content.measures,
    review: content.review,
    inherent: inherentOf(content, codes),
    residual: residualOf(content, codes),
    facts: { ...facts, narrative: written(facts.narrative) },
    law: reliedLaw(facts, codes),
  }
}

/** Marks the form of the document, so that a later form can be told from this one. */
const FORM = 'accord-assessment/v1'

/** A version as it is kept and sent: its canonical JSON (RFC 8785) and the SHA-256 of that, 64 lower-case hex digits, which approvals and signatures name. */
export function documentOf(
  assessment: string,
  version: number,
  snapshot: AssessmentSnapshot,
): { readonly document: string; readonly hash: string } {
  const document = canonicalJson({ form: FORM, assessment, version, ...snapshot })
  return { document, hash: sha256Hex(document) }
}

/** What was written in a version, as its record holds it. */
export function contentIn({ asked: answered, screening, risks, measures, review }: AssessmentSnapshot): AssessmentContent {
  return {
    answers: Object.fromEntries(answered.flatMap(({ key, answer }) => (answer === null ? [] : [[key, answer]]))),
    risks: risks.map(({ overall: _overall, residual: _residual, ...risk }) => risk),
    ...{ screening, measures, review },
  }
}

/** Sections that are not written have no canonical form: they are left out, as if they had never been named. */
function written(narrative: AssessedFacts['narrative']): AssessedFacts['narrative'] {
  return Object.fromEntries(Object.entries(narrative).filter(([, text]) => text !== undefined))
}
