import { execFileSync } from 'node:child_process'
import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createDatabase, urlOfDatabase } from '../../src/platform/database/create-database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { postgresAccount } from '../../src/platform/database/postgres-binaries.ts'
import { openRelay } from '../faults/relay.ts'
import { openFolder, ownPostgres, type Teardown } from './postgres.ts'
import { buildTemplate, TEMPLATE } from './template.ts'

/** A durable server that is reached through a relay, with a migrated database of this name; all of it gone when the test ends. */
export async function primaryBehindRelay(t: Teardown, name: string) {
  const primary = await ownPostgres(t, { isDurable: true })
  await buildTemplate(primary.url('postgres'))
  await createDatabase(primary.url('postgres'), name, { template: TEMPLATE })
  const relay = await openRelay(primary.port)
  t.teardown(() => relay.close())
  const through = Object.assign(new URL(urlOfDatabase(primary.url('postgres'), name)), { hostname: '127.0.0.1', port: String(relay.port) })
  return { primary, relay, through: through.href }
}

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
