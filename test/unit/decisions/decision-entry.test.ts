import t from 'tap'
import { type CallFacts, type Evaluation, evaluatedEntry } from '../../../src/decisions/decision-entry.ts'

// Records are kept for years and read by others' programs: their form is fixed to the byte.

const ID = '0199f0a4-0000-7000-8000-000000000001'
const facts: CallFacts = {
  id: ID,
  caller: { sub: 'urn:client', org: 'LBC_CAMDEN', roles: ['API_CLIENT'], clientId: 'one' },
  now: 1,
  engine: `sha256:${'a'.repeat(64)}`,
  head: { revision: 7, digest: 'b'.repeat(64), instant: 0 },
  traceId: 'c'.repeat(32),
  parentSpanId: 'd'.repeat(16),
  settings: { permit_ttl_seconds: 300, restricted_purposes: [] },
  codeLists: 'v1',
}
const request = { provider: 'A', recipient: 'B' } as never
const evaluation = (agreement: string | null, codes: readonly string[], over: object = {}): Evaluation => ({
  request,
  answer: {
    agreement,
    decision: codes.length === 0 ? 'PERMIT' : 'DENY',
    reasons: codes.map((code) => ({ code })),
    simulated: false,
  } as never,
  text: '{"said":"so"}',
  outcome: { decision: 'DENY', reasons: [], agreement: agreement === null ? null : { id: agreement }, nearest: null, ...over } as never,
})
const random = (size: number) => new Uint8Array(size).fill(0xee)
const recorded = (evaluations: readonly Evaluation[]) => {
  const { leaf, body } = evaluatedEntry(evaluations, facts, random)
  return {
    leaf: Buffer.from(leaf)
      .toString()
      .replace(/"c":"[0-9a-f]{64}"/, '"c":"..."'),
    body: Buffer.from(body).toString(),
  }
}

const CALLER = '"caller":{"sub":"urn:client","org":"LBC_CAMDEN","roles":["API_CLIENT"],"client_id":"one"}'
const SETTINGS = '"settings":{"permit_ttl_seconds":300,"restricted_purposes":[]}'
const leafOf = (ctr: string, d: boolean, n: number, rc: string, what: string) =>
  `{"c":"...","cfg":"${facts.engine}",${ctr}"d":${d},"id":"${ID}","n":${n},"pol":"sha256:${'b'.repeat(64)}","rc":[${rc}],"rev":7,"span":"${'ee'.repeat(8)}","st":"Ok","t":"${what}","trace":"${'c'.repeat(32)}","ts":1,"v":1}`

t.test('a call with one evaluation has the form that it always had', async (t) => {
  t.same(recorded([evaluation('AGR-1', ['EXPIRED', 'SUSPENDED'])]), {
    leaf: leafOf('"ctr":"urn:accord:agreement:AGR-1",', false, 1, '"EXPIRED","SUSPENDED"', 'adl.access_evaluation'),
    body: `{${CALLER},"request":{"provider":"A","recipient":"B"},"relied_on":"AGR-1",${SETTINGS},"parent_span_id":"dddddddddddddddd","response":{"said":"so"}}`,
  })
})

t.test('a call with several says of all what is true of all', async (t) => {
  const part = (agreement: string) => `{"request":{"provider":"A","recipient":"B"},"relied_on":"${agreement}","response":{"said":"so"}}`
  t.same(recorded([evaluation('AGR-1', ['SUSPENDED']), evaluation('AGR-1', ['EXPIRED', 'SUSPENDED']), evaluation('AGR-1', [])]), {
    leaf: leafOf('"ctr":"urn:accord:agreement:AGR-1",', false, 3, '"EXPIRED","SUSPENDED"', 'adl.access_evaluations'),
    body: `{${CALLER},${SETTINGS},"parent_span_id":"dddddddddddddddd","evaluations":[${[1, 2, 3].map(() => part('AGR-1')).join(',')}]}`,
  })
  t.equal(
    recorded([evaluation('AGR-1', []), evaluation('AGR-2', [])]).leaf,
    leafOf('', true, 2, '', 'adl.access_evaluations'),
    'two agreements are none that all name',
  )
  t.equal(
    recorded([evaluation('AGR-1', []), evaluation(null, ['NO_AGREEMENT'])]).leaf,
    leafOf('', false, 2, '"NO_AGREEMENT"', 'adl.access_evaluations'),
  )
})

t.test('a call without an evaluation is none', async (t) => {
  t.throws(() => recorded([]), RangeError)
})
