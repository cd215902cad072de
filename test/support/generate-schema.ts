// `npm run generate:schema [-- --verify]`: the types of the tables and the schema as text (`sql/schema.sql`), read from a
// throw-away database that has every migration. `--verify` changes nothing and fails where either is stale.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import pg from 'pg'
import { throwAwayPostgres } from './postgres.ts'
import { schemaText } from './schema-text.ts'
import { buildTemplate, TEMPLATE } from './template.ts'

const root = resolve(import.meta.dirname, '../..')
const bin = join(dirname(createRequire(import.meta.url).resolve('kysely-codegen/package.json')), 'dist/cli/bin.js')
const schemaFile = join(root, 'sql/schema.sql')
const isVerifying = process.argv.includes('--verify')

/** What the parsers of src/platform/database/postgres-types.ts make of these types. */
const typeMapping = { timestamptz: 'string', date: 'string' }

const cluster = await throwAwayPostgres({ settings: { fsync: 'off' } })
try {
  await buildTemplate(cluster.url('postgres'))
  const isFresh = await writeSchema()
  const options = [
    ['--dialect', 'postgres'],
    ['--url', cluster.url(TEMPLATE)],
    ['--out-file', join(root, 'src/platform/database/schema.gen.ts')],
    ['--exclude-pattern', '*migration*'],
    ['--type-mapping', JSON.stringify(typeMapping)],
  ]
  const run = spawnSync(process.execPath, [bin, ...options.flat(), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  process.exitCode = isFresh ? (run.status ?? 1) : 1
} finally {
  await cluster.remove()
}

/** Writes the schema as text, or says whether it is as it should be. */
async function writeSchema(): Promise<boolean> {
  const client = new pg.Client(cluster.url(TEMPLATE))
  await client.connect()
  try {
    const text = await schemaText(client)
    if (!isVerifying) writeFileSync(schemaFile, text)
    else if (readFileSync(schemaFile, 'utf8') !== text) {
      console.error('sql/schema.sql is stale: npm run generate:schema')
      return false
    }
    return true
  } finally {
    await client.end()
  }
}
