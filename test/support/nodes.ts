import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Teardown } from './postgres.ts'
import type { NodeOptions } from './service-process.ts'

/** A node that runs as a process of its own. */
export interface RunningNode {
  readonly url: string
  readonly pid: number
  /** Ends it as an operator would, and waits. */
  stop(): Promise<void>
}

/** Starts a node and waits until it listens; ended when the test ends. */
export async function startNode(t: Teardown, options: NodeOptions): Promise<RunningNode> {
  const script = join(import.meta.dirname, 'service-process.ts')
  const child = spawn(process.execPath, ['--import=tsx', script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  }
  t.teardown(stop)
  const lines = createInterface({ input: child.stdout })
  const port = await new Promise<string>((found, failed) => {
    lines.on('line', (line) => {
      const said = /^port (\d+)$/.exec(line)?.[1]
      if (said) found(said)
    })
    child.once('exit', (code) => failed(new Error(`the node ended with ${code} before it listened`)))
  })
  if (child.pid === undefined) throw new Error('the node has no process')
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop }
}
