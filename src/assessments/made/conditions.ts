import type { AssessedFacts } from './assessed-facts.ts'
import { itemsOf, personalFlows } from './assessed-flows.ts'
import type { ScreeningCodes } from './codes.ts'
import SCREENING from './screening.json' with { type: 'json' }

/** What a question can depend on: it is asked only where the agreement is like that. */
export const QUESTION_CONDITIONS = ['SENSITIVE', 'VULNERABLE', 'PROCESSORS', 'ABROAD', 'JOINT', 'LAW_ENFORCEMENT'] as const
export type QuestionCondition = (typeof QUESTION_CONDITIONS)[number]

/** Which of them hold of what is assessed. Pure. */
export function conditionsOf(facts: AssessedFacts, codes: ScreeningCodes): ReadonlySet<QuestionCondition> {
  const flows = personalFlows(facts)
  const holds: Readonly<Record<QuestionCondition, boolean>> = {
    SENSITIVE: flows.some((flow) => itemsOf(flow, codes).some((item) => codes.items.get(item)?.classes.size !== 0)),
    VULNERABLE: flows.some(({ data_subjects }) =>
      data_subjects.some((code) => SCREENING.vulnerable.some((broader) => codes.subjects.isWithin(code, broader))),
    ),
    PROCESSORS: facts.agents.length > 0 || facts.parties.some(({ role }) => role === 'PROCESSOR' || role === 'SUB_PROCESSOR'),
    ABROAD: flows.some(({ countries }) => countries.some((country) => country !== 'GB')),
    JOINT: facts.instrument_type === 'JOINT_CONTROLLER' || facts.parties.some(({ role }) => role === 'JOINT_CONTROLLER'),
    LAW_ENFORCEMENT: flows.some(({ legal }) =>
      [legal.provider, legal.recipient].some((side) => side?.art6.some(isLawEnforcement) ?? false),
    ),
  }
  return new Set(QUESTION_CONDITIONS.filter((condition) => holds[condition]))
}

/** A side under Part 3 of the DPA 2018 names its task instead of an Article 6 basis (1.1). */
function isLawEnforcement(basis: string): boolean {
  return basis.startsWith('PART3_')
}
