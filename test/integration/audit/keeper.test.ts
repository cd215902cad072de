import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { logSigner } from '../../../src/audit/format/log-keys.ts'
import { parseVkey } from '../../../src/audit/format/signed-note.ts'
import { logReading } from '../../../src/audit/reading/log-reading.service.ts'
import { appendInTransaction } from '../../../src/audit/store/append.repository.ts'
import { type KeeperConnection, keeperConnection } from '../../../src/audit/store/keeper-connection.repository.ts'
import { type Sql, treeRepository } from '../../../src/audit/store/tree.repository.ts'
import type { Failing } from '../../../src/audit/tree/failing.ts'
import { highWaterFiles, noHighWater } from '../../../src/audit/tree/high-water.service.ts'
import { integrate } from '../../../src/audit/tree/integrator.service.ts'
import { logKeeper } from '../../../src/audit/tree/log-keeper.service.ts'
import { type Published, signRound } from '../../../src/audit/tree/signer.service.ts'
import { rootFromTiles, tilesOf } from '../../../src/audit/tree/tree-reading.service.ts'
import { withTransaction } from '../../../src/platform/database/database.ts'
import { anEntry } from '../../support/log-entries.ts'
import { lifecycleOn, ownLog, withoutKeeper } from '../../support/own-log.ts'

const connect = (url: string) => keeperConnection({ url, role: 'audit_integrator', name: 'test', statementTimeoutMs: 10_000 })

/** 61 seconds after something began to fail, and as many more as a busy machine takes. */
const A_MINUTE = /has not been signed for (6[1-9]|[78]\d) s/

t.test('a checkpoint covers every decision recorded before it, and its root is that of the leaves', async (t) => {
  const own = await ownLog(t)
  await own.record(700)
  await own.audit.keeper.round()
  const log = await own.log()
  t.equal(log.size, 701, 'the opening entry, then the decisions')
  const published = own.audit.keeper.published(log.logId)
  const { checkpoint } = openCheckpoint(published?.note ?? '', [parseVkey(log.vkey)])
  t.equal(checkpoint.size, 701)
  t.same(Buffer.from(await rootFromTiles(tilesOf(treeRepository(own.root), log.logId), 701)), Buffer.from(checkpoint.root))
  t.equal((await own.root.query('select 1 from audit.tile where log_id = $1 and level = 0', [log.logId])).rowCount, 2)
})

/** Takes the tree away, as if nothing had been integrated; nobody else works on it, since the log is closed. */
async function forgetTree(root: Sql): Promise<void> {
  await root.query(`set session_replication_role = replica; delete from audit.tile; update audit.tree set size = 0, root = sha256(''), edge = '';
    set session_replication_role = origin`)
}
const tiles = async (root: Sql, logId: number) =>
  (await root.query("select level, n::int, encode(hashes, 'hex') as hashes from audit.tile where log_id = $1 order by level, n", [logId]))
    .rows

t.test('F13: an integrator that dies in the middle leaves nothing, and the next one makes the same tiles', async (t) => {
  const own = await ownLog(t)
  await own.record(600)
  await own.close()
  const log = await own.log()
  const before = await tiles(own.root, log.logId)
  t.equal(before.length, 2)
  await forgetTree(own.root)
  const connection = await connect(own.database.url)
  t.teardown(connection.close)
  const dying: Sql = {
    query: (text, values) => (text.startsWith('update audit.tree') ? Promise.reject(new Error('killed')) : connection.query(text, values)),
  }
  await t.rejects(integrate(dying, log), /killed/)
  t.same(await tiles(own.root, log.logId), [])
  t.equal((await own.log()).treeSize, 0)
  t.equal(await integrate(connection, log), 601)
  t.same(await tiles(own.root, log.logId), before)
  t.equal(await integrate(connection, log), 0, 'and running it again does nothing')
})

t.test('F14: of two integrators at once one advances, whatever the lock, and the tiles are the same', async (t) => {
  const own = await ownLog(t)
  await own.record(600)
  await own.close()
  const log = await own.log()
  const before = await tiles(own.root, log.logId)
  const two = [await connect(own.database.url), await connect(own.database.url)] as const
  for (const one of two) t.teardown(one.close)
  for (const lock of [false, true, false, true]) {
    await forgetTree(own.root)
    const took = await Promise.all(two.map((one) => integrate(one, log, { lock })))
    t.same(
      took.toSorted((a, b) => a - b),
      [0, 601],
    )
    t.same(await tiles(own.root, log.logId), before)
  }
})

