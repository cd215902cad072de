import type { Transaction } from '../../platform/database/database.ts'

/** References of agreements that list one of these organisations, and that the reader may see; the newest change first. */
export async function agreementsListing(tx: Transaction, orgs: readonly string[], atMost: number): Promise<string[]> {
  if (orgs.length === 0) return []
  const rows = await tx
    .selectFrom('agreement as a')
    .select('a.id')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('agreement_party as p')
          .select('p.org')
          .whereRef('p.agreement_id', '=', 'a.id')
          .where('p.org', 'in', [...orgs]),
      ),
    )
    .where('a.status', 'not in', ['REJECTED', 'WITHDRAWN'])
    .orderBy('a.updated_at', 'desc')
    .orderBy('a.id')
    .limit(atMost)
    .execute()
  return rows.map(({ id }) => id)
}
