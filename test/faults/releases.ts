import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MIGRATIONS_DIRECTORY, migrationFiles } from '../../src/platform/database/migrate.ts'

/** Another release, taken out of the history of this repository. */
export interface Release {
  readonly root: string
  readonly revision: string
  /** The migration files it was committed with. */
  readonly ownMigrations: string
  /** Files of its own that were edited or left out since: where there are any, this release refuses a database made by them. */
  readonly edited: readonly string[]
  /** Migrations of the present tree that a database of this release has not had. */
  readonly pending: readonly string[]
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** Why a revision cannot be taken out here; null when it can. */
export function lacksRevision(revision: string): string | null {
  const found = spawnSync('git', ['cat-file', '-e', `${revision}^{commit}`], { cwd: REPOSITORY, encoding: 'utf8' })
  return found.status === 0 ? null : `revision ${revision} is not in the history here (no git, or a shallow checkout)`
}

/**
 * Takes a revision out into a folder, with the packages of the present tree. Until the first release migration files are edited in place, and
 * a database made by files that were edited is refused. Such a revision gets the present files instead, so that its code and the present one
 * can meet on one database.
 */
export function takeOut(revision: string, folder: string): Release {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = `${folder}.tar`
  run('git', ['archive', `--output=${archive}`, revision])
  run('tar', ['-xf', archive, '-C', folder])
  rmSync(archive)
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  const used = join(folder, 'sql', 'migrations')
  const own = migrationFiles(used)
  const present = migrationFiles(MIGRATIONS_DIRECTORY)
  const newest = own.at(-1)?.name ?? ''
  const edited = own.filter((file) => present.find(({ name }) => name === file.name)?.checksum !== file.checksum).map(({ name }) => name)
  const between = present.filter(({ name }) => name < newest && !own.some((file) => file.name === name)).map(({ name }) => name)
  const isRefused = edited.length + between.length > 0
  const ownMigrations = isRefused ? `${used}-of-its-own` : used
  if (isRefused) {
    renameSync(used, ownMigrations)
    cpSync(MIGRATIONS_DIRECTORY, used, { recursive: true })
  }
  const pending = isRefused ? [] : present.map(({ name }) => name).filter((name) => name > newest)
  const short = run('git', ['rev-parse', '--short=7', revision]).trim()
  return { root: folder, revision: short, ownMigrations, edited: [...edited, ...between], pending }
}

/** The present migrations and one more, as the next release would bring it, in a folder of their own. */
export function withOneMore(folder: string, name: string, sql: string): string {
  cpSync(MIGRATIONS_DIRECTORY, folder, { recursive: true })
  writeFileSync(join(folder, `${name}.sql`), `-- Phase     expand\n${sql}\n`)
  return folder
}

function run(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { cwd: REPOSITORY, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr || String(done.error)}`)
  return done.stdout
}
