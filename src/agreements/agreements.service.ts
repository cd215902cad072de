import { assessments } from '../assessments/assessments.service.ts'
import { factsIn } from '../assessments/made/made-assessment.ts'
import { contactsApplying } from '../parties/contacts.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { Instant } from '../platform/kernel/instant.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { type Agreement, type AgreementVersion, assessmentOf, type Party } from './agreement.ts'
import type { AgreementToComplete } from './model/completeness.ts'
import { agreementsRepository, type StoredBy } from './store/agreements.repository.ts'
import { isVisible, lockAssessments } from './store/reading.repository.ts'
import { readAgreements, readAgreementsFor } from './store/reading.service.ts'
import { readRecord } from './store/record.service.ts'
import { standingRepository } from './store/standing.repository.ts'

export type AgreementsService = ReturnType<typeof agreementsService>

/** Agreements as the rest of the house uses them. Everything here joins the caller's transaction. */
export function agreementsService(newId: () => string) {
  return {
    /**
     * Stores a record made elsewhere with its confirmed signatures. Its assessment is stored with it, unless it names one that is there.
     * @throws a unique violation when the id is taken
     */
    async store(tx: Transaction, agreement: Agreement, by: StoredBy): Promise<void> {
      if (agreement.dpia.id === undefined) await assessments.store(tx, agreement.id, agreement.dpia)
      await agreementsRepository(tx, newId).insert(agreement, by)
    },
    read: readAgreements,
    readFor: readAgreementsFor,
    /** What the reader may know of an agreement at an instant. One that is hidden is undefined like one that is not there, after the same one query. */
    async find(tx: Transaction, reader: Reader, id: string, at: Instant): Promise<Agreement | undefined> {
      return (await isVisible(tx, reader, id)) ? (await readAgreementsFor(tx, reader, [id], at))[0] : undefined
    },
    /** An agreement with what only completeness asks for: contacts that apply to its parties, who of those it names nobody has confirmed, its review cycle. */
    async toComplete(tx: Transaction, agreement: Agreement): Promise<AgreementToComplete> {
      const record = await readRecord(tx, agreement.id)
      const parties = agreement.parties.map((party) => ({
        ...party,
        contacts: contactsApplying(record?.contacts.get(party.org) ?? {}, record?.organisationContacts.get(party.org) ?? {}),
      }))
      const unconfirmed = await standingRepository(tx).unconfirmed(agreement.id)
      const here = await assessments.madeHere(tx, assessmentOf(agreement))
      const assessed_here = here && {
        state: here.made.state,
        version: here.sent?.version ?? null,
        facts: here.sent ? factsIn(here.sent) : null,
      }
      const review_cycle_months = record?.reviewCycleMonths ?? null
      return { ...agreement, parties, unconfirmed, review_cycle_months, ...(assessed_here ? { assessed_here } : {}) }
    },
    /**
     * Agreements as they are published from this transaction. The assessments that they stand on are locked until it ends: one that
     * somebody states anew meanwhile, through another agreement, is waited for, and none is published as it was before.
     */
    async toPublish(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
      await lockAssessments(tx, ids)
      return agreementsForPolicy(await readAgreements(tx, ids))
    },
  }
}

/**
 * What decisions may stand on: texts that stand or stood, without their words. Drafts are left out, so that editing one is not
 * a change of policy; an agreement that has nothing but drafts still counts as one that is not approved. Pure.
 */
export function agreementsForPolicy(agreements: readonly Agreement[]): Agreement[] {
  return agreements.map((agreement) => ({
    ...agreement,
    parties: isUndone(agreement) ? [] : agreement.parties.map(asListed),
    versions: agreement.versions
      .filter(({ status, frozen_at, dropped_at }) => status === 'APPROVED' || (frozen_at !== undefined && dropped_at !== undefined))
      .filter((version) => isOfKnownDays(agreement, version))
      .map((version) => ({ ...version, terms: { ...version.terms, narrative: {} } })),
  }))
}

/** Without what the register of organisations says: decisions ask that themselves, as it stands (6.2 step 1). */
function asListed({ active_from: _from, active_to: _to, succeeded_by: _by, accepts_attested_since: _since, ...party }: Party): Party {
  return party
}

/** Whether it is known on which days a version governs: one made elsewhere may state no first day, or no day on which it ended. */
function isOfKnownDays({ status, terminated_at }: Agreement, { effective_from }: AgreementVersion): boolean {
  return effective_from !== null && (status !== 'TERMINATED' || terminated_at !== null)
}

/** A record of elsewhere that was taken out again: decisions answer as if it had never been there. */
function isUndone({ origin, status, versions }: Agreement): boolean {
  return origin === 'ELSEWHERE' && status === 'WITHDRAWN' && versions.every((version) => version.status !== 'APPROVED')
}
