import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded-postgres.ts'

/** Debian's PostgreSQL 15, the oldest version we support; where it is installed the suite runs on it too. */
export const POSTGRES_15 = '/usr/lib/postgresql/15/bin'
export const hasPostgres15 = existsSync(join(POSTGRES_15, 'postgres'))

/** Only what a test must be able to call to clean up after itself. */
export interface Teardown {
  teardown(work: () => void | Promise<void>): unknown
}

export type ClusterOptions = Partial<Omit<EmbeddedPostgresOptions, 'varDirectory'>>

/** A throw-away cluster: no fsync, many connections; `remove` stops it and deletes its folder. */
export async function throwAwayPostgres(options: ClusterOptions = {}): Promise<EmbeddedPostgres & { remove(): Promise<void> }> {
  const varDirectory = openFolder('accord-test-pg')
  const settings = { max_connections: '200', ...options.settings }
  // The leg of `npm test` that runs on another version says so here.
  const binaries = options.binaries ?? process.env['TEST_POSTGRES_BINARIES']
  const cluster = await startEmbeddedPostgres({ isDurable: false, ...options, ...(binaries ? { binaries } : {}), settings, varDirectory })
  const remove = async () => {
    await cluster.stop()
    rmSync(varDirectory, { recursive: true, force: true })
  }
  return { ...cluster, remove }
}

/** A cluster of a test's own, gone when the test ends: for what a shared server cannot show (kill -9, settings, standbys). */
export async function ownPostgres(t: Teardown, options: ClusterOptions = {}): Promise<EmbeddedPostgres> {
  const cluster = await throwAwayPostgres(options)
  t.teardown(cluster.remove)
  return cluster
}

/** A new folder under the temporary folder which other users may enter, as a PostgreSQL that runs as `postgres` must. */
export function openFolder(name: string): string {
  const parent = process.env['TMPDIR'] ?? tmpdir()
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, `${name}-${randomUUID().slice(0, 4)}-`))
  chmodSync(folder, 0o755)
  return folder
}
