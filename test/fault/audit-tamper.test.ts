import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { signCheckpoint } from '../../src/audit/format/checkpoint.ts'
import { leafHash } from '../../src/audit/format/leaf-bytes.ts'
import { logSigner } from '../../src/audit/format/log-keys.ts'
import { appendAllToEdge, edgeToBytes, emptyEdge, rootOfEdge } from '../../src/audit/format/merkle-tree.ts'
import { treeRepository } from '../../src/audit/store/tree.repository.ts'
import { highWaterFiles, noHighWater } from '../../src/audit/tree/high-water.service.ts'
import { logLifecycle } from '../../src/audit/tree/log-lifecycle.service.ts'
import { inspection } from '../../src/audit/watch/inspection.service.ts'
import { logMonitor } from '../../src/audit/watch/log-monitor.service.ts'
import { log as logCommand } from '../../src/cli/log/log.ts'
import { SHARE } from '../support/demo-share.ts'
import { type OwnLog, ownLog } from '../support/own-log.ts'
import { testService } from '../support/service.ts'

/** What a super user does to the database, and by which words each is reported. */
interface Tampering {
  readonly title: string
  readonly sql: (log: number, own: OwnLog) => string | Promise<string>
  readonly reported: RegExp
}

const rehash = (log: number, index: number) =>
  `update audit.leaf set leaf_hash = sha256('\\x00'::bytea || leaf) where log_id = ${log} and idx = ${index};`
const change = (log: number, index: number) =>
  `update audit.leaf set leaf = set_byte(leaf, 9, (get_byte(leaf, 9) + 1) % 128) where log_id = ${log} and idx = ${index};`
const cut = (log: number, size: number) =>
  `delete from audit.leaf where log_id = ${log} and idx >= ${size}; update audit.head set size = ${size} where log_id = ${log};`

const uproot = (log: number) =>
  `update audit.tree set size = 0, root = sha256(''), edge = '' where log_id = ${log}; delete from audit.tile where log_id = ${log};`

