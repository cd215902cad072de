import { CALLERS, permittedBatchOf } from './batches.ts'
import { asCerbosAsks, asCerbosChecks, asCerbosPlans, type Cerbos } from './cerbos.ts'
import { permitted } from './content.ts'
import { PAIRS } from './path.ts'
import type { Load } from './processes.ts'
import type { RunningService, TestSystem } from './test-system.ts'

/** One thing asked of both, in bodies of equal size, by the same callers over as many connections. */
export interface PeerLoads {
  readonly ours: Load
  readonly theirs: Load
}

/** Who can be asked, and for how long. */
export interface Peers {
  readonly system: TestSystem
  readonly service: RunningService
  readonly cerbos: Cerbos
  readonly seconds: number
}

/** What one caller asks of each. */
interface Bodies {
  readonly caller: string
  readonly ours: unknown
  readonly theirs: string
}

/** How each side is asked for one thing, and what its answer holds once a permit. */
interface Way {
  readonly ours: { readonly path: string; readonly permit: string }
  readonly theirs: { readonly path: string; readonly permit: string }
}

/** One question a call, each about another pair, all permitted. */
export function singles(peers: Peers, connections: number): Promise<PeerLoads> {
  const way = {
    ours: { path: '/v1/decisions', permit: '"decision":"PERMIT"' },
    theirs: { path: '/access/v1/evaluation', permit: '"decision":true' },
  }
  const bodies = Array.from({ length: PAIRS }, (_, n) => {
    const question = permitted(n)
    return { caller: question.provider, ours: question, theirs: asCerbosAsks(question) }
  })
  return loadsOf(peers, way, { bodies, connections, permits: 1 })
}

/** So many different questions a call, all permitted; ours answered in short, since Cerbos says no more than the effect. */
export function batches(peers: Peers, items: number): Promise<PeerLoads> {
  const way = {
    ours: { path: '/v1/decisions/batch', permit: '"decision":"PERMIT"' },
    theirs: { path: '/api/check/resources', permit: '"EFFECT_ALLOW"' },
  }
  const bodies = Array.from({ length: CALLERS }, (_, n) => {
    const caller = permitted(n).provider
    const evaluations = permittedBatchOf(n, items)
    return { caller, ours: { evaluations, answers: 'COMPACT' }, theirs: asCerbosChecks(caller, evaluations) }
  })
  return loadsOf(peers, way, { bodies, connections: CALLERS, permits: items })
}

/** What may I have for this purpose: our first page holds what is permitted, theirs the condition that the caller's own database must still apply. */
export function searches(peers: Peers, connections: number): Promise<PeerLoads> {
  const way = {
    ours: { path: '/access/v1/search/resource', permit: '"type":"data"' },
    theirs: { path: '/api/plan/resources', permit: '"KIND_CONDITIONAL"' },
  }
  const bodies = Array.from({ length: PAIRS }, (_, n) => {
    const { recipient, purpose } = permitted(n)
    const ours = { subject: { type: 'organisation', id: recipient }, action: { name: purpose }, resource: { type: 'data' } }
    return { caller: recipient, ours, theirs: asCerbosPlans({ recipient, purpose }) }
  })
  return loadsOf(peers, way, { bodies, connections, permits: 1 })
}

async function loadsOf(
  { system, service, cerbos, seconds }: Peers,
  way: Way,
  { bodies, connections, permits }: { readonly bodies: readonly Bodies[]; readonly connections: number; readonly permits: number },
): Promise<PeerLoads> {
  const asked = await Promise.all(
    bodies.map(async ({ caller, ours, theirs }, n) => {
      const headers = { authorization: `Bearer ${await system.clientToken(caller, n)}`, 'content-type': 'application/json' }
      const own = JSON.stringify(ours)
      return { headers, ours: padded(own, theirs), theirs: padded(theirs, own) }
    }),
  )
  const load = (origin: string, side: 'ours' | 'theirs'): Load => ({
    ...{ origin, method: 'POST', connections, seconds, status: 200, expected: way[side].permit },
    requests: asked.map((one) => ({ path: way[side].path, headers: one.headers, body: one[side] })),
  })
  const loads = { ours: load(service.origin, 'ours'), theirs: load(cerbos.origin, 'theirs') }
  await expectPermits(loads.ours, permits)
  await expectPermits(loads.theirs, permits)
  return loads
}

/** A body as long as the longer of the two: white space that JSON does not count. */
function padded(body: string, other: string): string {
  return body + ' '.repeat(Math.max(0, Buffer.byteLength(other) - Buffer.byteLength(body)))
}

/** Sends the first request once: a load looks for one permit in each answer, here every question must have its own. @throws Error when one has none */
async function expectPermits({ origin, requests, expected }: Load, permits: number): Promise<void> {
  const { path, headers, body } = requests[0] as Load['requests'][number]
  const reply = await fetch(origin + path, { method: 'POST', headers, body: body as string })
  const text = await reply.text()
  const found = text.split(expected).length - 1
  if (found < permits) throw new Error(`${path}: ${found} permits of ${permits}: ${reply.status} ${text.slice(0, 300)}`)
}
