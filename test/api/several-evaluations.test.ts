import t from 'tap'
import type { Answer } from '../../src/decisions/answer.ts'
import { engineDigest } from '../../src/decisions/engine.service.ts'
import { replaySince } from '../../src/decisions/history/replay.service.ts'
import type { DecisionBody } from '../../src/decisions/request-body.ts'
import { orThrow } from '../../src/platform/kernel/refusal.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves, ownerPool } from '../support/leaves.ts'
import { type TestCaller, testService } from '../support/service.ts'

// One call may ask for several evaluations: one leaf, one payload and one receipt for the call, and everything else an evaluation.

const service = await testService(t)
const { services } = service.app
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN', clientId: 'camden-client' }
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', roles: ['IG_OFFICER'] }
const BARNET: TestCaller = { org: 'LBC_BARNET', roles: ['DPO'] }
const ISLINGTON: TestCaller = { org: 'LBC_ISLINGTON', roles: ['DPO'] }
const AUDITOR: TestCaller = { org: 'LBC_BARNET', roles: ['AUDITOR'] }
const caller = { sub: 'camden-client', org: 'LBC_CAMDEN', roles: ['API_CLIENT'], clientId: 'camden-client' } as const
const dutyManager = { sub: 'urn:person:duty', org: 'LBC_CAMDEN', roles: ['DUTY_MANAGER'], clientId: null } as const

type Row = Readonly<Record<string, unknown>>
const get = async (url: string, as: TestCaller, accept = 'application/json') =>
  service.inject({ method: 'GET', url, headers: { ...(await service.as(as)), accept } })
const found = async (as: TestCaller, query = ''): Promise<Row[]> => (await get(`/v1/decisions${query}`, as)).json().decisions
const idsOf = (rows: readonly Row[]) => rows.map((row) => row['decision_id'])
const lines = (text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const call = (bodies: readonly object[], simulated = false, who: typeof caller | typeof dutyManager = caller) =>
  service.app.decisions.decide({ caller: who, bodies: bodies as readonly DecisionBody[], simulated, trace: null })
const answers = async (...args: Parameters<typeof call>): Promise<Answer[]> =>
  orThrow(await call(...args)).evaluations.map(({ answer }) => answer)

const TO_BARNET = { ...SHARE, recipient: 'LBC_BARNET' }
const before = (await decisionLeaves(service)).length
const { evaluations, receipt } = orThrow(await call([SHARE, DENIED_SHARE, TO_BARNET]))
const ids = evaluations.map(({ answer }) => answer.decision_id)
const id = String(ids[0]?.split('.')[0])

t.test('each is answered in the order in which it was asked, and named by the one record and its index', async (t) => {
  t.strictSame(
    evaluations.map(({ answer }) => answer.decision),
    ['PERMIT', 'DENY', 'DENY'],
  )
  t.strictSame(ids, [`${id}.0`, `${id}.1`, `${id}.2`])
  t.match(receipt, /log/)
  for (const { answer, text } of evaluations) {
    t.strictSame(JSON.parse(text), JSON.parse(JSON.stringify(answer)))
    t.match(answer.obligations.find(({ code }) => code === 'LOG_DISCLOSURE')?.parameters ?? { decision_id: answer.decision_id }, {
      decision_id: answer.decision_id,
    })
  }
})

t.test('the leaf says how many there were, a yes only where all are, each reason once, and an agreement that all name', async (t) => {
  const leaves = (await decisionLeaves(service)).slice(before)
  t.equal(leaves.length, 1)
  const { leaf } = leaves[0] ?? {}
  t.match(leaf, { t: 'adl.access_evaluations', n: 3, d: false, rc: ['PURPOSE_NOT_COVERED', 'DATA_NOT_COVERED'], st: 'Ok', id })
  t.notOk('ctr' in (leaf as object), 'not all name the same')
  await answers([SHARE, SHARE])
  t.match((await decisionLeaves(service)).at(-1)?.leaf, { n: 2, d: true, rc: [], ctr: 'urn:accord:agreement:DEMO-CURL' })
  await answers([SHARE])
  t.match((await decisionLeaves(service)).at(-1)?.leaf, { t: 'adl.access_evaluation', n: 1, d: true }, 'one is recorded as ever')
})

t.test('a search finds each evaluation, for its own parties, the caller and auditors', async (t) => {
  const three = (rows: readonly Row[]) => idsOf(rows).filter((one) => String(one).startsWith(id))
  t.strictSame(three(await found(CAMDEN)), [`${id}.2`, `${id}.1`, `${id}.0`], 'newest first')
  t.strictSame(three(await found(HACKNEY)), [`${id}.1`, `${id}.0`])
  t.strictSame(three(await found(BARNET)), [`${id}.2`])
  t.strictSame(three(await found(ISLINGTON)), [])
  t.strictSame(three(await found(AUDITOR)), [`${id}.2`, `${id}.1`, `${id}.0`])
  t.match(
    (await found(CAMDEN, '?outcome=DENY')).filter(({ decision_id }) => String(decision_id).startsWith(id)),
    [
      {
        decision_id: `${id}.2`,
        recipient: 'LBC_BARNET',
        reasons: ['PURPOSE_NOT_COVERED'],
        via: null,
        agreement: 'SAMPLE-LONDON-CHILD-SAFEGUARDING',
      },
      { decision_id: `${id}.1`, recipient: 'LBC_HACKNEY', reasons: ['DATA_NOT_COVERED'], via: null, agreement: 'DEMO-CURL' },
    ],
  )
  t.match(await found(HACKNEY, '?outcome=PERMIT&via=AGREEMENT'), [{}, {}, {}, { decision_id: `${id}.0`, agreement: 'DEMO-CURL' }])
  const all = idsOf(await found(CAMDEN))
  const paged: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = (await get(`/v1/decisions?limit=1${cursor && `&cursor=${cursor}`}`, CAMDEN)).json() as {
      decisions: Row[]
      next: string | null
    }
    paged.push(...idsOf(page.decisions))
    cursor = page.next
  }
  t.strictSame(paged, all, 'a page may end in the middle of a call')
  const csv = (await get('/v1/decisions', HACKNEY, 'text/csv')).body.split('\r\n')
  t.equal(csv.filter((line) => line.startsWith(id)).length, 2)
  t.strictSame(three(lines((await get('/v1/decisions', BARNET, 'application/x-ndjson')).body)), [`${id}.2`])
})