const TAMPERINGS: readonly Tampering[] = [
  { title: 'one bit of a leaf is changed', sql: (log) => change(log, 17), reported: /CORRUPT_LEAF: leaf 17 does not hash/ },
  {
    title: 'a leaf and its hash are changed',
    sql: (log) => change(log, 17) + rehash(log, 17),
    reported: /CORRUPT_LEAF: leaf 17 is not the one the tree was built of/,
  },
  {
    title: 'a leaf in the unfinished tile and its hash are changed',
    sql: (log) => change(log, 299) + rehash(log, 299),
    reported: /CORRUPT_LEAF: leaf 299 is not the one/,
  },
  {
    title: 'a leaf is deleted',
    sql: (log) => `delete from audit.leaf where log_id = ${log} and idx = 40`,
    reported: /GAP: leaf 40 is missing/,
  },
  {
    title: 'two leaves are swapped',
    sql: (
      log,
    ) => `create temp table s as select * from audit.leaf where log_id = ${log} and idx in (50, 60); delete from audit.leaf where log_id = ${log} and idx in (50, 60);
      insert into audit.leaf select log_id, 110 - idx, event_id, leaf_hash, leaf from s; drop table s`,
    reported: /leaf 50 is not the one the tree was built of[\s\S]*leaf 60 is not the one/,
  },
  {
    title: 'a leaf is inserted behind the end',
    sql: (log) =>
      `insert into audit.leaf select log_id, 301, gen_random_uuid(), leaf_hash, leaf from audit.leaf where log_id = ${log} and idx = 5`,
    reported: /leaf 301 stands beyond the end of the log/,
  },
  { title: 'the tail is cut off', sql: (log) => cut(log, 200), reported: /ROLLBACK: the tree covers 301 leaves, the log ends at 200/ },
  {
    title: 'the tail is cut off and the tree with it',
    sql: (log) => `${cut(log, 0)} ${uproot(log)}`,
    reported: /ROLLBACK: a checkpoint covers 301 leaves, the log ends at 0/,
  },
  {
    title: 'everything is rolled back together, as from a backup',
    sql: (log) => `${cut(log, 0)} ${uproot(log)}
      delete from audit.checkpoint where log_id = ${log};`,
    reported: /this machine published a checkpoint of 301 leaves, the log ends at 0: it was rolled back/,
  },
  {
    title: 'a tile is replaced',
    sql: (log) => `update audit.tile set hashes = set_byte(hashes, 3200, (get_byte(hashes, 3200) + 1) % 256) where log_id = ${log}`,
    reported: /tile 0\/0 does not hold what the leaves hash to, from hash 100/,
  },
  {
    title: 'the root of a tile is replaced',
    sql: (log) => `update audit.tile set root = sha256('x') where log_id = ${log}`,
    reported: /tile 0\/0 has another root/,
  },
  { title: 'a tile is deleted', sql: (log) => `delete from audit.tile where log_id = ${log}`, reported: /tile 0\/0 is missing/ },
  {
    title: 'the root of the tree is replaced',
    sql: (log) => `update audit.tree set root = sha256('x') where log_id = ${log}`,
    reported: /the tree of 301 leaves has another root/,
  },
  {
    title: 'the edge of the tree is replaced',
    sql: (log) => `update audit.tree set edge = set_byte(edge, 1, (get_byte(edge, 1) + 1) % 256) where log_id = ${log}`,
    reported: /the edge of the tree of 301 leaves is not/,
  },
  {
    title: 'the tree is deleted',
    sql: (log) => `delete from audit.tree where log_id = ${log}`,
    reported: /CORRUPT_TILE: the tree is missing/,
  },
  {
    title: 'the row that numbers the entries is deleted',
    sql: (log) => `delete from audit.head where log_id = ${log}`,
    reported: /GAP: the row that numbers its entries is missing/,
  },
  {
    title: 'both of them are deleted',
    sql: (log) => `delete from audit.head where log_id = ${log}; delete from audit.tree where log_id = ${log}`,
    reported: /GAP: the row that numbers its entries is missing[\s\S]*CORRUPT_TILE: the tree is missing/,
  },
  {
    title: 'a checkpoint is replaced by another one, validly signed',
    async sql(log, own) {
      const { origin } = await own.log()
      const root = Buffer.alloc(32, 9)
      const note = signCheckpoint({ origin, size: 301, root }, [logSigner(Buffer.alloc(32, 7), origin)])
      return `update audit.checkpoint set root = '\\x${root.toString('hex')}', note = '${note}' where log_id = ${log} and size = 301`
    },
    reported: /FORK: the checkpoint of 301 leaves has another root than the leaves[\s\S]*is not the one kept on this machine/,
  },
  {
    title: 'the last leaf is rewritten, with the tree over it and without the checkpoints',
    async sql(log, own) {
      const leaves = (await treeRepository(own.root).leaves(log, 0, 301)).map(({ leaf }) => leaf)
      leaves[299]?.writeUInt8((leaves[299].readUInt8(9) + 1) % 128, 9)
      const { edge } = appendAllToEdge(
        emptyEdge(),
        leaves.map((leaf) => leafHash(leaf)),
      )
      const hex = (bytes: Uint8Array) => `'\\x${Buffer.from(bytes).toString('hex')}'`
      return `${change(log, 299)} ${rehash(log, 299)} delete from audit.checkpoint where log_id = ${log};
        update audit.tree set root = ${hex(rootOfEdge(edge))}, edge = ${hex(edgeToBytes(edge))} where log_id = ${log};`
    },
    reported:
      /FORK: the first 301 leaves are not those of the checkpoint kept on this machine[\s\S]*ROLLBACK: the checkpoint of 301 leaves that this machine published is missing/,
  },
  {
    title: 'a backup is put back, and a machine that kept no checkpoint lets the log grow over it',
    async sql(log, own) {
      await own.root.query(`set session_replication_role = replica; ${cut(log, 100)} ${uproot(log)}
        delete from audit.checkpoint where log_id = ${log}; set session_replication_role = origin`)
      const elsewhere: (() => unknown)[] = []
      const other = await ownLog({ teardown: (work) => void elsewhere.push(work) }, { on: own.database })
      await other.record(300)
      await other.audit.keeper.round()
      for (const work of elsewhere) await work()
      return ''
    },
    reported: /FORK: the first 301 leaves are not those of the checkpoint kept on this machine/,
  },
  {
    title: 'two leaves are filed under each other’s identifier',
    sql: (log) => `create temp table s as select idx, event_id from audit.leaf where log_id = ${log} and idx in (50, 60);
      update audit.leaf set event_id = gen_random_uuid() where log_id = ${log} and idx in (50, 60);
      update audit.leaf l set event_id = s.event_id from s where l.log_id = ${log} and l.idx = 110 - s.idx; drop table s`,
    reported: /CORRUPT_LEAF: leaf 50 is filed under [0-9a-f-]{36}, which is not its own identifier[\s\S]*leaf 60 is filed under/,
  },
  {
    title: 'a checkpoint is signed by another key',
    async sql(log, own) {
      const { origin } = await own.log()
      const { rows } = await own.root.query('select root from audit.checkpoint where log_id = $1 and size = 301', [log])
      const note = signCheckpoint({ origin, size: 301, root: rows[0]?.['root'] as Buffer }, [logSigner(Buffer.alloc(32, 8), origin)])
      return `update audit.checkpoint set note = '${note}' where log_id = ${log} and size = 301`
    },
    reported: /FORK: the checkpoint of 301 leaves cannot be verified/,
  },
]

