import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { openLifecycle } from './open-lifecycle.ts'

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
  const open = await openLifecycle(env, err)
  try {
    for (const kind of asked.kinds) out((await open.lifecycle.reopen(kind, { why: asked.reason })).name)
    return 0
  } finally {
    await open.close()
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
