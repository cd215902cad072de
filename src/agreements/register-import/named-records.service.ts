import type { Transaction } from '../../platform/database/database.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import { readAgreements } from '../store/reading.repository.ts'
import { seenBy } from '../visibility.ts'
import { importsRepository } from './imports.repository.ts'
import { type Cells, recordCells } from './record-cells.ts'
import type { StoredImport } from './stored-import.ts'

/** So many agreements are read before others have their turn. */
const READ_AT_ONCE = 50

/**
 * The records that the lines of a file name by their references here, as a line of a register says them; those alone that the
 * importing organisation may know now. One that it may not know is not among them, as one that is not there.
 */
export async function namedRecords(
  tx: Transaction,
  { id, org, mapping, headerRow }: Pick<StoredImport, 'id' | 'org' | 'mapping' | 'headerRow'>,
  at: string,
  pause: Pause,
): Promise<Map<string, Cells>> {
  const found = new Map<string, Cells>()
  if (mapping.accord_ref === undefined) return found
  const repository = importsRepository(tx)
  const named = await repository.named(id, mapping.accord_ref, headerRow)
  for (let start = 0; start < named.length; start += READ_AT_ONCE) {
    const part = named.slice(start, start + READ_AT_ONCE)
    const provenances = await repository.provenances(part)
    for (const read of await readAgreements(tx, part)) {
      const agreement = seenBy({ kind: 'party', org }, read, instantOf(at))
      if (agreement === undefined) continue
      const provenance = provenances.get(read.id)
      const isOwn = provenance?.imported_by === org
      const origin = { reference: isOwn ? (provenance?.reference ?? null) : null, register: isOwn ? (provenance?.register ?? {}) : {} }
      found.set(read.id, recordCells({ agreement, ...origin }, org))
    }
    await pause()
  }
  return found
}
