// Embedded PostgreSQL: a real server on loopback for those who have none, from `npm ci` alone.
// Words: cluster (one data folder and its server), postmaster (the server's first process), account (whom it runs as).
// It must never delete or re-create a data folder that holds data, and never stop a server another process is using.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Account,
  canEnter,
  findPostgres,
  initialiseCluster,
  OPEN_ROOT,
  type PostgresBinaries,
  postgresAccount,
} from './postgres-binaries.ts'
import { addUser, type Postmaster, removeStalePidFile, removeUser, runningPostmaster, waitForEnd, withLockFile } from './postmaster.ts'

/** What a cluster needs; everything but the folder has a default for `npm start`. */
export interface EmbeddedPostgresOptions {
  /** The folder for the data (`pg`), the password (`pg-password`) and the log (`postgres.log`); made when absent. */
  readonly varDirectory: string
  /** Default true. False: no fsync, for tests whose data may be lost. */
  readonly isDurable?: boolean
  /** A folder with `initdb` and `postgres` instead of those found; for tests on another version. */
  readonly binaries?: string
  /** Settings of the server (`postgres -c name=value`); they hold for a server this call starts, not for one it finds running. */
  readonly settings?: Readonly<Record<string, string>>
  /** Is told what a person should know: another folder is used, a running server was found. */
  readonly say?: (line: string) => void
}

/** A running cluster. */
export interface EmbeddedPostgres {
  /** The address of one of its databases, password included: never log it. */
  url(database: string): string
  readonly port: number
  readonly pid: number
  readonly dataDirectory: string
  /** Where the programs came from, for example `npm 18.4.0-beta.17`. */
  readonly from: string
  /** Whether the server was running already: left behind by a killed process, or shared with a living one. */
  readonly isReused: boolean
  /** Stops the server (fast shutdown) unless another living process uses it. Safe to call twice. */
  stop(): Promise<void>
}

const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 20_000
const LOCK_LIMIT_MS = 60_000
const POLL_MS = 3
const LOG_TAIL_CHARACTERS = 2_000

