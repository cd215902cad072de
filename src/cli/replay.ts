import { engineDigest } from '../decisions/engine.service.ts'
import { replaySince } from '../decisions/history/replay.service.ts'
import { policyService } from '../decisions/policy/policy.service.ts'
import { openDatabase } from '../platform/database/database.ts'
import { isInstant, isRequestDay } from '../platform/http/time-formats.ts'
import { type Command, readOptions, usage } from './command.ts'
import { commandConfig } from './command-config.ts'
import { openCommandDatabase } from './command-database.ts'

const USAGE = 'usage: accord replay --since INSTANT (for example 2026-11-01T00:00:00Z)'

/** `replay --since INSTANT`: every recorded decision evaluated again on its own policy revision; a line a mismatch. */
export const replay: Command = async (args, io) => {
  const { env, out } = io
  const { since, rest } = readOptions(args, { since: { type: 'string' } }) ?? {}
  if (since === undefined || rest?.length !== 0 || !(isInstant(since) || isRequestDay(since))) return usage(io, USAGE)
  const config = commandConfig(env)
  const { statementTimeoutMs, lockTimeoutMs } = config
  const server = await openCommandDatabase(env, config.varDirectory)
  try {
    const limits = { applicationName: 'accord-replay', poolMax: 2, statementTimeoutMs, lockTimeoutMs }
    const { db, close } = await openDatabase({ url: server.url, ...limits })
    try {
      let replayed = 0
      let mismatches = 0
      await replaySince({ db, policy: policyService(db), engine: engineDigest() }, new Date(since).toISOString(), (one) => {
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
