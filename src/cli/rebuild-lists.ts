import { openDatabase } from '../platform/database/database.ts'
import { rebuildLists as rebuild } from '../workflow/rebuilding.service.ts'
import { type Command, usage } from './command.ts'
import { commandConfig } from './command-config.ts'
import { openCommandDatabase } from './command-database.ts'

const USAGE = 'usage: accord rebuild-lists'

/** `rebuild-lists`: makes the lists of sign-offs and tasks, and the timers that still run, anew from what happened. Beside the service too. */
export const rebuildLists: Command = async (args, io) => {
  if (args.length > 0) return usage(io, USAGE)
  const config = commandConfig(io.env)
  const { statementTimeoutMs, lockTimeoutMs } = config
  const server = await openCommandDatabase(io.env, config.varDirectory)
  try {
    const { db, close } = await openDatabase({
      url: server.url,
      applicationName: 'accord-rebuild',
      poolMax: 1,
      statementTimeoutMs,
      lockTimeoutMs,
    })
    try {
      const { signOffs, events } = await rebuild(db)
      io.out(`${signOffs} sign-offs rebuilt from ${events} events`)
      return 0
    } finally {
      await close()
    }
  } finally {
    await server.close()
  }
}
