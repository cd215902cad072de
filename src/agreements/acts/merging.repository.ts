import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** What a body stands in, and calling it by another name there (sql/migrations/0008_agreement_changes.sql lets nothing else change). */
export function mergingRepository(tx: Transaction) {
  return {
    /** What binds a body: undefined where it may still turn out to be another one. */
    async binding(code: string): Promise<string | undefined> {
      const found = await sql<{ what: string }>`
        select what from (
          select 'it has signed' as what where exists (select from signature where org = ${code} and confirmed_at is not null)
          union all select 'it has approved' where exists (select from approval where org = ${code} and complete_at is not null)
          union all select 'it stands in a text that was frozen' where exists (
            select from agreement_version v where v.status in ('APPROVED', 'SUPERSEDED') and (
              v.processor_contract -> 'approved_sub_processors' ? ${code}
              or not v.recorded_elsewhere and (
                exists (select from agreement_party p where p.agreement_id = v.agreement_id and p.org = ${code})
                or exists (select from agent a where a.agreement_id = v.agreement_id and a.version = v.version and (a.org = ${code} or a.for_party = ${code})))))
          union all select 'a one-off decision names it' where exists (select from disclosure_decision where provider = ${code} or recipient = ${code})
          union all select 'it follows, or is followed by, another' where exists (select from organisation_succession where successor = ${code} or predecessor = ${code})
          union all select 'it has acted itself' where exists (select from agreement_act where actor_org = ${code})
            or exists (select from agreement where owner_org = ${code}) or exists (select from register_import where org = ${code})
        ) bound limit 1`.execute(tx)
      return found.rows[0]?.what
    },

    /** How many agreements both take part in. */
    async agreementsOfBoth(one: string, other: string): Promise<number> {
      const found = await tx
        .selectFrom('agreement_party as a')
        .innerJoin('agreement_party as b', 'b.agreement_id', 'a.agreement_id')
        .select((eb) => eb.fn.countAll<string>().as('both'))
        .where('a.org', '=', one)
        .where('b.org', '=', other)
        .executeTakeFirstOrThrow()
      return Number(found.both)
    },

    /** The agreements that name a body, in the order in which they are locked. */
    async agreementsNaming(code: string): Promise<string[]> {
      const found = await sql<{ id: string }>`
        select agreement_id as id from agreement_party where org = ${code}
        union select agreement_id from agent where org = ${code} or for_party = ${code}
        union select agreement_id from policy_document where party = ${code}
        union select agreement_id from agreement_version where processor_contract -> 'approved_sub_processors' ? ${code}
        order by id`.execute(tx)
      return found.rows.map(({ id }) => id)
    },

    /** Calls the body by its other name in these agreements. */
    async rename(ids: readonly string[], from: string, into: string): Promise<void> {
      if (ids.length === 0) return
      const there = [...ids]
      await tx.updateTable('agreement_party').set({ org: into }).where('agreement_id', 'in', there).where('org', '=', from).execute()
      await sql`update flow set providers = array_replace(providers, ${from}, ${into}), recipients = array_replace(recipients, ${from}, ${into})
        where agreement_id = any(${there}) and (${from} = any(providers) or ${from} = any(recipients))`.execute(tx)
      await sql`update agent set org = case org when ${from} then ${into} else org end, for_party = case for_party when ${from} then ${into} else for_party end
        where agreement_id = any(${there}) and (org = ${from} or for_party = ${from})`.execute(tx)
      await sql`update keeper_change set from_org = case from_org when ${from} then ${into} else from_org end, to_org = case to_org when ${from} then ${into} else to_org end
        where agreement_id = any(${there}) and (from_org = ${from} or to_org = ${from})`.execute(tx)
      await tx.updateTable('policy_document').set({ party: into }).where('agreement_id', 'in', there).where('party', '=', from).execute()
      await sql`update agreement_version set processor_contract = jsonb_set(processor_contract, '{approved_sub_processors}',
          (select jsonb_agg(distinct case name when ${from} then ${into} else name end) from jsonb_array_elements_text(processor_contract -> 'approved_sub_processors') name))
        where agreement_id = any(${there}) and processor_contract -> 'approved_sub_processors' ? ${from}`.execute(tx)
    },
  }
}
