import type { Transaction } from '../platform/database/database.ts'
import { standingRepository } from './acts/standing.repository.ts'
import type { Agreement } from './agreement.ts'
import type { AgreementToComplete } from './drafting/completeness.ts'
import { agreementsRepository, type StoredBy } from './store/agreements.repository.ts'
import { readAgreements } from './store/reading.repository.ts'
import { readRecord } from './store/record.repository.ts'

export type AgreementsService = ReturnType<typeof agreementsService>

/** Agreements as the rest of the house uses them. Everything here joins the caller's transaction. */
export function agreementsService(newId: () => string) {
  return {
    /** Stores a record made elsewhere with its confirmed signatures. @throws a unique violation when the id is taken */
    store: (tx: Transaction, agreement: Agreement, by: StoredBy): Promise<void> => agreementsRepository(tx, newId).insert(agreement, by),
    read: (tx: Transaction, ids: readonly string[]): Promise<Agreement[]> => readAgreements(tx, ids),
    /** An agreement with what only completeness asks for: contacts of its parties, its review cycle. */
    async toComplete(tx: Transaction, agreement: Agreement): Promise<AgreementToComplete> {
      const record = await readRecord(tx, agreement.id)
      const parties = agreement.parties.map((party) => ({ ...party, contacts: record?.contacts.get(party.org) ?? {} }))
      return { ...agreement, parties, review_cycle_months: record?.reviewCycleMonths ?? null }
    },
    /**
     * What decisions may stand on: approved versions without their words. Drafts are left out, so that editing one is not
     * a change of policy; an agreement that has nothing but drafts still counts as one that is not approved.
     */
    async forPolicy(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
      const agreements = await readAgreements(tx, ids)
      const invitees = await standingRepository(tx).invitees(ids)
      return agreements.map((agreement) => ({
        ...agreement,
        parties: isUndone(agreement) ? [] : boundParties(agreement, invitees.get(agreement.id)),
        versions: agreement.versions
          .filter((version) => version.status === 'APPROVED')
          .map((version) => ({ ...version, terms: { ...version.terms, narrative: {} } })),
      }))
    },
  }
}

/**
 * Where all must sign, an organisation that was invited becomes a party with its own signature (LC-4): were it one before,
 * an invitation would stop everybody. Under the other rules it is one at once and simply has not signed.
 */
function boundParties({ parties, versions }: Agreement, invitees: ReadonlySet<string> | undefined): Agreement['parties'] {
  const allMustSign = versions.some(({ status, terms }) => status === 'APPROVED' && terms.commencement.rule === 'ALL_SIGNED')
  return invitees && allMustSign ? parties.filter(({ org }) => !invitees.has(org)) : parties
}

/** A record of elsewhere that was taken out again: decisions answer as if it had never been there. */
function isUndone({ origin, status, versions }: Agreement): boolean {
  return origin === 'ELSEWHERE' && status === 'WITHDRAWN' && versions.every((version) => version.status !== 'APPROVED')
}
