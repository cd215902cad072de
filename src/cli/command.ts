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
