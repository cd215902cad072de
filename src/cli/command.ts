import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What a command may use of the process: its answer goes to `out` (stdout), its talk to `err` (stderr). */
export interface Io {
  readonly env: NodeJS.ProcessEnv
  out(line: string): void
  err(line: string): void
}

/** A command of the command line; answers the exit code: 0 true or done, 1 false or failed, 2 usage. */
export type Command = (args: readonly string[], io: Io) => Promise<number>

/** The configuration has faults: a line for each, and exit code 2. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
}

/** The options of a command line, and what stands there besides; undefined where it is not written like them. */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: Options) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { ...values, rest: positionals }
  } catch {
    return undefined
  }
}

/** Says why a command cannot be called like this, or how it is called. */
export function usage({ err }: Io, text: string): 2 {
  err(text)
  return 2
}
