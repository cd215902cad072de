import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { logSigner } from '../../../src/audit/format/log-keys.ts'
import { type KeeperConnection, keeperConnection } from '../../../src/audit/store/keeper-connection.repository.ts'
import { type Sql, treeRepository } from '../../../src/audit/store/tree.repository.ts'
import { highWaterFiles, noHighWater } from '../../../src/audit/tree/high-water.service.ts'
import { integrate } from '../../../src/audit/tree/integrator.service.ts'
import { signRound } from '../../../src/audit/tree/signer.service.ts'
import { eventually } from '../../support/eventually.ts'
import { lifecycleOn, ownLog, withoutKeeper } from '../../support/own-log.ts'

const connect = (url: string) => keeperConnection({ url, role: 'audit_integrator', name: 'test', statementTimeoutMs: 10_000 })

/** Takes a log back to its first six leaves, as an old backup would. */
async function rollBack(root: Sql, log: number): Promise<void> {
  await root.query(`set session_replication_role = replica; delete from audit.checkpoint where log_id = ${log} and size > 5;
    delete from audit.leaf where log_id = ${log} and idx >= 6; update audit.head set size = 6 where log_id = ${log};
    update audit.tree set size = 0, root = sha256(''), edge = '' where log_id = ${log}; set session_replication_role = origin`)
}

