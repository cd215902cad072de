import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { appender, appendInTransaction, NotDurableError } from '../../src/audit/store/append.repository.ts'
import { keeperConnection } from '../../src/audit/store/keeper-connection.repository.ts'
import { barrier } from '../../src/audit/store/tree.repository.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { SILENCE_MAX_MS } from '../../src/platform/database/watched-client.ts'
import { testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { anEntry, NO_POLICY, openLog } from '../support/log-entries.ts'
import { ownLog } from '../support/own-log.ts'
import { ownPostgres } from '../support/postgres.ts'

// R13, R16, R17: a commit that no standby was asked to confirm, or whose wait for one was cancelled, looks done and is not.
// The server is the test's own: whether it waits for a standby is a setting of the whole server.

const DAY = '2026-11-22'
const NOBODY = 'nobody'
const cluster = await ownPostgres(t, { isDurable: true })
const database = await testDatabase(t, { adminUrl: cluster.url('postgres') })
const { pool: root } = await database.openAs('session_user', 3)

async function waitFor(standby: string): Promise<void> {
  await root.query(`alter system set synchronous_standby_names = '${standby}'`)
  await root.query('select pg_reload_conf()')
  const shown = async () => (await root.query('show synchronous_standby_names')).rows[0].synchronous_standby_names
  while ((await shown()) !== standby) await pause(10)
}

/** Cancels, until told to stop, every commit that waits for a standby; answers how many. */
async function cancelWaits(isOver: () => boolean): Promise<number> {
  let cancelled = 0
  while (!isOver()) {
    const { rowCount } = await root.query(`select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`)
    cancelled += rowCount ?? 0
    await pause(20)
  }
  return cancelled
}

/** Does it while every wait for a standby is cancelled. */
async function whileCancelling<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  let isOver = false
  const cancelling = cancelWaits(() => isOver)
  const [outcome] = await Promise.allSettled([work])
  isOver = true
  t.ok((await cancelling) > 0, 'a commit was waiting, and was cancelled')
  return outcome
}

const leaves = async (log: number) => (await root.query('select 1 from audit.leaf where log_id = $1', [log])).rowCount
const lane = (durability: 'D1' | 'D2') => {
  const made = appender({ url: database.url, role: 'audit_writer', durability, stalledAfterMs: 5_000 })
  t.teardown(() => made.close())
  return made
}

t.test('where two copies are promised, an append that no standby is asked to confirm is not acknowledged', async (t) => {
  const log = await openLog(database.db, 'unasked', DAY)
  await t.rejects(lane('D2').append(log, [anEntry()], NO_POLICY, DAY), NotDurableError)
  t.equal(await lane('D1').append(log, [anEntry()], NO_POLICY, DAY), 1, 'where one copy is promised it is')
})

t.test('where two copies are promised, an act that no standby is asked to confirm is undone', async (t) => {
  const log = await openLog(database.db, 'act', DAY)
  const act = withTransaction(database.db, (tx) => appendInTransaction(tx, log, [anEntry()], DAY, 'D2'))
  await t.rejects(act, NotDurableError)
  t.equal(await leaves(log), 0)
})

t.test('an append whose wait for the standby was cancelled is not acknowledged, nor is the next try', async (t) => {
  const log = await openLog(database.db, 'cancelled', DAY)
  const writer = lane('D2')
  await waitFor(NOBODY)
  try {
    for (const tries of [1, 2]) {
      const outcome = await whileCancelling(writer.append(log, [anEntry()], NO_POLICY, DAY))
      t.match(outcome, { status: 'rejected', reason: { name: 'NotDurableError' } })
      t.equal(await leaves(log), tries, 'although its leaf stands: a leaf without an answer is allowed')
    }
  } finally {
    await waitFor('')
  }
})

t.test('an act whose wait was cancelled is refused, nothing more is taken, and the log opens again with the standby', async (t) => {
  const own = await testDatabase(t, { adminUrl: cluster.url('postgres') })
  const { audit } = await ownLog(t, { on: own, pool: own.pool, durability: 'D1' })
  const act = () =>
    withTransaction(own.db, (tx) => audit.recordAct(tx, { event: 'register.loaded', act: 'load', revision: 0, payload: {} }))
  await act()
  await waitFor(NOBODY)
  try {
    t.match(await whileCancelling(act()), { status: 'rejected', reason: { refusal: { code: 'LOG_UNAVAILABLE' } } })
    t.match(audit.faults(), [/without a standby/])
    t.match(await act().catch((error: unknown) => error), { refusal: { code: 'LOG_UNAVAILABLE' } }, 'refused before anything is written')
  } finally {
    await waitFor('')
  }
  await eventually(() => audit.faults().length === 0)
  t.strictSame(audit.faults(), [])
  t.ok(await act())
})

