import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { docs } from '../../../src/platform/http/docs.plugin.ts'
import { healthRoutes } from '../../../src/platform/http/health.routes.ts'
import { type ProblemCode, ProblemError, problem, problemType } from '../../../src/platform/http/problem.ts'
import { problemPages } from '../../../src/platform/http/problem-pages.plugin.ts'
import { problemKinds } from '../../../src/platform/http/refusals.ts'
import { testServer } from '../../support/app-server.ts'
import { aContract, anOperation, thingBody } from '../../support/builders/contract.ts'

const contract = aContract({
  '/things': { post: anOperation('create', thingBody), get: anOperation('list') },
  '/things/{id}/suspend': {
    post: anOperation('suspend', undefined, { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] }),
  },
})

type Work = () => Promise<{ got: string }>

async function server(t: Parameters<typeof testServer>[0], work: Work, over: Parameters<typeof testServer>[1] = {}) {
  const app = await testServer(t, { contract, ...over })
  for (const id of ['create', 'list', 'suspend']) app.route({ ...contract.operation(id), handler: work })
  return app
}

const fine: Work = async () => ({ got: 'x' })

t.test('an unknown address is 404, a known one with another method 405 with the methods it takes', async (t) => {
  const app = await server(t, fine)
  const nowhere = await app.inject('/nowhere')
  t.match(nowhere.json(), { status: 404, code: 'NOT_FOUND', type: '/problems/not-found', instance: /^urn:uuid:0199f0a4-/ })
  for (const [method, url] of [
    ['DELETE', '/things'],
    ['PUT', '/things?x=1'],
  ] as const) {
    const reply = await app.inject({ method, url })
    t.match(reply.json(), { status: 405, code: 'METHOD_NOT_ALLOWED' })
    t.equal(reply.headers.allow, 'GET, HEAD, POST')
  }
  t.equal((await app.inject({ method: 'POST', url: '/things/7/suspend' })).statusCode, 200)
  t.equal((await app.inject({ url: '/things/7/suspend' })).statusCode, 405)
})

t.test('a body over the limit is 413', async (t) => {
  const app = await server(t, fine)
  const reply = await app.inject({ method: 'POST', url: '/things', payload: { title: 'x'.repeat(20_000) } })
  t.match(reply.json(), { status: 413, code: 'PAYLOAD_TOO_LARGE', type: '/problems/payload-too-large' })
})

t.test('a defect is a 500 that names the request and nothing else', async (t) => {
  const lines: string[] = []
  const app = await server(
    t,
    async () => {
      throw new Error('the password is hunter2')
    },
    { logLevel: 'info', logStream: { write: (line: string) => void lines.push(line) } },
  )
  const reply = await app.inject('/things')
  t.equal(reply.statusCode, 500)
  t.notMatch(reply.body, /hunter2|Error|stack/)
  t.equal(reply.json().instance, `urn:uuid:${reply.headers['x-request-id']}`)
  t.match(lines.join(''), /hunter2/, 'the log has it, once')
})

t.test('a thrown problem keeps its status, its faults and its Retry-After', async (t) => {
  const app = await server(t, async () => {
    throw new ProblemError(problem('OVERLOADED', 'the queue is full', [{ pointer: '/a', detail: 'b', code: 'C' }]), {
      retryAfterSeconds: 5,
    })
  })
  const reply = await app.inject('/things')
  t.same([reply.statusCode, reply.headers['retry-after']], [503, '5'])
  t.same(reply.json().errors, [{ pointer: '/a', detail: 'b', code: 'C' }])
})

t.test('an error of the database that stands for a refusal is one', async (t) => {
  const app = await server(t, async () => {
    throw Object.assign(new Error('duplicate key value violates unique constraint "secret_table"'), { code: '23505', severity: 'ERROR' })
  })
  const reply = await app.inject('/things')
  t.match(reply.json(), { status: 409, code: 'CONFLICT' })
  t.notMatch(reply.body, /secret_table/)
})

t.test('every request has an id of ours in X-Request-ID, whatever the caller sends', async (t) => {
  const app = await server(t, fine)
  const reply = await app.inject({ url: '/things', headers: { 'x-request-id': 'mine', host: 'evil.example' } })
  t.match(reply.headers['x-request-id'], /^0199f0a4-0000-7000-8000-/)
  t.notMatch(JSON.stringify(reply.headers), /evil|mine/)
})

t.test('a request is one log line with its route, not its address', async (t) => {
  const lines: string[] = []
  const app = await server(t, fine, { logLevel: 'info', logStream: { write: (line: string) => void lines.push(line) } })
  await app.inject({ method: 'POST', url: '/things/jane.doe@example.org/suspend' })
  t.equal(lines.length, 1)
  t.match(JSON.parse(lines[0] ?? ''), { method: 'POST', route: '/things/:id/suspend', status: 200, ms: Number, requestId: String })
  t.notMatch(lines[0], /jane/)
  t.notMatch(lines[0], /reqId/, 'the request is named once')
})

