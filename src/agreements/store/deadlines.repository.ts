import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'

/** Agreements that are active and have a review, or a last day, before a day; more of them than something falls due in, never fewer. */
export async function withDeadlineBefore(tx: Transaction, day: Day): Promise<string[]> {
  const rows = await tx
    .selectFrom('agreement as a')
    .select('a.id')
    .where('a.status', '=', 'ACTIVE')
    .where((eb) =>
      eb.or([
        eb('a.review_due', '<', day),
        sql<boolean>`exists (select from agreement_version v where v.agreement_id = a.id and v.effective_to < ${day} and v.status <> 'DRAFT')`,
      ]),
    )
    .orderBy('a.id')
    .execute()
  return rows.map(({ id }) => id)
}
