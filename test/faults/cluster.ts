import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Account, postgresAccount } from '../../src/platform/database/postgres-binaries.ts'
import { removeStalePidFile, runningPostmaster, waitForEnd } from '../../src/platform/database/postmaster.ts'
import { until } from './words.ts'

/** A PostgreSQL server of the harness' own, on a port that stays the same however often it is killed. */
export interface Cluster {
  readonly name: string
  readonly port: number
  readonly directory: string
  url(database: string): string
  start(): Promise<void>
  /** Sends the signal to the postmaster and waits until it is gone. SIGKILL: a crash; SIGQUIT: immediate; SIGINT: fast. */
  end(signal: 'SIGKILL' | 'SIGQUIT' | 'SIGINT'): Promise<void>
  /** The postmaster, while it runs. */
  pid(): number | undefined
  /** Sends a signal to the postmaster and to every process under it (SIGSTOP, SIGCONT). */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** One statement as the super user. */
  ask<Row extends pg.QueryResultRow>(database: string, sql: string, values?: readonly unknown[]): Promise<Row[]>
}

export interface ClusterOptions {
  readonly name: string
  readonly bin: string
  readonly directory: string
  readonly password: string
  readonly port: number
  readonly settings?: Readonly<Record<string, string>>
}

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 20_000
const account: Account = postgresAccount()
const RECOVERY_LIMIT_MS = 20_000
const spawned = new Set<Cluster>()

/** Makes the data folder: `initdb`, small and with checksums. */
export function initialise(options: ClusterOptions): void {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 })
  give(options.directory)
  const passwordFile = `${options.directory}.pw`
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 })
  give(passwordFile)
  const access = ['-U', 'accord', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  run(options.bin, 'initdb', [
    '-D',
    options.directory,
    ...access,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
    '--data-checksums',
    '--wal-segsize=4',
  ])
}

/** Makes the data folder as a copy of a running primary, ready to follow it as `options.name`. */
export function copyAsStandby(options: ClusterOptions, primary: Cluster): void {
  rmSync(options.directory, { recursive: true, force: true })
  mkdirSync(options.directory, { mode: 0o700 })
  give(options.directory)
  const env = { PGPASSWORD: options.password }
  const where = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'accord', '-D', options.directory]
  run(options.bin, 'pg_basebackup', [...where, '-c', 'fast', '-X', 'stream', '--no-sync'], env)
  const line = `primary_conninfo = '${conninfo(primary, options)}'\n`
  writeFileSync(join(options.directory, 'postgresql.auto.conf'), line)
  writeFileSync(join(options.directory, 'standby.signal'), '')
  for (const file of ['postgresql.auto.conf', 'standby.signal']) give(join(options.directory, file))
}

/** How a standby reaches its primary. */
export function conninfo(primary: Pick<Cluster, 'port'>, standby: { readonly name: string; readonly password: string }): string {
  return `host=127.0.0.1 port=${primary.port} user=accord password=${standby.password} application_name=${standby.name}`
}

/** Backups of a running server, as the runbook gives them, without holding up what runs in this process. */
export async function backUp(
  options: ClusterOptions,
  directory: string,
  how: 'pg_basebackup' | 'pg_dump',
  database: string,
): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  give(directory)
  const access = ['-h', '127.0.0.1', '-p', String(options.port), '-U', 'accord']
  if (how === 'pg_basebackup') return runBeside(options, how, [...access, '-D', directory, '-c', 'fast', '-X', 'stream'])
  await runBeside(options, 'pg_dumpall', [...access, '--globals-only', '-f', join(directory, 'roles.sql')])
  await runBeside(options, how, [...access, '-Fc', '-f', join(directory, 'accord.dump'), database])
}

