import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { StatedAssessment } from '../assessment.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import { madeRepository } from './made.repository.ts'
import type { MadeAssessment } from './made-assessment.ts'

/** What assessments ask of the agreement that one is made for; handed over, since they read no agreement. */
export interface AssessedAgreement {
  /** Key of what decisions stand on. */
  readonly assessment: string
  /** Whoever keeps the text, and so writes. */
  readonly keeper: string
  /** Controllers that take part: each is advised by its own people and accepts the risk for itself (DP-7). */
  readonly controllers: readonly string[]
  /** Of the draft where there is one, else of the text that leads. */
  readonly facts: AssessedFacts
  /** What decisions stand on now. */
  readonly stated: StatedAssessment
  /** Whether it can be written at all: it is not over. */
  readonly isOver: boolean
  /** Whether a text was ever frozen: from then on nobody says alone that none is needed. */
  readonly wasFrozen: boolean
  /** Whether another agreement stands on the same assessment (DP-3). */
  readonly isShared: boolean
}

/** Finds the agreement as it stands in the caller's transaction; undefined: there is none that the caller may know. */
export type AssessedAgreements = (
  tx: Transaction,
  agreement: string,
  principal: Pick<Principal, 'org'>,
  at: Instant,
) => Promise<AssessedAgreement | undefined>

/** The agreement of an assessment that was approved, as somebody knows it who has accepted the risk. */
export async function agreementOfAny(
  agreementOf: AssessedAgreements,
  tx: Transaction,
  { id, agreement }: Pick<MadeAssessment, 'id' | 'agreement'>,
  at: Instant,
): Promise<AssessedAgreement | undefined> {
  for (const { org } of await madeRepository(tx).acceptances(id)) {
    const found = await agreementOf(tx, agreement, { org }, at)
    if (found) return found
  }
  return undefined
}
