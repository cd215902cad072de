import t from 'tap'
import { authzenClient, CAMDEN, DENIED, PERMITTED } from '../support/authzen.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { type TestCaller, testService } from '../support/service.ts'

// OpenID AuthZEN Authorization API 1.0 on one question. The numbers are those of the requirements as the design lists them: M is a MUST
// that binds a decision point, S a SHOULD, C what certification asks besides.

const service = await testService(t)
const { evaluation } = authzenClient(service)
const ISLINGTON: TestCaller = { org: 'LBC_ISLINGTON', clientId: 'islington-client' }
const { subject, action, resource } = PERMITTED

const native = async (payload: object, caller = CAMDEN) =>
  (await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(caller), payload })).json()
const leavesOf = async (call: () => Promise<unknown>) => {
  const before = (await decisionLeaves(service)).length
  await call()
  return (await decisionLeaves(service)).slice(before)
}
const of = (over: object) => ({ ...PERMITTED, ...over })
const withAction = (properties: object) => of({ action: { ...action, properties: { ...action.properties, ...properties } } })
const withResource = (over: object) => of({ resource: { ...resource, ...over } })

t.test('M4, M32, M33: permit and denial are a 200, JSON, an object with a boolean decision and a context that is an object', async (t) => {
  for (const [asked, expected] of [
    [PERMITTED, true],
    [DENIED, false],
  ] as const) {
    const reply = await evaluation(asked)
    t.equal(reply.statusCode, 200, reply.body)
    t.match(reply.headers['content-type'], /^application\/json/)
    t.equal(reply.json().decision, expected)
    t.equal(typeof reply.json().context, 'object')
  }
})

t.test('the two examples share their ids and differ in properties alone', async (t) => {
  const ids = ({ subject, action, resource }: typeof PERMITTED) => [subject, action.name, resource.type, resource.id]
  t.strictSame(ids(PERMITTED), ids(DENIED))
})

t.test('the answer is that of the native question, and names its record', async (t) => {
  const permit = (await evaluation(PERMITTED)).json()
  const asked = await native(SHARE)
  t.strictSame(
    permit.context.obligations.map(({ code, mandatory }: Record<string, unknown>) => ({ code, mandatory })),
    asked.obligations
      .filter(({ mandatory }: { mandatory: boolean }) => mandatory)
      .map(({ code }: { code: string }) => ({ code, mandatory: true })),
  )
  t.match(permit.context, { policy_revision: asked.policy_revision, expires_at: String, evaluated_at: String })
  const record = await service.inject({
    method: 'GET',
    url: `/v1/decisions/${permit.context.evaluation_id}`,
    headers: await service.as(CAMDEN),
  })
  t.equal(record.statusCode, 200)
  t.match(JSON.parse(record.json().record.payload), {
    request: SHARE,
    response: { decision: 'PERMIT', decision_id: permit.context.evaluation_id },
  })
  const deny = (await evaluation(DENIED)).json()
  const refused = await native(DENIED_SHARE)
  t.match(deny.context, {
    reason: refused.primary_reason,
    reason_user: { DATA_NOT_COVERED: refused.reasons[0].text },
    reason_admin: { DATA_NOT_COVERED: `${refused.reasons[0].detail} ${refused.reasons[0].officer_text}` },
  })
  t.notOk('obligations' in deny.context)
})

