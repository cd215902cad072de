import { SILENCE_MAX_MS, TCP_USER_TIMEOUT_MS, WatchedClient } from '../../platform/database/watched-client.ts'
import { isUnsafeCommit } from './append.repository.ts'
import type { Sql } from './tree.repository.ts'

/** A keeper that was cut off in a transaction keeps its lock on the tree no longer, or the next one would wait for it. */
const IDLE_IN_TRANSACTION_MS = 5_000

/** A connection of its own for one keeper of the logs. */
export interface KeeperConnection extends Sql {
  /** Whether a commit since the last call was acknowledged without waiting for a standby (R16). */
  takeWarning(): boolean
  close(): Promise<void>
}

/**
 * Connects as one role. Statements are limited in time; a broken connection makes every later statement fail, and its owner
 * opens another. The role may be undefined where the server has none: then the session user acts.
 */
export async function keeperConnection(options: {
  readonly url: string
  readonly role: string | undefined
  readonly name: string
  readonly statementTimeoutMs: number
}): Promise<KeeperConnection> {
  const settings = {
    timezone: 'UTC',
    synchronous_commit: 'on',
    jit: 'off',
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    tcp_user_timeout: TCP_USER_TIMEOUT_MS,
    ...(options.role ? { role: options.role } : {}),
  }
  const client = new WatchedClient({
    connectionString: options.url,
    application_name: options.name,
    silenceMaxMs: SILENCE_MAX_MS,
    connectionTimeoutMillis: 5_000,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  })
  let warned = false
  client.on('notice', (notice) => {
    if (isUnsafeCommit(notice)) warned = true
  })
  client.on('error', () => {})
  await client.connect()
  return {
    query: (text, values) => client.query(text, values),
    takeWarning() {
      const found = warned
      warned = false
      return found
    },
    close: () => client.end().catch(() => {}),
  }
}
