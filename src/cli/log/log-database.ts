import { join } from 'node:path'
import { watchPool } from '../../audit/append/commit-watch.service.ts'
import { type HighWater, highWaterFiles } from '../../audit/tree/high-water.service.ts'
import { parseConfig } from '../../platform/config.ts'
import { urlWithPassword } from '../../platform/database/create-database.ts'
import { type DatabaseRole, type OpenDatabase, openDatabase } from '../../platform/database/database.ts'
import { startEmbeddedPostgres } from '../../platform/database/embedded-postgres.ts'

/** The service's database as a command of the log uses it, beside the running service or alone. */
export interface LogDatabase {
  readonly url: string
  /** The checkpoints kept on this machine. */
  readonly highWater: HighWater
  /** A commit on it that no standby confirmed is an error. */
  open(role: DatabaseRole): Promise<OpenDatabase>
  close(): Promise<void>
}

const STATEMENT_TIMEOUT_MS = 600_000
const LOCK_TIMEOUT_MS = 10_000

/** The database of `DATABASE_URL`, else the embedded one of `ACCORD_VAR`. */
export async function openLogDatabase(env: NodeJS.ProcessEnv): Promise<LogDatabase> {
  const parsed = parseConfig({ ACCORD_VAR: env['ACCORD_VAR'] })
  if (!parsed.ok) throw new Error(parsed.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('; '))
  const { varDirectory } = parsed.value
  const given = env['DATABASE_URL'] ? urlWithPassword(env['DATABASE_URL'], env['DATABASE_PASSWORD_FILE'] || undefined) : undefined
  const postgres = given === undefined ? await startEmbeddedPostgres({ varDirectory }) : undefined
  const url = given ?? postgres?.url('accord') ?? ''
  const opened: OpenDatabase[] = []
  return {
    url,
    highWater: highWaterFiles(join(varDirectory, 'high-water')),
    async open(role) {
      const limits = { applicationName: 'accord-log', poolMax: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS, lockTimeoutMs: LOCK_TIMEOUT_MS }
      const database = await openDatabase({ url, role, ...limits })
      opened.push(database)
      // What the operator did and no standby confirmed fails, and the command with it (R16): it may stand all the same.
      watchPool(database.pool, () => {})
      return database
    },
    async close() {
      await Promise.all(opened.map((database) => database.close()))
      await postgres?.stop()
    },
  }
}
