import { urlOfDatabase, urlWithPassword } from '../platform/database/create-database.ts'
import { startEmbeddedPostgres } from '../platform/database/embedded-postgres.ts'

/** The database server a command works on, for the time of the command. */
interface CommandDatabase {
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