t.test('replies carry the security headers', async (t) => {
  const { headers } = await (await server(t, fine)).inject('/things')
  t.match(headers, {
    'content-security-policy': "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
})

t.test(
  'beyond the requests it may answer at once the next is refused early, health is answered, and who hangs up holds no place',
  async (t) => {
    const doors: (() => void)[] = []
    const waits = () => new Promise<void>((resolve) => doors.push(resolve)).then(() => ({ got: 'x' }))
    const app = await server(t, waits, { inFlightMax: 2 })
    app.get('/health/live', { config: { access: 'public' } }, async () => ({}))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const patient = fetch(`${url}/things`)
    const leaves = new AbortController()
    const impatient = fetch(`${url}/things`, { signal: leaves.signal }).catch(() => 'gone')
    while (doors.length < 2) await sleep(5)
    const refused = await fetch(`${url}/things`)
    t.match(await refused.json(), { status: 503, code: 'OVERLOADED' })
    t.equal(refused.headers.get('retry-after'), '1')
    t.equal((await fetch(`${url}/health/live`)).status, 200)
    leaves.abort()
    t.equal(await impatient, 'gone')
    let last = fetch(`${url}/things`)
    for (let tries = 0; tries < 200 && doors.length < 3; tries++) {
      if ((await Promise.race([last, sleep(20)]))?.status === 503) last = fetch(`${url}/things`)
    }
    for (const open of doors) open()
    t.same([(await patient).status, (await last).status], [200, 200])
  },
)

t.test('closing answers what is open, refuses what is new on a kept connection, and then ends', async (t) => {
  let isStarted = false
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const app = await server(t, async () => {
    isStarted = true
    await finished
    return { got: 'finished' }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', (data) => {
    heard += data
  })
  socket.write('GET /things HTTP/1.1\r\nHost: x\r\n\r\n')
  while (!isStarted) await sleep(5)
  const closed = app.close()
  while (app.server.listening) await sleep(5)
  socket.write('GET /things HTTP/1.1\r\nHost: x\r\n\r\n')
  await sleep(100)
  finish()
  await Promise.all([closed, once(socket, 'close')])
  t.match(heard, /HTTP\/1\.1 200 OK[\s\S]*connection: close[\s\S]*finished/i)
  t.notMatch(heard, /HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 200/, 'the second request was not served')
  await t.rejects(fetch(`http://127.0.0.1:${port}/things`), 'no new connection is taken')
})

const pass = async () => true

t.test('health: live is 200; ready is 200 only while every check passes, and says which does not', async (t) => {
  const app = await testServer(t)
  let hasIndex = false
  const broken = async (): Promise<boolean> => {
    if (!hasIndex) throw new Error('not compiled')
    return true
  }
  await app.register(healthRoutes({ database: pass, migrations: pass, index: broken, log: async () => hasIndex }))
  await app.register(problemPages)
  t.same((await app.inject('/health/live')).json(), { status: 'live' })
  const before = await app.inject('/health/ready')
  t.same([before.statusCode, before.headers['retry-after']], [503, '1'])
  t.same(before.json(), { status: 'not ready', checks: { database: 'pass', migrations: 'pass', index: 'fail', log: 'fail' } })
  hasIndex = true
  const after = await app.inject('/health/ready')
  t.same([after.statusCode, after.json().status], [200, 'ready'])
})

t.test('every type of problem is a page that explains it; another name is 404', async (t) => {
  const app = await testServer(t)
  await app.register(healthRoutes({ database: pass, migrations: pass, index: pass, log: pass }))
  await app.register(problemPages)
  for (const code of Object.keys(problemKinds) as ProblemCode[]) {
    const page = await app.inject(problemType(code))
    t.same([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8'], code)
    t.ok(page.body.includes(code) && page.body.includes('<h1>') && problemKinds[code].explanation.length > 40, code)
  }
  t.equal((await app.inject('/problems/no-such-thing')).statusCode, 404)
  t.equal((await app.inject('/problems/constructor')).statusCode, 404)
  t.match((await app.inject('/problems/internal')).headers['content-security-policy'], /style-src 'sha256-/)
})

t.test('/docs is served from here: the page, its script and the document', async (t) => {
  const app = await testServer(t)
  await app.register(healthRoutes({ database: pass, migrations: pass, index: pass, log: pass }))
  await app.register(problemPages)
  await app.register(docs)
  const page = await app.inject('/docs/')
  t.equal(page.statusCode, 200)
  const fromElsewhere = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((url) => /^(https?:)?\/\//.test(url))
  t.same(fromElsewhere, [])
  t.match(page.headers['content-security-policy'], /script-src/)
  t.equal((await app.inject('/docs/json')).json().info.title, 'Accord')
  t.equal((await app.inject('/docs/static/swagger-ui-bundle.js')).statusCode, 200)
})