t.test('after an append whose outcome is unknown, its lane says nothing more before a standby confirms what came before', async (t) => {
  const log = await openLog(database.db, 'unknown', DAY)
  const writer = lane('D1')
  await waitFor(NOBODY)
  try {
    const first = writer.append(log, [anEntry()], NO_POLICY, DAY).catch(() => 'unknown outcome')
    const waiting = () => root.query(`select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'accord-audit'`)
    t.ok(await eventually(async () => (await waiting()).rowCount === 1))
    await root.query('select pg_terminate_backend($1)', [(await waiting()).rows[0]?.pid])
    t.equal(await first, 'unknown outcome')
    // On a revision that is not the present one nothing is written: of itself such an append waits for nobody.
    let isOver = false
    const next = writer.append(log, [anEntry()], { ...NO_POLICY, revision: 999 }, DAY).finally(() => {
      isOver = true
    })
    // What it is rejected with is told below; it must not end the whole file before that.
    next.catch(() => {})
    t.ok(await eventually(async () => isOver || (await waiting()).rowCount === 1))
    await pause(500)
    t.notOk(isOver, 'its new connection begins with a barrier')
    t.equal((await waiting()).rowCount, 1)
    await waitFor('')
    t.equal(await next, null)
  } finally {
    await waitFor('')
  }
})

t.test('what an operator does to the log and no standby confirmed is told, with exit code 1', async (t) => {
  const own = await testDatabase(t, { adminUrl: cluster.url('postgres') })
  const { audit } = await ownLog(t, { on: own })
  await audit.keeper.round()
  const folder = mkdtempSync(join(tmpdir(), 'accord-not-durable-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const env = { ...process.env, DATABASE_URL: own.url, ACCORD_VAR: join(folder, 'var') }
  const command = (...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, ['--import=tsx', 'src/cli.ts', 'log', ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.on('data', (part) => {
        said += part
      })
      child.on('close', (code) => resolve({ code, said }))
    })
  await waitFor(NOBODY)
  try {
    for (const args of [
      ['hold', '--from', '2026-11-01', '--to', '2026-11-30', '--reference', 'INQUIRY/1'],
      ['export', join(folder, 'export')],
    ]) {
      const outcome = await whileCancelling(command(...args))
      t.match(outcome, { status: 'fulfilled', value: { code: 1, said: /not certain/ } }, String(args[0]))
    }
    t.notOk(existsSync(join(folder, 'export')), 'and nothing is given out whose reading is not recorded')
  } finally {
    await waitFor('')
  }
})

t.test(
  'R18: what waits for a standby is left alone on every kind of connection, however long, and goes through when one is there',
  async (t) => {
    const log = await openLog(database.db, 'patient', DAY)
    const writer = appender({ url: database.url, role: 'audit_writer', stalledAfterMs: 300 })
    t.teardown(() => writer.close())
    await writer.append(log, [anEntry()], NO_POLICY, DAY)
    const keeper = await keeperConnection({ url: database.url, role: 'audit_integrator', name: 'patient', statementTimeoutMs: 2_000 })
    t.teardown(keeper.close)
    await waitFor(NOBODY)
    const waiting = async () => (await root.query(`select pid from pg_stat_activity where wait_event = 'SyncRep' order by pid`)).rows
    try {
      const all = Promise.allSettled([
        writer.append(log, [anEntry()], NO_POLICY, DAY),
        barrier(keeper),
        withTransaction(database.db, (tx) => appendInTransaction(tx, log, [anEntry()], DAY)),
      ])
      // Longer than a server may be silent before it is asked: it is asked, and says that it works on them.
      while ((await waiting()).length < 2) await pause(50)
      const before = await waiting()
      await pause(SILENCE_MAX_MS + 3_000)
      t.strictSame(await waiting(), before, 'the same processes wait: no line was cut, none was opened instead')
      t.ok(writer.inFlightMs() > SILENCE_MAX_MS)
      await waitFor('')
      t.strictSame(
        (await all).map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'fulfilled'],
      )
      t.equal(await leaves(log), 3)
    } finally {
      await waitFor('')
    }
  },
)