/** Refuses at once whatever waits for a lock on this database, as a limit on waiting would after a while; until told to stop. */
async function refuseLocks(root: Sql, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await root.query(`select pg_cancel_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

t.test('F28: an entry for a log that was sealed meanwhile goes into the next one', async (t) => {
  const own = await ownLog(t)
  const other = await ownLog(t, { on: own.database })
  await own.record(2)
  const old = await own.log()
  await lifecycleOn(own).reopen('decisions', { why: 'OMISSION' })
  await t.rejects(own.root.query(`select audit.append(${old.logId}, '{}', '{}', '{}', '2026-01-01', '{}', '{}')`), /sealed/)
  await Promise.all([own.record(3), other.record(3)])
  const next = await own.log()
  t.equal(next.name, `${old.name}-2`)
  t.equal(next.size, 8, 'two opening entries and six decisions')
  t.equal((await treeRepository(own.root).logs()).find(({ logId }) => logId === old.logId)?.size, old.size)
})

t.test('a year ends: the log says so, is signed to its last entry, and the next one begins with that checkpoint', async (t) => {
  let now = Date.UTC(2026, 11, 31, 23, 59, 59)
  const own = await ownLog(t, { clock: () => new Date(now) })
  await own.record(4)
  now += 2_000
  await own.audit.keeper.round()
  await eventually(() => own.audit.logs.every(({ name }) => name.endsWith('2027')))
  t.same(
    own.audit.logs.map(({ name }) => name),
    ['decisions-2027', 'governance-2027'],
  )
  const [old] = (await treeRepository(own.root).logs()).filter(({ name }) => name === 'decisions-2026')
  const leaf = async (logId: number, at: number) => JSON.parse(String((await treeRepository(own.root).leaves(logId, at, 1))[0]?.leaf))
  t.match(await leaf(old?.logId ?? 0, 5), { t: 'audit.log.closed', size: 6, why: 'PERIOD' })
  t.match(await leaf((await own.log()).logId, 0), { t: 'audit.log.opened', why: 'PERIOD', prev: { origin: old?.origin, size: 6 } })
  await own.record(1)
})

t.test('F12: a database that is behind what was published: the log is over and its next incarnation says so', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'accord-high-water-'))
  const own = await ownLog(t, { highWater: highWaterFiles(directory) })
  await own.record(10)
  await own.audit.keeper.round()
  const log = await own.log()
  await own.close()
  await rollBack(own.root, log.logId)
  const reports: string[] = []
  const again = await ownLog(t, { on: own.database, highWater: highWaterFiles(directory), onIncident: ({ why }) => reports.push(why) })
  t.same(reports, ['ROLLBACK'])
  t.equal((await again.log()).name, `${log.name}-2`)
  await again.record(1)
  await again.audit.keeper.round()
  const first = (await treeRepository(own.root).leaves((await again.log()).logId, 0, 2)).map(({ leaf }) => JSON.parse(String(leaf)))
  t.match(first, [
    { t: 'audit.log.opened', why: 'INCIDENT', prev: { size: 11, origin: log.origin } },
    { t: 'audit.incident', why: 'ROLLBACK', seen: { size: 11 } },
  ])
  t.same(again.audit.faults(), [], 'decisions go on in the new incarnation')
})

t.test('a log that was rolled back takes nothing until it could be ended, however often that fails', async (t) => {
  const own = await ownLog(t, { highWater: highWaterFiles(mkdtempSync(join(tmpdir(), 'accord-high-water-'))) })
  await own.record(10)
  await own.audit.keeper.round()
  const log = await own.log()
  await rollBack(own.root, log.logId)
  const { pool } = await own.database.openAs('session_user', 1)
  const other = await pool.connect()
  await other.query('set idle_in_transaction_session_timeout = 0; begin; select pg_advisory_xact_lock(7166111602)')
  let isOver = false
  const refusing = refuseLocks(own.root, () => isOver)
  for (const time of ['first', 'second']) {
    await own.audit.keeper.round()
    t.equal(own.audit.logs[0]?.name, log.name, `${time} attempt`)
    t.match(own.audit.faults(), [/was rolled back, and the next one could not be opened yet/])
    await t.rejects(own.record(1), /was rolled back/)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
  }
  await other.query('rollback')
  other.release()
  isOver = true
  await refusing
  await eventually(() => own.audit.logs[0]?.name !== log.name)
  t.equal(own.audit.logs[0]?.name, `${log.name}-2`, 'nobody had to do anything')
  await own.record(1)
  await own.audit.keeper.round()
  t.same(own.audit.faults(), [])
})

t.test('that a log is damaged is written into the log of acts, once, as soon as that can be written to', async (t) => {
  const own = await ownLog(t)
  const log = await own.log()
  await withoutKeeper(own, log.logId, async () => {
    await own.record(20)
    await own.root.query(`set session_replication_role = replica; alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962;
      update audit.leaf set leaf = set_byte(leaf, 3, 90) where log_id = ${log.logId} and idx = 13; set session_replication_role = origin;
      alter function audit.append rename to append_away`)
  })
  const entries = async () => {
    const { rows } = await own.root.query(
      `select 1 from audit.leaf where log_id <> $1 and position('"t":"audit.incident"'::bytea in leaf) > 0`,
      [log.logId],
    )
    return rows.length
  }
  await own.audit.keeper.round()
  t.match(own.audit.faults(), [/leaf 13 does not hash/])
  t.equal(await entries(), 0)
  await own.root.query('alter function audit.append_away rename to append')
  await eventually(async () => (await entries()) > 0)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  t.equal(await entries(), 1)
})

t.test('two nodes that see one rollback end one log: the second goes on in the incarnation that the first opened', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'accord-high-water-'))
  const own = await ownLog(t, { highWater: highWaterFiles(directory) })
  await own.record(10)
  await own.audit.keeper.round()
  const log = await own.log()
  const other = await ownLog(t, { on: own.database, highWater: highWaterFiles(directory) })
  t.equal(other.audit.keeper.published(log.logId)?.size, 11)
  await rollBack(own.root, log.logId)
  await Promise.all([own.audit.keeper.round(), other.audit.keeper.round()])
  // One that finds the log ended already turns to the next beside its rounds.
  const current = () => [own, other].map(({ audit }) => audit.logs[0]?.name)
  await eventually(() => !current().includes(log.name))
  t.same(current(), [`${log.name}-2`, `${log.name}-2`])
  const lifecycle = lifecycleOn(own, { highWater: highWaterFiles(directory) })
  t.equal((await lifecycle.reopen('decisions', { why: 'ROLLBACK', log: log.name })).name, `${log.name}-2`, 'a third that is late')
  for (const node of [own, other]) {
    await node.record(1)
    await node.audit.keeper.round()
    t.same(node.audit.faults(), [])
  }
  const { rows } = await own.root.query(`select count(*)::int as n from audit.log where kind = 'decisions'`)
  t.equal(rows[0]?.['n'], 2, 'the healthy incarnation was not ended')
})

t.test('a log that ended with an incident while it was being signed is not signed beyond what its successor records', async (t) => {
  for (const moment of ['before', 'after'] as const) {
    const own = await ownLog(t)
    const connection = await connect(own.database.url)
    t.teardown(connection.close)
    await own.audit.keeper.round()
    await own.record(3)
    const log = await own.log()
    // The keeper may be at it, and then this one leaves it alone.
    await eventually(async () => (await integrate(connection, log)) === 0 && (await own.log()).treeSize === log.size)
    let ending: Promise<unknown> = Promise.resolve()
    const meddled: KeeperConnection = {
      ...connection,
      async query(text, values) {
        const isCheckpoint = text.startsWith('insert into audit.checkpoint')
        if (isCheckpoint && moment === 'before') await lifecycleOn(own).reopen('decisions', { why: 'OMISSION' })
        const result = await connection.query(text, values)
        if (isCheckpoint && moment === 'after') {
          ending = lifecycleOn(own).reopen('decisions', { why: 'OMISSION' })
          // What it is rejected with is told below; it must not end the whole file before that.
          ending.catch(() => {})
          await new Promise((resolve) => setTimeout(resolve, 200))
        }
        return result
      },
    }
    const signer = logSigner(Buffer.alloc(32, 7), log.origin)
    const options = { signer, highWater: noHighWater, published: undefined, now: () => new Date().toISOString() }
    const published = await signRound(meddled, await own.log(), options)
    await ending
    const size = moment === 'before' ? 1 : 4
    t.equal(published?.size, size, `ended ${moment} the checkpoint was stored`)
    const [opened] = await treeRepository(own.root).leaves((await own.log()).logId, 0, 1)
    t.match(JSON.parse(String(opened?.leaf)), { why: 'INCIDENT', prev: { origin: log.origin, size } })
    t.equal((await treeRepository(own.root).newestCheckpoint(log.logId))?.size, size)
  }
})

t.test('a database that was lost altogether does not begin the same log a second time', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'accord-high-water-'))
  const own = await ownLog(t, { highWater: highWaterFiles(directory) })
  await own.record(2)
  await own.audit.keeper.round()
  const fresh = await ownLog(t, { highWater: highWaterFiles(directory) })
  t.match(
    fresh.audit.logs.map(({ name }) => name),
    [/^decisions-\d{4}-2$/, /^governance-\d{4}-2$/],
  )
})

t.test('a database that was lost is noticed in whatever year, and after whatever incarnation', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'accord-high-water-'))
  const kept = { highWater: highWaterFiles(directory) }
  const before = { ...kept, clock: () => new Date('2026-12-30T12:00:00Z') }
  const own = await ownLog(t, before)
  await own.record(2)
  await own.audit.keeper.round()
  await lifecycleOn(own, before).reopen('decisions', { why: 'OMISSION' })
  await own.audit.keeper.round()
  const lost = await own.log()
  t.equal(lost.name, 'decisions-2026-2')
  const fresh = await ownLog(t, { ...kept, clock: () => new Date('2027-01-02T12:00:00Z') })
  t.same(
    fresh.audit.logs.map(({ name }) => name),
    ['decisions-2027', 'governance-2027'],
  )
  const first = (await treeRepository(fresh.root).leaves((await fresh.log()).logId, 0, 2)).map(({ leaf }) => JSON.parse(String(leaf)))
  t.match(first, [
    { t: 'audit.log.opened', why: 'INCIDENT', prev: { origin: lost.origin, size: lost.size } },
    { t: 'audit.incident', why: 'ROLLBACK', seen: { origin: lost.origin } },
  ])
})

t.test('a new year with one clock that is fast and one that is slow begins one log of a kind', async (t) => {
  const [fastAt, slowAt] = [Date.UTC(2027, 0, 1, 0, 0, 1), Date.UTC(2026, 11, 31, 23, 59, 50)]
  const slow = await ownLog(t, { clock: () => new Date(slowAt) })
  await slow.record(2)
  const byFast = lifecycleOn(slow, { clock: () => new Date(fastAt) })
  for (const kind of ['decisions', 'governance'] as const) await byFast.close(kind)
  // The slow node is the one that signs the old log to its end, and opens the next.
  await eventually(() => slow.audit.logs.every(({ name }) => name.endsWith('2027')))
  const fast = await ownLog(t, { on: slow.database, clock: () => new Date(fastAt) })
  for (const node of [slow, fast, slow, fast]) {
    await node.record(1)
    await node.audit.keeper.round()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { rows } = await slow.root.query('select name from audit.log order by log_id')
  t.same(
    rows.map(({ name }) => name).toSorted(),
    ['decisions-2026', 'decisions-2027', 'governance-2026', 'governance-2027'],
    'in whatever order the two are opened',
  )
})

t.test('another key for a log that is open is refused at the start', async (t) => {
  const own = await ownLog(t)
  await t.rejects(ownLog(t, { on: own.database, logKey: randomBytes(32) }), /another key/)
})
