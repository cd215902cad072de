import { join } from 'node:path'
import { watchPool } from '../../audit/append/commit-watch.service.ts'
import { type HighWater, highWaterFiles } from '../../audit/tree/high-water.service.ts'
import { type DatabaseRole, type OpenDatabase, openDatabase } from '../../platform/database/database.ts'
import { commandConfig } from '../command-config.ts'
import { openCommandDatabase } from '../command-database.ts'

/** The service's database as a command of the log uses it, beside the running service or alone. */
interface LogDatabase {
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
  const { varDirectory } = commandConfig({ ACCORD_VAR: env['ACCORD_VAR'] })
  const server = await openCommandDatabase(env, varDirectory)
  const opened: OpenDatabase[] = []
  return {
    url: server.url,
    highWater: highWaterFiles(join(varDirectory, 'high-water')),
    async open(role) {
      const limits = { applicationName: 'accord-log', poolMax: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS, lockTimeoutMs: LOCK_TIMEOUT_MS }
      const database = await openDatabase({ url: server.url, role, ...limits })
      opened.push(database)
      // What the operator did and no standby confirmed fails, and the command with it (R16): it may stand all the same.
      watchPool(database.pool, () => {})
      return database
    },
    async close() {
      await Promise.all(opened.map((database) => database.close()))
      await server.close()
    },
  }
}
