import { spawn } from 'node:child_process'
import { join } from 'node:path'

const CLI = join(import.meta.dirname, '../../src/cli.ts')

/** What a command said, and how it ended. */
export interface CommandRun {
  readonly stdout: string
  readonly stderr: string
  readonly status: number | null
}

/**
 * `accord ARGS` in a process of its own, while this one goes on: one that waited for it would stand still in the middle of its own work, and the
 * command behind what that work holds.
 */
export function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandRun> {
  const child = spawn(process.execPath, ['--import=tsx', CLI, ...args], { env: { ...process.env, ...env } })
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  return new Promise((ended, failed) => {
    child.once('error', failed)
    child.once('close', (status) => ended({ stdout: stdout.join(''), stderr: stderr.join(''), status }))
  })
}
