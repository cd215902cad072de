import { randomBytes } from 'node:crypto'
import { type AuditOptions, type AuditService, openAudit } from '../../src/audit/audit.service.ts'
import { entryOf } from '../../src/audit/format/entry.ts'
import type { LogState } from '../../src/audit/store/tree.repository.ts'
import { type Sql, treeRepository } from '../../src/audit/store/tree.repository.ts'
import { noHighWater } from '../../src/audit/tree/high-water.service.ts'
import { type LogLifecycleOptions, logLifecycle } from '../../src/audit/tree/log-lifecycle.service.ts'
import { type Clock, systemClock } from '../../src/platform/kernel/clock.ts'
import { uuidv7Generator } from '../../src/platform/kernel/ids.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { NO_POLICY } from './log-entries.ts'
import type { Teardown } from './postgres.ts'

/** The log on a database of a test's own, without the rest of the service. */
export interface OwnLog {
  readonly audit: AuditService
  readonly database: TestDatabase
  /** As super user: looks and does what no role of the service may. */
  readonly root: Sql
  /** Records decisions; answers their ids. */
  record(count: number, change?: { readonly sim?: true; readonly payload?: unknown }): Promise<string[]>
  log(kind?: LogState['kind']): Promise<LogState>
  close(): Promise<void>
}

export interface OwnLogOptions extends Partial<Omit<AuditOptions, 'db' | 'url'>> {
  readonly on?: TestDatabase
  readonly clock?: Clock
}

/** Opens a log of a test's own; a second one on the same database when `on` is given. */
export async function ownLog(t: Teardown, { on, clock = systemClock, ...over }: OwnLogOptions = {}): Promise<OwnLog> {
  const database = on ?? (await testDatabase(t))
  const newId = uuidv7Generator(clock, randomBytes)
  const audit = await openAudit({
    db: database.db,
    url: database.url,
    role: 'audit_writer',
    clock,
    random: randomBytes,
    newId,
    publicHost: 'accord.example',
    logKey: Buffer.alloc(32, 7),
    lanes: 2,
    batchMax: 256,
    queueMax: 4_096,
    queueAgeMaxMs: 10_000,
    stalledAfterMs: 5_000,
    policy: { revision: () => NO_POLICY, refresh: async () => {} },
    checkpointIntervalMs: 60_000,
    ...over,
  })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= audit.close()
    return closing
  }
  t.teardown(close)
  const { pool: root } = await database.openAs('session_user', 2)
  return {
    audit,
    database,
    root,
    close,
    async record(count, { payload = { caller: { org: 'LBC_CAMDEN' } }, ...change } = {}) {
      const one = () => {
        const id = newId()
        const leaf = {
          id,
          ts: clock().getTime(),
          v: 1,
          t: 'adl.access_evaluation',
          cfg: `sha256:${'a'.repeat(64)}`,
          pol: `sha256:${'b'.repeat(64)}`,
          d: true,
          n: 1,
          rc: [],
          rev: 0,
          span: '1'.repeat(16),
          trace: '2'.repeat(32),
          st: 'Ok',
          ...change,
        } as const
        return audit.record(() => ({ entry: entryOf(leaf, payload, randomBytes), value: id }))
      }
      return (await Promise.all(Array.from({ length: count }, one))).map(({ value }) => value)
    },
    async log(kind = 'decisions') {
      const found = (await treeRepository(root).logs()).findLast((log) => log.kind === kind)
      if (!found) throw new Error(`no ${kind} log`)
      return found
    },
  }
}

/**
 * Does something to a log while its keeper, whom every append wakes, is kept from its leaves as by another node.
 * The number is the class of the keeper's lock (`src/audit/store/tree.repository.ts`).
 */
export async function withoutKeeper<T>({ database }: Pick<OwnLog, 'database'>, logId: number, work: () => Promise<T>): Promise<T> {
  const { pool } = await database.openAs('session_user', 1)
  const holder = await pool.connect()
  await holder.query('select pg_advisory_lock(716611160, $1)', [logId])
  try {
    return await work()
  } finally {
    await holder.query('select pg_advisory_unlock_all()')
    holder.release()
  }
}

/** Opens and ends the logs of this database as another process would. */
export function lifecycleOn(own: Pick<OwnLog, 'database'>, over: Partial<LogLifecycleOptions> = {}) {
  const clock = over.clock ?? systemClock
  return logLifecycle({
    db: own.database.db,
    clock,
    newId: uuidv7Generator(clock, randomBytes),
    publicHost: 'accord.example',
    logKey: Buffer.alloc(32, 7),
    highWater: noHighWater,
    ...over,
  })
}
