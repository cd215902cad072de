import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { type Fault, type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import type { AssessmentView } from './assessment-view.ts'
import type { OverallRisk } from './codes.ts'
import { contentFaults } from './completeness.ts'
import { conditionsOf } from './conditions.ts'
import type { Risk } from './content.ts'
import { madeRepository } from './made.repository.ts'
import { editionOf, type MadeAssessment } from './made-assessment.ts'
import { type MadeKind, NO_SUCH_ASSESSMENT, type WritingFacts } from './made-kind.service.ts'
import { asked, type Question, type QuestionSet } from './questions.ts'
import { inherentOf, overallOf, type ResidualRisk, type RiskMap, residualOfRisk, riskMap } from './risks.ts'
import { isWritable } from './states.ts'
import { type DerivedCriterion, derivedCriteria, speaksForAssessment } from './triggers.ts'

/** A risk with what it comes to before and after what is approved against it (4.3). */
export interface CountedRisk extends Risk {
  readonly overall: OverallRisk
  readonly residual: ResidualRisk
}

/** An assessment as somebody writes it: what is asked, what is still missing, what its risks come to, and who may go on. */
export interface AssessmentSheet {
  readonly view: AssessmentView
  /** Null: its reader does not know the agreement. */
  readonly title: string | null
  readonly keeper: string | null
  readonly controllers: readonly string[]
  /** Organisations of the agreement, and the people whom its flows are about (DATA_SUBJECT). */
  readonly parties: readonly string[]
  readonly subjects: readonly string[]
  readonly sections: QuestionSet['sections']
  /** Those that apply to the agreement as it stands, and those that were answered when they did. */
  readonly questions: readonly Question[]
  /** What the flows show besides the triggers (WP248 rev.01). */
  readonly criteria: readonly DerivedCriterion[]
  /** Whether the flows speak for an assessment (DP-1, DP-2). */
  readonly isSuggested: boolean
  /** What keeps it from being sent for review. */
  readonly faults: readonly Fault[]
  readonly risks: readonly CountedRisk[]
  readonly map: RiskMap
  readonly inherent: OverallRisk | null
  /** Whether the reader's organisation keeps the text, and the agreement is not over. */
  readonly isKeptHere: boolean
  /** Whether it is written now. */
  readonly isOpen: boolean
  readonly today: Day
}

export type SheetService = ReturnType<typeof sheetService>

/** Reads an assessment with what follows from it by the same rules as its acts. */
export function sheetService({ db, clock, kind }: { readonly db: Database; readonly clock: Clock; readonly kind: MadeKind }) {
  return {
    async read(principal: Principal, id: string): Promise<Result<AssessmentSheet, Refusal>> {
      const known = await kind.facts()
      return withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await madeRepository(tx).find(id)
        if (!found) return refuse(refusal('NOT_FOUND', NO_SUCH_ASSESSMENT))
        const at = clock().getTime()
        const about = await kind.agreementOf(tx, found.made.agreement, principal, at)
        const view = await kind.view({ tx, principal, known, at }, found.made)
        return ok({
          ...{ view, title: about?.facts.title ?? null, keeper: about?.keeper ?? null, controllers: about?.controllers ?? [] },
          ...followed(found.made, about?.facts, known, londonDay(at)),
          ...{ isKeptHere: about !== undefined && about.keeper === principal.org && !about.isOver, isOpen: isWritable(found.made.state) },
          today: londonDay(at),
        })
      })
    },
  }
}

/** What follows from what is written. */
function followed(made: MadeAssessment, facts: AssessedFacts | undefined, { codes }: WritingFacts, today: Day) {
  const { content } = made
  const edition = editionOf(made)
  const applies = new Set(facts ? asked(edition, conditionsOf(facts, codes)) : [])
  return {
    parties: facts?.parties.map(({ org }) => org) ?? [],
    subjects: [...new Set(facts?.flows.flatMap(({ data_subjects }) => data_subjects))],
    sections: edition.sections,
    questions: edition.questions.filter((question) => applies.has(question) || content.answers[question.key] !== undefined),
    criteria: facts ? derivedCriteria(facts, codes) : [],
    isSuggested: facts !== undefined && speaksForAssessment(facts, codes),
    faults: facts ? contentFaults(content, facts, edition, codes, today) : [],
    risks: content.risks.map((risk) => ({
      ...risk,
      overall: overallOf(risk.likelihood, risk.severity, codes),
      residual: residualOfRisk(risk, content.measures, codes),
    })),
    map: riskMap(content, codes),
    inherent: inherentOf(content, codes),
  }
}
