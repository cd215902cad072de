import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'

/** Agreements that are active and have a review, of their own or of their assessment, or a last day before a day; more of them than something falls due in, never fewer. */
export async function withDeadlineBefore(tx: Transaction, day: Day): Promise<string[]> {
  // One query for each kind of day, each by an index of its own: in one condition all agreements were looked at, each asked whether it may be seen.
  const { rows } = await sql<{ id: string }>`
    select a.id from agreement a where a.status = 'ACTIVE' and a.review_due < ${day}
    union
    select a.id from agreement_version v join agreement a on a.id = v.agreement_id
     where v.effective_to < ${day} and v.status <> 'DRAFT' and a.status = 'ACTIVE'
    union
    select a.id from assessment d join agreement a on a.assessment_id = d.id
     where d.required and d.review_due < ${day} and a.status = 'ACTIVE'
    order by id`.execute(tx)
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
