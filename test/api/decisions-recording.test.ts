import { createHash } from 'node:crypto'
import t from 'tap'
import { canonicalJson } from '../../src/audit/format/canonical-json.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves, rowCounts, type StoredLeaf } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// One call, one leaf: every question that a known caller asks is in the log before it is answered, and nothing else is.

const service = await testService(t)
const authorization = (await service.as({ org: 'LBC_CAMDEN' })).authorization
// Written into every free-text member there is, to show that none of it reaches a leaf.
const FREE_TEXT = 'Mrs Jones of 4 Acacia Avenue'

function send(payload: string | object, headers: Record<string, string> = { authorization }, url = '/v1/decisions') {
  const text = typeof payload === 'string' ? { 'content-type': 'application/json' } : {}
  return service.inject({ method: 'POST', url, headers: { ...text, ...headers }, payload })
}

/** What a call added to the log. */
async function leavesOf(call: () => Promise<unknown>): Promise<StoredLeaf[]> {
  const before = (await decisionLeaves(service)).length
  await call()
  return (await decisionLeaves(service)).slice(before)
}

/** The commitment as the rule writes it, worked out here and not by the code under test. */
const commitmentTo = ({ salt, body }: StoredLeaf) =>
  createHash('sha256').update('audit-payload/v1\0').update(salt).update(body).digest('hex')

