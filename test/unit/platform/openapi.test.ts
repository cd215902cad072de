import t from 'tap'
import { ProblemError, problem } from '../../../src/platform/http/problem.ts'
import { testServer } from '../../support/app-server.ts'
import { aContract, anOperation, outcomeBody, thingBody } from '../../support/builders/contract.ts'
import type { Teardown } from '../../support/postgres.ts'

const legal = { kind: 'statute', citation: 'Crime and Disorder Act 1998 s.115' }
const contract = aContract({
  '/things': { post: anOperation('create', thingBody) },
  '/things/{id}': {
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
    get: anOperation('read', undefined, {
      parameters: [
        { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 10 } },
        { name: 'Idempotency-Key', in: 'header', schema: { type: 'string', minLength: 8 } },
      ],
    }),
  },
  '/outcomes': { post: anOperation('decide', outcomeBody, { 'x-attach-validation': true, 'x-unsupported-media-type': 400 }) },
})

/** A server whose handlers say what reached them. */
async function server(t: Teardown, reply: unknown = undefined) {
  const app = await testServer(t, { contract })
  const handler = async (request: { body?: unknown; query?: unknown; validationError?: unknown }) =>
    reply ?? { got: request.validationError ? 'malformed' : JSON.stringify(request.body ?? request.query) }
  for (const id of ['create', 'read', 'decide']) app.route({ ...contract.operation(id), handler })
  return app
}

const post = (payload: unknown, type = 'application/json') => ({
  method: 'POST' as const,
  url: '/things',
  headers: { 'content-type': type },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
})

t.test('a body that fits reaches the handler unchanged', async (t) => {
  const app = await server(t)
  const body = { title: 'Fly-tipping', legal, count: 2, mode: 'ONE_OFF', endsOn: null, 'a/b~c': 'x' }
  const reply = await app.inject(post(body))
  t.equal(reply.statusCode, 200)
  t.same(JSON.parse(reply.json().got), body)
})

t.test('a body that does not fit is refused with the place and the fault', async (t) => {
  const app = await server(t)
  const table: readonly (readonly [string, unknown, readonly unknown[]])[] = [
    ['an unknown member', { title: 'abc', legal, colour: 1 }, [{ pointer: '/colour', detail: '"colour" is not a known member' }]],
    ['a missing member', { legal }, [{ pointer: '/title', detail: 'is required' }]],
    ['a wrong type, which is not coerced', { title: 5, legal }, [{ pointer: '/title', detail: 'must be a string' }]],
    ['a number as text, which is not coerced', { title: 'abc', legal, count: '2' }, [{ pointer: '/count', detail: 'must be an integer' }]],
    [
      'a value outside a list',
      { title: 'abc', legal, mode: 'NEVER' },
      [{ pointer: '/mode', detail: 'must be one of "ONE_OFF", "SYSTEMATIC"' }],
    ],
    ['neither of two types', { title: 'abc', legal, endsOn: 5 }, [{ pointer: '/endsOn', detail: 'must be a string or null' }]],
    [
      'a day that does not exist',
      { title: 'abc', legal, endsOn: '2026-02-30' },
      [{ pointer: '/endsOn', detail: 'must be a valid date from 1900-01-01 to 8999-12-31 or null' }],
    ],
    ['text where a discriminated object belongs', { title: 'abc', legal: '' }, [{ pointer: '/legal', detail: 'must be an object' }]],
    [
      'an unknown discriminator',
      { title: 'abc', legal: { kind: 'magic' } },
      [{ pointer: '/legal/kind', detail: '"magic" is not a known type' }],
    ],
    ['only the chosen branch is reported', { title: 'abc', legal: { kind: 'consent' } }, [{ pointer: '/legal/on', detail: 'is required' }]],
    ['a member whose name needs escaping', { title: 'abc', legal, 'a/b~c': 1 }, [{ pointer: '/a~1b~0c', detail: 'must be a string' }]],
    ['an array for an object', [], [{ pointer: '', detail: 'must be an object' }]],
    ['null for an object', null, [{ pointer: '', detail: 'must be an object' }]],
  ]
  for (const [what, body, errors] of table) {
    const reply = await app.inject(post(body))
    t.equal(reply.statusCode, 400, what)
    t.equal(reply.headers['content-type'], 'application/problem+json; charset=utf-8', what)
    t.match(reply.json(), { type: '/problems/invalid-request', code: 'INVALID_REQUEST', status: 400 }, what)
    t.same(reply.json().errors, errors, what)
  }
})

