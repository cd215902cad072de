import t from 'tap'
import { STORED } from '../../../src/agreements/store/reading.repository.ts'
import { STORED as STORED_ASSESSMENTS } from '../../../src/assessments/assessments.repository.ts'
import { BIGINT_COLUMN, INSTANT_COLUMN } from '../../../src/platform/database/rows-in-json.ts'
import { testDatabase } from '../../support/database.ts'

// Rows that come as JSON are given as our pools give them: an instant in milliseconds and UTC, a bigint as text.

t.test('the names of columns say which of them are instants and which are bigints', async (t) => {
  const { pool } = await testDatabase(t)
  const tables = [...Object.values(STORED), ...Object.values(STORED_ASSESSMENTS)]
  const { rows } = await pool.query<{ name: string; type: string }>(
    `select distinct attname as name, format_type(atttypid, null) as type from pg_attribute
      where attrelid = any ($1::regclass[]) and attnum > 0 and not attisdropped`,
    [tables],
  )
  t.ok(rows.length > 100)
  const named = (pattern: RegExp) => rows.filter(({ name }) => pattern.test(name))
  t.same([...new Set(named(INSTANT_COLUMN).map(({ type }) => type))], ['timestamp with time zone'])
  t.same(
    rows.filter(({ name, type }) => type === 'timestamp with time zone' && !INSTANT_COLUMN.test(name)),
    [],
  )
  t.same([...new Set(named(BIGINT_COLUMN).map(({ type }) => type))], ['bigint'])
  const others = rows.filter(({ name, type }) => ['bigint', 'numeric'].includes(type) && !BIGINT_COLUMN.test(name))
  t.same(
    others.map(({ name }) => name),
    ['position'],
    'whose value nobody reads: it orders',
  )
})

t.test('of a version every column is read but its document', async (t) => {
  const database = await testDatabase(t)
  const { pool } = await database.openAs('session_user')
  const client = await pool.connect()
  // A version by itself: what it belongs to is no concern of which columns are read.
  await client.query(`set session_replication_role = replica; set accord.reader = 'system'`)
  await client.query(
    `insert into agreement_version (agreement_id, version, status, commencement_rule, narrative, agents_recorded, recorded_elsewhere)
    values ('A-1', 1, 'DRAFT', 'PAIRWISE', '{}', true, false)`,
  )
  const { rows: found } = await client.query<{ name: string }>(
    `select json_object_keys(public.stored_agreements('{A-1}') -> 'versions' -> 0) as name`,
  )
  const { rows: columns } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = 'agreement_version'::regclass and attnum > 0 and not attisdropped`,
  )
  client.release(true)
  const names = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name).sort()
  t.ok(found.length > 10)
  t.same(
    names(found),
    names(columns).filter((name) => name !== 'document'),
  )
})
