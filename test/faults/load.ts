import { setTimeout as sleep } from 'node:timers/promises'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { httpClient } from './http-client.ts'
import type { Ledger } from './ledger.ts'
import { instant } from './words.ts'

/** What the load saw. Latencies in milliseconds. */
export interface LoadSeen {
  readonly statuses: Map<string, number>
  readonly accepted: number[]
  readonly refused: number[]
  /** Refusals (503) that do not say when to come back. */
  withoutRetryAfter: number
  /** When each answer was begun and received, for rounds that ask about a window. */
  readonly answers: { readonly begun: number; readonly received: number }[]
}

export interface Load {
  readonly seen: LoadSeen
  stop(): Promise<LoadSeen>
}

export interface LoadOptions {
  readonly ledger: Ledger
  readonly token: string
  /** Read at each call: services come and go. */
  readonly urls: () => readonly string[]
  /** Callers that each wait for their answer before they ask again. */
  readonly callers: number
  readonly pauseMs?: number
}

const PAUSE_AFTER_FAILURE_MS = 15

/** Asks for decisions, seven in ten of which are permits while the agreement is in force, until it is stopped. */
export function startLoad({ ledger, token, urls, callers, pauseMs = 0 }: LoadOptions): Load {
  const client = httpClient(callers)
  const seen: LoadSeen = { statuses: new Map(), accepted: [], refused: [], withoutRetryAfter: 0, answers: [] }
  let isStopped = false
  let turn = 0

  async function caller(): Promise<void> {
    while (!isStopped) {
      turn += 1
      const all = urls()
      const url = all[turn % all.length]
      if (url) await ask(url, turn)
      if (pauseMs > 0 || !url) await sleep(pauseMs || PAUSE_AFTER_FAILURE_MS)
    }
  }

  async function ask(url: string, number: number): Promise<void> {
    const begun = instant()
    const reply = await client.call('POST', `${url}/v1/decisions`, token, number % 10 < 7 ? SHARE : DENIED_SHARE)
    const received = instant()
    const key = reply.failure ?? String(reply.status)
    seen.statuses.set(key, (seen.statuses.get(key) ?? 0) + 1)
    if (reply.status === 200) {
      const { decision_id: id, decision } = reply.body as { decision_id: string; decision: 'PERMIT' | 'DENY' }
      seen.accepted.push(received - begun)
      seen.answers.push({ begun, received })
      await ledger.decided({ id, decision, begun, received })
      return
    }
    if (reply.status === 503) {
      seen.refused.push(received - begun)
      if (reply.headers['retry-after'] === undefined) seen.withoutRetryAfter += 1
    }
    await sleep(PAUSE_AFTER_FAILURE_MS)
  }

  const all = Promise.all(Array.from({ length: callers }, caller))
  return {
    seen,
    async stop() {
      isStopped = true
      await all
      client.close()
      return seen
    },
  }
}

/** The value below which the share `p` of the numbers lies; 0 of none. */
export function percentile(numbers: readonly number[], p: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0)
}
