import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { ListedImport } from './stored-import.ts'

/** Imports that the reader may see, newest first: those before one, or the newest. Joins the caller's transaction. */
export async function listedImports(
  tx: Transaction,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<ListedImport[]> {
  const { rows } = await sql<Omit<ListedImport, 'lines'> & { lines: string }>`
    select i.id, i.org, i.status, i.uploaded_at as "uploadedAt", i.committed_at as "committedAt", i.undone_at as "undoneAt",
      (select count(*) from register_import_row as r where r.import_id = i.id and r.row > i.header_row) as lines
    from register_import as i where ${before}::uuid is null or i.id < ${before}::uuid order by i.id desc limit ${limit}`.execute(tx)
  return rows.map((row) => ({ ...row, lines: Number(row.lines) }))
}