t.test('M2, M3, M6, M34, C1: what is missing or of a wrong type is a 400 that says where, and is recorded as one leaf', async (t) => {
  const wrong: readonly (readonly [what: string, payload: unknown, pointer: string])[] = [
    ['no subject', { action, resource }, '/subject'],
    ['no action', { subject, resource }, '/action'],
    ['no resource', { subject, action }, '/resource'],
    ['no subject type', of({ subject: { id: 'X' } }), '/subject/type'],
    ['no subject id', of({ subject: { type: 'organisation' } }), '/subject/id'],
    ['no action name', of({ action: {} }), '/action/name'],
    ['no resource type', of({ resource: { id: 'X' } }), '/resource/type'],
    ['no resource id', of({ resource: { type: 'data' } }), '/resource/id'],
    ['a subject that is a text', of({ subject: 'LBC_HACKNEY' }), '/subject'],
    ['a subject that is null', of({ subject: null }), '/subject'],
    ['a subject that is a list', of({ subject: [] }), '/subject'],
    ['an id that is a number', of({ subject: { type: 'organisation', id: 1 } }), '/subject/id'],
    ['an id that is null', of({ subject: { type: 'organisation', id: null } }), '/subject/id'],
    ['a name that is a number', of({ action: { name: 123 } }), '/action/name'],
    ['properties of the subject that are a text', of({ subject: { ...subject, properties: 'x' } }), '/subject/properties'],
    ['properties of the action that are a list', of({ action: { ...action, properties: [] } }), '/action/properties'],
    ['properties of the resource that are null', withResource({ properties: null }), '/resource/properties'],
    ['a context that is a text', of({ context: 'now' }), '/context'],
    ['a context that is null', of({ context: null }), '/context'],
    ['a method that is a number', withAction({ method: 5 }), '/action/properties/method'],
    ['a mode that is none', withAction({ mode: 'PERHAPS' }), '/action/properties/mode'],
    ['items that are a text', withResource({ properties: { data_items: 'X' } }), '/resource/properties/data_items'],
    ['a revision that is a text', of({ context: { min_revision: '1' } }), '/context/min_revision'],
    ['an array', [], ''],
    ['a text', 'x', ''],
    ['null', null, ''],
  ]
  for (const [what, payload, pointer] of wrong) {
    const [leaf, ...more] = await leavesOf(async () => {
      const reply = await evaluation(JSON.stringify(payload))
      t.equal(reply.statusCode, 400, what)
      t.match(reply.headers['content-type'], /^application\/problem\+json/)
      t.match(reply.json(), { code: 'INVALID_REQUEST', errors: [{ pointer }], decision_id: String }, what)
    })
    t.match(leaf?.leaf, { t: 'adl.access_evaluation', n: 0, st: 'Error', rc: ['INVALID_REQUEST'] }, what)
    t.strictSame(more, [])
  }
})

t.test('M31, C2, C3: a body that is no JSON, none at all, or of another media type is a 400, recorded', async (t) => {
  const text = JSON.stringify(PERMITTED)
  const wrong: readonly (readonly [what: string, payload: string | undefined, type: string | undefined])[] = [
    ['not JSON', '{"subject": ', 'application/json'],
    ['empty', '', 'application/json'],
    ['text', text, 'text/plain'],
    ['XML', '<x/>', 'application/xml'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded'],
    ['another JSON', text, 'application/authzen+json'],
  ]
  for (const [what, payload, type] of wrong) {
    const leaves = await leavesOf(async () => {
      const reply = await evaluation(payload, type === undefined ? {} : { 'content-type': type })
      t.equal(reply.statusCode, 400, what)
      t.equal(reply.json().code, 'INVALID_REQUEST', what)
    })
    t.match(leaves, [{ leaf: { st: 'Error', n: 0 } }], what)
    t.equal(leaves.length, 1, what)
  }
  const { authorization } = await service.as(CAMDEN)
  for (const payload of [undefined, Buffer.from(text)]) {
    const reply = await service.inject({
      method: 'POST',
      url: '/access/v1/evaluation',
      headers: { authorization },
      ...(payload ? { payload } : {}),
    })
    t.equal(reply.statusCode, 400, 'without a content type')
  }
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])
    t.equal((await evaluation(text, { 'content-type': type })).statusCode, 200, type)
})

t.test('M35: members that are not known are ignored at every level', async (t) => {
  const more = { future: { deep: [1, null, 'x'] } }
  const asked = {
    ...PERMITTED,
    ...more,
    subject: { ...subject, ...more, properties: more },
    action: { ...action, ...more, properties: { ...action.properties, ...more, emergency: { ...more, actor: 'somebody' } } },
    resource: { ...resource, ...more, properties: { ...resource.properties, ...more } },
    context: { ...more, time: 'not a time', traceparent: 5 },
    evaluations: 'not of this operation',
    options: 5,
    page: [],
  }
  const reply = await evaluation(asked)
  t.equal(reply.statusCode, 200, reply.body)
  t.equal(reply.json().decision, true)
})

t.test('M36: the order of members says nothing', async (t) => {
  const turned = Object.fromEntries(Object.entries(PERMITTED).reverse())
  t.equal((await evaluation(turned)).json().decision, true)
})

t.test('M37: no token is 401 with WWW-Authenticate, one that may not ask 403, and neither leaves a leaf', async (t) => {
  const leaves = await leavesOf(async () => {
    for (const authorization of ['', 'Bearer nonsense', 'Basic eDp5']) {
      const reply = await evaluation('{', { authorization })
      t.equal(reply.statusCode, 401, 'before the body is read')
      t.match(reply.headers['www-authenticate'], /Bearer/)
    }
    t.equal((await evaluation(PERMITTED, {}, { org: 'LBC_CAMDEN', roles: ['AUDITOR'] })).statusCode, 403)
  })
  t.strictSame(leaves, [])
})