/** Fills a new, empty server from a dump that `backUp` made. */
export async function restoreDump(options: ClusterOptions, directory: string, database: string): Promise<void> {
  const access = ['-h', '127.0.0.1', '-p', String(options.port), '-U', 'accord']
  // The role that made the new server is there already: psql says so and goes on.
  await runBeside(options, 'psql', [...access, '-d', 'postgres', '-q', '-f', join(directory, 'roles.sql')])
  await runBeside(options, 'createdb', [...access, database])
  await runBeside(options, 'pg_restore', [...access, '-d', database, '--exit-on-error', join(directory, 'accord.dump')])
}

function runBeside(options: ClusterOptions, program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PGPASSWORD: options.password }
    const child = spawn(join(options.bin, program), args, { ...account, cwd: '/', env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} failed: ${said}`))))
  })
}

export function openCluster(options: ClusterOptions): Cluster {
  const { name, directory, port } = options
  let child: ChildProcess | undefined
  const logFile = `${directory}.log`
  const pid = () => runningPostmaster(directory)?.pid

  function launch(): ChildProcess {
    removeStalePidFile(directory)
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      port: String(port),
      timezone: 'UTC',
      shared_buffers: '64MB',
      min_wal_size: '32MB',
      max_wal_size: '256MB',
      ...options.settings,
    }
    const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    const log = openSync(logFile, 'a', 0o600)
    // A session of its own: Ctrl-C reaches the harness alone, which then stops what it started, in order.
    const started = spawn(join(options.bin, 'postgres'), ['-D', directory, ...flags], {
      ...account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    return started
  }

  const cluster: Cluster = {
    name,
    port,
    directory,
    url: (database) => `postgres://accord:${options.password}@127.0.0.1:${port}/${database}`,
    async start() {
      spawned.add(cluster)
      const deadline = Date.now() + START_LIMIT_MS
      if (!pid()) child = launch()
      for (;;) {
        if (runningPostmaster(directory)?.isReady) return
        // Processes of a killed server hold its shared memory for a moment longer than it lived.
        if (child && (child.exitCode !== null || child.signalCode !== null)) child = launch()
        if (Date.now() > deadline) throw new Error(`${name} did not start: ${readFileSync(logFile, 'utf8').slice(-1_500)}`)
        await sleep(40)
      }
    },
    async end(signal) {
      const process_ = pid()
      if (!process_) return
      const family = childrenOf(process_)
      process.kill(process_, signal)
      if (!(await waitForEnd(process_, STOP_LIMIT_MS))) throw new Error(`${name} (process ${process_}) does not end`)
      await until(() => family.every((one) => !existsSync(`/proc/${one}`)), STOP_LIMIT_MS, 10)
    },
    pid,
    signalAll(signal) {
      const process_ = pid()
      if (process_) for (const one of [process_, ...childrenOf(process_)]) tryKill(one, signal)
    },
    async ask<Row extends pg.QueryResultRow>(database: string, sql: string, values: readonly unknown[] = []) {
      const client = await connected(cluster.url(database))
      try {
        return (await client.query<Row>(sql, [...values])).rows
      } finally {
        await client.end().catch(() => {})
      }
    },
  }
  return cluster
}

/** A server that is coming up again after a crash says so (57P03), and is waited for: on a busy machine that takes seconds. */
async function connected(url: string): Promise<pg.Client> {
  for (const end = performance.now() + RECOVERY_LIMIT_MS; ; ) {
    const client = new pg.Client({ connectionString: url, application_name: 'faults', connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== '57P03' || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** Ends every server that still runs, or those with their data below a folder: the way out. */
export async function endAllClusters(below = '/'): Promise<void> {
  for (const cluster of spawned) {
    if (!cluster.directory.startsWith(below)) continue
    cluster.signalAll('SIGCONT')
    await cluster.end('SIGQUIT').catch(() => {})
    spawned.delete(cluster)
  }
}

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address && typeof address === 'object' ? found(address.port) : failed(new Error('no free port'))))
    })
  })
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

function run(bin: string, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const done = spawnSync(join(bin, program), args, { ...account, cwd: '/', encoding: 'utf8', env: { ...process.env, ...env } })
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr || String(done.error)}`)
}

function give(path: string): void {
  if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid)
}