t.test('F15: a signer that dies after the commit and before publication: the next round publishes the same checkpoint', async (t) => {
  let dies = true
  const own = await ownLog(t)
  await own.record(3)
  const log = await own.log()
  await own.close()
  // Nobody keeps it any more but the one that dies.
  const today = new Date().toISOString().slice(0, 10)
  await withTransaction(own.database.db, (tx) => appendInTransaction(tx, log.logId, [anEntry(), anEntry()], today))
  const keeper = logKeeper({
    url: own.database.url,
    role: 'audit_integrator',
    clock: () => new Date(),
    logKey: Buffer.alloc(32, 7),
    highWater: noHighWater,
    checkpointIntervalMs: 60_000,
    afterCommit: async () => {
      if (dies) throw new Error('killed')
    },
  })
  t.teardown(keeper.close)
  await keeper.round()
  t.match(keeper.failure(), /killed/)
  t.equal(keeper.published(log.logId), undefined)
  const { rows } = await own.root.query('select size::int, note from audit.checkpoint where log_id = $1 order by size desc limit 1', [
    log.logId,
  ])
  t.equal(rows[0]?.['size'], 6)
  dies = false
  await keeper.round()
  t.equal(keeper.published(log.logId)?.note, rows[0]?.['note'])
  t.equal((await own.root.query('select 1 from audit.checkpoint where log_id = $1 and size = 6', [log.logId])).rowCount, 1)
  const again = await ownLog(t, { on: own.database })
  await again.record(1)
  await again.audit.keeper.round()
  t.same(again.audit.faults(), [], 'another signer accepts it')
})

t.test('F17: a leaf that changed before it was signed stops the signing of its log, with its index', async (t) => {
  const own = await ownLog(t)
  await own.audit.keeper.round()
  const log = await own.log()
  await withoutKeeper(own, log.logId, async () => {
    await own.record(20)
    await own.root.query(`set session_replication_role = replica; alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962;
      update audit.leaf set leaf = set_byte(leaf, 3, 90) where log_id = ${log.logId} and idx = 13; set session_replication_role = origin`)
  })
  await own.audit.keeper.round()
  t.match(own.audit.faults(), [/leaf 13 does not hash/])
  t.ok((own.audit.keeper.published(log.logId)?.size ?? 0) < 13)
  const { rows } = await own.root.query(`select convert_from(leaf, 'UTF8')::json as leaf from audit.leaf where log_id <> $1`, [log.logId])
  t.ok(
    rows.some(
      ({ leaf }) => (leaf as { t: string; why?: string; at?: number }).why === 'CORRUPT_LEAF' && (leaf as { at?: number }).at === 13,
    ),
  )
})

t.test('F22: a log that stands still for a minute makes the service not ready', async (t) => {
  const own = await ownLog(t)
  await own.record(1)
  const now = performance.now
  t.teardown(() => {
    performance.now = now
  })
  await own.root.query('alter table audit.checkpoint rename to checkpoint_away')
  await own.audit.keeper.round()
  t.same(own.audit.faults(), [])
  performance.now = () => now.call(performance) + 61_000
  t.match(own.audit.faults(), [A_MINUTE, A_MINUTE])
  performance.now = () => now.call(performance) + 601_000
  await t.rejects(own.record(1), /has not been signed/, 'and after ten takes nothing more')
  performance.now = now
  await own.root.query('alter table audit.checkpoint_away rename to checkpoint')
})

t.test('F23: a clock that jumps back changes nothing in the order of entries', async (t) => {
  let now = Date.UTC(2026, 5, 1)
  const own = await ownLog(t, { clock: () => new Date(now) })
  const before = await own.record(5)
  now -= 3_600_000
  const after = await own.record(5)
  const { rows } = await own.root.query('select event_id from audit.leaf where log_id = $1 and idx > 0 order by idx', [
    (await own.log()).logId,
  ])
  t.same(
    rows.map((row) => row['event_id']),
    [...before, ...after],
  )
  t.same([...before, ...after].toSorted(), [...before, ...after], 'identifiers only go forward')
  await own.audit.keeper.round()
  t.same(own.audit.faults(), [])
})

t.test('another node that grows and signs the log between any two statements of a signer is no rollback', async (t) => {
  const own = await ownLog(t)
  const connection = await connect(own.database.url)
  t.teardown(connection.close)
  const signer = logSigner(Buffer.alloc(32, 7), (await own.log()).origin)
  let published: Published | undefined
  let statements = 0
  for (let moment = 0; moment < 8; moment++) {
    let done = 0
    const meddled: KeeperConnection = {
      ...connection,
      async query(text, values) {
        const result = await connection.query(text, values)
        // Not inside the transaction that stores the checkpoint: there the other node would wait for it, and it for the other.
        if (done++ === moment && !/^(begin|set local|insert)/.test(text)) {
          await own.record(1)
          await own.audit.keeper.round()
        }
        statements = Math.max(statements, done)
        return result
      },
    }
    await own.record(1)
    while ((await integrate(connection, await own.log())) > 0);
    const options = { signer, highWater: noHighWater, published, now: () => new Date().toISOString() }
    published = await signRound(meddled, await own.log(), options)
    t.ok(published, `after statement ${moment + 1}`)
    t.same(own.audit.faults(), [])
  }
  t.ok(statements > 4, 'there were statements to come between')
})

