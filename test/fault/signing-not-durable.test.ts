import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { signCheckpoint } from '../../src/audit/format/checkpoint.ts'
import { logSigner } from '../../src/audit/format/log-keys.ts'
import { appendInTransaction } from '../../src/audit/store/append.repository.ts'
import { type KeeperConnection, keeperConnection } from '../../src/audit/store/keeper-connection.repository.ts'
import { highWaterFiles, noHighWater } from '../../src/audit/tree/high-water.service.ts'
import { integrate } from '../../src/audit/tree/integrator.service.ts'
import { logKeeper } from '../../src/audit/tree/log-keeper.service.ts'
import { newestPublished } from '../../src/audit/tree/newest-published.service.ts'
import { signRound } from '../../src/audit/tree/signer.service.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { testDatabase } from '../support/database.ts'
import { anEntry } from '../support/log-entries.ts'
import { type OwnLog, ownLog } from '../support/own-log.ts'
import { ownPostgres, type Teardown } from '../support/postgres.ts'
import { untilWaiting, waitForStandby, whileCancelling } from '../support/standby-waits.ts'

// R13, R16, R24, R26: a checkpoint that no standby has is not published, whoever signed it and however it was found.
// The server is the test's own: whether it waits for a standby is a setting of the whole server.

const NOBODY = 'nobody'
const LOG_KEY = Buffer.alloc(32, 7)
const cluster = await ownPostgres(t, { isDurable: true })

/** A log of four leaves of which the first is signed; nobody keeps it any more. */
async function unsignedLog(t: Teardown): Promise<OwnLog> {
  const own = await ownLog(t, { on: await testDatabase(t, { adminUrl: cluster.url('postgres') }) })
  await own.audit.keeper.round()
  await own.close()
  const { logId } = await own.log()
  const today = new Date().toISOString().slice(0, 10)
  await withTransaction(own.database.db, (tx) => appendInTransaction(tx, logId, [anEntry(), anEntry(), anEntry()], today))
  return own
}

async function connect(t: Teardown, own: OwnLog): Promise<KeeperConnection> {
  const connection = await keeperConnection({
    url: own.database.url,
    role: 'audit_integrator',
    name: 'test',
    statementTimeoutMs: 10_000,
  })
  t.teardown(connection.close)
  return connection
}

const sign = async (connection: KeeperConnection, own: OwnLog) => {
  const log = await own.log()
  const options = {
    signer: logSigner(LOG_KEY, log.origin),
    highWater: noHighWater,
    published: undefined,
    now: () => '2026-11-22T12:00:00Z',
  }
  return signRound(connection, log, options)
}

t.test('a checkpoint whose wait for the standby was cancelled is not published, and is once a standby has it', async (t) => {
  const own = await unsignedLog(t)
  const highWater = highWaterFiles(mkdtempSync(join(tmpdir(), 'accord-high-water-')))
  const keeper = logKeeper({
    url: own.database.url,
    role: 'audit_integrator',
    clock: () => new Date(),
    logKey: LOG_KEY,
    highWater,
    checkpointIntervalMs: 60_000,
  })
  t.teardown(keeper.close)
  const log = await own.log()
  const newest = newestPublished({ url: own.database.url, role: 'audit_integrator', highWater, keeper })
  t.teardown(newest.close)
  await waitForStandby(own.root, NOBODY)
  try {
    for (const time of ['signed', 'found']) {
      const { cancelled } = await whileCancelling(own.root, keeper.round())
      t.ok(cancelled > 0, `a commit was waiting when the checkpoint was ${time}`)
      t.match(keeper.failure(), /without waiting for a standby/)
      t.equal(keeper.published(log.logId), undefined)
      t.equal(highWater.read(log), undefined, 'nor is it kept as published')
    }
    const { outcome } = await whileCancelling(own.root, newest.refresh(log.logId))
    t.match(outcome, { status: 'rejected', reason: { refusal: { code: 'LOG_UNAVAILABLE' } } }, 'nor shown to a reader who asks')
    t.equal(keeper.published(log.logId), undefined)
  } finally {
    await waitForStandby(own.root, '')
  }
  const { rows } = await own.root.query('select note from audit.checkpoint where log_id = $1 and size = 4', [log.logId])
  await keeper.round()
  t.equal(keeper.published(log.logId)?.note, rows[0]?.['note'], 'the same one')
  t.equal(highWater.read(log)?.size, 4)
  t.equal(keeper.failure(), null)
})

t.test('a signer waits for the standby, whatever its session was told about commits', async (t) => {
  const own = await unsignedLog(t)
  const connection = await connect(t, own)
  while ((await integrate(connection, await own.log())) > 0);
  await connection.query('set synchronous_commit = off')
  await waitForStandby(own.root, NOBODY)
  try {
    const { outcome, cancelled } = await whileCancelling(own.root, sign(connection, own))
    t.ok(cancelled > 0)
    t.match(outcome, { status: 'rejected', reason: { name: 'SigningOutcomeUnknownError' } })
  } finally {
    await waitForStandby(own.root, '')
  }
})

t.test('a checkpoint that another node has stored, and no standby has, is not published by the one that comes second', async (t) => {
  const own = await unsignedLog(t)
  const [first, second] = [await connect(t, own), await connect(t, own)]
  while ((await integrate(first, await own.log())) > 0);
  await waitForStandby(own.root, NOBODY)
  try {
    const signing = [sign(first, own)]
    await untilWaiting(own.root, 'SyncRep')
    signing.push(sign(second, own))
    // What they are rejected with is told below; it must not end the whole file before that.
    for (const one of signing) one.catch(() => {})
    await untilWaiting(own.root, 'Lock')
    const { outcome } = await whileCancelling(own.root, Promise.allSettled(signing))
    const refused = { status: 'rejected', reason: { name: 'SigningOutcomeUnknownError' } }
    t.match(outcome, { status: 'fulfilled', value: [refused, refused] })
  } finally {
    await waitForStandby(own.root, '')
  }
  t.equal((await sign(second, own))?.size, 4)
})

t.test('another root that was signed for the same size is a fork, not a race', async (t) => {
  const own = await unsignedLog(t)
  const connection = await connect(t, own)
  while ((await integrate(connection, await own.log())) > 0);
  const { logId, origin } = await own.log()
  const root = Buffer.alloc(32, 9)
  const note = signCheckpoint({ origin, size: 4, root }, [logSigner(LOG_KEY, origin)])
  const meddled: KeeperConnection = {
    ...connection,
    async query(text, values) {
      if (text.startsWith('insert into audit.checkpoint'))
        await own.root.query('insert into audit.checkpoint values ($1, 4, $2, $3, now())', [logId, root, note])
      return connection.query(text, values)
    },
  }
  await t.rejects(sign(meddled, own), { incident: { why: 'FORK', at: 4 } } as never)
})

t.test('a service whose server does not keep what was promised takes nothing', async (t) => {
  const twoCopies = await ownLog(t, { on: await testDatabase(t, { adminUrl: cluster.url('postgres') }), durability: 'D2' })
  t.match(twoCopies.audit.faults(), [/synchronous_standby_names is empty/, /no synchronous standby is connected/])
  await t.rejects(twoCopies.record(1), /synchronous_standby_names is empty/)
  // The server of the other tests flushes nothing.
  const flushed = await ownLog(t, { durability: 'D1' })
  t.match(flushed.audit.faults(), [/fsync is off/])
  await t.rejects(flushed.record(1), /fsync is off/)
})
