import { type Config, parseConfig } from '../platform/config.ts'
import { urlOfDatabase, urlWithPassword } from '../platform/database/create-database.ts'
import { startEmbeddedPostgres } from '../platform/database/embedded-postgres.ts'
import { ConfigurationError } from './command.ts'

/**
 * The settings that a command which serves nobody shares with the service; the others may be absent or wrong.
 *
 * @throws ConfigurationError naming every variable that is wrong
 */
export function commandConfig({ ACCORD_VAR, LOG_LEVEL, STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS }: NodeJS.ProcessEnv): Config {
  return validConfig({ ACCORD_VAR, LOG_LEVEL, STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS })
}

/**
 * The configuration as the service itself reads it.
 *
 * @throws ConfigurationError naming every variable that is wrong
 */
export function validConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = parseConfig(env)
  if (parsed.ok) return parsed.value
  throw new ConfigurationError(parsed.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('\n'))
}

/** The database server a command works on, for the time of the command. */
export interface CommandDatabase {
  /** The address of the service's own database. */
  readonly url: string
  /** The address of a database of this name on the same server. */
  named(database: string): string
  close(): Promise<void>
}

/** The server of `DATABASE_URL` (and `DATABASE_PASSWORD_FILE`); else the embedded one, which runs already or is started. */
export async function openCommandDatabase(env: NodeJS.ProcessEnv, varDirectory: string): Promise<CommandDatabase> {
  const given = env['DATABASE_URL']
  if (given) {
    const url = urlWithPassword(given, env['DATABASE_PASSWORD_FILE'] || undefined)
    return { url, named: (database) => urlOfDatabase(url, database), close: async () => {} }
  }
  const postgres = await startEmbeddedPostgres({ varDirectory })
  return { url: postgres.url('accord'), named: postgres.url, close: postgres.stop }
}
