// Migrations: plain SQL files, forward only, each in a transaction of its own, run by node-pg-migrate under an advisory lock.
// Words: migration, phase (expand | backfill | contract), release (the files this code was shipped with).
// It must never run an edited file again, go back, or let a release start on a database it would misread.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PG_MIGRATE_LOCK_ID, runner } from 'node-pg-migrate'
import type pg from 'pg'
import { SILENCE_MAX_MS, WatchedClient } from './watched-client.ts'

/** What a migration says of itself: `contract` removes or renames something an older release still uses. */
export type Phase = 'expand' | 'backfill' | 'contract'

/** A migration file of this release. `name` is the file's name without `.sql`. */
interface MigrationFile {
  readonly name: string
  readonly phase: Phase
  /** SHA-256 of the file, hex: a file is never edited once it has run. */
  readonly checksum: string
}

interface MigrateOptions {
  readonly url: string
  /** Default `sql/migrations` of this release. */
  readonly directory?: string
  readonly say?: (line: string) => void
  /** The command that empties this database, told where it was made by other migrations than these. */
  readonly reset?: string
}

/** The database was made by migrations that are not those of this release: neither older nor newer, but others. */
export class OtherMigrationsError extends Error {}

/** The migrations of this release. */
export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../../sql/migrations', import.meta.url))

const MIGRATIONS_TABLE = 'migration'
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Brings the database to this release and says which migrations ran. Any number of processes may call it at once: one works, the others wait.
 *
 * @throws Error when the database holds a `contract` migration this release does not know, or when a migration fails (it is
 * rolled back; those before it stand)
 * @throws OtherMigrationsError when the database was made by migrations that this release does not have, or that were edited since
 */
export async function migrate(options: MigrateOptions): Promise<{ readonly applied: readonly string[] }> {
  const directory = options.directory ?? MIGRATIONS_DIRECTORY
  const files = migrationFiles(directory)
  const client = await connect(options.url)
  try {
    await client.query('select pg_advisory_lock($1)', [PG_MIGRATE_LOCK_ID])
    await client.query(HEADER_TABLE)
    await refuseForeignDatabase(client, files, options.reset)
    const ran = await runner({
      dbClient: client,
      noLock: true,
      dir: directory,
      direction: 'up',
      migrationsTable: MIGRATIONS_TABLE,
      migrationLoaderStrategies: [{ extensions: ['.sql'], loader: async (paths) => paths.map((path) => unit(path, files)) }],
      logger: quietLogger(options.say),
    })
    return { applied: ran.map((migration) => migration.name) }
  } finally {
    await client.end()
  }
}

/**
 * The migrations of this release that the database lacks; empty when it is up to date. Changes nothing.
 * @throws Error as `migrate` does, when this release must not run on this database
 */
export async function pendingMigrations(options: MigrateOptions): Promise<readonly string[]> {
  const files = migrationFiles(options.directory ?? MIGRATIONS_DIRECTORY)
  const client = await connect(options.url)
  try {
    const known = await client.query(`select to_regclass('public.migration_header') is not null as known`)
    if (!known.rows[0]?.known) return files.map((file) => file.name)
    const names = new Set(await refuseForeignDatabase(client, files))
    return files.map((file) => file.name).filter((name) => !names.has(name))
  } finally {
    await client.end()
  }
}

/** Reads the files `NNNN_what.sql` of a folder, in order. @throws Error for a file without a phase, or with a number used twice */
export function migrationFiles(directory: string): readonly MigrationFile[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  const numbers = names.map((name) => /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1] ?? name)
  const twice = numbers.find((number, at) => numbers.indexOf(number) !== at)
  if (twice) throw new Error(`two migrations have the number ${twice}`)
  return names.map((name) => {
    const sql = readFileSync(join(directory, name), 'utf8')
    const phase = /^--\s*Phase:?\s+(expand|backfill|contract)\b/m.exec(sql)?.[1]
    if (!phase) throw new Error(`${name}: the header needs a line "-- Phase     expand" (or backfill, or contract)`)
    return { name: basename(name, '.sql'), phase: phase as Phase, checksum: createHash('sha256').update(sql).digest('hex') }
  })
}

/** What each migration said of itself, kept in the database so that an older release can tell whether it may start. */
const HEADER_TABLE = `create table if not exists public.migration_header (
  name text primary key,
  phase text not null constraint phase_is_known check (phase in ('expand', 'backfill', 'contract')),
  checksum text not null
)`

/** @returns the names of the migrations that have run */
async function refuseForeignDatabase(client: pg.Client, files: readonly MigrationFile[], reset?: string): Promise<readonly string[]> {
  const { rows } = await client.query<MigrationFile>('select name, phase, checksum from public.migration_header order by name')
  const ours = new Map(files.map((file) => [file.name, file]))
  const newest = files.at(-1)?.name ?? ''
  const unknown = rows.filter((row) => !ours.has(row.name))
  // What a newer release added has a later number; what stands among ours is of another line of files.
  const others = unknown.filter((row) => row.name < newest)
  if (others.length > 0) throw otherMigrations(others, 'this release does not have them', reset)
  const contract = unknown.filter((row) => row.phase === 'contract')
  if (contract.length > 0) {
    const names = contract.map((row) => row.name).join(', ')
    throw new Error(
      `this release is too old for the database: it does not know ${names}, which took away what this release uses. Start a newer release.`,
    )
  }
  const edited = rows.filter((row) => ours.has(row.name) && ours.get(row.name)?.checksum !== row.checksum)
  if (edited.length > 0) throw otherMigrations(edited, 'they were edited after they ran', reset)
  return rows.map((row) => row.name)
}

function otherMigrations(rows: readonly MigrationFile[], why: string, reset: string | undefined): OtherMigrationsError {
  const names = rows.map((row) => row.name).join(', ')
  const how = reset ? ` To delete everything in it and start anew:\n  ${reset}` : ''
  return new OtherMigrationsError(`the database was made by other migrations (${names}): ${why}. Start the release that made it.${how}`)
}

/** One file as node-pg-migrate wants it: its SQL and the note of its header, in the same transaction. */
function unit(path: string, files: readonly MigrationFile[]) {
  const file = files.find(({ name }) => name === basename(path, '.sql'))
  if (!file) throw new Error(`not a migration of this release: ${path}`)
  const sql = readFileSync(path, 'utf8')
  const note = `insert into public.migration_header (name, phase, checksum) values ('${file.name}', '${file.phase}', '${file.checksum}')`
  return {
    id: path,
    filePaths: [path],
    actions: { up: (pgm: { sql(text: string): void }) => [sql, note].forEach((text) => void pgm.sql(text)), down: false as const },
  }
}

async function connect(url: string): Promise<pg.Client> {
  const limits = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, silenceMaxMs: SILENCE_MAX_MS }
  const client = new WatchedClient({ connectionString: url, application_name: 'accord-migrate', ...limits })
  await client.connect()
  return client
}

function quietLogger(say: ((line: string) => void) | undefined) {
  const silent = () => {}
  return { debug: silent, info: silent, warn: (line: string) => say?.(line), error: (line: string) => say?.(line) }
}
