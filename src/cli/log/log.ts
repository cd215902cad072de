import { type Command, usage } from '../command.ts'
import { exportLogs } from './export.ts'
import { fsck } from './fsck.ts'
import { reopen, rotateKey } from './lifecycle.ts'
import { erase, hold, purge } from './retention.ts'
import { verifyLog } from './verify.ts'
import { witness } from './witness.ts'

const COMMANDS: Readonly<Record<string, Command>> = {
  export: exportLogs,
  verify: verifyLog,
  fsck,
  witness,
  reopen,
  'rotate-key': rotateKey,
  purge,
  erase,
  hold,
}

/** `log ...`: everything about the log that is not the service's: take it out, check it, witness it, end it, let payload go. */
export const log: Command = async ([name = '', ...args], io) => {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return command ? command(args, io) : usage(io, `usage: accord log <command>, one of: ${Object.keys(COMMANDS).join(', ')}`)
}