t.test('a permit is one leaf with its codes, and a payload that its commitment fits', async (t) => {
  let answer: Record<string, unknown> = {}
  let said = ''
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const [leaf, ...more] = await leavesOf(async () => {
    const reply = await send(
      { ...SHARE, correlation_id: FREE_TEXT, consent_ref: FREE_TEXT },
      { authorization, traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    )
    said = reply.body
    answer = reply.json()
  })
  t.strictSame(more, [])
  if (!leaf) return t.fail('no leaf')
  t.match(leaf.leaf, {
    id: answer['decision_id'],
    t: 'adl.access_evaluation',
    v: 1,
    ctr: 'urn:accord:agreement:DEMO-CURL',
    d: true,
    n: 1,
    rc: [],
    st: 'Ok',
    rev: answer['policy_revision'],
    pol: answer['policy_set_version'],
    cfg: /^sha256:[0-9a-f]{64}$/,
    trace,
    span: /^[0-9a-f]{16}$/,
  })
  t.notOk('sim' in leaf.leaf)
  t.equal(leaf.leaf.c, commitmentTo(leaf))
  t.equal(leaf.salt.length, 32)
  t.equal(leaf.bytes.toString('utf8'), canonicalJson(leaf.leaf as never))
  t.strictSame(leaf.payload['response'], answer, 'the payload holds exactly what was answered')
  t.ok(leaf.body.includes(`,"response":${said}}`), 'to the byte')
  t.equal(leaf.body.toString('utf8'), JSON.stringify(leaf.payload), 'and nothing that is no JSON of it')
  t.match(leaf.payload, {
    relied_on: 'DEMO-CURL',
    request: { correlation_id: FREE_TEXT },
    caller: { org: 'LBC_CAMDEN', client_id: 'test-client', roles: ['API_CLIENT'] },
  })
  t.notMatch(leaf.bytes.toString('utf8'), /Jones|Acacia|CAMDEN|IDENTITY|test-client/, 'the leaf holds no text, name, body or item')
})

t.test('a refusal is one leaf with its reasons in the order answered; a simulation says so', async (t) => {
  const [denied] = await leavesOf(() => send({ ...DENIED_SHARE, data_subjects: ['CHILD'], method: 'POST_TRACKED' }))
  t.match(denied?.leaf, { d: false, st: 'Ok', ctr: 'urn:accord:agreement:DEMO-CURL' })
  t.match(denied?.payload, { response: { reasons: (denied?.leaf.rc ?? []).map((code) => ({ code })) } })
  t.ok((denied?.leaf.rc.length ?? 0) > 1, 'every reason of the nearest agreement')
  const [simulated] = await leavesOf(() => send(SHARE, { authorization }, '/v1/decisions/simulate'))
  t.match(simulated?.leaf, { d: true, sim: true })
})

t.test('no two leaves share a salt, a span or an id', async (t) => {
  const leaves = await leavesOf(() => Promise.all(Array.from({ length: 12 }, () => send(SHARE))))
  t.equal(leaves.length, 12)
  for (const what of [
    ({ salt }: StoredLeaf) => salt.toString('hex'),
    ({ leaf }: StoredLeaf) => leaf.span,
    ({ leaf }: StoredLeaf) => leaf.id,
  ]) {
    t.equal(new Set(leaves.map(what)).size, 12)
  }
  t.strictSame(
    leaves.map(({ index }) => index),
    leaves.map((_leaf, at) => (leaves[0]?.index ?? 0) + at),
    'without a gap',
  )
})

t.test('a call that cannot be read is one leaf without an answer, and holds nothing of what was said', async (t) => {
  const unreadable: readonly (readonly [string, string | object])[] = [
    ['not JSON', `{"provider": "${FREE_TEXT}"`],
    ['empty', ''],
    ['an unknown member', { ...SHARE, [FREE_TEXT.slice(0, 9)]: 1 }],
    ['a wrong type', { ...SHARE, subject_count: FREE_TEXT }],
    ['a missing member', { ...SHARE, purpose: undefined }],
    ['an unknown mode', { ...SHARE, mode: FREE_TEXT }],
  ]
  for (const [what, payload] of unreadable) {
    const [leaf, ...more] = await leavesOf(async () => {
      const reply = await send(payload)
      t.equal(reply.statusCode, 400, what)
      t.equal(reply.json().code, 'INVALID_REQUEST', what)
    })
    t.strictSame(more, [])
    if (!leaf) return t.fail(`${what}: no leaf`)
    t.match(leaf.leaf, { t: 'adl.access_evaluation', n: 0, rc: ['INVALID_REQUEST'], st: 'Error' }, what)
    t.notOk('d' in leaf.leaf, `${what}: nothing was decided`)
    t.equal(leaf.leaf.c, commitmentTo(leaf))
    t.ok(Array.isArray(leaf.payload['errors']))
    t.notOk('request' in leaf.payload, `${what}: the body is not kept`)
  }
})

t.test('a malformed simulation is recorded as simulated', async (t) => {
  const [leaf] = await leavesOf(() => send({ ...SHARE, mode: 'PERHAPS' }, { authorization }, '/v1/decisions/simulate'))
  t.match(leaf?.leaf, { st: 'Error', sim: true })
})

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const traced = { authorization, traceparent: `00-${TRACE}-${SPAN}-01` }
const FUTURE = { ...SHARE, at: '2199-01-01T00:00:00Z' }
const UNKNOWN = { ...SHARE, as_of_revision: 999_999 }

t.test('every refused call leaves one record, in the trace of its caller, and the refusal says where it stands', async (t) => {
  const counted = async () => {
    const { body } = await service.inject({ method: 'GET', url: '/metrics' })
    const value = (line: RegExp) => Number(line.exec(body)?.[1] ?? 0)
    return {
      live: value(/^accord_decisions_total\{outcome="ERROR",simulated="false"\} (\d+)$/m),
      simulated: value(/^accord_decisions_total\{outcome="ERROR",simulated="true"\} (\d+)$/m),
      notNow: value(/^accord_decision_reasons_total\{reason="AT_OUT_OF_RANGE",simulated="false"\} (\d+)$/m),
    }
  }
  const before = await counted()
  const refused: readonly (readonly [string, string | object, string, number, string])[] = [
    ['not JSON', '{"provider": ', '/v1/decisions', 400, 'INVALID_REQUEST'],
    ['not in the contract', { ...SHARE, mode: 'PERHAPS' }, '/v1/decisions', 400, 'INVALID_REQUEST'],
    ['for another time', FUTURE, '/v1/decisions', 400, 'AT_OUT_OF_RANGE'],
    ['on a text there is not', UNKNOWN, '/v1/decisions/simulate', 422, 'UNPROCESSABLE'],
  ]
  for (const [what, payload, url, status, code] of refused) {
    let reply = await service.inject({ method: 'GET', url: '/health/live' })
    const [leaf, ...more] = await leavesOf(async () => {
      reply = await send(payload, traced, url)
    })
    t.equal(reply.statusCode, status, what)
    t.strictSame(more, [], `${what}: one leaf`)
    if (!leaf) return t.fail(`${what}: no leaf`)
    t.match(leaf.leaf, { st: 'Error', n: 0, rc: [code], trace: TRACE, id: reply.json().decision_id }, what)
    t.equal(leaf.payload['parent_span_id'], SPAN, `${what}: the caller's span`)
    t.notOk('request' in leaf.payload, `${what}: the body is not kept`)
    t.match(reply.headers['accord-receipt'], new RegExp(`index=${leaf.index}, leaf="[0-9a-f]{64}", at=${leaf.leaf.ts}`), what)
    const record = await service.inject({ method: 'GET', url: `/v1/decisions/${reply.json().decision_id}`, headers: { authorization } })
    t.equal(record.statusCode, 200, `${what}: its caller finds the record`)
  }
  const after = await counted()
  t.equal(after.live - before.live, 3)
  t.equal(after.simulated - before.simulated, 1)
  t.equal(after.notNow - before.notNow, 1)
})

t.test('an answered call keeps the span of its caller with its words; a header that is no traceparent begins a new trace', async (t) => {
  const [leaf] = await leavesOf(() => send(SHARE, traced))
  t.equal(leaf?.payload['parent_span_id'], SPAN)
  for (const traceparent of [`ff-${TRACE}-${SPAN}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${'0'.repeat(32)}-${SPAN}-01`, 'nonsense']) {
    const [own] = await leavesOf(() => send(SHARE, { authorization, traceparent }))
    t.not(own?.leaf.trace, TRACE, traceparent)
    t.notOk('parent_span_id' in (own?.payload ?? {}), traceparent)
  }
})

t.test('a revoked client is a stranger whatever it asks: 401 and no leaf', async (t) => {
  const client = await service.as({ org: 'LBC_CAMDEN', clientId: 'stolen' })
  const revoke = await service.inject({
    method: 'POST',
    url: '/v1/clients/stolen/revocation',
    headers: await service.as({ org: 'LBC_CAMDEN', roles: ['REGISTER_ADMIN'] }),
    payload: { reason: 'lost' },
  })
  t.equal(revoke.statusCode, 201, revoke.body)
  const leaves = await leavesOf(async () => {
    for (const [payload, url] of [
      [FUTURE, '/v1/decisions'],
      [UNKNOWN, '/v1/decisions/simulate'],
      [{ ...SHARE, min_revision: 999_999 }, '/v1/decisions'],
      [{ nonsense: 1 }, '/v1/decisions'],
      ['{', '/v1/decisions'],
    ] as const)
      t.equal((await send(payload, client, url)).statusCode, 401, JSON.stringify(payload))
  })
  t.strictSame(leaves, [])
})

t.test('whoever is not known, not permitted or sends too much leaves no leaf', async (t) => {
  const before = await rowCounts(service)
  t.equal((await send(SHARE, {})).statusCode, 401)
  t.equal((await send('{', { authorization: 'Bearer nonsense' })).statusCode, 401)
  t.equal((await send(SHARE, await service.as({ org: 'LBC_CAMDEN', roles: ['AUDITOR'] }))).statusCode, 403)
  t.equal((await send({ ...SHARE, correlation_id: 'x'.repeat(300_000) })).statusCode, 413)
  t.strictSame(await rowCounts(service), before)
})

t.test('a decision writes one leaf and one payload and changes nothing else', async (t) => {
  const before = await rowCounts(service)
  await send(SHARE)
  await send(DENIED_SHARE, { authorization }, '/v1/decisions/simulate')
  const after = await rowCounts(service)
  const changed = Object.keys(after).filter((name) => after[name] !== before[name])
  t.strictSame(changed, ['audit.leaf', 'audit.payload'])
  t.equal((after['audit.leaf'] ?? 0) - (before['audit.leaf'] ?? 0), 2)
  t.equal((after['audit.payload'] ?? 0) - (before['audit.payload'] ?? 0), 2)
})

t.test('where the log stands before its own last entry nothing is decided or done, and nobody is told of a conflict', async (t) => {
  const owner = await service.database?.openAs('session_user', 1)
  const putBack = (by: number) => owner?.pool.query('update audit.head set size = size - $1 where not sealed', [by])
  const revoke = async () =>
    service.inject({
      method: 'POST',
      url: '/v1/clients/lost/revocation',
      headers: await service.as({ org: 'LBC_CAMDEN', roles: ['REGISTER_ADMIN'] }),
      payload: { reason: 'lost' },
    })
  await putBack(1)
  t.teardown(() => putBack(-1))
  for (const answer of [await send(SHARE), await send({ nonsense: 1 }), await revoke()]) {
    t.equal(answer.statusCode, 503, answer.body)
    t.match(answer.json(), { code: 'LOG_UNAVAILABLE' })
  }
})
