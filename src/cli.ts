import { type Command, ConfigurationError } from './cli/command.ts'

/**
 * `npm run accord -- <command>`: commands beside or instead of the running service. stdout carries the answer, stderr the
 * talk. A command is loaded when it is asked for: a token should not wait for the whole service.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  appoint: async () => (await import('./cli/appoint.ts')).appoint,
  cases: async () => (await import('./cli/cases.ts')).cases,
  cnil: async () => (await import('./cli/cnil.ts')).cnil,
  demo: async () => (await import('./cli/demo.ts')).demo,
  evidence: async () => (await import('./cli/evidence.ts')).evidence,
  log: async () => (await import('./cli/log/log.ts')).log,
  manifest: async () => (await import('./cli/manifest.ts')).manifest,
  'rebuild-lists': async () => (await import('./cli/rebuild-lists.ts')).rebuildLists,
  replay: async () => (await import('./cli/replay.ts')).replay,
  token: async () => (await import('./cli/token.ts')).token,
}

const [name = '', ...args] = process.argv.slice(2)
const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
const io = { env: process.env, out: (line: string) => console.log(line), err: (line: string) => console.error(line) }

if (load) {
  try {
    process.exitCode = await (await load())(args, io)
  } catch (error) {
    console.error(`accord ${name}: ${(error as Error).message}`)
    // At once: a connection that failed half way would keep the process for as long as the server has patience.
    process.exit(error instanceof ConfigurationError ? 2 : 1)
  }
} else {
  console.error(`usage: accord <command>, one of: ${Object.keys(COMMANDS).join(', ')}`)
  process.exitCode = 2
}
