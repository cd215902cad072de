// The one way to PostgreSQL: a pool with limits on everything, Kysely over it, transactions.
// Words: session user (whom the address names), role (whom the session acts as), transaction.
// It must never open a transaction behind a caller's back, nor act as the owner of the tables where it need not.
import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, type Transaction as KyselyTransaction, PostgresDialect } from 'kysely'
import pg from 'pg'
import { postgresTypes } from './postgres-types.ts'
import type { DB } from './schema.gen.ts'
import { SILENCE_MAX_MS, TCP_USER_TIMEOUT_MS, WatchedClient } from './watched-client.ts'

/** Runs statements one by one; a repository takes a `Transaction` instead wherever it writes. */
export type Database = Kysely<DB>
/** A running transaction. A function whose first parameter it is joins it and never opens one. */
export type Transaction = KyselyTransaction<DB>

/** The roles of migration 0001, by what a session acting as each may do. */
export type DatabaseRole = 'accord_app' | 'audit_owner' | 'audit_writer' | 'audit_integrator' | 'audit_reader' | 'audit_retention'

/** How to open a pool. Times are milliseconds. */
interface DatabaseOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  readonly poolMax: number
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  /** How long a caller waits for a free connection; default 5,000. */
  readonly connectTimeoutMs?: number
  /** Default `accord_app`; `session_user` acts as whoever the address names. */
  readonly role?: DatabaseRole | 'session_user'
  /** Is told of errors of idle connections (the server went away); the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void
}

/** An open pool, and Kysely over it. */
export interface OpenDatabase {
  readonly db: Database
  /** The pool under `db`: for those who watch its connections, and for the log's readers, whose statements are their own. */
  readonly pool: pg.Pool
  /** Whom the sessions act as: the role asked for, or the session user where that role does not exist or may not be taken. */
  readonly role: string
  /** Waits for running statements and closes every connection. */
  close(): Promise<void>
}

/** A session that was cut off in a transaction keeps its locks no longer: those on the policy would hold up every append. */
const IDLE_IN_TRANSACTION_MS = 10_000
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Opens a pool whose every session has time zone UTC, limits on statements, locks and idle transactions, and the least role it can take.
 *
 * Needs one connection to find out whether the role may be taken; call it after `migrate`, which creates the roles.
 * The settings travel in the start-up packet, so a pooler between us and PostgreSQL must pass `options` on (or be in session mode).
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const wanted = options.role ?? 'accord_app'
  const role = wanted === 'session_user' ? undefined : await roleWeMayTake(options.url, wanted)
  const settings = {
    timezone: 'UTC',
    datestyle: 'ISO',
    // What was acknowledged survives a crash, whatever the server's own default is.
    synchronous_commit: 'on',
    // What row-level security asks of each row makes a statement look expensive, and compiling it takes longer than running it.
    jit: 'off',
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    tcp_user_timeout: TCP_USER_TIMEOUT_MS,
    ...(role ? { role } : {}),
  }
  const pool = new pg.Pool({
    // The pool hands what it is given on to its clients.
    ...({ Client: WatchedClient, silenceMaxMs: SILENCE_MAX_MS } as object),
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolMax,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    types: postgresTypes,
  })
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', options.onIdleError ?? (() => {}))
  // Nor does anyone listen on one that is in use, between two statements; its user is told by the statement that fails.
  pool.on('connect', (client) => void client.on('error', () => {}))
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
  refuseSecondConnections(db, pool)
  return { db, pool, role: role ?? 'session user', close: () => db.destroy() }
}

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
 * A returned refusal commits too: throw (a `Refused`) when what was written so far must not stand.
 */
export function withTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  if (!holding) return db.transaction().execute(work)
  const held = { db, isOpen: true }
  return db.transaction().execute((tx) =>
    (holding as AsyncLocalStorage<Held>)
      .run(held, () => work(tx))
      .finally(() => {
        held.isOpen = false
      }),
  )
}

/** A connection that runs a transaction. */
interface Held {
  readonly db: Database
  isOpen: boolean
}

let holding: AsyncLocalStorage<Held> | undefined

/**
 * From now on whoever asks a pool for a connection within a transaction of the same pool gets an error: with as many callers as
 * connections, each would wait for the others for ever. For tests: following calls costs time on every promise.
 */
export function watchSecondConnections(): void {
  holding ??= new AsyncLocalStorage()
}

function refuseSecondConnections(db: Database, pool: pg.Pool): void {
  const connect = pool.connect.bind(pool) as (...args: readonly unknown[]) => unknown
  pool.connect = ((...args: readonly unknown[]) => {
    const held = holding?.getStore()
    if (!held?.isOpen || held.db !== db) return connect(...args)
    const error = new Error('a second connection was asked for within a transaction of the same pool')
    const [then] = args
    return typeof then === 'function' ? then(error) : Promise.reject(error)
  }) as typeof pool.connect
}

async function roleWeMayTake(url: string, role: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  await client.connect()
  try {
    // Membership with SET is a right of its own since PostgreSQL 16; before, membership implied it.
    const right = `case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end`
    const found = await client.query(`select 1 from pg_roles where rolname = $1 and pg_has_role(session_user, oid, ${right})`, [role])
    return found.rowCount === 1 ? role : undefined
  } finally {
    await client.end()
  }
}