t.test('each is exported as a record of its own, with its index, under the span of the call', async (t) => {
  const exported = async (format: string, as: TestCaller) =>
    lines((await get(`/v1/decisions/export?format=${format}`, as)).body).filter((one) => JSON.stringify(one).includes(id))
  const adl = await exported('adl', CAMDEN)
  const [leaf] = (await decisionLeaves(service)).slice(before)
  t.match(
    adl,
    [2, 1, 0].map((index) => ({
      event_name: 'adl.access_evaluation',
      parent_span_id: leaf?.leaf['span'],
      attributes: { 'accord.decision_id': `${id}.${index}`, 'accord.evaluation': { index, of: 3 } },
      body: {
        'adl.core.request': { subject: { id: index === 2 ? 'LBC_BARNET' : 'LBC_HACKNEY' } },
        'adl.core.response': { decision: index === 0 },
      },
    })),
  )
  t.equal(new Set(adl.map((one) => one['span_id'])).size, 3, 'whoever takes them in by trace and span takes in all')
  t.strictSame(
    (await exported('adl', CAMDEN)).map((one) => one['span_id']),
    adl.map((one) => one['span_id']),
  )
  t.equal((await exported('adl', HACKNEY)).length, 2, 'to a party its own')
  t.notMatch(JSON.stringify(await exported('adl', BARNET)), /LBC_HACKNEY/)
  t.strictSame(
    (await exported('cloudevents', AUDITOR)).map((event) => event['id']),
    [`${id}.2`, `${id}.1`, `${id}.0`],
  )
})

t.test('the record is one: shown whole to whoever may see all of it, without its words to a party of a part', async (t) => {
  for (const named of [id, ...ids]) {
    const { record } = (await get(`/v1/decisions/${named}`, CAMDEN)).json()
    t.equal(JSON.parse(record.payload).evaluations.length, 3, named)
    t.match((await get(`/v1/decisions/${named}`, HACKNEY)).json(), { record: { leaf: record.leaf, payload: null, salt: null } })
    t.equal((await get(`/v1/decisions/${named}`, ISLINGTON)).statusCode, 404)
  }
  t.equal((await get(`/v1/decisions/${id}.3`, CAMDEN)).statusCode, 404)
})

