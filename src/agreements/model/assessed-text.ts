import type { AssessedFacts } from '../../assessments/made/assessed-facts.ts'
import { changedFacts, changeInWords } from '../../assessments/made/changes.ts'
import type { Agreement, AgreementVersion } from '../agreement.ts'

/** What an assessment is about, as a version of an agreement says it; undefined: an agreement without any text. Pure. */
export function assessedFacts(
  agreement: Pick<Agreement, 'id' | 'title' | 'instrument_type' | 'parties'>,
  version: AgreementVersion | undefined,
): AssessedFacts {
  const { flows = [], agents = [], narrative = {} } = version?.terms ?? {}
  return {
    ...{ agreement: agreement.id, title: agreement.title, instrument_type: agreement.instrument_type },
    parties: agreement.parties.filter(({ left_at }) => left_at === null).map(({ org, role }) => ({ org, role })),
    flows,
    agents: (agents ?? []).map(({ org, for: party }) => ({ org, for: party })),
    narrative: { ...narrative },
  }
}

/** An assessment made here as far as a text that is to be frozen asks it. */
export interface AssessedHere {
  readonly state: string
  /** The version that was sent for review last; null: none was. */
  readonly version: number | null
  /** What the assessment is about, as that version says it. */
  readonly facts: AssessedFacts | null
}

/** Of what the text says, what its assessment is not about, in words (DP-6); none: it is about all of it. Pure. */
export function unassessed({ facts }: AssessedHere, now: AssessedFacts): string[] {
  if (facts === null) return []
  return changedFacts(facts, now).map(changeInWords)
}
