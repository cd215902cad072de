import { sql } from 'kysely'
import t from 'tap'
import type { Transaction } from '../../../src/platform/database/database.ts'
import { readAs, readingAs, withTransactionAs } from '../../../src/platform/database/reader.ts'
import type { Reader } from '../../../src/platform/kernel/reader.ts'
import { testDatabase } from '../../support/database.ts'

// For whom a transaction reads is what row-level security stands on: whatever is done within, it goes on for whom it read before.

const { db } = await testDatabase(t)
const CAMDEN: Reader = { kind: 'party', org: 'LBC_CAMDEN' }
const HACKNEY: Reader = { kind: 'party', org: 'LBC_HACKNEY' }
const SYSTEM: Reader = { kind: 'system' }
const reads = async (tx: Transaction): Promise<string> => {
  const asked = sql<{ is: string }>`select current_setting('accord.reader', true) || ' ' || current_setting('accord.org', true) as is`
  return (await asked.execute(tx)).rows[0]?.is ?? ''
}

t.test('work that reads for somebody else, or for the same once more, gives the reader back, whatever it did', async (t) => {
  for (const before of [CAMDEN, SYSTEM])
    await withTransactionAs(db, before, async (tx) => {
      const first = await reads(tx)
      for (const within of [CAMDEN, HACKNEY, SYSTEM]) {
        await readingAs(tx, within, async () => {
          const inner = await reads(tx)
          t.equal(inner, `${within.kind} ${within.kind === 'party' ? within.org : ''}`)
          await readingAs(tx, within, async () => t.equal(await reads(tx), inner, 'the same once more'))
          await readingAs(tx, within, () => readAs(tx, HACKNEY))
          t.equal(await reads(tx), inner, 'also where the work within changed it')
          await t.rejects(
            readingAs(tx, SYSTEM, () => Promise.reject(new Error('no'))),
            /no/,
          )
          t.equal(await reads(tx), inner, 'also where it failed')
          await readAs(tx, HACKNEY)
        })
        t.equal(await reads(tx), first)
      }
    })
})

t.test('a transaction that read for nobody does so again, and the next one begins without a reader', async (t) => {
  await db.transaction().execute(async (tx) => {
    await readingAs(tx, SYSTEM, async () => t.equal(await reads(tx), 'system '))
    t.equal((await reads(tx)).trim(), '')
    await readingAs(tx, CAMDEN, async () => t.equal(await reads(tx), 'party LBC_CAMDEN'))
  })
  await db.transaction().execute(async (tx) => t.equal((await reads(tx)).trim(), ''))
})
