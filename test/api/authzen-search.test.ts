import t from 'tap'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'
import { authzenClient, CAMDEN } from '../support/authzen.ts'
import { decisionLeaves } from '../support/leaves.ts'
import type { TestCaller } from '../support/service.ts'

// The searches of OpenID AuthZEN Authorization API 1.0 (section 8). The numbers are those of the requirements as the design lists them.
// That nothing is missing from a search: test/unit/decisions/permitted.test.ts.

const desk = await agreementDesk(t)
const { service } = desk
const { search, evaluation } = authzenClient(service)
const id = (await inForce(desk, { orgs: ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'] })).id
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', clientId: 'hackney-client' }
const BARNET: TestCaller = { org: 'LBC_BARNET', clientId: 'barnet-client' }
const { terms } = (await desk.call({ org: 'LBC_CAMDEN', role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}`)).body.versions[0]
const [flow] = terms.flows as [{ purpose: string; data_items: string[]; providers: string[]; recipients: string[] }]
const subject = { type: 'organisation', id: 'LBC_HACKNEY' }
const action = { name: flow.purpose }
const resource = { type: 'data', id: `LBC_CAMDEN/${flow.data_items[0]}` }
const SEARCHES = {
  subject: { subject: { type: 'organisation' }, action, resource },
  resource: { subject, action, resource: { type: 'data' } },
  action: { subject, resource },
} as const
type Kind = keyof typeof SEARCHES
const KINDS = Object.keys(SEARCHES) as Kind[]
const found = async (kind: Kind, asked: object = SEARCHES[kind], caller?: TestCaller) => {
  const reply = await search(kind, asked, {}, caller)
  t.equal(reply.statusCode, 200, reply.body)
  return reply.json()
}
const leavesOf = async (call: () => Promise<unknown>) => {
  const before = (await decisionLeaves(service)).length
  await call()
  return (await decisionLeaves(service)).slice(before)
}
/** The results of every page of so many. */
const walked = async (kind: Kind, limit: number) => {
  const results: unknown[] = []
  for (let token = ''; ; ) {
    const { page, results: more } = await found(kind, { ...SEARCHES[kind], page: token ? { token } : { limit } })
    results.push(...more)
    if (page.next_token === '') return results
    token = page.next_token
  }
}

t.test('M18, S4, S5: each search answers entities of its kind alone, the page first, and each evaluates to true', async (t) => {
  for (const kind of KINDS) {
    const { page, context, results } = await found(kind)
    t.strictSame(Object.keys(await found(kind)), ['page', 'context', 'results'])
    t.ok(results.length > 0, kind)
    t.match(page, { next_token: '', count: results.length })
    t.match(context, { evaluation_id: String, evaluated_at: String, policy_revision: Number })
    for (const one of results) {
      const asked = { subject, action, resource, [kind]: one }
      t.equal((await evaluation(asked)).json().decision, true, JSON.stringify(one))
    }
  }
  t.strictSame(
    (await found('resource', SEARCHES.resource, HACKNEY)).results.map(({ id: found }: { id: string }) => found),
    flow.providers
      .filter((code) => code !== 'LBC_HACKNEY')
      .toSorted()
      .flatMap((code) => flow.data_items.toSorted().map((item) => `${code}/${item}`)),
  )
  t.same((await found('action')).results.map(({ name }: { name: string }) => name)[0], flow.purpose)
})

t.test(
  'M19, M20: an id of what is searched for, and an action in a search for actions, are ignored, of whatever type they are',
  async (t) => {
    for (const ignored of ['LBC_NOWHERE', 5, null, {}]) {
      t.strictSame(
        (await found('subject', { ...SEARCHES.subject, subject: { type: 'organisation', id: ignored } })).results,
        (await found('subject')).results,
      )
      t.strictSame(
        (await found('resource', { ...SEARCHES.resource, resource: { type: 'data', id: ignored } })).results,
        (await found('resource')).results,
      )
    }
    for (const ignored of [{ name: 'X', properties: { method: 5 } }, 'x', null])
      t.strictSame((await found('action', { ...SEARCHES.action, action: ignored })).results, (await found('action')).results)
  },
)

t.test('C4: an unknown id or type is a 200 and finds nothing', async (t) => {
  for (const [kind, over] of [
    ['subject', { subject: { type: 'user' } }],
    ['subject', { action: { name: 'read' } }],
    ['subject', { resource: { type: 'record', id: 'record-1' } }],
    ['subject', { resource: { type: 'data', id: 'LBC_CAMDEN' } }],
    ['resource', { resource: { type: 'record' } }],
    ['resource', { subject: { type: 'user', id: 'alice' } }],
    ['resource', { subject: { type: 'organisation', id: 'LBC_ATLANTIS' } }],
    ['resource', { action: { name: '' } }],
    ['resource', { resource: { type: 'data', properties: { provider: 'LBC_ATLANTIS' } } }],
    ['action', { subject: { type: 'user', id: 'bob' } }],
    ['action', { resource: { type: 'data', id: 'LBC_CAMDEN/NOTHING' } }],
  ] as const)
    t.match(await found(kind, { ...SEARCHES[kind], ...over }), { page: { next_token: '', count: 0 }, results: [] }, JSON.stringify(over))
})

t.test('pitfall 12: a caller finds only shares that it may ask about', async (t) => {
  for (const kind of KINDS) t.strictSame((await found(kind, SEARCHES[kind], BARNET)).results, [], kind)
  t.strictSame((await found('subject', SEARCHES.subject, HACKNEY)).results, [subject], 'who else receives from Camden is not told')
  const asCamden = (await found('resource')).results as { id: string }[]
  t.ok(
    asCamden.every(({ id: one }) => one.startsWith('LBC_CAMDEN/')),
    'Camden is told what it provides itself',
  )
  t.ok((await found('resource', SEARCHES.resource, HACKNEY)).results.length > asCamden.length, 'Hackney is told what all provide to it')
})

t.test('a provider in the properties narrows, and other properties limit as in an evaluation', async (t) => {
  const narrowed = { ...SEARCHES.resource, resource: { type: 'data', properties: { provider: 'LBC_ISLINGTON' } } }
  const { results } = await found('resource', narrowed, HACKNEY)
  t.ok(results.length > 0 && results.every(({ id: one }: { id: string }) => one.startsWith('LBC_ISLINGTON/')))
  const other = { ...SEARCHES.resource, action: { ...action, properties: { method: 'POST_TRACKED', country: 'FR' } } }
  t.strictSame((await found('resource', other)).results, [])
})

t.test('M14, M15: pages together are the whole, each says how to go on, and the last says ""', async (t) => {
  for (const kind of KINDS) {
    const all = (await found(kind)).results
    for (const limit of [1, 2, all.length]) t.strictSame(await walked(kind, limit), all, `${kind}, ${limit} a page`)
  }
  const { page, results } = await found('resource', { ...SEARCHES.resource, page: { limit: 1 } })
  t.equal(results.length, 1)
  t.match(page, { next_token: /^[\w-]{40,}$/, count: 1 })
  t.notMatch(Buffer.from(page.next_token, 'base64url').toString('latin1'), /LBC_/, 'opaque')
  t.strictSame((await found('resource', { ...SEARCHES.resource, page: { limit: 1e15, token: '', future: 1 } })).page.next_token, '')
})

t.test('M16, S3: with a token all else is as it was, by the same caller, or it is a 400 that says why', async (t) => {
  const first = { ...SEARCHES.resource, context: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` }, page: { limit: 1 } }
  const { next_token: token } = (await found('resource', first)).page
  const refusedFor = async (
    asked: object,
    detail: RegExp,
    pointer = '/page/token',
    caller: TestCaller = CAMDEN,
    kind: Kind = 'resource',
  ) => {
    const leaves = await leavesOf(async () => {
      const reply = await search(kind, asked, {}, caller)
      t.match({ status: reply.statusCode, ...reply.json() }, { status: 400, errors: [{ pointer, detail }] }, JSON.stringify(asked))
    })
    t.match(leaves, [{ leaf: { t: `adl.search_${kind}`, st: 'Error', n: 0 } }])
  }
  const next = { ...SEARCHES.resource, page: { token } }
  for (const over of [
    { subject: { ...subject, id: 'LBC_ISLINGTON' } },
    { subject: { ...subject, properties: {} } },
    { action: { ...action, properties: { method: 'API_MTLS' } } },
    { resource: { type: 'data', properties: { provider: 'LBC_CAMDEN' } } },
    { context: { min_revision: 1 } },
  ])
    await refusedFor({ ...next, ...over }, /another request/)
  await refusedFor({ ...next, page: { token, limit: 2 } }, /was 1 on the first page/, '/page/limit')
  await refusedFor(next, /none that this service gave this caller/, '/page/token', HACKNEY)
  await refusedFor(next, /none that/, '/page/token', { org: 'LBC_CAMDEN', clientId: 'another-client' })
  await refusedFor({ ...SEARCHES.subject, page: { token } }, /another request/, '/page/token', CAMDEN, 'subject')
  const letters = [...token] as string[]
  for (const at of [0, 20, letters.length - 1]) {
    const altered = letters.with(at, letters[at] === 'A' ? 'B' : 'A').join('')
    await refusedFor({ ...next, page: { token: altered } }, /none that/)
  }
  for (const other of ['x', 'A'.repeat(100), `${token}=`, ' ']) await refusedFor({ ...next, page: { token: other } }, /none that/)
  t.equal((await found('resource', { ...next, context: { traceparent: 'another' } })).results.length, 1, 'a trace belongs to a call')
  t.equal((await found('resource', { ...next, page: { token, limit: 1 } })).results.length, 1, 'the same limit may be said again')
})

t.test('a token lives for a quarter of an hour', async (t) => {
  desk.at('2026-11-22T12:30:00.000Z')
  const { page } = await found('resource', { ...SEARCHES.resource, page: { limit: 1 } })
  const next = { ...SEARCHES.resource, page: { token: page.next_token } }
  desk.at('2026-11-22T12:45:00.000Z')
  t.equal((await found('resource', next)).results.length, 1)
  desk.at('2026-11-22T12:45:00.001Z')
  t.match((await search('resource', next)).json(), { status: 400, errors: [{ pointer: '/page/token', detail: /older than 15 minutes/ }] })
})

t.test('where the policy moves between pages, the next one stands on the new policy and says so', async (t) => {
  const first = await found('resource', { ...SEARCHES.resource, page: { limit: 1 } }, HACKNEY)
  t.notOk('first_policy_revision' in first.context)
  const all = (await found('resource', SEARCHES.resource, HACKNEY)).results
  const person = { org: 'LBC_ISLINGTON', role: 'SIRO', sub: 'suspender' } as const
  const stopped = await desk.call(person, 'POST', `/v1/agreements/${id}/suspensions`, {
    scope: 'PARTY',
    party: 'LBC_ISLINGTON',
    reason: 'A breach',
  })
  t.equal(stopped.status, 201)
  const second = await found('resource', { ...SEARCHES.resource, page: { token: first.page.next_token } }, HACKNEY)
  t.ok(second.context.policy_revision > first.context.policy_revision)
  t.equal(second.context.first_policy_revision, first.context.policy_revision)
  const seen: unknown[] = [...first.results]
  for (let token = first.page.next_token; token !== ''; ) {
    const { page, results } = await found('resource', { ...SEARCHES.resource, page: { token } }, HACKNEY)
    seen.push(...results)
    token = page.next_token
  }
  const isOfCamden = ({ id: one }: { id: string }) => one.startsWith('LBC_CAMDEN/')
  t.strictSame(
    seen.filter((one) => isOfCamden(one as { id: string })),
    all.filter(isOfCamden),
    'what was permitted all along is found once',
  )
  t.notOk(
    (seen.slice(1) as { id: string }[]).some(({ id: one }) => one.startsWith('LBC_ISLINGTON/')),
    'what is not permitted any more is not found',
  )
})

t.test('R1: every search is one leaf, which holds how many were found, and its payload what was asked and answered', async (t) => {
  for (const kind of KINDS) {
    let sent: Record<string, unknown> = {}
    const leaves = await leavesOf(async () => {
      sent = (await search(kind, SEARCHES[kind], { 'x-request-id': 'kept' })).json()
    })
    t.equal(leaves.length, 1)
    const [leaf] = leaves
    t.match(leaf?.leaf, {
      t: `adl.search_${kind}`,
      st: 'Ok',
      n: (sent['results'] as unknown[]).length,
      rc: [],
      id: (sent as never)['context']['evaluation_id'],
    })
    t.notOk('d' in (leaf?.leaf ?? {}), 'it decides nothing')
    t.match(leaf?.payload, {
      caller: { org: 'LBC_CAMDEN', client_id: CAMDEN.clientId },
      references: { request_id: 'kept' },
      request: { mode: 'SYSTEMATIC' },
    })
    t.strictSame(leaf?.payload['response'], sent)
  }
})

t.test(
  'the record of a search is shown to its caller and to who is bound in it; a list of decisions says that it was a search',
  async (t) => {
    const { context } = await found('resource')
    const read = async (org: string) =>
      service.inject({
        method: 'GET',
        url: `/v1/decisions/${context.evaluation_id}`,
        headers: await service.as({ org, roles: ['DPO'], clientId: null }),
      })
    for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY']) t.match((await read(org)).json(), { record: { payload: /LBC_CAMDEN/ } }, org)
    t.equal((await read('LBC_BARNET')).statusCode, 404)
    const listed = await service.inject({
      method: 'GET',
      url: '/v1/decisions?outcome=SEARCH&limit=1',
      headers: await service.as({ org: 'LBC_HACKNEY', roles: ['DPO'], clientId: null }),
    })
    t.match(listed.json(), {
      decisions: [
        { decision_id: context.evaluation_id, outcome: 'SEARCH', recipient: 'LBC_HACKNEY', provider: null, caller_org: 'LBC_CAMDEN' },
      ],
    })
    const exported = await service.inject({
      method: 'GET',
      url: '/v1/decisions/export?format=adl&limit=1',
      headers: await service.as({ org: 'LBC_HACKNEY', roles: ['DPO'], clientId: null }),
    })
    t.match(JSON.parse(exported.body.split('\n')[0] ?? ''), {
      event_name: 'adl.search_resource',
      status: 'Ok',
      body: { 'adl.core.request': { subject, action }, 'adl.core.response': { results: [{ type: 'data' }] } },
    })
  },
)

t.test(
  'M34, C1, C2, C3, M37, M38: what is missing, ill-typed, no JSON or of another media type is a 400 and recorded; the request id comes back on every reply',
  async (t) => {
    const own = { 'x-request-id': 'a PEP: é' }
    for (const kind of KINDS) {
      const whole: Record<string, unknown> = SEARCHES[kind]
      const wrong: (readonly [payload: string, pointer: string | undefined])[] = [
        ['{', undefined],
        ['', undefined],
        ['[]', ''],
        [JSON.stringify({ ...whole, page: 5 }), '/page'],
        [JSON.stringify({ ...whole, page: { limit: 0 } }), '/page/limit'],
        [JSON.stringify({ ...whole, page: { limit: '5' } }), '/page/limit'],
        [JSON.stringify({ ...whole, page: { token: 5 } }), '/page/token'],
        [JSON.stringify({ ...whole, context: 'x' }), '/context'],
        [JSON.stringify({ ...whole, resource: {} }), '/resource/type'],
        [JSON.stringify({ ...whole, subject: { id: 'LBC_HACKNEY' } }), '/subject/type'],
        ...Object.keys(whole).map((part) => [JSON.stringify({ ...whole, [part]: undefined }), `/${part}`] as const),
        [JSON.stringify(whole).replace('{', '{"subject":{"type":"x","id":"y"},'), undefined],
        [JSON.stringify(whole).replace('{', '{"a":"\\ud800",'), '/a'],
      ]
      for (const [payload, pointer] of wrong) {
        const leaves = await leavesOf(async () => {
          const reply = await search(kind, payload, own)
          t.equal(reply.statusCode, 400, payload)
          t.equal(reply.headers['x-request-id'], own['x-request-id'])
          if (pointer !== undefined) t.match(reply.json(), { code: 'INVALID_REQUEST', errors: [{ pointer }] }, payload)
        })
        t.match(leaves, [{ leaf: { t: `adl.search_${kind}`, st: 'Error', n: 0 } }], payload)
        t.equal(leaves.length, 1)
      }
      const text = JSON.stringify(whole)
      const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from(`",${text.slice(1)}`)])
      const replies = {
        200: await search(kind, { ...whole, future: [1], subject: { ...(whole['subject'] as object), future: 1 } }, own),
        400: await search(kind, text, { ...own, 'content-type': 'text/plain' }),
        401: await search(kind, text, { ...own, authorization: '' }),
        403: await search(kind, text, own, { org: 'LBC_CAMDEN', roles: ['AUDITOR'] }),
        405: await service.inject({ method: 'GET', url: `/access/v1/search/${kind}`, headers: own }),
        413: await search(kind, `"${'x'.repeat(300_000)}"`, own),
      }
      t.equal((await search(kind, bytes)).statusCode, 400, 'broken UTF-8')
      for (const [status, reply] of Object.entries(replies)) {
        t.equal(reply.statusCode, Number(status), `${kind} ${status}`)
        t.equal(reply.headers['x-request-id'], own['x-request-id'], status)
      }
      t.match(replies[200].headers, { 'content-type': /^application\/json/, 'accord-receipt': String })
    }
  },
)

