import t from 'tap'
import { appender, appendInTransaction, isBadEntry } from '../../src/audit/store/append.repository.ts'
import { logsRepository } from '../../src/audit/store/logs.repository.ts'
import { policyRepository } from '../../src/decisions/policy/policy.repository.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { testDatabase } from '../support/database.ts'
import { anEntry, NO_POLICY, openLog, VKEY } from '../support/log-entries.ts'

// The append function of the database: gapless, append-only, atomic with the revision it was decided on.

const database = await testDatabase(t)
const owner = await database.openAs('session_user')
const DAY = '2026-11-22'
/** What the database has as its policy at present. */
let policy = NO_POLICY

const aLog = (name: string) => openLog(database.db, name, DAY)
const entries = (count: number) => Array.from({ length: count }, anEntry)
const writer = () => {
  const made = appender({ url: database.url, role: 'audit_writer', stalledAfterMs: 5_000 })
  t.teardown(() => made.close())
  return made
}

async function stored(logId: number): Promise<{ idx: number; event_id: string }[]> {
  const { rows } = await owner.pool.query('select idx::int, event_id from audit.leaf where log_id = $1 order by idx', [logId])
  return rows
}

t.test('entries get the next places in their order', async (t) => {
  const log = await aLog('order')
  const lane = writer()
  const [first, second] = [entries(3), entries(2)]
  t.equal(await lane.append(log, first, policy, DAY), 0)
  t.equal(await lane.append(log, second, policy, DAY), 3)
  t.strictSame(
    await stored(log),
    [...first, ...second].map(({ id }, idx) => ({ idx, event_id: id })),
  )
  const { rows } = await owner.pool.query('select leaf, leaf_hash from audit.leaf where log_id = $1 and idx = 0', [log])
  t.ok(rows[0].leaf.equals(Buffer.from(first[0]?.leaf ?? [])), 'byte for byte')
})

t.test('lanes that append at once leave no gap and no double', async (t) => {
  const log = await aLog('lanes')
  const lanes = [writer(), writer(), writer()]
  const batches = await Promise.all(
    lanes.flatMap((lane) => [lane.append(log, entries(5), policy, DAY), lane.append(log, entries(5), policy, DAY)]),
  )
  t.strictSame(
    batches.toSorted((a, b) => Number(a) - Number(b)),
    [0, 5, 10, 15, 20, 25],
  )
  t.strictSame(
    (await stored(log)).map(({ idx }) => idx),
    Array.from({ length: 30 }, (_none, at) => at),
  )
})

t.test('a batch that was decided on another revision is not written', async (t) => {
  const log = await aLog('revision')
  const lane = writer()
  t.equal(await lane.append(log, entries(2), { ...NO_POLICY, revision: 7 }, DAY), null)
  t.equal(
    await lane.append(log, entries(2), { ...NO_POLICY, digest: 'ab'.repeat(32) }, DAY),
    null,
    'nor one of the same number after other acts',
  )
  t.strictSame(await stored(log), [])
  t.equal(await lane.append(log, entries(2), NO_POLICY, DAY), 0, 'on the present one it is')
})

t.test('a batch that names no revision is not written', async (t) => {
  const log = await aLog('no-revision')
  const { id, leaf, leafHash, salt, body } = anEntry()
  const bytes = Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), leafHash, salt, leaf, body])
  for (const [revision, digest] of [
    [null, null],
    [null, Buffer.from(NO_POLICY.digest, 'hex')],
    [NO_POLICY.revision, null],
  ]) {
    const { rows } = await owner.pool.query('select audit.append_on($1, $2, $3, $4, $5, $6, $7, $8) as start', [
      ...[log, revision, digest, DAY, bytes],
      ...[[1], [leaf.length], [body.length]],
    ])
    t.same(rows, [{ start: null }])
  }
  t.strictSame(await stored(log), [])
})

t.test('a publication waits for appends under way, and an append waits for the publication and is then refused', async (t) => {
  const log = await aLog('race')
  const publisher = await owner.pool.connect()
  await publisher.query('begin')
  await publisher.query(`select policy.publish(array['ORGANISATION'], array['X'], array['{}'], '2026-11-22T12:00:00Z')`)
  let isAppended = false
  const append = writer()
    .append(log, entries(1), NO_POLICY, DAY)
    .finally(() => {
      isAppended = true
    })
  // What it is rejected with is told below; it must not end the whole file before that.
  append.catch(() => {})
  await new Promise((passed) => setTimeout(passed, 150))
  t.notOk(isAppended, 'it waits for whoever changes the policy')
  await publisher.query('commit')
  publisher.release()
  t.equal(await append, null, 'and is not written on the revision that is no more')
  t.strictSame(await stored(log), [])
  policy = await withTransaction(database.db, (tx) => policyRepository(tx).head())
  t.equal(await writer().append(log, entries(1), policy, DAY), 0, 'on the new one it is')
})

t.test('one row that does not fit refuses its whole batch, says that the row is at fault, and leaves no gap', async (t) => {
  const log = await aLog('bad-row')
  const lane = writer()
  const bad = { ...anEntry(), leafHash: new Uint8Array(32) }
  const failure = await lane.append(log, [anEntry(), bad], policy, DAY).then(
    () => null,
    (error: unknown) => error,
  )
  t.ok(isBadEntry(failure), 'a hash that is not of its leaf')
  t.strictSame(await stored(log), [])
  const again = anEntry()
  t.equal(await lane.append(log, [again], policy, DAY), 0, 'the connection is good for the next')
  t.ok(isBadEntry(await lane.append(log, [again], policy, DAY).catch((error: unknown) => error)), 'the same event twice')
  const huge = { ...anEntry(), leaf: new Uint8Array(65_536) }
  t.ok(isBadEntry(await lane.append(log, [huge], policy, DAY).catch((error: unknown) => error)), 'a leaf that is too long')
})

