import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { signCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { logSigner } from '../../../src/audit/format/log-keys.ts'
import { logReading } from '../../../src/audit/reading/log-reading.service.ts'
import type { Sql } from '../../../src/audit/store/tree.repository.ts'
import { highWaterFiles } from '../../../src/audit/tree/high-water.service.ts'
import { newestPublished } from '../../../src/audit/tree/newest-published.service.ts'
import { orThrow } from '../../../src/platform/kernel/refusal.ts'
import { lifecycleOn, ownLog, withoutKeeper } from '../../support/own-log.ts'

/** What a super user would do to alter leaf 3 behind the back of every rule. */
const alteredLeaf = (logId: number) => `set session_replication_role = replica;
  alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962;
  update audit.leaf set leaf_hash = sha256('x') where log_id = ${logId} and idx = 3; set session_replication_role = origin`

/** And to file a checkpoint of 21 leaves, with a root of nines, that the service did not make. */
const filedCheckpoint = (logId: number, note: string) => `set session_replication_role = replica;
  insert into audit.checkpoint values (${logId}, 21, decode(repeat('09', 32), 'hex'), '${note}', now()); set session_replication_role = origin`

t.test('a leaf that is filed under the identifier of another is not signed, and not shown to who asks for that one', async (t) => {
  const own = await ownLog(t)
  await own.audit.keeper.round()
  const log = await own.log()
  const ids = await withoutKeeper(own, log.logId, async () => {
    const recorded = await own.record(20)
    await own.root.query(`set session_replication_role = replica; create temp table s as select idx, event_id from audit.leaf
        where log_id = ${log.logId} and idx in (13, 17);
      update audit.leaf set event_id = gen_random_uuid() where log_id = ${log.logId} and idx in (13, 17);
      update audit.leaf l set event_id = s.event_id from s where l.log_id = ${log.logId} and l.idx = 30 - s.idx;
      drop table s; set session_replication_role = origin`)
    return recorded
  })
  await own.audit.keeper.round()
  t.match(own.audit.faults(), [/leaf 13 is filed under [0-9a-f-]{36}, which is not its own identifier/])
  t.equal(own.audit.keeper.published(log.logId)?.size, 1)
  const reading = logReading({ sql: own.root, keeper: own.audit.keeper })
  const shown = await Promise.allSettled(ids.map((id) => reading.entry(id)))
  t.equal(shown.filter(({ status }) => status === 'rejected').length, 2)
  for (const [at, one] of shown.entries())
    if (one.status === 'fulfilled') t.match(String(one.value?.leaf), ids[at], 'whatever is shown is what was asked for')
    else t.match(one.reason, { refusal: { code: 'LOG_UNAVAILABLE' } })
})

t.test('a part of the tree that lacks a hash is not given to anybody, and given again once it is whole', async (t) => {
  const own = await ownLog(t)
  await own.record(310)
  await own.audit.keeper.round()
  const log = await own.log()
  const reading = logReading({ sql: own.root, keeper: own.audit.keeper })
  const edge = { level: 0, n: 1, width: 55 }
  const whole = orThrow(await reading.tile(log.name, edge))
  t.equal(whole.length, 55 * 32)
  await own.root.query(`set session_replication_role = replica; create table kept as select * from audit.leaf where log_id = ${log.logId} and idx in (100, 300);
    delete from audit.leaf where log_id = ${log.logId} and idx in (100, 300); delete from audit.tile; set session_replication_role = origin`)
  const refusal = { ok: false, refusal: { code: 'LOG_UNAVAILABLE', detail: /not as it was published/ } }
  const full = { level: 0, n: 0, width: 256 }
  t.match(await reading.tile(log.name, edge), refusal)
  t.match(await reading.tile(log.name, full), refusal)
  t.match(await reading.tile(log.name, { ...edge, level: 'entries' }), refusal)
  t.match(await reading.tile(log.name, { ...full, level: 'entries' }), refusal, 'nor the entry after it in its place')
  await own.root.query(
    'set session_replication_role = replica; insert into audit.leaf select * from kept; set session_replication_role = origin',
  )
  t.same(orThrow(await reading.tile(log.name, edge)), whole)
  t.equal(orThrow(await reading.tile(log.name, full)).length, 8_192)
})

t.test(
  'two nodes behind one address: whoever was shown a checkpoint by one is not shown an older one, or a missing tile, by the other',
  async (t) => {
    const [own, directory] = [await ownLog(t), mkdtempSync(join(tmpdir(), 'accord-high-water-'))]
    const highWater = highWaterFiles(directory)
    await own.record(5)
    await own.audit.keeper.round()
    const other = await ownLog(t, { on: own.database, highWater })
    const log = await own.log()
    const newest = newestPublished({ url: own.database.url, role: 'audit_integrator', highWater, keeper: other.audit.keeper })
    t.teardown(newest.close)
    const reading = logReading({ sql: own.root, keeper: other.audit.keeper, refresh: newest.refresh })
    t.match(await reading.checkpoint(log.name), /^[^\n]+\n6\n/)
    for (const [more, size] of [
      [300, 306],
      [1, 307],
    ] as const) {
      const ids = await own.record(more)
      // While the other node grows the tree this one leaves it alone, and signs what is there.
      do await own.audit.keeper.round()
      while ((own.audit.keeper.published(log.logId)?.size ?? 0) < size)
      t.equal(other.audit.keeper.published(log.logId)?.size, size - more, 'the other has not looked yet')
      if (size === 306) t.equal(orThrow(await reading.tile(log.name, { level: 0, n: 0, width: 256 })).length, 8_192)
      const entry = await reading.entry(ids.at(-1) ?? '')
      t.match(await reading.proof(log.logId, entry?.index ?? 0, 0), new RegExp(`\\n${size}\\n`))
      const shown = await Promise.all([1, 2, 3].map(() => reading.checkpoint(log.name)))
      for (const note of shown) t.equal(note, own.audit.keeper.published(log.logId)?.note)
      t.equal(highWater.read(log)?.size, size, 'what was shown is kept')
    }
    await other.audit.keeper.round()
    t.same(other.audit.faults(), [])
  },
)

t.test('of a log that ended with an incident every node shows the last checkpoint, and the proofs under it', async (t) => {
  for (const looks of ['by its own rounds', 'when it is asked'] as const) {
    const [one, highWater] = [await ownLog(t), highWaterFiles(mkdtempSync(join(tmpdir(), 'accord-high-water-')))]
    await one.record(10)
    await one.audit.keeper.round()
    const two = await ownLog(t, { on: one.database })
    const log = await one.log()
    await one.record(10)
    await one.audit.keeper.round()
    await lifecycleOn(one).reopen('decisions', { why: 'KEY_COMPROMISE' })
    if (looks === 'by its own rounds') await two.audit.keeper.round()
    const newest = newestPublished({ url: one.database.url, role: 'audit_integrator', highWater, keeper: two.audit.keeper })
    t.teardown(newest.close)
    const refresh = looks === 'when it is asked' ? { refresh: newest.refresh } : {}
    const reading = logReading({ sql: two.root, keeper: two.audit.keeper, ...refresh })
    t.equal(await reading.checkpoint(log.name), one.audit.keeper.published(log.logId)?.note, looks)
    t.match(await reading.proof(log.logId, 15, 0), /\n21\n/, looks)
    await two.audit.keeper.round()
    t.same(two.audit.faults(), [])
  }
})

t.test('of a log that ended because a leaf was altered every node shows the last checkpoint, and none calls it a fork', async (t) => {
  const one = await ownLog(t)
  await one.record(10)
  await one.audit.keeper.round()
  const reports: string[] = []
  const two = await ownLog(t, { on: one.database, onIncident: ({ why, detail }) => void reports.push(`${why}: ${detail}`) })
  const log = await one.log()
  await one.record(10)
  do await one.audit.keeper.round()
  while ((one.audit.keeper.published(log.logId)?.size ?? 0) < 21)
  t.equal(two.audit.keeper.published(log.logId)?.size, 11, 'the other node has not seen the last one')
  await one.root.query(alteredLeaf(log.logId))
  await lifecycleOn(one).reopen('decisions', { why: 'CORRUPT_LEAF' })
  await two.audit.keeper.round()
  t.equal(two.audit.keeper.published(log.logId)?.note, one.audit.keeper.published(log.logId)?.note)
  t.equal(two.audit.keeper.published(log.logId)?.size, 21)
  t.same(reports, [])
})

t.test('of a log whose leaf was altered, too, nothing is shown that the log did not sign, or that is filed as another', async (t) => {
  for (const [note, expected] of [
    ['signed by a stranger', /FORK: its last checkpoint cannot be verified/],
    ['genuine, of another size', /FORK: its last checkpoint cannot be verified: it is filed as another than it is/],
  ] as const) {
    const own = await ownLog(t)
    await own.record(10)
    await own.audit.keeper.round()
    const log = await own.log()
    const reports: string[] = []
    const other = await ownLog(t, { on: own.database, onIncident: ({ why, detail }) => void reports.push(`${why}: ${detail}`) })
    await lifecycleOn(own).reopen('decisions', { why: 'CORRUPT_LEAF' })
    const root = Buffer.alloc(32, 9)
    const [size, secret] = note === 'signed by a stranger' ? [21, Buffer.alloc(32, 8)] : [5, Buffer.alloc(32, 7)]
    const filed = signCheckpoint({ origin: log.origin, size, root }, [logSigner(secret, log.origin)])
    await own.root.query(`${alteredLeaf(log.logId)}; ${filedCheckpoint(log.logId, filed)}`)
    await other.audit.keeper.round()
    t.match(reports, [expected], note)
    t.equal(other.audit.keeper.published(log.logId)?.size, 11, note)
  }
})

t.test('a checkpoint of an ended log that does not continue the one shown before is not shown, and is told', async (t) => {
  const own = await ownLog(t)
  await own.record(10)
  await own.audit.keeper.round()
  const log = await own.log()
  const reports: string[] = []
  const other = await ownLog(t, { on: own.database, onIncident: ({ why, detail }) => reports.push(`${why}: ${detail}`) })
  await lifecycleOn(own).reopen('decisions', { why: 'FORK' })
  const note = signCheckpoint({ origin: log.origin, size: 21, root: Buffer.alloc(32, 9) }, [logSigner(Buffer.alloc(32, 7), log.origin)])
  await own.root.query(filedCheckpoint(log.logId, note))
  await other.audit.keeper.round()
  t.match(reports, [/FORK: its last checkpoint does not continue the one of 11 leaves that was shown before/])
  const reading = logReading({ sql: own.root, keeper: other.audit.keeper })
  t.match(await reading.checkpoint(log.name), /\n11\n/)
})

t.test('of two that look for a log at the same time both find it, also where the first look failed', async (t) => {
  const own = await ownLog(t)
  await own.audit.keeper.round()
  const { name } = await own.log()
  let failures = 1
  const sql: Sql = {
    query: (text, values) => (failures-- > 0 ? Promise.reject(new Error('the connection broke')) : own.root.query(text, values)),
  }
  const reading = logReading({ sql, keeper: own.audit.keeper })
  t.same(await Promise.allSettled([reading.find(name), reading.find(name)]).then((both) => both.map(({ status }) => status)), [
    'rejected',
    'rejected',
  ])
  const [checkpoint, found] = await Promise.all([reading.checkpoint(name), reading.find(name)])
  t.match(found, { name })
  t.match(checkpoint, /\n1\n/)
})

t.test('a name that is not known is looked for at most once a second, however many ask', async (t) => {
  const own = await ownLog(t)
  let looks = 0
  const sql: Sql = {
    query: (text, values) => {
      looks += 1
      return own.root.query(text, values)
    },
  }
  const reading = logReading({ sql, keeper: own.audit.keeper })
  await Promise.all(Array.from({ length: 20 }, () => reading.find('decisions-1066')))
  await reading.find('decisions-1066')
  t.equal(looks, 1)
})
