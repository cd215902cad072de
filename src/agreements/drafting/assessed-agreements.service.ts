import type { AssessedAgreements } from '../../assessments/made/assessed-agreement.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import { assessmentOf, isProcessorRole } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { assessedFacts } from '../model/assessed-text.ts'
import { dpiaAt } from '../model/in-force.ts'
import { lifecycleFacts } from '../model/lifecycle-facts.ts'
import { draftVersion, keeperOf, leadingVersion, presentParties } from '../model/standing.ts'
import { readRecord } from '../store/record.service.ts'
import { refusalUnlessWritable, wasEverFrozen } from './draft-part.ts'

/** What assessments that are made here ask of the agreement that they are about. */
export function assessedAgreements(agreements: Pick<AgreementsService, 'find'>): AssessedAgreements {
  return async (tx, id, principal, at) => {
    const agreement = await agreements.find(tx, writerFor(principal), id, at)
    const record = agreement && (await readRecord(tx, id))
    const keeper = agreement && keeperOf(agreement, at)
    if (!agreement || !record || !keeper) return undefined
    const roles = new Map(agreement.parties.map(({ org, role }) => [org, role]))
    const present = [...new Set([keeper, ...presentParties(agreement, at)])]
    const { required, status, residual, prior_consultation, review_due } = dpiaAt(agreement, lifecycleFacts(agreement), at)
    return {
      ...{
        assessment: assessmentOf(agreement),
        keeper,
        facts: assessedFacts(agreement, draftVersion(agreement) ?? leadingVersion(agreement, at)),
      },
      controllers: present.filter((org) => roles.has(org) && !isProcessorRole(roles.get(org))),
      stated: { required, status, residual, prior_consultation, review_due },
      isOver: refusalUnlessWritable(agreement, new Date(at).toISOString()) !== undefined,
      ...{ wasFrozen: wasEverFrozen(agreement), isShared: record.sharesAssessment },
    }
  }
}
