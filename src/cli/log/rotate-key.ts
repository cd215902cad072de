import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readLogKey } from '../../environment.ts'
import type { Command } from '../command.ts'
import { openLifecycle } from './open-lifecycle.ts'

const USAGE = 'usage: accord log rotate-key --next-key-file FILE'

/**
 * `log rotate-key --next-key-file FILE`: ends both logs with an entry that announces the key of the next ones, and signs them to
 * their ends with the key of the configuration (R28). Prints the announced keys. From then on only a service with the new key
 * (`LOG_KEY_FILE`) takes entries; those with the old one answer 503 until they are started with it.
 */
export const rotateKey: Command = async (args, { env, out, err }) => {
  const file = readArguments(args)
  if (file === undefined) {
    err(USAGE)
    return 2
  }
  if (!existsSync(file)) {
    err(`${file}: there is no such file`)
    return 2
  }
  const open = await openLifecycle(env, err)
  try {
    const nextKey = readLogKey(file)
    for (const kind of ['decisions', 'governance'] as const) out(await open.lifecycle.announceKey(kind, nextKey))
    await open.keeper.round()
    const failure = open.keeper.failure()
    if (failure) throw failure
    err('start every service with the new key now')
    return 0
  } finally {
    await open.close()
  }
}

function readArguments(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { 'next-key-file': { type: 'string' } } }).values['next-key-file']
  } catch {
    return undefined
  }
}