t.test('M38, S8: a request id comes back as it was sent, on every reply; without one there is one of ours', async (t) => {
  const id = 'a PEP: id/1 ~"x", é'
  const own = { 'x-request-id': id }
  const replies = {
    200: await evaluation(PERMITTED, own),
    400: await evaluation('{', own),
    401: await evaluation(PERMITTED, { ...own, authorization: '' }),
    403: await evaluation(PERMITTED, own, { org: 'LBC_CAMDEN', roles: ['AUDITOR'] }),
    413: await evaluation(`"${'x'.repeat(300_000)}"`, own),
    404: await service.inject({ method: 'POST', url: '/access/v1/nothing', headers: own }),
    405: await service.inject({ method: 'GET', url: '/access/v1/evaluation', headers: own }),
  }
  for (const [status, reply] of Object.entries(replies)) {
    t.equal(reply.statusCode, Number(status))
    t.equal(reply.headers['x-request-id'], id, status)
  }
  t.match((await evaluation(PERMITTED)).headers['x-request-id'], /^[0-9a-f-]{36}$/)
  const [leaf] = await leavesOf(() => evaluation(PERMITTED, { 'x-request-id': 'kept-with-the-record' }))
  t.match(leaf?.payload, { references: { request_id: 'kept-with-the-record' } })
})

t.test('other methods are refused, and the address says which it takes', async (t) => {
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    const reply = await service.inject({ method, url: '/access/v1/evaluation', headers: await service.as(CAMDEN) })
    t.equal(reply.statusCode, 405, method)
    t.equal(reply.headers['allow'], 'POST')
  }
})

t.test('M5, C5: a context is optional, and no time in it sets the clock', async (t) => {
  for (const context of [undefined, {}, { time: '2031-01-01T00:00:00Z' }, { time: '1999-01-01T00:00:00Z' }]) {
    const reply = (await evaluation(context ? of({ context }) : PERMITTED)).json()
    t.equal(reply.decision, true)
    t.ok(Math.abs(Date.parse(reply.context.evaluated_at) - Date.now()) < 60_000)
  }
})

t.test('C6: the same question is answered the same', async (t) => {
  for (const [asked, expected] of [
    [PERMITTED, true],
    [DENIED, false],
  ] as const)
    for (let turn = 0; turn < 5; turn++) t.equal((await evaluation(asked)).json().decision, expected)
})

t.test('C4 of one question: whoever and whatever is not known is denied with a 200, of whatever type', async (t) => {
  const unknown: readonly (readonly [object, string])[] = [
    [of({ subject: { type: 'user', id: 'alice' } }), 'UNKNOWN_PARTY'],
    [of({ subject: { type: 'user', id: 'LBC_HACKNEY' } }), 'UNKNOWN_PARTY'],
    [of({ subject: { type: '', id: '' } }), 'UNKNOWN_PARTY'],
    [of({ subject: { type: 'organisation', id: '' } }), 'UNKNOWN_PARTY'],
    [of({ subject: { type: 'organisation', id: 'LBC_ATLANTIS' } }), 'UNKNOWN_PARTY'],
    [of({ action: { name: 'read' } }), 'UNKNOWN_CODE'],
    [of({ action: { name: '' } }), 'UNKNOWN_CODE'],
    [withAction({ method: 'GET' }), 'UNKNOWN_CODE'],
    [of({ resource: { type: 'data', id: 'LBC_CAMDEN/NOTHING' } }), 'UNKNOWN_CODE'],
    [of({ resource: { type: 'data', id: 'LBC_CAMDEN/' } }), 'UNKNOWN_CODE'],
    [of({ resource: { type: 'data', id: 'LBC_CAMDEN' } }), 'INVALID_REQUEST'],
    [of({ resource: { type: 'record', id: 'record-1' } }), 'CALLER_NOT_PARTY'],
    [of({ resource: { type: 'record', id: 'LBC_CAMDEN/IDENTITY.NAME' } }), 'CALLER_NOT_PARTY'],
    [of({ subject: { type: 'organisation', id: 'LBC_CAMDEN' } }), 'SAME_CONTROLLER'],
  ]
  for (const [asked, reason] of unknown) {
    const reply = await evaluation(asked)
    t.equal(reply.statusCode, 200, reply.body)
    t.match(reply.json(), { decision: false, context: { reason, reason_user: { [reason]: String } } }, JSON.stringify(asked))
  }
})

