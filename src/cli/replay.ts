import { parseArgs } from 'node:util'
import { engineDigest } from '../decisions/engine.service.ts'
import { replaySince } from '../decisions/history/replay.service.ts'
import { policyService } from '../decisions/policy/policy.service.ts'
import { openDatabase } from '../platform/database/database.ts'
import { isInstant, isRequestDay } from '../platform/http/time-formats.ts'
import type { Command } from './command.ts'
import { commandConfig, openCommandDatabase } from './command-database.ts'

const USAGE = 'usage: accord replay --since INSTANT (for example 2026-11-01T00:00:00Z)'

/** `replay --since INSTANT`: every recorded decision evaluated again on its own policy revision; a line a mismatch. */
export const replay: Command = async (args, { env, out, err }) => {
  const since = readSince(args)
  if (since === undefined) {
    err(USAGE)
    return 2
  }
  const config = commandConfig(env)
  const { statementTimeoutMs, lockTimeoutMs } = config
  const server = await openCommandDatabase(env, config.varDirectory)
  try {
    const limits = { applicationName: 'accord-replay', poolMax: 2, statementTimeoutMs, lockTimeoutMs }
    const { db, close } = await openDatabase({ url: server.url, ...limits })
    try {
      let replayed = 0
      let mismatches = 0
      await replaySince({ db, policy: policyService(db), engine: engineDigest() }, since, (one) => {
        replayed += 1
        const isWhole = 'same' in one
        if (isWhole && one.same) return
        mismatches += 1
        if (!isWhole) return out(`MISMATCH ${one.decision_id} revision ${one.policy_revision}: ${one.why}`)
        const engine = one.engine_same ? '' : ' (the rules have changed since)'
        out(`MISMATCH ${one.decision_id} revision ${one.policy_revision}: ${one.differences.join(', ')}${engine}`)
      })
      out(`${replayed} replayed, ${mismatches} mismatches`)
      return mismatches === 0 ? 0 : 1
    } finally {
      await close()
    }
  } finally {
    await server.close()
  }
}

function readSince(args: readonly string[]): string | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: { since: { type: 'string' } } })
    const { since } = values
    const isRead = since !== undefined && (isInstant(since) || isRequestDay(since))
    return isRead ? new Date(since).toISOString() : undefined
  } catch {
    return undefined
  }
}