t.test('C5, C6: the same search is answered the same, with and without a context', async (t) => {
  for (const kind of KINDS) {
    const { results } = await found(kind)
    for (const context of [{}, { time: '1999-01-01T00:00:00Z' }])
      t.strictSame((await found(kind, { ...SEARCHES[kind], context })).results, results)
  }
})

t.test('a search is of what stands now: another mode, another instant and a revision that is not known are refused', async (t) => {
  for (const mode of ['AD_HOC', 'EMERGENCY']) {
    const asked = { ...SEARCHES.resource, action: { ...action, properties: { mode } } }
    t.match((await search('resource', asked)).json(), { status: 400, errors: [{ pointer: '/action/properties/mode' }] })
  }
  const late = { ...SEARCHES.resource, action: { ...action, properties: { at: '2031-01-01T00:00:00Z' } } }
  t.match((await search('resource', late)).json(), { status: 400, code: 'AT_OUT_OF_RANGE' })
  const unknown = await search('resource', { ...SEARCHES.resource, context: { min_revision: 999_999 } })
  t.equal(unknown.statusCode, 503)
  t.ok(unknown.headers['retry-after'])
})

t.test('S7: the metadata names the searches', async (t) => {
  const metadata = (await service.inject({ method: 'GET', url: '/.well-known/authzen-configuration' })).json()
  for (const kind of KINDS) t.equal(metadata[`search_${kind}_endpoint`], `${metadata.policy_decision_point}/access/v1/search/${kind}`)
})