/**
 * Starts, or finds running, the PostgreSQL server of `varDirectory`; makes the cluster on first use.
 *
 * As root the server runs as user `postgres` (else `nobody`); if that user cannot enter the folder, the data goes to /var/lib/accord.
 * The server has a session of its own, so Ctrl-C reaches the service first; a server left by `kill -9` is found and used again.
 *
 * @throws Error with the end of the server's log when it does not start, or when the password of existing data is lost
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const varDirectory = resolve(options.varDirectory)
  const account = postgresAccount()
  const dataDirectory = chooseDataDirectory(varDirectory, account, options.say)
  mkdirSync(varDirectory, { recursive: true })
  return withLockFile(join(varDirectory, 'pg.lock'), LOCK_LIMIT_MS, async () => {
    const usersDirectory = join(varDirectory, 'pg-users')
    const isNew = !existsSync(join(dataDirectory, 'PG_VERSION'))
    const password = readOrMakePassword(join(varDirectory, 'pg-password'), isNew, dataDirectory)
    const found = isNew ? undefined : runningPostmaster(dataDirectory)
    if (found) options.say?.(`using the PostgreSQL server that runs on ${dataDirectory} already (process ${found.pid})`)
    const binaries = findPostgres(account, options.binaries)
    if (isNew) makeCluster({ binaries, account, dataDirectory, password, isDurable: options.isDurable ?? true })
    const server = await launch({ binaries, account, dataDirectory, logFile: join(varDirectory, 'postgres.log'), options })
    addUser(usersDirectory)
    return handle({ server, password, dataDirectory, usersDirectory, from: binaries.from, isReused: found !== undefined })
  })
}

function chooseDataDirectory(varDirectory: string, account: Account, say?: (line: string) => void): string {
  if (canEnter(account, varDirectory)) return join(varDirectory, 'pg')
  const name = createHash('sha256').update(varDirectory).digest('hex').slice(0, 12)
  const elsewhere = join(OPEN_ROOT, name, 'pg')
  say?.(`the PostgreSQL user cannot enter ${varDirectory}: its data is kept in ${elsewhere}`)
  return elsewhere
}

function readOrMakePassword(file: string, isNew: boolean, dataDirectory: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  if (!isNew)
    throw new Error(`${file} is missing, and ${dataDirectory} cannot be opened without it: restore the file, or move the data folder away`)
  const password = randomBytes(24).toString('base64url')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  return password
}

function makeCluster(cluster: {
  readonly binaries: PostgresBinaries
  readonly account: Account
  readonly dataDirectory: string
  readonly password: string
  readonly isDurable: boolean
}): void {
  const { account, dataDirectory, password } = cluster
  const parent = resolve(dataDirectory, '..')
  mkdirSync(parent, { recursive: true, mode: 0o755 })
  // initdb fills an empty folder only: what an earlier, interrupted initdb left holds no data (there was no PG_VERSION).
  if (existsSync(dataDirectory)) rmSync(dataDirectory, { recursive: true })
  mkdirSync(dataDirectory, { mode: 0o700 })
  give(dataDirectory, account)
  // initdb runs in the account and must read the password; our own file stays ours.
  const passwordFile = join(parent, `initdb-password-${process.pid}`)
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  give(passwordFile, account)
  try {
    initialiseCluster({ ...cluster, passwordFile })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

async function launch(start: {
  readonly binaries: PostgresBinaries
  readonly account: Account
  readonly dataDirectory: string
  readonly logFile: string
  readonly options: EmbeddedPostgresOptions
}): Promise<Postmaster> {
  const { dataDirectory, logFile } = start
  const deadline = Date.now() + START_LIMIT_MS
  let child = runningPostmaster(dataDirectory) ? undefined : await spawnServer(start)
  for (;;) {
    const server = runningPostmaster(dataDirectory)
    if (server?.isReady) return server
    const end = readFileSync(logFile, 'utf8').slice(-LOG_TAIL_CHARACTERS)
    if (Date.now() > deadline) throw new Error(`PostgreSQL did not start within ${START_LIMIT_MS} ms; the end of ${logFile}:\n${end}`)
    if (!server && (child === undefined || child.exitCode !== null || child.signalCode !== null)) {
      // Processes of a killed server may hold its shared memory for a moment longer than it lived.
      if (child && !/shared memory block .* is still in use/s.test(end))
        throw new Error(`PostgreSQL ended at once; the end of ${logFile}:\n${end}`)
      await sleep(child ? 100 : 0)
      child = await spawnServer(start)
    }
    await sleep(POLL_MS)
  }
}

async function spawnServer(start: Parameters<typeof launch>[0]) {
  const { binaries, account, dataDirectory, logFile, options } = start
  removeStalePidFile(dataDirectory)
  // synchronous_commit stays on: the log refuses to append without it, and without fsync it costs nothing.
  const withoutDurability = { fsync: 'off', full_page_writes: 'off' }
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(await freePort()),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...((options.isDurable ?? true) ? {} : withoutDurability),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = openSync(logFile, 'a', 0o600)
  chmodSync(logFile, 0o600)
  const child = spawn(join(binaries.bin, 'postgres'), ['-D', dataDirectory, ...flags], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  })
  child.unref()
  child.once('error', (error) => writeFileSync(logFile, `${error}\n`, { flag: 'a' }))
  return child
}

function handle(cluster: {
  readonly server: Postmaster
  readonly password: string
  readonly dataDirectory: string
  readonly usersDirectory: string
  readonly from: string
  readonly isReused: boolean
}): EmbeddedPostgres {
  const { server, password, dataDirectory, usersDirectory, from, isReused } = cluster
  let isStopped = false
  const release = () => {
    if (isStopped) return false
    isStopped = true
    return removeUser(usersDirectory) && interrupt(server.pid)
  }
  const onExit = () => void release()
  process.once('exit', onExit)
  return {
    url: (database) => `postgres://accord:${password}@127.0.0.1:${server.port}/${database}`,
    port: server.port,
    pid: server.pid,
    dataDirectory,
    from,
    isReused,
    async stop() {
      process.removeListener('exit', onExit)
      if (!release()) return
      const hasEnded = await waitForEnd(server.pid, STOP_LIMIT_MS)
      if (!hasEnded) throw new Error(`PostgreSQL (process ${server.pid}) did not stop within ${STOP_LIMIT_MS} ms`)
    },
  }
}

/** Asks the server for a fast shutdown: sessions are ended, data is flushed. @returns whether there was a server to ask */
function interrupt(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGINT')
  } catch {
    return false
  }
}

function give(path: string, account: Account): void {
  if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid)
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address && typeof address === 'object' ? found(address.port) : failed(new Error('no free port'))))
    })
  })
}
