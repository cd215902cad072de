import { cases } from './cli/cases.ts'
import type { Command } from './cli/command.ts'
import { demo } from './cli/demo.ts'
import { log } from './cli/log/log.ts'
import { replay } from './cli/replay.ts'
import { token } from './cli/token.ts'

/** `npm run accord -- <command>`: commands beside or instead of the running service. stdout carries the answer, stderr the talk. */
const COMMANDS: Readonly<Record<string, Command>> = { cases, demo, log, replay, token }

const [name = '', ...args] = process.argv.slice(2)
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
const io = { env: process.env, out: (line: string) => console.log(line), err: (line: string) => console.error(line) }

if (command) {
  try {
    process.exitCode = await command(args, io)
  } catch (error) {
    console.error(`accord ${name}: ${(error as Error).message}`)
    process.exitCode = 1
  }
} else {
  console.error(`usage: accord <command>, one of: ${Object.keys(COMMANDS).join(', ')}`)
  process.exitCode = 2
}
