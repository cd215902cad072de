import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { watchPool } from '../../audit/append/commit-watch.service.ts'
import { highWaterFiles } from '../../audit/tree/high-water.service.ts'
import { type LogKeeper, logKeeper } from '../../audit/tree/log-keeper.service.ts'
import { type LogLifecycle, logLifecycle } from '../../audit/tree/log-lifecycle.service.ts'
import { openEnvironment, readLogKey } from '../../environment.ts'
import { openDatabase } from '../../platform/database/database.ts'
import { systemClock } from '../../platform/kernel/clock.ts'
import { uuidv7Generator } from '../../platform/kernel/ids.ts'
import { type Command, type Io, readOptions, usage } from '../command.ts'
import { validConfig } from '../command-config.ts'

const KINDS = ['decisions', 'governance'] as const
const REASONS = ['FORK', 'ROLLBACK', 'GAP', 'CORRUPT_LEAF', 'CORRUPT_TILE', 'NOT_DURABLE', 'KEY_COMPROMISE', 'OMISSION'] as const

/**
 * `log reopen --reason CODE [--log decisions|governance]`: ends a log at its last published checkpoint and opens its next
 * incarnation, whose first entries record that checkpoint and why (R31). A running service goes on with the new one by itself.
 */
export const reopen: Command = async (args, io) => {
  const asked = readOptions(args, { reason: { type: 'string' }, log: { type: 'string' } })
  const reason = REASONS.find((one) => one === asked?.reason)
  const kinds = KINDS.filter((kind) => asked?.log === undefined || asked.log === kind)
  if (!asked || asked.rest.length > 0 || !reason || kinds.length === 0)
    return usage(io, `usage: accord log reopen --reason ${REASONS.join('|')} [--log ${KINDS.join('|')}]`)
  return withLifecycle(io, async (lifecycle) => {
    for (const kind of kinds) io.out((await lifecycle.reopen(kind, { why: reason })).name)
  })
}

/**
 * `log rotate-key --next-key-file FILE`: ends both logs with an entry that announces the key of the next ones, and signs them to
 * their ends with the key of the configuration (R28). Prints the announced keys. From then on only a service with the new key
 * (`LOG_KEY_FILE`) takes entries; those with the old one answer 503 until they are started with it.
 */
export const rotateKey: Command = async (args, io) => {
  const asked = readOptions(args, { 'next-key-file': { type: 'string' } })
  const file = asked?.['next-key-file']
  if (file === undefined || asked?.rest.length !== 0) return usage(io, 'usage: accord log rotate-key --next-key-file FILE')
  if (!existsSync(file)) return usage(io, `${file}: there is no such file`)
  return withLifecycle(io, async (lifecycle, keeper) => {
    const nextKey = readLogKey(file)
    for (const kind of KINDS) io.out(await lifecycle.announceKey(kind, nextKey))
    await keeper.round()
    const failure = keeper.failure()
    if (failure) throw failure
    io.err('start every service with the new key now')
  })
}

/**
 * Does work with what ends and opens logs, and with what signs them (not started: a round signs what is left), under the key of the
 * configuration, beside a running service or alone. A commit that no standby confirmed is an error.
 */
async function withLifecycle({ env, err }: Io, work: (lifecycle: LogLifecycle, keeper: LogKeeper) => Promise<void>): Promise<0> {
  const config = validConfig(env)
  const environment = await openEnvironment(config, err)
  const { databaseUrl, logKey } = environment
  const { statementTimeoutMs, lockTimeoutMs } = config
  const database = await openDatabase({ url: databaseUrl, applicationName: 'accord-log', poolMax: 1, statementTimeoutMs, lockTimeoutMs })
  watchPool(database.pool, () => {})
  const shared = { clock: systemClock, logKey, highWater: highWaterFiles(join(config.varDirectory, 'high-water')) }
  const keeper = logKeeper({
    ...shared,
    url: databaseUrl,
    role: database.role === 'session user' ? undefined : 'audit_integrator',
    checkpointIntervalMs: config.checkpointIntervalMs,
  })
  const lifecycle = logLifecycle({
    ...shared,
    db: database.db,
    newId: uuidv7Generator(systemClock, randomBytes),
    publicHost: (config.publicUrl ?? new URL('http://127.0.0.1')).host,
  })
  try {
    await work(lifecycle, keeper)
    return 0
  } finally {
    await keeper.close()
    await database.close()
    await environment.close()
  }
}
