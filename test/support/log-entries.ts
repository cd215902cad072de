import { createHash, randomBytes } from 'node:crypto'
import { type Entry, entryOf } from '../../src/audit/format/entry.ts'
import { logsRepository } from '../../src/audit/store/logs.repository.ts'
import { type Database, withTransaction } from '../../src/platform/database/database.ts'
import { uuidv7Generator } from '../../src/platform/kernel/ids.ts'

/** A key that no log is signed with. */
export const VKEY = `log.example.org/log/test+01234567+${'A'.repeat(44)}`
/** What the policy is before anything is published (`sql/migrations/0002_policy.sql`). */
export const NO_POLICY = { revision: 0, digest: createHash('sha256').update('accord-policy/v1').digest('hex') }
const newId = uuidv7Generator(() => new Date('2026-11-22T12:00:00Z'), randomBytes)

/** Opens a log of decisions that nobody keeps; answers its number. */
export function openLog(db: Database, name: string, day: string): Promise<number> {
  return withTransaction(db, async (tx) => {
    await logsRepository(tx).openDay(day)
    return logsRepository(tx).open({ name, kind: 'decisions', origin: `log.example.org/log/${name}`, vkey: VKEY }, `${day}T12:00:00Z`)
  })
}

/** The entry of a decision nobody asked for. */
export function anEntry(): Entry {
  const digest = `sha256:${'0'.repeat(64)}`
  const ids = { id: newId(), trace: randomBytes(16).toString('hex'), span: randomBytes(8).toString('hex') }
  const what = { t: 'adl.access_evaluation', d: false, n: 1, rc: ['NO_AGREEMENT'], st: 'Ok' } as const
  return entryOf({ ...ids, ...what, ts: 1, v: 1, cfg: digest, pol: digest, rev: 0 }, { question: 'any' }, randomBytes)
}
