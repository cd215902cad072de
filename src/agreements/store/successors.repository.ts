import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { Day } from '../../platform/kernel/london-day.ts'

/** Who follows whom, and from when. */
export interface Following {
  readonly predecessor: string
  readonly successor: string
  /** ISO 8601. */
  readonly at: string
}

/** Who answers for bodies that have ended: whoever follows them in the register. */
export function successorsRepository(tx: Transaction) {
  return {
    /** Who answers at an instant for each of these organisations: itself, or where it has ended whoever follows it; null: nobody follows. */
    async answering(orgs: readonly string[], at: Instant): Promise<ReadonlyMap<string, string | null>> {
      if (orgs.length === 0) return new Map()
      const { rows } = await sql<{ org: string; answerer: string | null }>`
        select o.org, public.answerer_of(o.org, ${new Date(at).toISOString()}::timestamptz) as answerer
          from unnest(${[...orgs]}::text[]) as o(org)`.execute(tx)
      return new Map(rows.map(({ org, answerer }) => [org, answerer]))
    },

    /** The parties of an agreement that have ended and that an organisation answers for; whoever may know the agreement. */
    async followedIn(agreementId: string, org: string, at: Instant): Promise<readonly string[]> {
      const { rows } = await sql<{ followed: string[] }>`
        select public.followed_in(${agreementId}, ${org}, ${new Date(at).toISOString()}::timestamptz) as followed`.execute(tx)
      return rows[0]?.followed ?? []
    },

    /**
     * What passes on to a successor, of its predecessor and of those that one followed: agreements with which sharing is over for such a party, or ends
     * at an instant that is known. More of them than where something is still held, never fewer.
     */
    async passedOn({ predecessor, successor, at }: Following, today: Day): Promise<{ readonly id: string; readonly party: string }[]> {
      const { rows } = await sql<{ id: string; party: string }>`
        with recursive answered as (
          select ${predecessor}::text as code
          union
          select s.predecessor from answered a join organisation_succession s on s.successor = a.code)
        select a.id, p.org as party from agreement a join agreement_party p on p.agreement_id = a.id and p.org in (select code from answered)
         where public.answerer_of(p.org, ${at}::timestamptz) = ${successor}
           and (a.status = 'TERMINATED' or a.status = 'ACTIVE' and (a.terminated_at is not null or p.left_at is not null
             or exists (select from agreement_version v where v.agreement_id = a.id and v.status <> 'DRAFT' and v.effective_to < ${today}::date)))
         order by a.id, p.position`.execute(tx)
      return rows
    },
  }
}
