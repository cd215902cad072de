import type { Transaction } from '../platform/database/database.ts'
import type { Agreement } from './agreement.ts'
import { agreementsRepository, type StoredBy } from './agreements.repository.ts'
import { readAgreements } from './reading.repository.ts'

export type AgreementsService = ReturnType<typeof agreementsService>

/** Agreements as the rest of the house uses them. Everything here joins the caller's transaction. */
export function agreementsService(newId: () => string) {
  return {
    /** Stores a record made elsewhere with its confirmed signatures. @throws a unique violation when the id is taken */
    store: (tx: Transaction, agreement: Agreement, by: StoredBy): Promise<void> => agreementsRepository(tx, newId).insert(agreement, by),
    read: (tx: Transaction, ids: readonly string[]): Promise<Agreement[]> => readAgreements(tx, ids),
    /**
     * What decisions may stand on: approved versions without their words. Drafts are left out, so that editing one is not
     * a change of policy; an agreement that has nothing but drafts still counts as one that is not approved.
     */
    async forPolicy(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
      const agreements = await readAgreements(tx, ids)
      return agreements.map((agreement) => ({
        ...agreement,
        versions: agreement.versions
          .filter((version) => version.status === 'APPROVED')
          .map((version) => ({ ...version, terms: { ...version.terms, narrative: {} } })),
      }))
    },
  }
}
