import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { watchPool } from '../../audit/append/commit-watch.service.ts'
import { highWaterFiles } from '../../audit/tree/high-water.service.ts'
import { type LogKeeper, logKeeper } from '../../audit/tree/log-keeper.service.ts'
import { type LogLifecycle, logLifecycle } from '../../audit/tree/log-lifecycle.service.ts'
import { openEnvironment } from '../../environment.ts'
import { openDatabase } from '../../platform/database/database.ts'
import { systemClock } from '../../platform/kernel/clock.ts'
import { uuidv7Generator } from '../../platform/kernel/ids.ts'
import { validConfig } from '../command-database.ts'

/** What ends and opens logs, and what signs them, with the key of the configuration, beside a running service or alone. */
export interface OpenLifecycle {
  readonly lifecycle: LogLifecycle
  /** Not started: a round signs what is left. */
  readonly keeper: LogKeeper
  close(): Promise<void>
}

/** A commit that no standby confirmed is an error. */
export async function openLifecycle(env: NodeJS.ProcessEnv, err: (line: string) => void): Promise<OpenLifecycle> {
  const config = validConfig(env)
  const environment = await openEnvironment(config, err)
  const { databaseUrl, logKey } = environment
  const { statementTimeoutMs, lockTimeoutMs } = config
  const limits = { applicationName: 'accord-log', poolMax: 1, statementTimeoutMs, lockTimeoutMs }
  const database = await openDatabase({ url: databaseUrl, ...limits })
  watchPool(database.pool, () => {})
  const highWater = highWaterFiles(join(config.varDirectory, 'high-water'))
  const keeper = logKeeper({
    url: databaseUrl,
    role: database.role === 'session user' ? undefined : 'audit_integrator',
    clock: systemClock,
    logKey,
    highWater,
    checkpointIntervalMs: config.checkpointIntervalMs,
  })
  const lifecycle = logLifecycle({
    db: database.db,
    clock: systemClock,
    newId: uuidv7Generator(systemClock, randomBytes),
    publicHost: (config.publicUrl ?? new URL('http://127.0.0.1')).host,
    logKey,
    highWater,
  })
  return {
    lifecycle,
    keeper,
    async close() {
      await keeper.close()
      await database.close()
      await environment.close()
    },
  }
}
