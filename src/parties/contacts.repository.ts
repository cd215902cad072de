import type { Transaction } from '../platform/database/database.ts'
import type { Contacts } from './contacts.ts'

/** Contacts of organisations; the database shows them to the body itself, its partners and whoever wrote them. */
export function contactsRepository(tx: Transaction) {
  return {
    async of(orgs: readonly string[]): Promise<ReadonlyMap<string, Contacts>> {
      if (orgs.length === 0) return new Map()
      const rows = await tx
        .selectFrom('organisation_contacts as c')
        .select(['c.org', 'c.contacts'])
        .where('c.org', 'in', [...orgs])
        .execute()
      return new Map(rows.map(({ org, contacts }) => [org, contacts as Contacts]))
    },

    async put(org: string, contacts: Contacts, keptBy: string, at: string): Promise<void> {
      const row = { contacts: JSON.stringify(contacts), kept_by: keptBy, at }
      await tx
        .insertInto('organisation_contacts')
        .values({ org, ...row })
        .onConflict((conflict) => conflict.column('org').doUpdateSet(row))
        .execute()
    },
  }
}
