import { sql } from 'kysely'
import type { Transaction } from './database.ts'

/**
 * For whom a transaction reads: the system itself, an auditor, or one organisation. PostgreSQL shows it the rows that
 * reader may see (row-level security, migration 0005); a transaction that does not say sees no agreement at all.
 */
export type Reader = { readonly kind: 'system' } | { readonly kind: 'auditor' } | { readonly kind: 'party'; readonly org: string }

/** Says for whom this transaction reads; holds until it ends. */
export async function readAs(tx: Transaction, reader: Reader): Promise<void> {
  const org = reader.kind === 'party' ? reader.org : ''
  await sql`select set_config('accord.reader', ${reader.kind}, true), set_config('accord.org', ${org}, true)`.execute(tx)
}
