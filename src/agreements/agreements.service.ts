import type { Transaction } from '../platform/database/database.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { type Invitee, standingRepository } from './acts/standing.repository.ts'
import type { Agreement, AgreementVersion } from './agreement.ts'
import type { AgreementToComplete } from './drafting/completeness.ts'
import { agreementsRepository, type StoredBy } from './store/agreements.repository.ts'
import { isVisible, readAgreements } from './store/reading.repository.ts'
import { readRecord } from './store/record.repository.ts'
import { maySee } from './visibility.ts'

export type AgreementsService = ReturnType<typeof agreementsService>

/** Agreements as the rest of the house uses them. Everything here joins the caller's transaction. */
export function agreementsService(newId: () => string) {
  return {
    /** Stores a record made elsewhere with its confirmed signatures. @throws a unique violation when the id is taken */
    store: (tx: Transaction, agreement: Agreement, by: StoredBy): Promise<void> => agreementsRepository(tx, newId).insert(agreement, by),
    read: (tx: Transaction, ids: readonly string[]): Promise<Agreement[]> => readAgreements(tx, ids),
    /** An agreement that the reader may know. One that is hidden is undefined like one that is not there, after the same one query. */
    async find(tx: Transaction, reader: Reader, id: string): Promise<Agreement | undefined> {
      const [found] = (await isVisible(tx, reader, id)) ? await readAgreements(tx, [id]) : []
      return found && maySee(reader, found) ? found : undefined
    },
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
      return agreements.map((agreement) => {
        const invited = invitees.get(agreement.id) ?? []
        return {
          ...agreement,
          parties: isUndone(agreement) ? [] : boundParties(agreement, invited),
          versions: agreement.versions
            .filter((version) => version.status === 'APPROVED')
            .map((version) => ({ ...version, ...invitedSince(version, invited), terms: { ...version.terms, narrative: {} } })),
        }
      })
    },
  }
}

/**
 * Where all must sign, an organisation that was invited becomes a party with its own signature (LC-4): were it one before,
 * an invitation would stop everybody. A text that was frozen after the invitation names it, and waits for it like for any other.
 * Under the other rules it is a party at once and simply has not signed.
 */
function boundParties({ parties, versions }: Agreement, invited: readonly Invitee[]): Agreement['parties'] {
  const approved = versions.filter(({ status }) => status === 'APPROVED')
  if (!approved.some(({ terms }) => terms.commencement.rule === 'ALL_SIGNED')) return parties
  const unbound = invited.filter(({ namedIn }) => !approved.some(({ version }) => namedIn.has(version))).map(({ org }) => org)
  return parties.filter(({ org }) => !unbound.includes(org))
}

/** Whom a version does not wait for, because it was invited after the version was frozen. */
function invitedSince({ version }: AgreementVersion, invited: readonly Invitee[]): Pick<AgreementVersion, 'invited_since'> {
  const since = invited.filter(({ namedIn }) => !namedIn.has(version)).map(({ org }) => org)
  return since.length > 0 ? { invited_since: since } : {}
}

/** A record of elsewhere that was taken out again: decisions answer as if it had never been there. */
function isUndone({ origin, status, versions }: Agreement): boolean {
  return origin === 'ELSEWHERE' && status === 'WITHDRAWN' && versions.every((version) => version.status !== 'APPROVED')
}
