import type { Transaction } from '../../platform/database/database.ts'
import type { BesideLine } from '../model/register-line.ts'

/** What stands beside these agreements for their lines, by reference. One query a table, however many there are. */
export async function besideLines(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, BesideLine>> {
  if (ids.length === 0) return new Map()
  const wanted = [...ids]
  const headers = await tx.selectFrom('agreement as a').select(['a.id', 'a.provenance']).where('a.id', 'in', wanted).execute()
  const signatures = await tx
    .selectFrom('signature as s')
    .select(['s.agreement_id', 's.org', 's.version', 's.signed_at', 's.version_hash', 's.signatory_name', 's.signatory_post'])
    .select(['s.authority', 's.confirmed_at'])
    .where('s.agreement_id', 'in', wanted)
    .orderBy('s.signed_at')
    .orderBy('s.org')
    .execute()
  return new Map(
    headers.map(({ id, provenance }) => [
      id,
      {
        provenance: provenance as BesideLine['provenance'],
        signatures: signatures.filter(({ agreement_id }) => agreement_id === id).map(({ agreement_id: _, ...signature }) => signature),
      },
    ]),
  )
}
