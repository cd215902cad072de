import type { FastifyPluginAsync } from 'fastify'
import t from 'tap'
import { ProblemError, problem } from '../../src/platform/http/problem.ts'
import { testService } from '../support/service.ts'

// Pages live beside the API in a scope of their own; there is none yet, so a test brings one.

const OFFICER = {
  issuer: 'https://login.example',
  org: 'LBC_CAMDEN',
  roles: ['IG_OFFICER'],
  clientId: null,
  sub: 'urn:test:officer',
} as const

const pages: FastifyPluginAsync = async (app) => {
  app.get('/pages/home', { config: { access: 'public' } }, async (_request, reply) => reply.type('text/html').send('<h1>Home</h1>'))
  app.get('/pages/mine', { config: { access: 'session' } }, async ({ principal }) => `of ${principal?.org}`)
  app.post('/pages/answer', { config: { access: 'public' } }, async ({ body }) => body)
  app.get('/pages/refused', { config: { access: 'public' } }, async () => {
    throw new ProblemError(problem('NOT_FOUND', 'nothing for <you>'))
  })
  app.get('/pages/broken', { config: { access: 'public' } }, async () => {
    throw new Error('a secret of the inside')
  })
}

const service = await testService(t, {
  pages: [pages],
  principalOfSession: async ({ headers }) => (headers.cookie === 'session=officer' ? OFFICER : null),
})
const get = (url: string, headers = {}) => service.inject({ method: 'GET', url, headers })
const send = (type: string, payload: string | Buffer) =>
  service.inject({ method: 'POST', url: '/pages/answer', headers: { 'content-type': type }, payload })
const FORM = 'application/x-www-form-urlencoded'

t.test('a page is sent with a policy under which it loads its own style and sends its forms here alone', async (t) => {
  const home = await get('/pages/home')
  t.equal(home.statusCode, 200)
  t.match(home.headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-[^']+'; .*form-action 'self'$/)
  t.equal(home.headers['cache-control'], 'no-store')
  const api = await get('/health/live')
  t.match(api.headers['content-security-policy'], /form-action 'none'/, 'the API keeps its own')
})

t.test('a page that needs a session is for whoever has one, and a token is none', async (t) => {
  t.equal((await get('/pages/mine', { cookie: 'session=officer' })).body, 'of LBC_CAMDEN')
  for (const headers of [{}, { cookie: 'session=other' }, await service.as({ org: 'LBC_CAMDEN' })]) {
    const refused = await get('/pages/mine', headers)
    t.equal(refused.statusCode, 401)
    t.match(refused.headers['content-type'], /^text\/html/)
  }
  const without = await testService(t, { pages: [pages] })
  t.equal((await without.inject({ method: 'GET', url: '/pages/mine', headers: { cookie: 'session=officer' } })).statusCode, 401)
})

t.test('a page reads forms and nothing else, the API no form', async (t) => {
  const sent = await send(FORM, 'name=A+B%20%C3%A9&box=1&box=2&empty=&__proto__=x')
  t.same(JSON.parse(sent.body), JSON.parse('{"name":"A B é","box":["1","2"],"empty":"","__proto__":"x"}'))
  t.equal((await send('application/json', '{}')).statusCode, 415)
  const decision = { method: 'POST', url: '/v1/decisions', payload: 'a=b' } as const
  const headers = { ...(await service.as({ org: 'LBC_CAMDEN' })), 'content-type': FORM }
  t.match(await service.inject({ ...decision, headers }), { statusCode: 415, headers: { 'content-type': /problem\+json/ } })
})

t.test('a form whose bytes are no UTF-8, or that has too many fields, is refused', async (t) => {
  for (const payload of [Buffer.from([0x61, 0x3d, 0xff]), 'a=%FF', 'a=%', 'a=1&'.repeat(1001)]) {
    t.equal((await send(FORM, payload)).statusCode, 400, String(payload).slice(0, 10))
  }
})

t.test('what a page refuses is a page with the status, which repeats nothing as HTML and tells no secret', async (t) => {
  const refused = await get('/pages/refused')
  t.equal(refused.statusCode, 404)
  t.match(refused.headers['content-type'], 'text/html; charset=utf-8')
  t.match(refused.body, /<title>There is nothing here - Accord<\/title>/)
  t.match(refused.body, 'nothing for &lt;you&gt;')
  const broken = await get('/pages/broken')
  t.equal(broken.statusCode, 500)
  t.notMatch(broken.body, 'secret')
  t.match(broken.body, String(broken.headers['x-request-id']))
})
