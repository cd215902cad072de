// `npm run generate:schema [-- --verify]`: the types of the tables, read from a throw-away database that has every migration.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { throwAwayPostgres } from './postgres.ts'
import { buildTemplate, TEMPLATE } from './template.ts'

const root = resolve(import.meta.dirname, '../..')
const bin = join(dirname(createRequire(import.meta.url).resolve('kysely-codegen/package.json')), 'dist/cli/bin.js')

/** What the parsers of src/platform/database/postgres-types.ts make of these types. */
const typeMapping = { timestamptz: 'string', date: 'string' }

const cluster = await throwAwayPostgres({ settings: { fsync: 'off' } })
try {
  await buildTemplate(cluster.url('postgres'))
  const options = [
    ['--dialect', 'postgres'],
    ['--url', cluster.url(TEMPLATE)],
    ['--out-file', join(root, 'src/platform/database/schema.gen.ts')],
    ['--exclude-pattern', '*migration*'],
    ['--type-mapping', JSON.stringify(typeMapping)],
  ]
  const run = spawnSync(process.execPath, [bin, ...options.flat(), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  process.exitCode = run.status ?? 1
} finally {
  await cluster.remove()
}
