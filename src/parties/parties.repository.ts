import { sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import type { Day } from '../platform/kernel/london-day.ts'
import {
  asRegistered,
  type Organisation,
  type OrganisationName,
  type OrganisationStatus,
  type RegisteredOrganisation,
} from './organisation.ts'

/** What may be written of an organisation once it is there. */
export type OrganisationChange = Partial<Omit<RegisteredOrganisation, 'code' | 'active_from' | 'active_to' | 'successor_of'>> & {
  /** London day on which a register administrator confirmed it. */
  readonly registered_on?: Day
}

/** Stores and reads organisations. */
export function partiesRepository(tx: Transaction) {
  return {
    /** New ones, recorded on a London day. */
    async insert(organisations: readonly (Organisation & Partial<RegisteredOrganisation>)[], day: Day): Promise<void> {
      if (organisations.length === 0) return
      const rows = organisations.map(asRegistered).map(({ successor_of: _later, ...row }) => ({
        ...row,
        aliases: [...row.aliases],
        departments: [...row.departments],
        registered_on: day,
      }))
      await tx.insertInto('organisation').values(rows).execute()
      const succession = organisations.flatMap(({ code, successor_of }) =>
        successor_of.map((predecessor) => ({ successor: code, predecessor })),
      )
      if (succession.length > 0) await tx.insertInto('organisation_succession').values(succession).execute()
    },

    async retype(code: string, type: string): Promise<void> {
      await tx.updateTable('organisation').set({ type }).where('code', '=', code).execute()
    },

    /** Organisations by code, in the order of codes; all of them when no codes are given. */
    async read(codes?: readonly string[]): Promise<RegisteredOrganisation[]> {
      const rows = await tx
        .selectFrom('organisation as o')
        .selectAll('o')
        .select(
          sql<string[]>`array(select s.predecessor from organisation_succession as s where s.successor = o.code order by s.predecessor)`.as(
            'successor_of',
          ),
        )
        .$if(codes !== undefined, (query) => query.where('o.code', 'in', [...(codes ?? []), '']))
        .orderBy('o.code')
        .execute()
      return rows.map(
        ({ row_version: _version, act_count: _acts, registered_on: _registered, competent_authority, status, successor_of, ...row }) => ({
          ...row,
          status: status as OrganisationStatus,
          competent_authority: competent_authority as Organisation['competent_authority'],
          successor_of,
        }),
      )
    },

    /** What every organisation is called, by code. */
    names: (): Promise<OrganisationName[]> =>
      tx.selectFrom('organisation as o').select(['o.code', 'o.short_name']).orderBy('o.code').execute(),

    async update(code: string, { aliases, departments, ...change }: OrganisationChange): Promise<void> {
      await tx
        .updateTable('organisation')
        .set({ ...change, ...(aliases ? { aliases: [...aliases] } : {}), ...(departments ? { departments: [...departments] } : {}) })
        .where('code', '=', code)
        .execute()
    },

    /** Every organisation that was merged into one is another name of that one's successor in name too. */
    async redirect(from: string, into: string): Promise<string[]> {
      const rows = await tx
        .updateTable('organisation')
        .set({ merged_into: into })
        .where('merged_into', '=', from)
        .returning('code')
        .execute()
      return rows.map(({ code }) => code)
    },

    /** Of these organisations those that exist and are confirmed, each with the day on which its entry was last right for all one knows. */
    async entries(codes: readonly string[]): Promise<{ readonly code: string; readonly since: Day }[]> {
      if (codes.length === 0) return []
      return tx
        .selectFrom('organisation as o')
        .select(['o.code', sql<Day>`greatest(o.registered_on, o.entry_confirmed_on)`.as('since')])
        .where('o.code', 'in', [...codes])
        .where('o.status', '=', 'CONFIRMED')
        .where('o.active_to', 'is', null)
        .where((eb) => eb.or([eb('o.registered_on', 'is not', null), eb('o.entry_confirmed_on', 'is not', null)]))
        .orderBy('o.code')
        .execute()
    },

    /** `ETag` material of an organisation; undefined when there is none with this code. */
    async version(code: string): Promise<string | undefined> {
      const row = await tx.selectFrom('organisation as o').select('o.row_version').where('o.code', '=', code).executeTakeFirst()
      return row?.row_version
    },

    /** Locks an organisation until the transaction ends; false when there is none with this code. */
    async lock(code: string): Promise<boolean> {
      const row = await tx.selectFrom('organisation as o').select('o.code').where('o.code', '=', code).forNoKeyUpdate().executeTakeFirst()
      return row !== undefined
    },

    /** Ends an organisation at an instant and notes who follows it; twice noted is once noted. */
    async succeed(predecessor: string, successor: string, at: string): Promise<void> {
      await tx.updateTable('organisation').set({ active_to: at }).where('code', '=', predecessor).execute()
      await tx
        .insertInto('organisation_succession')
        .values({ successor, predecessor })
        .onConflict((conflict) => conflict.columns(['successor', 'predecessor']).doNothing())
        .execute()
    },

    /** How many bodies an organisation has proposed that nobody has confirmed or merged yet. */
    async openProposals(org: string): Promise<number> {
      const row = await tx
        .selectFrom('organisation as o')
        .innerJoin('organisation_act as a', (join) => join.on('a.subject', '=', 'ORGANISATION').onRef('a.code', '=', 'o.code'))
        .select((eb) => eb.fn.countAll<string>().as('open'))
        .where('o.status', '=', 'UNCONFIRMED')
        .where('a.act', '=', 'propose')
        .where('a.actor_org', '=', org)
        .executeTakeFirstOrThrow()
      return Number(row.open)
    },

    /** Who proposed an organisation; undefined for one that was in the register from the start. */
    async proposer(code: string): Promise<{ readonly issuer: string; readonly sub: string; readonly org: string } | undefined> {
      const row = await tx
        .selectFrom('organisation_act as a')
        .select(['a.actor_issuer', 'a.actor_sub', 'a.actor_org'])
        .where('a.subject', '=', 'ORGANISATION')
        .where('a.code', '=', code)
        .where('a.act', '=', 'propose')
        .executeTakeFirst()
      return row && { issuer: row.actor_issuer, sub: row.actor_sub, org: row.actor_org }
    },
  }
}
