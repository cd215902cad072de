import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import t from 'tap'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../../src/platform/database/create-database.ts'
import { openDatabase, withTransaction } from '../../../src/platform/database/database.ts'
import { migrate } from '../../../src/platform/database/migrate.ts'
import { refusalOfDatabaseError, sqlState } from '../../../src/platform/database/sql-state.ts'
import { testDatabase } from '../../support/database.ts'
import { ownPostgres } from '../../support/postgres.ts'

const limits = { applicationName: 'accord-test', poolMax: 4, statementTimeoutMs: 5_000, lockTimeoutMs: 200 }

t.test(
  'sessions act as accord_app, in UTC, with a limit on statements, locks and idle transactions, and compile no statement',
  async (t) => {
    const { pool, role } = await testDatabase(t)
    const { rows } = await pool.query(
      `select current_user as acting, current_setting('timezone') as zone, current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle, current_setting('application_name') as name,
      current_setting('jit') as jit`,
    )
    t.equal(role, 'accord_app')
    t.same(rows, [{ acting: 'accord_app', zone: 'UTC', statement: '30s', lock: '10s', idle: '10s', name: 'accord-test', jit: 'off' }])
  },
)

t.test('the role holds for every session of the pool, and resetting it does not lead back to the owner', async (t) => {
  const { pool } = await testDatabase(t)
  const acting = async () => (await pool.query('select pg_sleep(0.05), current_user as who')).rows[0].who
  t.same([...new Set(await Promise.all([acting(), acting(), acting(), acting()]))], ['accord_app'])
  const client = await pool.connect()
  await client.query('reset role')
  t.equal((await client.query('select current_user as who')).rows[0].who, 'accord_app')
  client.release()
})

t.test('instants come back as ISO text with milliseconds, days as days, and bigint without losing a digit', async (t) => {
  const { pool } = await testDatabase(t)
  const { rows } = await pool.query(
    `select timestamptz '2026-03-01 10:00:00+00' as a, timestamptz '2026-07-01 00:30:00.12+01' as b, date '2026-10-25' as c,
      9007199254740993::bigint as d, array[timestamptz '2026-01-01 00:00Z', null] as e, array[date '2026-02-28'] as f, timestamptz 'infinity' as g`,
  )
  t.same(rows, [
    {
      a: '2026-03-01T10:00:00.000Z',
      b: '2026-06-30T23:30:00.120Z',
      c: '2026-10-25',
      d: '9007199254740993',
      e: ['2026-01-01T00:00:00.000Z', null],
      f: ['2026-02-28'],
      g: 'infinity',
    },
  ])
})

t.test('a transaction that throws leaves nothing behind', async (t) => {
  const { openAs } = await testDatabase(t)
  const { db, pool } = await openAs('session_user')
  await pool.query('create table note (id bigint primary key)')
  const failing = withTransaction(db, async (tx) => {
    await sql`insert into note (id) values (1)`.execute(tx)
    throw new Error('changed my mind')
  })
  await t.rejects(failing, /changed my mind/)
  t.equal((await pool.query('select from note')).rowCount, 0)
})

t.test('errors of PostgreSQL become the problem they stand for, without the words of PostgreSQL', async (t) => {
  const { url } = await testDatabase(t)
  const { pool, close } = await openDatabase({ ...limits, url, role: 'session_user' })
  await pool.query('create table thing (id bigint constraint thing_is_unique primary key)')
  await pool.query('insert into thing values (1)')
  const errorOf = (text: string) =>
    pool.query(text).then(
      () => undefined,
      (error: unknown) => error,
    )

  const duplicate = await errorOf('insert into thing values (1)')
  t.equal(sqlState(duplicate), '23505')
  t.match(refusalOfDatabaseError(duplicate), { code: 'CONFLICT', detail: 'a record with the same key exists already' })

  const holder = await pool.connect()
  await holder.query('begin; lock table thing')
  t.match(refusalOfDatabaseError(await errorOf('select from thing')), { code: 'OVERLOADED' })
  await holder.query('rollback')
  holder.release()

  t.equal(refusalOfDatabaseError(await errorOf('select from nowhere')), undefined, 'an unknown state is a defect')
  await close()
  const unreachable = await openDatabase({ ...limits, url: 'postgres://x:y@127.0.0.1:9/none' }).catch((error: unknown) => error)
  t.match(refusalOfDatabaseError(unreachable), { code: 'NOT_READY' })
})

t.test('a role that may only create databases can migrate and serve; the service then acts as that role, and says so', async (t) => {
  const cluster = await ownPostgres(t)
  const admin = await openDatabase({ ...limits, url: cluster.url('postgres'), role: 'session_user' })
  await admin.pool.query(`create role tenant login createdb password 'tenant-secret'`)
  const tenantUrl = cluster.url('postgres').replace(/\/\/[^@]+@/, '//tenant:tenant-secret@')
  const name = `tenant_${randomUUID().slice(0, 8)}`
  await createDatabase(tenantUrl, name)
  await migrate({ url: urlOfDatabase(tenantUrl, name) })
  const roles = await admin.pool.query(`select rolname from pg_roles where rolname in ('accord_app', 'audit_owner')`)
  t.same(roles.rows, [], 'no role was made')

  const tenant = await openDatabase({ ...limits, url: urlOfDatabase(tenantUrl, name) })
  t.equal(tenant.role, 'session user')
  t.equal((await tenant.pool.query('select current_user as who')).rows[0].who, 'tenant')
  await tenant.close()

  // The administrator's own database makes the roles afterwards: the tenant may still not take them, and still works.
  await createDatabase(cluster.url('postgres'), 'official')
  await migrate({ url: cluster.url('official') })
  await dropDatabase(tenantUrl, name)
  await createDatabase(tenantUrl, name)
  await migrate({ url: urlOfDatabase(tenantUrl, name) })
  const again = await openDatabase({ ...limits, url: urlOfDatabase(tenantUrl, name) })
  t.equal(again.role, 'session user')
  await again.close()
  await admin.close()
})

t.test('a role that may create roles, but is no super user, can take the roles it made', async (t) => {
  const cluster = await ownPostgres(t)
  const admin = await openDatabase({ ...limits, url: cluster.url('postgres'), role: 'session_user' })
  await admin.pool.query(`create role builder login createdb createrole password 'builder-secret'`)
  await admin.close()
  const url = cluster.url('postgres').replace(/\/\/[^@]+@/, '//builder:builder-secret@')
  await createDatabase(url, 'built')
  await migrate({ url: urlOfDatabase(url, 'built') })
  for (const role of ['accord_app', 'audit_integrator'] as const) {
    const opened = await openDatabase({ ...limits, url: urlOfDatabase(url, 'built'), role })
    t.equal((await opened.pool.query('select current_user as who')).rows[0].who, role)
    await opened.close()
  }
})

t.test('two databases of one server can be migrated at the same moment, though they share the roles', async (t) => {
  const cluster = await ownPostgres(t)
  const names = ['one', 'two', 'three', 'four']
  for (const name of names) await createDatabase(cluster.url('postgres'), name)
  const runs = await Promise.all(names.map((name) => migrate({ url: cluster.url(name) })))
  t.ok(runs.every((run) => run.applied.includes('0001_roles')))
})