t.test(
  'items of the id and of the properties are asked about together; an id of the provider alone takes all from the properties',
  async (t) => {
    const items = async (asked: object) => {
      const [leaf] = await leavesOf(() => evaluation(asked))
      return (leaf?.payload['request'] as { data_items: string[] } | undefined)?.data_items
    }
    const data_items = ['CONTACT.ADDRESS', 'IDENTITY.NAME']
    t.strictSame(await items(withResource({ properties: { data_items } })), ['IDENTITY.NAME', 'CONTACT.ADDRESS'])
    t.strictSame(await items(withResource({ id: 'LBC_CAMDEN', properties: { data_items } })), data_items)
  },
)

t.test('what is left out is left open, and the permit limits it; null says what absence says', async (t) => {
  const open = { subject, action: { name: action.name }, resource: { type: 'data', id: resource.id } }
  const nulls = of({
    action: { name: action.name, properties: { method: null, country: null, mode: null } },
    resource: { ...resource, properties: { data_subjects: null } },
  })
  for (const asked of [open, nulls]) {
    const { decision, context } = (await evaluation(asked)).json()
    t.equal(decision, true)
    const found = (code: string) => context.obligations.find((one: { code: string }) => one.code === code)
    t.match(found('TRANSFER_METHOD'), { type: 'custom', id: 'TRANSFER_METHOD', mandatory: true, properties: { methods: ['API_MTLS'] } })
    t.match(found('RESTRICT_TERRITORY'), { mandatory: true, properties: { countries: ['GB'] } })
    t.match(found('SUBJECT_CATEGORIES_ONLY'), { mandatory: true, properties: { categories: ['RESIDENT'] } })
  }
})

t.test('obligations have names of their own, and none that need not be obeyed stands among them', async (t) => {
  const { obligations, advice = [] } = (await evaluation(PERMITTED)).json().context
  const ids = [...obligations, ...advice].map(({ id }: { id: string }) => id)
  t.equal(new Set(ids).size, ids.length)
  t.ok(obligations.every(({ mandatory }: { mandatory: boolean }) => mandatory))
  t.notOk(advice.some(({ mandatory }: { mandatory: boolean }) => mandatory))
})

t.test('pitfall 14: properties of the client override nothing that the register knows', async (t) => {
  const asked = of({
    subject: { ...subject, properties: { status: 'ACTIVE', role: 'admin' } },
    resource: { ...DENIED.resource, properties: { ...DENIED.resource.properties, status: 'IN_FORCE', agreement: 'DEMO-CURL' } },
    context: { agreement_status: 'IN_FORCE' },
  })
  t.match((await evaluation(asked)).json(), { decision: false, context: { reason: 'DATA_NOT_COVERED' } })
})

t.test('pitfall 12: a stranger is told nothing but that it is one', async (t) => {
  const reply = (await evaluation(PERMITTED, {}, ISLINGTON)).json()
  t.match(reply, { decision: false, context: { reason: 'CALLER_NOT_PARTY' } })
  t.notOk('reason_admin' in reply.context)
  t.notMatch(JSON.stringify(reply), /DEMO-CURL/)
})

