import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { watchPool } from '../../audit/append/commit-watch.service.ts'
import { highWaterFiles } from '../../audit/tree/high-water.service.ts'
import { logLifecycle } from '../../audit/tree/log-lifecycle.service.ts'
import { openEnvironment } from '../../environment.ts'
import { parseConfig } from '../../platform/config.ts'
import { openDatabase } from '../../platform/database/database.ts'
import { systemClock } from '../../platform/kernel/clock.ts'
import { uuidv7Generator } from '../../platform/kernel/ids.ts'
import type { Command } from '../command.ts'

const REASONS = ['FORK', 'ROLLBACK', 'GAP', 'CORRUPT_LEAF', 'CORRUPT_TILE', 'NOT_DURABLE', 'KEY_COMPROMISE', 'OMISSION'] as const

/**
 * `log reopen --reason CODE [--log decisions|governance]`: ends a log at its last published checkpoint and opens its next
 * incarnation, whose first entries record that checkpoint and why (R31). A running service goes on with the new one by itself.
 */
export const reopen: Command = async (args, { env, out, err }) => {
  const asked = readArguments(args)
  if (!asked) {
    err(`usage: accord log reopen --reason ${REASONS.join('|')} [--log decisions|governance]`)
    return 2
  }
  const parsed = parseConfig(env)
  if (!parsed.ok) {
    for (const { variable, message } of parsed.refusal) err(`${variable}: ${message}`)
    return 2
  }
  const config = parsed.value
  const environment = await openEnvironment(config, err)
  const { statementTimeoutMs, lockTimeoutMs } = config
  const database = await openDatabase({
    url: environment.databaseUrl,
    applicationName: 'accord-log',
    poolMax: 1,
    statementTimeoutMs,
    lockTimeoutMs,
  })
  watchPool(database.pool, () => {})
  try {
    const lifecycle = logLifecycle({
      db: database.db,
      clock: systemClock,
      newId: uuidv7Generator(systemClock, randomBytes),
      publicHost: (config.publicUrl ?? new URL('http://127.0.0.1')).host,
      logKey: environment.logKey,
      highWater: highWaterFiles(join(config.varDirectory, 'high-water')),
    })
    for (const kind of asked.kinds) out((await lifecycle.reopen(kind, { why: asked.reason })).name)
    return 0
  } finally {
    await database.close()
    await environment.close()
  }
}

function readArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...args], options: { reason: { type: 'string' }, log: { type: 'string' } } })
    const reason = REASONS.find((one) => one === values.reason)
    const kinds = (['decisions', 'governance'] as const).filter((kind) => values.log === undefined || values.log === kind)
    return reason && kinds.length > 0 ? { reason, kinds } : undefined
  } catch {
    return undefined
  }
}
