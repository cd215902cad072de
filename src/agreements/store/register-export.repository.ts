import type { Transaction } from '../../platform/database/database.ts'
import type { LineSupplement } from '../model/register-line.ts'
import { signaturesOf } from './signatures.repository.ts'

/** What stands beside these agreements for their lines, by reference. One query a table, however many there are. */
export async function lineSupplements(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, LineSupplement>> {
  if (ids.length === 0) return new Map()
  const headers = await tx
    .selectFrom('agreement as a')
    .select(['a.id', 'a.provenance'])
    .where('a.id', 'in', [...ids])
    .execute()
  const signatures = await signaturesOf(tx, ids)
  return new Map(
    headers.map(({ id, provenance }) => [id, { provenance: provenance as LineSupplement['provenance'], signatures: signatures(id) }]),
  )
}