t.test('S11: duplicate members, broken UTF-8, halves of surrogate pairs and numbers beyond a double are refused', async (t) => {
  const text = JSON.stringify(PERMITTED)
  const wrong: readonly (readonly [string, string | Buffer])[] = [
    ['a member twice', text.replace('{', '{"subject":{"type":"user","id":"x"},')],
    ['a member twice, deep', text.replace('"type":"data"', '"type":"data","type":"data"')],
    ['a member twice, once escaped', text.replace('"type":"data"', '"type":"data","\\u0074ype":"data"')],
    ['broken UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from(`",${text.slice(1)}`)])],
    ['half of a pair', text.replace('{', '{"a":"\\ud800",')],
    ['half of a pair in a name', text.replace('{', '{"a\\udc00":1,')],
    ['a number that is none', text.replace('{', '{"a":1e999,')],
    ['too deep', text.replace('{', `{"a":${'['.repeat(40)}${']'.repeat(40)},`)],
  ]
  for (const [what, payload] of wrong) {
    const leaves = await leavesOf(async () => t.equal((await evaluation(payload)).statusCode, 400, what))
    t.match(leaves, [{ leaf: { st: 'Error' } }], what)
  }
  t.equal((await evaluation(text.replace('{', '{"a":"\\ud83d\\ude00 é \\u0000",'))).statusCode, 200)
})

t.test('S13: texts and lists are bounded', async (t) => {
  t.equal((await evaluation(of({ subject: { type: 'organisation', id: 'x'.repeat(201) } }))).statusCode, 400)
  const data_items = Array.from({ length: 201 }, (_, index) => `X.${index}`)
  t.equal((await evaluation(withResource({ properties: { data_items } }))).statusCode, 400)
})

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

t.test('trace context comes by header or in the context, and the header wins; what the Dutch profile states is kept', async (t) => {
  const traceparent = `00-${TRACE}-${SPAN}-00`
  const stated = { time: '2026-01-01T00:00:00Z', mim: 'https://mim.example/1', 'ld-context': { a: 'https://a.example/' } }
  const asked = {
    ...withAction({ processing_activity_id: 'https://register.example/p/1', algorithm_id: 'https://register.example/a/2' }),
    context: { ...stated, traceparent, tracestate: 'vendor=1', secret: 'not kept' },
  }
  const [leaf] = await leavesOf(() => evaluation(asked))
  t.equal(leaf?.leaf.trace, TRACE)
  t.match(leaf?.payload, {
    parent_span_id: SPAN,
    references: { tracestate: 'vendor=1' },
    request: {
      stated: { ...stated, processing_activity_id: 'https://register.example/p/1', algorithm_id: 'https://register.example/a/2' },
    },
  })
  t.notMatch(leaf?.body.toString(), /not kept/)
  const other = 'a'.repeat(32)
  const [byHeader] = await leavesOf(() => evaluation(asked, { traceparent: `00-${other}-${SPAN}-01`, tracestate: 'header=1' }))
  t.equal(byHeader?.leaf.trace, other)
  t.match(byHeader?.payload, { references: { tracestate: 'header=1' } })
})

t.test('M1, R1: every call is one leaf, and what is recorded is what was answered', async (t) => {
  const leaves = await leavesOf(async () => {
    await evaluation(PERMITTED)
    await evaluation(DENIED)
  })
  t.match(leaves, [
    { leaf: { t: 'adl.access_evaluation', d: true, n: 1, st: 'Ok' } },
    { leaf: { t: 'adl.access_evaluation', d: false, n: 1, st: 'Ok', rc: ['DATA_NOT_COVERED'] } },
  ])
  t.equal(leaves.length, 2)
})

t.test('a revision that is demanded is reached or the answer is 503; `at` of another time is a 400', async (t) => {
  const reply = await evaluation(of({ context: { min_revision: 999_999 } }))
  t.equal(reply.statusCode, 503)
  t.ok(reply.headers['retry-after'])
  t.match((await evaluation(withAction({ at: '2031-01-01T00:00:00Z' }))).json(), { status: 400, code: 'AT_OUT_OF_RANGE' })
  const { policy_revision } = (await evaluation(PERMITTED)).json().context
  t.equal((await evaluation(of({ context: { min_revision: policy_revision } }))).json().decision, true)
})

t.test('S7, M21 to M26, S14: metadata stands at the well-known address, from the public address alone', async (t) => {
  const reply = await service.inject({
    method: 'GET',
    url: '/.well-known/authzen-configuration',
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher', 'x-request-id': 'of-a-client' },
  })
  t.equal(reply.statusCode, 200)
  t.match(reply.headers, { 'content-type': /^application\/json/, 'cache-control': 'public, max-age=3600', 'x-request-id': 'of-a-client' })
  const found = reply.json()
  t.equal(found.policy_decision_point, 'http://127.0.0.1', 'without a slash at its end')
  t.match(found, {
    access_evaluation_endpoint: 'http://127.0.0.1/access/v1/evaluation',
    access_evaluations_endpoint: 'http://127.0.0.1/access/v1/evaluations',
  })
  for (const [name, value] of Object.entries(found)) t.ok(value !== null && value !== '' && (value as string).length > 0, name)
  t.match(
    Object.entries(found)
      .filter(([name]) => name.endsWith('_endpoint'))
      .map(([, url]) => url),
    [/\/v1\//, /\/v1\//],
    'S1',
  )
  const post = await service.inject({ method: 'POST', url: '/.well-known/authzen-configuration' })
  t.equal(post.statusCode, 405)
  t.equal((await service.inject({ method: 'GET', url: '/.well-known/authzen-configuration/tenant1' })).statusCode, 404)
})
