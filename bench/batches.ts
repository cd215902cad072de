import { BODIES, permitted } from './content.ts'
import type { Load } from './processes.ts'
import type { RunningService, TestSystem } from './test-system.ts'

/** Bodies that ask, each about 25 others to whom it would disclose and 25 from whom it would receive: 200 pairs. */
export const CALLERS = 4
const PAIRS_EACH_WAY = 25
/** Calls that are open at once. */
const CONNECTIONS = 4
/** What the agreements of the benchmark let go, and how. */
const ITEMS = ['IDENTITY.NAME', 'IDENTITY.DATE_OF_BIRTH', 'CONTACT.ADDRESS', 'CONTACT.PHONE', 'HOUSING.HOMELESSNESS_STATUS']
const METHODS = ['API_MTLS', 'SECURE_EMAIL', 'CASE_SYSTEM_API']

/** A kind of batch: how many questions in a call, and how they are answered. */
export interface BatchLoad {
  readonly items: 100 | 1_000
  readonly answers: 'FULL' | 'COMPACT'
}

/** The pairs that a body asks about: it is the provider of the first half, the recipient of the others. */
function pairsOf(caller: number) {
  const { provider: org } = permitted(caller)
  const all = Array.from({ length: BODIES * (BODIES - 1) }, (_, n) => permitted(n))
  const given = all.filter(({ provider }) => provider === org).slice(0, PAIRS_EACH_WAY)
  return [...given, ...all.filter(({ recipient }) => recipient === org).slice(0, PAIRS_EACH_WAY)]
}

/** The questions of a body: of each pair ever other items by other methods, so that no two are alike; every fifth asks for one item too many. */
export function batchOf(caller: number, count: number) {
  const pairs = pairsOf(caller)
  return Array.from({ length: count }, (_, at) => {
    const turn = Math.floor(at / pairs.length)
    const agreed = ITEMS.filter((_, bit) => ((turn % 31) + 1) & (1 << bit))
    return {
      ...(pairs[at % pairs.length] as ReturnType<typeof permitted>),
      data_items: (at + turn) % 5 === 0 ? [...agreed, 'FINANCE.INCOME'] : agreed,
      method: METHODS[turn % 3],
      correlation_id: `case-${caller}-${at}`,
    }
  })
}

/** Questions of a body that are all permitted, each about one item: of each pair ever another item or method, so that no two are alike (up to 750). */
export function permittedBatchOf(caller: number, count: number) {
  const pairs = pairsOf(caller)
  return Array.from({ length: count }, (_, at) => {
    const turn = Math.floor(at / pairs.length)
    return {
      ...(pairs[at % pairs.length] as ReturnType<typeof permitted>),
      data_items: [ITEMS[turn % ITEMS.length] as string],
      method: METHODS[Math.floor(turn / ITEMS.length) % METHODS.length] as string,
      correlation_id: `case-${caller}-${at}`,
    }
  })
}

/** The load that asks so for some seconds; each answer to a call counts as one. */
export async function batchLoad(system: TestSystem, { origin }: RunningService, kind: BatchLoad, seconds: number): Promise<Load> {
  const requests = await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      const token = await system.clientToken(permitted(caller).provider, caller)
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ evaluations: batchOf(caller, kind.items), answers: kind.answers })
      return { path: '/v1/decisions/batch', headers, body }
    }),
  )
  return { origin, method: 'POST', connections: CONNECTIONS, seconds, requests, status: 200, expected: '"decision":"PERMIT"' }
}
