import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Identity } from '../principal.ts'

/** What people are called. The transaction must read as the system. */
export function personNamesRepository(tx: Transaction) {
  return {
    /** Keeps what somebody is called from a day on, in place of what was kept of them before. */
    async keep({ issuer, sub: subject }: Identity, name: string, day: Day): Promise<void> {
      const row = { name, signed_in_on: day }
      await tx
        .insertInto('person_name')
        .values({ issuer, subject, ...row })
        .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doUpdateSet(row))
        .execute()
    },

    /** Of these people whoever has a name. */
    async find(people: readonly Identity[]): Promise<readonly (Identity & { readonly name: string })[]> {
      const [issuers, subjects] = [people.map(({ issuer }) => issuer), people.map(({ sub }) => sub)]
      const asked = sql<{
        issuer: string
        subject: string
      }>`(select * from unnest(${issuers}::text[], ${subjects}::text[]) as a (issuer, subject))`
      return tx
        .selectFrom(asked.as('asked'))
        .innerJoin('person_name as n', (join) => join.onRef('n.issuer', '=', 'asked.issuer').onRef('n.subject', '=', 'asked.subject'))
        .select(['n.issuer', 'n.subject as sub', 'n.name'])
        .execute()
    },

    /** Forgets whoever last signed in before a day. */
    async forget(before: Day): Promise<void> {
      await tx.deleteFrom('person_name').where('signed_in_on', '<', before).execute()
    },
  }
}