t.test('every tampering by a super user is reported by name and index, by fsck and by the monitor', async (t) => {
  for (const { title, sql, reported } of TAMPERINGS) {
    await t.test(title, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'accord-tamper-'))
      const own = await ownLog(t, { highWater: highWaterFiles(join(folder, 'high-water')) })
      await own.record(300)
      await own.audit.keeper.round()
      await own.close()
      const { logId } = await own.log()
      const env = { DATABASE_URL: own.database.url, ACCORD_VAR: folder }
      const lines: string[] = []
      const io = { env, out: (line: string) => void lines.push(line), err: () => {} }
      t.equal(await logCommand(['fsck'], io), 0, lines.filter((line) => line.startsWith('FAIL')).join('\n'))
      t.match(lines.at(-1), /^14 checks passed, 0 failed$/)

      await own.root.query(`set session_replication_role = replica; alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962;
        ${await sql(logId, own)}; set session_replication_role = origin`)

      lines.length = 0
      t.equal(await logCommand(['fsck'], io), 1)
      t.match(lines.join('\n'), reported)
      t.match(lines.at(-1), /^\d+ checks passed, [1-9]\d* failed$/)
      const { pool } = await own.database.openAs('audit_reader')
      const monitor = logMonitor({ sql: pool, audit: own.audit, highWater: highWaterFiles(join(folder, 'high-water')) })
      const { findings } = await monitor.pass()
      t.match(findings.map(({ why, detail }) => `${why}: ${detail}`).join('\n'), reported)
    })
  }
})

t.test('the monitor of a service left alone finds nothing, and measures how long entries stay uncovered', async (t) => {
  const own = await ownLog(t, { checkpointIntervalMs: 100 })
  await own.record(300)
  const { pool } = await own.database.openAs('audit_reader')
  const monitor = logMonitor({ sql: pool, audit: own.audit })
  t.ok((await monitor.canary(60_000)) < 60_000)
  t.match(await monitor.pass(), { findings: [], passes: 1 })
  t.ok(monitor.state().leaves >= 303)
  await t.rejects(pool.query('delete from audit.leaf'), /permission denied/, 'with rights to read only')
})

t.test('a log that grows and is signed while it is looked through is not reported for that', async (t) => {
  const own = await ownLog(t)
  await own.record(700)
  await own.audit.keeper.round()
  const { pool } = await own.database.openAs('audit_reader', 1)
  for (let pass = 0; pass < 3; pass++) {
    const look = inspection(treeRepository(pool), await own.log(), noHighWater)
    do {
      await own.record(130)
      await own.audit.keeper.round()
    } while (await look.step())
    t.strictSame(look.result().findings, [])
  }
})

t.test(
  'a service whose log was tampered with is not ready, until a human has ended that log and its next incarnation goes on',
  async (t) => {
    const service = await testService(t)
    const { log, audit } = service.app.services
    const ready = async () => (await service.inject({ method: 'GET', url: '/health/ready' })).statusCode
    const ask = async () =>
      (await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as({ org: 'LBC_CAMDEN' }), payload: SHARE }))
        .statusCode
    t.equal(await ask(), 200)
    await audit.keeper.round()
    await log.monitor.pass()
    t.equal(await ready(), 200)
    const [decisions] = audit.logs
    const root = await service.database?.openAs('session_user', 1)
    await root?.pool.query(`set session_replication_role = replica; alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962;
    ${change(decisions?.logId ?? 0, 0)}; set session_replication_role = origin`)
    await log.monitor.pass()
    t.equal(await ready(), 503)
    const { db, clock, newId } = service.app.services
    const lifecycle = logLifecycle({ db, clock, newId, publicHost: '127.0.0.1', logKey: service.logKey, highWater: noHighWater })
    t.match(await lifecycle.reopen('decisions', { why: 'CORRUPT_LEAF' }), { name: `${decisions?.name}-2` }, 'as accord log reopen does')
    t.equal(await ask(), 200, 'decisions go into the next log')
    await audit.keeper.round()
    await log.monitor.pass()
    t.ok(log.monitor.state().findings.length > 0, 'what was found stays known')
    t.equal(await ready(), 200)
  },
)
