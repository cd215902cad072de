import { sql } from 'kysely'
import type { Reader } from '../kernel/reader.ts'
import type { Transaction } from './database.ts'

/** Says for whom this transaction reads; holds until it ends (sql/migrations/0009_agreement_readers.sql). */
export async function readAs(tx: Transaction, reader: Reader): Promise<void> {
  const org = reader.kind === 'party' ? reader.org : ''
  await sql`select set_config('accord.reader', ${reader.kind}, true), set_config('accord.org', ${org}, true)`.execute(tx)
}
