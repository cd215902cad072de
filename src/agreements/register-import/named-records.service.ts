import type { Transaction } from '../../platform/database/database.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { classesOf, type ExportedLine, registerLine } from '../model/register-line.ts'
import { readAgreementsFor } from '../store/reading.service.ts'
import { lineSupplements } from '../store/record.repository.ts'
import { importsRepository } from './imports.repository.ts'
import type { StoredImport } from './stored-import.ts'

/** So many agreements are read before others have their turn. */
const READ_AT_ONCE = 50

/**
 * The records that the lines of a file name by their references here, as an export writes them; those alone that the
 * importing organisation may know now. One that it may not know is not among them, as one that is not there.
 */
export async function namedRecords(
  tx: Transaction,
  { id, org, mapping, headerRow }: Pick<StoredImport, 'id' | 'org' | 'mapping' | 'headerRow'>,
  { at, lists }: { readonly at: string; readonly lists: readonly CodeList[] },
  pause: Pause,
): Promise<Map<string, ExportedLine>> {
  const found = new Map<string, ExportedLine>()
  if (mapping.accord_ref === undefined) return found
  const repository = importsRepository(tx)
  const classOf = classesOf(lists)
  const named = await repository.named(id, mapping.accord_ref, headerRow)
  for (let start = 0; start < named.length; start += READ_AT_ONCE) {
    const part = named.slice(start, start + READ_AT_ONCE)
    const beside = await lineSupplements(tx, part)
    for (const agreement of await readAgreementsFor(tx, { kind: 'party', org }, part, instantOf(at))) {
      const known = beside.get(agreement.id)
      if (known) found.set(agreement.id, registerLine(agreement, known, { own: org, at, classOf }))
    }
    await pause()
  }
  return found
}