t.test('every fault of a body is listed at once', async (t) => {
  const app = await server(t)
  const reply = await app.inject(post({ legal, count: 0, colour: 1 }))
  t.same(
    reply
      .json()
      .errors.map((error: { pointer: string }) => error.pointer)
      .toSorted(),
    ['/colour', '/count', '/title'],
  )
})

t.test('a missing body, a text body and a form are refused and never reach the handler', async (t) => {
  const app = await server(t)
  t.equal((await app.inject({ method: 'POST', url: '/things' })).statusCode, 400)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/jsonx']) {
    const reply = await app.inject(post('{"title":"abc"}', type))
    t.match([reply.statusCode, reply.json().code], [415, 'UNSUPPORTED_MEDIA_TYPE'], type)
  }
  const untyped = await app.inject({ method: 'POST', url: '/things', payload: Buffer.from('{}') })
  t.equal(untyped.statusCode, 415, 'no content type')
})

t.test('malformed and empty JSON are 400 with a pointer to the whole body', async (t) => {
  const app = await server(t)
  for (const [body, detail] of [
    ['{"title":', 'the body is not valid JSON'],
    ['', 'a JSON body is required'],
    ['{"__proto__":{"x":1}}', 'the body is not valid JSON'],
  ] as const) {
    const reply = await app.inject(post(body))
    t.match(reply.json(), { code: 'MALFORMED_JSON', status: 400, errors: [{ pointer: '', detail }] })
  }
})

t.test('members that only an allOf branch knows are accepted, members that none knows are not', async (t) => {
  const app = await server(t)
  const decide = (payload: object) => app.inject({ method: 'POST', url: '/outcomes', payload })
  t.equal((await decide({ outcome: 'reject', reason: 'because' })).json().got, '{"outcome":"reject","reason":"because"}')
  t.equal((await decide({ outcome: 'approve', colour: 1 })).json().got, 'malformed')
  t.equal((await decide({ outcome: 'reject' })).json().got, 'malformed')
})

t.test('parameters are coerced, unknown and ill-formed ones are refused with their place', async (t) => {
  const app = await server(t)
  const id = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'
  t.equal((await app.inject(`/things/${id}?limit=3`)).json().got, '{"limit":3}')
  const pointers = async (url: string, headers = {}) =>
    (await app.inject({ url, headers })).json().errors.map((error: { pointer: string }) => error.pointer)
  t.same(await pointers(`/things/${id}?colour=1`), ['/query/colour'])
  t.same(await pointers(`/things/${id}?limit=11`), ['/query/limit'])
  t.same(await pointers(`/things/7`), ['/path/id'])
  t.same(await pointers(`/things/${id}`, { 'idempotency-key': 'short' }), ['/headers/idempotency-key'])
})

t.test('an operation without parameters refuses a query', async (t) => {
  const app = await server(t)
  const reply = await app.inject({ ...post({ title: 'abc', legal }), url: '/things?x=1' })
  t.same([reply.statusCode, reply.json().errors], [400, [{ pointer: '/query/x', detail: '"x" is not a known member' }]])
})

t.test('on a decision path an unreadable body is INVALID_REQUEST, and is shown to the observer before the reply', async (t) => {
  const app = await server(t)
  const seen: string[] = []
  app.onMalformed('/outcomes', async (request, found) => void seen.push(`${request.url} ${found.detail}`))
  const send = (payload: string, type: string) =>
    app.inject({ method: 'POST', url: '/outcomes', payload, headers: { 'content-type': type } })
  t.match((await send('{', 'application/json')).json(), { code: 'INVALID_REQUEST', status: 400 })
  t.match(
    (await send('{}', 'text/plain')).json(),
    { code: 'INVALID_REQUEST', status: 400 },
    'the media type too, where the operation says so',
  )
  await app.inject(post('{'))
  t.same(seen, ['/outcomes the body is not valid JSON', '/outcomes send application/json'], 'other paths are not observed')
})

