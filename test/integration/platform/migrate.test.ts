import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../../src/platform/database/create-database.ts'
import {
  MIGRATIONS_DIRECTORY,
  migrate,
  migrationFiles,
  OtherMigrationsError,
  pendingMigrations,
} from '../../../src/platform/database/migrate.ts'
import { serverUrl } from '../../support/database.ts'
import { openFolder, type Teardown } from '../../support/postgres.ts'

/** An empty database, dropped when the test ends. */
async function emptyDatabase(t: Teardown, adminUrl?: string): Promise<string> {
  const server = adminUrl ?? (await serverUrl())
  const name = `empty_${randomUUID().slice(0, 8)}`
  await createDatabase(server, name)
  t.teardown(() => dropDatabase(server, name))
  return urlOfDatabase(server, name)
}

/** A folder that holds these migrations, as another release would ship them. */
function release(t: Teardown, files: Readonly<Record<string, string>>): string {
  const directory = openFolder('accord-test-migrations')
  t.teardown(() => rmSync(directory, { recursive: true }))
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql)
  return directory
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

const first = '-- Phase     expand\ncreate table thing (id bigint primary key);'
const second = '-- Phase     expand\nalter table thing add column note text;'
const breaking = '-- Phase     contract\nalter table thing drop column note;'

t.test('twenty processes that migrate at once run every migration exactly once', async (t) => {
  const url = await emptyDatabase(t)
  const runs = await Promise.all(Array.from({ length: 20 }, () => migrate({ url })))
  const names = migrationFiles(MIGRATIONS_DIRECTORY).map((file) => file.name)
  t.same(
    runs.flatMap((run) => run.applied),
    names,
  )
  t.same(
    (await query(url, 'select name from migration order by id')).rows.map((row) => row.name),
    names,
  )
  t.same(
    (await query(url, 'select name from migration_header order by name')).rows.map((row) => row.name),
    names,
  )
})

t.test('a migration that fails leaves nothing behind, and those before it stand', async (t) => {
  const url = await emptyDatabase(t)
  const directory = release(t, { '0001_thing.sql': first, '0002_bad.sql': '-- Phase expand\ncreate table half (id bigint); select 1/0;' })
  await t.rejects(migrate({ url, directory }), /division by zero/)
  t.same((await query(url, `select to_regclass('thing') as thing, to_regclass('half') as half`)).rows, [{ thing: 'thing', half: null }])
  t.same(await pendingMigrations({ url, directory }), ['0002_bad'])
})

t.test('an older release starts on a database that only gained something', async (t) => {
  const url = await emptyDatabase(t)
  await migrate({ url, directory: release(t, { '0001_thing.sql': first, '0002_note.sql': second }) })
  t.same((await migrate({ url, directory: release(t, { '0001_thing.sql': first }) })).applied, [])
})

t.test('an older release refuses a database that lost what it uses, and names the migration', async (t) => {
  const url = await emptyDatabase(t)
  await migrate({ url, directory: release(t, { '0001_thing.sql': first, '0002_note.sql': second, '0003_drop_note.sql': breaking }) })
  const older = release(t, { '0001_thing.sql': first, '0002_note.sql': second })
  await t.rejects(migrate({ url, directory: older }), /too old for the database: it does not know 0003_drop_note/)
  await t.rejects(pendingMigrations({ url, directory: older }), /0003_drop_note/)
})

t.test('a migration edited after it ran is refused by name', async (t) => {
  const url = await emptyDatabase(t)
  await migrate({ url, directory: release(t, { '0001_thing.sql': first }) })
  await t.rejects(
    migrate({ url, directory: release(t, { '0001_thing.sql': `${first}\n-- edited` }) }),
    /\(0001_thing\): they were edited after they ran/,
  )
})

t.test(
  'a database that other files made is refused, with the command that empties it; one that a newer release added to is not',
  async (t) => {
    const url = await emptyDatabase(t)
    const numbered = (name: string) => `-- Phase     expand\ncreate table ${name} (id bigint primary key);`
    await migrate({ url, directory: release(t, { '0001_thing.sql': first, '0002_old.sql': numbered('old') }) })
    const anew = release(t, { '0001_thing.sql': first, '0002_new.sql': numbered('new'), '0003_more.sql': numbered('more') })
    const refusal = /made by other migrations \(0002_old\): this release does not have them[\s\S]*\n {2}dropdb it$/
    await t.rejects(migrate({ url, directory: anew, reset: 'dropdb it' }), refusal)
    t.ok((await migrate({ url, directory: anew }).catch((error) => error)) instanceof OtherMigrationsError)
    t.same(
      (await migrate({ url, directory: release(t, { '0001_thing.sql': first }) })).applied,
      [],
      'what was added later is no other line',
    )
  },
)

t.test('a migration without a phase, and a number used twice, are refused before anything runs', async (t) => {
  t.throws(() => migrationFiles(release(t, { '0001_thing.sql': 'select 1' })), /0001_thing\.sql: the header needs a line/)
  t.throws(() => migrationFiles(release(t, { '0001_a.sql': first, '0001_b.sql': first })), /two migrations have the number 0001/)
})

t.test('an empty database has every migration pending; asking changes nothing', async (t) => {
  const url = await emptyDatabase(t)
  t.same(
    await pendingMigrations({ url }),
    migrationFiles(MIGRATIONS_DIRECTORY).map((file) => file.name),
  )
  t.equal((await query(url, `select to_regclass('public.migration_header') as it`)).rows[0].it, null)
})
