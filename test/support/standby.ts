import { execFileSync } from 'node:child_process'
import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { postgresAccount } from '../../src/platform/database/postgres-binaries.ts'
import { openFolder, type Teardown } from './postgres.ts'

/** Starts a server on the data of one that was stopped. */
export async function startAgain(t: Teardown, stopped: Pick<EmbeddedPostgres, 'dataDirectory'>): Promise<EmbeddedPostgres> {
  const binaries = process.env['TEST_POSTGRES_BINARIES']
  const server = await startEmbeddedPostgres({
    varDirectory: dirname(stopped.dataDirectory),
    // A standby needs room for as many connections as the primary had.
    settings: { max_connections: '200' },
    ...(binaries ? { binaries } : {}),
  })
  t.teardown(server.stop)
  return server
}

/** The same, as a server that waits for a primary to follow: whatever was committed is there, and nothing can be written. */
export function startAsStandby(t: Teardown, stopped: Pick<EmbeddedPostgres, 'dataDirectory'>): Promise<EmbeddedPostgres> {
  const signal = join(stopped.dataDirectory, 'standby.signal')
  writeFileSync(signal, '')
  const { uid, gid } = postgresAccount()
  if (uid !== undefined && gid !== undefined) chownSync(signal, uid, gid)
  return startAgain(t, stopped)
}

/** A copy of the data of a server that was stopped, gone when the test ends. */
export function copyOf(t: Teardown, stopped: Pick<EmbeddedPostgres, 'dataDirectory'>): Pick<EmbeddedPostgres, 'dataDirectory'> {
  const folder = openFolder('accord-test-copy')
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('cp', ['-a', `${dirname(stopped.dataDirectory)}/.`, folder])
  return { dataDirectory: join(folder, 'pg') }
}