t.test('an observer that cannot record makes the reply 503', async (t) => {
  const app = await server(t)
  app.onMalformed('/outcomes', async () => {
    throw new ProblemError(problem('LOG_UNAVAILABLE', 'the log cannot be written'), { retryAfterSeconds: 7 })
  })
  const reply = await app.inject({ method: 'POST', url: '/outcomes', payload: '{', headers: { 'content-type': 'application/json' } })
  t.same([reply.statusCode, reply.json().code], [503, 'LOG_UNAVAILABLE'])
  t.equal(reply.headers['retry-after'], '7')
})

t.test('a reply against the contract is a 500 in tests, whoever serialised it', async (t) => {
  for (const wrong of [{ got: null }, { got: 'x', secret: 1 }, {}]) {
    const app = await server(t, wrong)
    t.equal((await app.inject(post({ title: 'abc', legal }))).statusCode, 500, JSON.stringify(wrong))
  }
  const app = await testServer(t, { contract })
  app.route({ ...contract.operation('create'), handler: async (_request, reply) => reply.type('application/json').send('{"got":5}') })
  app.route({ ...contract.operation('read'), handler: async (_request, reply) => reply.code(302).send() })
  app.route({ ...contract.operation('decide'), handler: async (_request, reply) => reply.code(204).send() })
  t.equal((await app.inject(post({ title: 'abc', legal }))).statusCode, 500, 'serialised by hand')
  t.equal((await app.inject('/things/0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f')).statusCode, 500, 'undocumented status')
  t.equal(
    (await app.inject({ method: 'POST', url: '/outcomes', payload: { outcome: 'approve' } })).statusCode,
    204,
    'documented, without a body',
  )
})

t.test('the server does not start unless every operation has exactly one route, and every other route says who may call it', async (t) => {
  const small = aContract({ '/a': { get: anOperation('a') }, '/b': { get: anOperation('b') } })
  const handler = async () => ({ got: 'x' })
  const none = await testServer(t, { contract: small })
  none.route({ ...small.operation('a'), handler })
  await t.rejects(async () => void (await none.ready()), /^no route answers b$/)

  const withRoute = async (config?: object) => {
    const app = await testServer(t, { contract: small })
    for (const id of ['a', 'b']) app.route({ ...small.operation(id), handler })
    app.route({ method: 'GET', url: '/backdoor', ...(config ? { config } : {}), handler })
    await app.ready()
  }
  const closed = /^neither in the contract nor with an access of its own: GET \/backdoor$/
  await t.rejects(withRoute(), closed)
  await t.rejects(withRoute({ access: 'everybody' }), closed)
  await t.rejects(withRoute({ operation: undefined }), closed)
  await withRoute({ access: 'public' })
  await withRoute({ access: 'session' })
  const open = await testServer(t, { contract: small })
  open.route({ ...small.operation('a'), handler })
  open.route({ ...small.operation('b'), config: { ...small.operation('b').config, access: 'public' }, handler })
  await t.rejects(
    async () => void (await open.ready()),
    /^in the contract, which says who may call it, and with an access of its own: GET \/b$/,
  )
})

t.test('an operation without a permission, or that does not say whether it needs a body, is no contract', async (t) => {
  t.throws(() => aContract({ '/a': { get: anOperation('a', undefined, { 'x-permission': undefined }) } }), /a has no x-permission/)
  const optional = anOperation('a', undefined, { requestBody: { content: { 'application/json': { schema: thingBody } } } })
  t.throws(() => aContract({ '/a': { post: optional } }), /a: write whether requestBody is required/)
  t.throws(() => aContract({ '/a': { get: anOperation('a') }, '/b': { get: anOperation('a') } }), /two operations are called a/)
})
