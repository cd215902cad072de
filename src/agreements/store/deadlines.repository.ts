import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'

/** Agreements that are active and have a review, of their own or of their assessment, or a last day before a day; more of them than something falls due in, never fewer. */
export async function withDeadlineBefore(tx: Transaction, day: Day): Promise<string[]> {
  const rows = await tx
    .selectFrom('agreement as a')
    .select('a.id')
    .where('a.status', '=', 'ACTIVE')
    .where((eb) =>
      eb.or([
        eb('a.review_due', '<', day),
        sql<boolean>`exists (select from agreement_version v where v.agreement_id = a.id and v.effective_to < ${day} and v.status <> 'DRAFT')`,
        sql<boolean>`exists (select from assessment d where d.id = a.assessment_id and d.required and d.review_due < ${day})`,
      ]),
    )
    .orderBy('a.id')
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Agreements of which sharing ends, or what was received is to be gone, between two days: more of them than somebody is reminded of, never
 * fewer. A law that lets somebody keep it has its own last day.
 */
export async function withDisposalDueBetween(tx: Transaction, first: Day, last: Day): Promise<string[]> {
  // A day more on either side: a day of London may be another one of UTC.
  const { rows } = await sql<{ id: string }>`
    select distinct f.agreement_id as id
      from flow f
      join agreement_version v on v.agreement_id = f.agreement_id and v.version = f.version and v.status <> 'DRAFT'
      join agreement a on a.id = f.agreement_id
      cross join lateral (
        select a.terminated_at::date as day union all select v.effective_to
        union all select p.left_at::date from agreement_party p where p.agreement_id = a.id) as over
     where over.day between ${first}::date - 1 and ${last}::date + 1
        or over.day + f.retention_days between ${first}::date - 2 and ${last}::date + 2
    union
    select d.agreement_id from disposal d where d.keep_until between ${first}::date and ${last}::date
    order by id`.execute(tx)
  return rows.map(({ id }) => id)
}
