import { sql } from 'kysely'
import type { Reader } from '../kernel/reader.ts'
import { type Database, type Transaction, withTransaction } from './database.ts'

/** For whom a running transaction reads, as it was last said. */
const readers = new WeakMap<Transaction, Reader>()

/** Says for whom this transaction reads; holds until it ends (sql/migrations/0009_agreement_readers.sql). Nothing is sent where it holds already. */
export async function readAs(tx: Transaction, reader: Reader): Promise<void> {
  const known = readers.get(tx)
  if (known && isSame(known, reader)) return
  const org = reader.kind === 'party' ? reader.org : ''
  await sql`select set_config('accord.reader', ${reader.kind}, true), set_config('accord.org', ${org}, true)`.execute(tx)
  readers.set(tx, reader)
}

/** Runs `work` in one transaction that reads for somebody: committed when it returns, rolled back when it throws. */
export function withTransactionAs<T>(db: Database, reader: Reader, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(db, async (tx) => {
    await readAs(tx, reader)
    return work(tx)
  })
}

/** Does work that reads for somebody else, and goes on for whom the transaction read before. */
export async function readingAs<T>(tx: Transaction, reader: Reader, work: () => Promise<T>): Promise<T> {
  const known = readers.get(tx)
  if (known && isSame(known, reader)) return goingOnAs(tx, known, work)
  // One statement for both: what stands first in it is worked out first.
  const asked = sql<Before>`select current_setting('accord.reader', true) as reader, current_setting('accord.org', true) as org,
    set_config('accord.reader', ${reader.kind}, true), set_config('accord.org', ${reader.kind === 'party' ? reader.org : ''}, true)`
  const [before] = (await asked.execute(tx)).rows
  readers.set(tx, reader)
  const backTo = async () => {
    await sql`select set_config('accord.reader', ${before?.reader ?? ''}, true), set_config('accord.org', ${before?.org ?? ''}, true)`.execute(
      tx,
    )
    if (known) readers.set(tx, known)
    else readers.delete(tx)
  }
  try {
    const done = await work()
    await backTo()
    return done
  } catch (error) {
    // Where a statement failed, the transaction runs no other one.
    await backTo().catch(() => {})
    throw error
  }
}

/** The same where the transaction reads for them already: nothing is asked of the database, unless the work has changed that. */
async function goingOnAs<T>(tx: Transaction, reader: Reader, work: () => Promise<T>): Promise<T> {
  const isChanged = () => !isSame(readers.get(tx) ?? reader, reader)
  try {
    const done = await work()
    if (isChanged()) await readAs(tx, reader)
    return done
  } catch (error) {
    if (isChanged()) await readAs(tx, reader).catch(() => {})
    throw error
  }
}

function isSame(one: Reader, other: Reader): boolean {
  return one.kind === other.kind && (one.kind !== 'party' || (other.kind === 'party' && one.org === other.org))
}

interface Before {
  readonly reader: string | null
  readonly org: string | null
}
