import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient, type Reply } from './http-client.ts'
import type { Ledger } from './ledger.ts'
import { type AcknowledgedSuspension, instant } from './words.ts'

/** Suspends and lifts the agreement the load asks about, again and again. */
export interface Governance {
  readonly statuses: Map<string, number>
  /** Ends with nothing suspended, if a service can be reached. */
  stop(): Promise<void>
}

export interface GovernanceOptions {
  readonly ledger: Ledger
  /** Who suspends, and the two who lift (LC-6): the suspending party's own, and the other party's. */
  readonly tokens: { readonly suspender: string; readonly deputy: string; readonly lifter: string }
  readonly urls: () => readonly string[]
  /** Suspensions that stand according to the database, whatever the driver was told. */
  readonly standing: () => Promise<readonly string[]>
  readonly holdMs: number
  readonly restMs: number
}

export const AGREEMENT = 'DEMO-CURL'
const LIFT_ATTEMPTS = 40

export function startGovernance(options: GovernanceOptions): Governance {
  const { ledger, tokens, urls, holdMs, restMs } = options
  const client = httpClient(4)
  const statuses = new Map<string, number>()
  let isStopped = false
  let turn = 0

  async function call(what: string, path: string, token: string, body: unknown): Promise<Reply> {
    const all = urls()
    turn += 1
    const url = all[turn % all.length]
    const reply = url
      ? await client.call('POST', `${url}/v1/agreements/${AGREEMENT}/${path}`, token, body)
      : { status: 0, headers: {}, body: null, failure: 'NOWHERE' }
    const key = `${what} ${reply.failure ?? reply.status}`
    statuses.set(key, (statuses.get(key) ?? 0) + 1)
    return reply
  }

  async function suspend(): Promise<AcknowledgedSuspension | undefined> {
    const reply = await call('suspend', 'suspensions', tokens.suspender, { scope: 'AGREEMENT', reason: 'fault round' })
    const received = instant()
    if (reply.status !== 201) return undefined
    const { suspension } = reply.body as { suspension: { id: string } }
    const acknowledged = { id: suspension.id, received, liftAsked: Number.POSITIVE_INFINITY }
    await ledger.suspended(acknowledged)
    return acknowledged
  }

  /** The first of the two may have agreed before, in an act whose outcome was unknown: then it is refused and the second ends it. */
  async function lift(id: string): Promise<Reply> {
    await call('agree', `suspensions/${id}/lift`, tokens.deputy, { reason: 'fault round' })
    return call('lift', `suspensions/${id}/lift`, tokens.lifter, { reason: 'fault round' })
  }

  /** Lifts whatever stands, told or not; unknown outcomes end here. */
  async function settle(): Promise<void> {
    for (let attempt = 0; attempt < LIFT_ATTEMPTS; attempt++) {
      if (isStopped && urls().length === 0) return
      const standing = await options.standing().catch(() => undefined)
      if (standing?.length === 0) return
      for (const id of standing ?? []) {
        for (const one of ledger.suspensions) if (one.id === id) one.liftAsked = Math.min(one.liftAsked, instant())
        await lift(id)
      }
      await sleep(50)
      if (isStopped && attempt > LIFT_ATTEMPTS / 2) return
    }
  }

  async function drive(): Promise<void> {
    await settle()
    while (!isStopped) {
      const acknowledged = await suspend()
      if (acknowledged) {
        await sleep(holdMs)
        acknowledged.liftAsked = instant()
        const lifted = await lift(acknowledged.id)
        if (lifted.status !== 200) await settle()
      } else {
        await sleep(restMs)
        await settle()
      }
      await sleep(restMs)
    }
    await settle()
  }

  const driving = drive()
  return {
    statuses,
    async stop() {
      isStopped = true
      await driving
      client.close()
    },
  }
}
