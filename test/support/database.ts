import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../src/platform/database/create-database.ts'
import { type DatabaseRole, type OpenDatabase, openDatabase } from '../../src/platform/database/database.ts'
import { isAlive } from '../../src/platform/database/postmaster.ts'
import { type Teardown, throwAwayPostgres } from './postgres.ts'
import { buildTemplate, TEMPLATE } from './template.ts'

/** A database of a test's own. */
export interface TestDatabase extends OpenDatabase {
  readonly name: string
  /** The address with the session user of the server: owns every table. */
  readonly url: string
  /** The address of the server's own database, for CREATE DATABASE. */
  readonly adminUrl: string
  /** Opens another pool on it as another role; closed when the test ends. */
  openAs(role: DatabaseRole | 'session_user', poolMax?: number): Promise<OpenDatabase>
}

let ownServer: Promise<string> | undefined

/**
 * A fresh, migrated database, copied from the template (some 50 ms), dropped when the test ends.
 * `db` and `pool` act as `accord_app`, as in the service.
 *
 * Under `npm test` the server is the run's; a file started by itself (`node --import=tsx FILE`) starts one of its own (about 2 s).
 */
export async function testDatabase(
  t: Teardown,
  options: {
    readonly poolMax?: number
    /** Of a server of the test's own. */
    readonly adminUrl?: string
    /** What it is copied from; absent: the template with the migrations. */
    readonly template?: string
  } = {},
): Promise<TestDatabase> {
  if (options.adminUrl) await buildTemplate(options.adminUrl)
  const adminUrl = options.adminUrl ?? (await serverUrl())
  const name = `test_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  await createDatabase(adminUrl, name, { template: options.template ?? TEMPLATE })
  const url = urlOfDatabase(adminUrl, name)
  const opened: OpenDatabase[] = []
  const openAs = async (role: DatabaseRole | 'session_user', poolMax = options.poolMax ?? 8) => {
    const limits = { applicationName: 'accord-test', poolMax, statementTimeoutMs: 30_000, lockTimeoutMs: 10_000 }
    const database = await openDatabase({ url, role, ...limits })
    const again = once(database.close)
    opened.push({ ...database, close: again })
    return { ...database, close: again }
  }
  const own = await openAs('accord_app')
  t.teardown(async () => {
    await Promise.all(opened.map((database) => database.close()))
    await dropDatabase(adminUrl, name)
  })
  return { ...own, name, url, adminUrl, openAs }
}

/** The address of the server tests may create databases on; its template is built. */
export function serverUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL']
  if (given && process.env['TEST_TEMPLATE_IS_BUILT']) return Promise.resolve(given)
  ownServer ??= startOwnServer(given)
  return ownServer
}

async function startOwnServer(given: string | undefined): Promise<string> {
  if (given) {
    await buildTemplate(given)
    return given
  }
  const cluster = await throwAwayPostgres()
  // Runs after the launcher's own exit hook, which has asked the server to stop.
  process.once('exit', () => removeSoon(cluster))
  const adminUrl = cluster.url('postgres')
  await buildTemplate(adminUrl)
  return adminUrl
}

/** Waits, without a promise (the process is ending), until the server is gone, then deletes its folder. */
function removeSoon(cluster: { readonly pid: number; readonly dataDirectory: string }): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waits = 0; waits < 100 && isAlive(cluster.pid); waits += 1) Atomics.wait(pause, 0, 0, 10)
  rmSync(dirname(cluster.dataDirectory), { recursive: true, force: true })
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}