t.test('each is replayed by itself, for whoever may see it, and all of them in bulk', async (t) => {
  for (const named of ids) t.match((await get(`/v1/decisions/${named}/replay`, CAMDEN)).json(), { decision_id: named, same: true })
  t.equal((await get(`/v1/decisions/${id}.2/replay`, HACKNEY)).statusCode, 404)
  t.match((await get(`/v1/decisions/${id}.2/replay`, BARNET)).json(), { same: true })
  for (const nothing of [id, `${id}.3`]) t.equal((await get(`/v1/decisions/${nothing}/replay`, CAMDEN)).statusCode, 404)
  const seen: Row[] = []
  const options = { db: services.db, policy: services.policy, engine: engineDigest() }
  await replaySince(options, '2020-01-01T00:00:00Z', (one) => seen.push(one as unknown as Row))
  t.match(
    seen.filter(({ decision_id }) => String(decision_id).startsWith(id)),
    ids.map((decision_id) => ({ decision_id, same: true })),
  )
})

t.test('glass that was broken among others is reported as the one evaluation that it was', async (t) => {
  const emergency = { ground: 'PREVENT_SERIOUS_HARM', justification: 'A child is in danger tonight and must be found at once.' }
  const share = { ...SHARE, purpose: 'SAFEGUARDING_CHILDREN', data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'], lawful_basis: '6(1)(d)' }
  const given = await answers([SHARE, { ...share, mode: 'EMERGENCY', emergency }], false, dutyManager)
  t.match(given, [{ via: 'AGREEMENT' }, { via: 'BREAK_GLASS' }])
  const { uses } = (await get('/v1/break-glass', CAMDEN)).json()
  t.match(uses, [{ decision_id: given[1]?.decision_id, actor: 'urn:person:duty', ground: 'PREVENT_SERIOUS_HARM' }])
  t.equal(uses.length, 1)
})

t.test('what cannot be one call is refused with its place, recorded, and answers nothing', async (t) => {
  const cases: readonly (readonly [bodies: readonly object[], simulated: boolean, code: string, pointer: string])[] = [
    [[SHARE, { ...SHARE, at: '2020-01-01T00:00:00Z' }], false, 'AT_OUT_OF_RANGE', '/evaluations/1/at'],
    [[SHARE, SHARE, { ...SHARE, mode: 'AD_HOC', disclosure_decision_id: 'X' }], false, 'UNPROCESSABLE', '/evaluations/2/mode'],
    [[SHARE, { ...SHARE, as_of_revision: 1 }], true, 'UNPROCESSABLE', '/evaluations/1/as_of_revision'],
    [
      [
        { ...SHARE, as_of_revision: 999_999 },
        { ...SHARE, as_of_revision: 999_999 },
      ],
      true,
      'UNPROCESSABLE',
      '/evaluations/0/as_of_revision',
    ],
  ]
  for (const [bodies, simulated, code, pointer] of cases) {
    const refused = await call(bodies, simulated)
    t.match(refused, { ok: false, refusal: { code, errors: [{ pointer }], facts: { decisionId: String, receipt: String } } })
    t.match((await decisionLeaves(service)).at(-1)?.leaf, { n: 0, st: 'Error', rc: [code] })
  }
  t.match(
    await call([{ ...SHARE, at: '2020-01-01T00:00:00Z' }]),
    { ok: false, refusal: { errors: [{ pointer: '/at' }] } },
    'of one, its own',
  )
})

t.test('several past questions stand on one past policy', async (t) => {
  const revision = services.policy.current().revision
  t.match(
    await answers(
      [
        { ...SHARE, as_of_revision: revision },
        { ...TO_BARNET, as_of_revision: revision },
      ],
      true,
    ),
    [
      { decision: 'PERMIT', simulated: true, policy_revision: revision },
      { decision: 'DENY', simulated: true, policy_revision: revision },
    ],
  )
})

t.test('once the payload is erased, each is still found by its parties, and says no more', async (t) => {
  const pool = await ownerPool(service)
  await pool.query('select audit.erase_payload($1::uuid[])', [[id]])
  const rows = (await found(HACKNEY)).filter(({ decision_id }) => String(decision_id).startsWith(id))
  t.match(rows, [{ decision_id: `${id}.1` }, { decision_id: `${id}.0` }])
  t.match((await get(`/v1/decisions/${id}.0`, BARNET)).json(), { record: { payload: null, payload_is_altered: false } })
  t.equal((await get(`/v1/decisions/${id}.0`, ISLINGTON)).statusCode, 404)
  t.equal((await get(`/v1/decisions/${id}.0/replay`, CAMDEN)).statusCode, 409)
})

t.test('numbers count evaluations', async (t) => {
  const counted = async () => {
    const { body } = await service.inject({ method: 'GET', url: '/metrics' })
    return Number(/accord_decisions_total\{outcome="PERMIT",simulated="false"\} (\d+)/.exec(body)?.[1])
  }
  const known = await counted()
  await answers([SHARE, SHARE, DENIED_SHARE])
  t.equal(await counted(), known + 2)
})