t.test('what is damaged of a log that ended stops no other log, and is told once', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'accord-high-water-'))
  const own = await ownLog(t, { highWater: highWaterFiles(directory) })
  await own.record(2)
  await own.audit.keeper.round()
  const ended = await own.log()
  await own.close()
  await lifecycleOn(own).reopen('decisions', { why: 'OMISSION' })
  await own.root.query(`set session_replication_role = replica; update audit.checkpoint set note = 'damaged' where log_id = ${ended.logId};
    set session_replication_role = origin`)
  for (const file of readdirSync(directory).filter((name) => name.startsWith(`${ended.name}-`))) writeFileSync(join(directory, file), '')
  const reports: string[] = []
  const again = await ownLog(t, {
    on: own.database,
    highWater: highWaterFiles(directory),
    onIncident: ({ log, detail }) => reports.push(`${log}: ${detail}`),
  })
  await again.record(3)
  await again.audit.keeper.round()
  await again.audit.keeper.round()
  t.equal(again.audit.keeper.published((await again.log()).logId)?.size, 5)
  t.same(again.audit.faults(), [])
  t.match(reports, [/its last checkpoint cannot be verified/])
  t.equal(reports.length, 1)
})

t.test('a log whose tree or numbering is taken away is told at once, is signed no more, and what was signed stays readable', async (t) => {
  for (const [table, why, detail] of [
    ['tree', 'CORRUPT_TILE', /the tree is missing/],
    ['head', 'GAP', /the row that numbers its entries is missing/],
  ] as const) {
    const reports: string[] = []
    const own = await ownLog(t, { onIncident: (incident) => reports.push(`${incident.log} ${incident.why}`) })
    await own.record(5)
    await own.audit.keeper.round()
    const log = await own.log()
    await own.root.query(`set session_replication_role = replica; delete from audit.${table} where log_id = ${log.logId};
      set session_replication_role = origin`)
    await own.audit.keeper.round()
    t.match(own.audit.faults(), [detail])
    t.same(reports, [`${log.name} ${why}`])
    t.equal(own.audit.keeper.published(log.logId)?.size, 6)
    const reading = logReading({ sql: own.root, keeper: own.audit.keeper })
    t.equal((await reading.checkpoint(log.name))?.split('\n')[1], '6')
    t.match(await reading.proof(log.logId, 3, 0), /^c2sp.org\/tlog-proof@v1/)
  }
})

t.test('a kept checkpoint that is damaged stops the signing of its own log, aloud, until it is taken away', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'accord-high-water-'))
  const reports: (string | null)[] = []
  const onFailing = ({ log, error }: Failing) => void reports.push(log, error?.message ?? null)
  const own = await ownLog(t, { highWater: highWaterFiles(directory), onFailing })
  await own.audit.keeper.round()
  const log = await own.log()
  const [file = ''] = readdirSync(directory).filter((name) => name.startsWith(`${log.name}-`))
  writeFileSync(join(directory, file), '')
  await own.record(2)
  const canary = await own.audit.recordCanary()
  await own.audit.keeper.round()
  await own.audit.keeper.round()
  t.equal(own.audit.keeper.published(log.logId)?.size, 1)
  t.equal(own.audit.keeper.published(canary.logId)?.size, canary.index + 1, 'the other log is signed')
  t.match(reports, [log.name, /the checkpoint kept on this machine cannot be verified/])
  t.equal(reports.length, 2, 'once')
  t.ok(own.audit.keeper.failingMs() > 0)
  const now = performance.now
  performance.now = () => now.call(performance) + 61_000
  t.match(own.audit.faults(), [A_MINUTE])
  t.match(own.audit.faults(), [/ s: the checkpoint kept on this machine cannot be verified/])
  t.equal(own.audit.faults().length, 1)
  performance.now = now
  rmSync(join(directory, file))
  await own.audit.keeper.round()
  t.equal(own.audit.keeper.published(log.logId)?.size, 3)
  t.same(reports.slice(2), [log.name, null])
  t.equal(own.audit.keeper.failingMs(), 0)
})
