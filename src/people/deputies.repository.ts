import { sql } from 'kysely'
import type { Principal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { Day } from '../platform/kernel/london-day.ts'
import type { DeputisedRole, Deputy } from './deputy.ts'

/** Who stands in for whom. */
export function deputiesRepository(tx: Transaction) {
  const deputies = () =>
    tx
      .selectFrom('deputy as d')
      .innerJoin('person as p', 'p.id', 'd.person_id')
      .innerJoin('person as q', 'q.id', 'd.deputy_id')
      .select(['d.id', 'd.org', 'd.role', 'p.issuer', 'p.subject', 'q.issuer as deputy_issuer', 'q.subject as deputy_subject'])
      .select(['d.first_day', 'd.last_day', 'd.reason', 'd.named_at', 'd.ended_at', 'd.end_reason', 'd.row_version'])

  return {
    async insert(
      { id, org, role, first, last, reason, named_at }: Deputy,
      personId: string,
      deputyId: string,
      by: Principal,
    ): Promise<void> {
      const named_by = JSON.stringify({ issuer: by.issuer, sub: by.sub, org: by.org })
      const row = { id, org, role, person_id: personId, deputy_id: deputyId, first_day: first, last_day: last, reason, named_at, named_by }
      await tx.insertInto('deputy').values(row).execute()
    },

    /** One with its version, locked until the transaction ends. */
    async lock(id: string): Promise<{ readonly deputy: Deputy; readonly version: string } | undefined> {
      const row = await deputies().where('d.id', '=', id).forUpdate('d').executeTakeFirst()
      return row && { deputy: toDeputy(row), version: row.row_version }
    },

    async end(id: string, at: string, reason: string, by: Principal): Promise<string> {
      const ended_by = JSON.stringify({ issuer: by.issuer, sub: by.sub, org: by.org })
      const row = await tx
        .updateTable('deputy')
        .set((eb) => ({ ended_at: at, end_reason: reason, ended_by, row_version: eb('row_version', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },

    /** Of an organisation, in the order in which they were named, after one of them; only those whose last day is not before `from`. */
    async of(
      org: string,
      { from, after, limit }: { readonly from: Day | null; readonly after: string | null; readonly limit: number },
    ): Promise<Deputy[]> {
      const rows = await deputies()
        .where('d.org', '=', org)
        .$if(from !== null, (query) =>
          query
            .where('d.last_day', '>=', from as string)
            .where('d.ended_at', 'is', null)
            .where(roleGoesOn(from as string)),
        )
        .$if(after !== null, (query) => query.where('d.id', '>', after as string))
        .orderBy('d.id')
        .limit(limit)
        .execute()
      return rows.map(toDeputy)
    },

    /** Whom somebody stands in for in an organisation, by what had not ended by a London day: also before and after the days of each. */
    async standingInFor(issuer: string, subject: string, org: string, day: Day): Promise<Deputy[]> {
      const rows = await deputies()
        .where('q.issuer', '=', issuer)
        .where('q.subject', '=', subject)
        .where('d.org', '=', org)
        .where('d.ended_at', 'is', null)
        .where(roleGoesOn(day))
        .orderBy('d.last_day', 'desc')
        .limit(100)
        .execute()
      return rows.map(toDeputy)
    },
  }
}

/**
 * Whether whoever is stood in for has not lost the role: what they may no longer do nobody does in their place (WF-3). A role that was recorded and has
 * ended since the deputy was named takes the deputy along, unless it was recorded once more; of roles that a sign-in service gives by itself nothing is
 * recorded. Of the row `d` of a deputy.
 */
export function roleGoesOn(day: Day) {
  return sql<boolean>`(not exists (select from public.held_role h where h.person_id = d.person_id and h.org = d.org and h.role = d.role
        and (h.ended_at >= d.named_at or (h.to_day < ${day}::date and h.to_day >= (d.named_at at time zone 'Europe/London')::date)))
      or exists (select from public.held_role h where h.person_id = d.person_id and h.org = d.org and h.role = d.role
        and h.ended_at is null and coalesce(h.to_day >= ${day}::date, true)))`
}

interface Row {
  readonly id: string
  readonly org: string
  readonly role: string
  readonly issuer: string
  readonly subject: string
  readonly deputy_issuer: string
  readonly deputy_subject: string
  readonly first_day: Day
  readonly last_day: Day
  readonly reason: string
  readonly named_at: string
  readonly ended_at: string | null
  readonly end_reason: string | null
}

function toDeputy({ issuer, subject, deputy_issuer, deputy_subject, first_day, last_day, role, ...row }: Row): Deputy {
  const { id, org, reason, named_at, ended_at, end_reason } = row
  return {
    ...{ id, org, role: role as DeputisedRole, person: { issuer, subject }, deputy: { issuer: deputy_issuer, subject: deputy_subject } },
    ...{ first: first_day, last: last_day, reason, named_at, ended_at, end_reason },
  }
}
