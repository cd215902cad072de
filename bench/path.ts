import { denied, permitted } from './content.ts'
import type { Load } from './processes.ts'
import type { RunningService, TestSystem } from './test-system.ts'

/** Distinct pairs asked about, each with a token of its own. */
export const PAIRS = 200

/** Who asks about agreement `n`, by the headers of the call. */
export interface Asked {
  readonly n: number
  readonly headers: Readonly<Record<string, string>>
}

/** A kind of call on the way of a decision, and over how many connections. */
export interface PathLoad {
  readonly what: keyof typeof KINDS
  readonly connections: number
}

const KINDS = {
  'no-op': { path: '/v1/decisions/no-op', question: permitted, status: 200, expected: '"PERMIT"' },
  PERMIT: { path: '/v1/decisions', question: permitted, status: 200, expected: '"decision":"PERMIT"' },
  AuthZEN: { path: '/access/v1/evaluation', question: asAuthzen, status: 200, expected: '"decision":true' },
  // Only one that carries remedies counts; a service too busy to look for them says so with null (`REMEDY_WORK_MS`).
  'DENY with remedies': {
    ...{ path: '/v1/decisions', question: denied, status: 200 },
    ...{ expected: '"remedies":[{', lacking: '"remedies":null' },
  },
  refused: {
    path: '/v1/decisions',
    question: (n: number) => ({ ...permitted(n), unknown_member: 1 }),
    status: 400,
    expected: '"code":"INVALID_REQUEST"',
  },
} as const

/** The question of `permitted` as AuthZEN asks it (`docs/authzen-profile.md`). */
function asAuthzen(n: number) {
  const { provider, recipient, purpose, data_items, data_subjects, method, country, mode } = permitted(n)
  return {
    subject: { type: 'organisation', id: recipient },
    action: { name: purpose, properties: { method, country, mode } },
    resource: { type: 'data', id: `${provider}/${data_items[0]}`, properties: { data_subjects } },
  }
}

export function isKind(name: string): name is PathLoad['what'] {
  return Object.hasOwn(KINDS, name)
}

/** A caller for each of the pairs. */
export function askers(system: TestSystem): Promise<Asked[]> {
  return Promise.all(
    Array.from({ length: PAIRS }, async (_, n) => {
      const token = await system.clientToken(permitted(n).provider, n)
      return { n, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }
    }),
  )
}

/** The load that asks so for some seconds. */
export function pathLoad({ origin }: RunningService, asked: readonly Asked[], { what, connections }: PathLoad, seconds: number): Load {
  const { path, question, status, ...told } = KINDS[what]
  const requests = asked.map(({ n, headers }) => ({ path, headers, body: JSON.stringify(question(n)) }))
  return { origin, method: 'POST', connections, seconds, requests, status, ...told }
}
