import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AcknowledgedDecision } from './words.ts'

/** Callers that come at a fixed rate, whether those before them were answered or not (an open loop). */
export interface StormOrder {
  readonly url: string
  readonly token: string
  readonly perSecond: number
  readonly ms: number
}

/** What the callers of a storm saw. Latencies in milliseconds. */
export interface StormSeen {
  readonly accepted: readonly AcknowledgedDecision[]
  readonly refused: readonly number[]
  /** Callers that got no reply, or one that is neither an answer nor a refusal. */
  readonly broken: number
  readonly withoutRetryAfter: number
}

const PROGRAM = fileURLToPath(new URL('./storm-callers.ts', import.meta.url))

/** Sends a storm from a process of its own: in this one the relay to the database would wait behind the callers. */
export function storm(order: StormOrder): Promise<StormSeen> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, [], { execArgv: ['--import=tsx'] })
    child.once('message', (seen) => resolve(seen as StormSeen))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the callers of the storm ended with ${code}`)))
    child.send(order)
  })
}