t.test('a log whose end was put back before its entries takes nothing, and that is not the fault of the row', async (t) => {
  const log = await aLog('put-back')
  const lane = writer()
  await lane.append(log, entries(3), policy, DAY)
  await owner.pool.query('update audit.head set size = size - 1 where log_id = $1', [log])
  const failure = await lane.append(log, entries(1), policy, DAY).catch((error: unknown) => error)
  t.match(failure, { code: '23505' }, 'no entry takes the place of another')
  t.notOk(isBadEntry(failure))
  t.equal((await stored(log)).length, 3)
})

t.test('a sealed log takes nothing, and that is not the fault of the row', async (t) => {
  const log = await aLog('sealed')
  await owner.pool.query('update audit.head set sealed = true where log_id = $1', [log])
  const failure = await writer()
    .append(log, entries(1), policy, DAY)
    .catch((error: unknown) => error)
  t.match(failure, { message: /sealed/ })
  t.notOk(isBadEntry(failure))
})

t.test('an append that would not survive a crash is refused', async (t) => {
  const log = await aLog('durable')
  await t.rejects(
    withTransaction(database.db, async (tx) => {
      await tx.executeQuery({ sql: 'set local synchronous_commit = off', parameters: [], query: {} as never, queryId: {} as never })
      await appendInTransaction(tx, log, entries(1), DAY)
    }),
    /not durable/,
  )
})

t.test('an append belongs to the transaction that makes it', async (t) => {
  const log = await aLog('transaction')
  await t.rejects(
    withTransaction(database.db, async (tx) => {
      t.equal(await appendInTransaction(tx, log, entries(1), DAY), 0)
      throw new Error('the act failed')
    }),
    /the act failed/,
  )
  t.equal(await withTransaction(database.db, (tx) => appendInTransaction(tx, log, entries(1), DAY)), 0, 'the place is free again')
})

t.test('a connection that was cut is opened anew', async (t) => {
  const log = await aLog('cut')
  const lane = writer()
  t.equal(await lane.append(log, entries(1), policy, DAY), 0)
  await owner.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'accord-audit' and datname = current_database()`,
  )
  const outcome = await lane.append(log, entries(1), policy, DAY).catch(() => 'unknown outcome')
  t.ok(outcome === 1 || outcome === 'unknown outcome')
  t.equal(typeof (await lane.append(log, entries(1), policy, DAY)), 'number')
})

t.test('what is in the log stays: no role updates, deletes or truncates a leaf or a payload', async (t) => {
  const log = await aLog('kept')
  await writer().append(log, entries(1), policy, DAY)
  const { rows } = await owner.pool.query<{
    name: string
  }>(`select c.oid::regclass::text as name from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where i.inhparent in ('audit.leaf'::regclass, 'audit.payload'::regclass) order by 1`)
  const tables = ['audit.leaf', 'audit.payload', ...rows.map(({ name }) => name)]
  t.ok(tables.length > 3, 'partitions too')
  const roles = ['accord_app', 'audit_writer', 'audit_reader'] as const
  const others = await Promise.all(roles.map(async (role) => ({ role, pool: (await database.openAs(role, 1)).pool })))
  for (const table of tables) {
    const statements = [
      `update ${table} set event_id = event_id`,
      `truncate ${table}`,
      ...(table.includes('leaf') ? [`delete from ${table}`] : []),
    ]
    for (const statement of statements) await t.rejects(owner.pool.query(statement), /append-only/, statement)
    for (const { role, pool } of others) {
      await t.rejects(pool.query(`delete from ${table}`), /permission denied/, `${role}: delete from ${table}`)
      await t.rejects(pool.query(`insert into ${table} select * from ${table}`), /permission denied/, `${role}: insert into ${table}`)
    }
  }
})

t.test('a log is opened once: another key or origin under its name is refused', async (t) => {
  const log = await aLog('once')
  t.equal(await aLog('once'), log)
  await t.rejects(
    withTransaction(database.db, (tx) =>
      logsRepository(tx).open(
        { name: 'once', kind: 'decisions', origin: 'elsewhere.example.org/log/once', vkey: VKEY },
        '2026-11-22T12:00:00Z',
      ),
    ),
    /another origin or key/,
  )
})

t.test('a day that is gone, as after a backup was put back, is opened again, and no entry is called bad for it', async (t) => {
  const log = await aLog('day-gone')
  const lane = writer()
  const day = '2026-12-24'
  const drop = () => owner.pool.query('drop table audit.payload_20261224')
  t.equal(await lane.append(log, entries(1), policy, day), 0)
  await drop()
  t.equal(await lane.append(log, entries(2), policy, day), 1, 'on the connection that opened it')
  await drop()
  await owner.pool.query('create or replace function audit.open_day(p_day date) returns void language sql as $$ select $$')
  const failure = await lane.append(log, entries(1), policy, day).catch((error: unknown) => error)
  t.match(failure, { code: '23514' }, 'where it cannot be opened nothing is written')
  t.notOk(isBadEntry(failure), 'and that is not the fault of the row')
  t.equal((await stored(log)).length, 3)
})
