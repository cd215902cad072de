import type { AddressInfo } from 'node:net'
import t from 'tap'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { sendRaw } from '../support/raw-http.ts'
import { testService } from '../support/service.ts'

t.test('a rate limit counts refused tokens and addresses where nothing is, and never health, metrics or the public log', async (t) => {
  const service = await testService(t, { config: { rateLimitPerMinute: 20, trustedProxies: ['10.1.0.0/16'] } })
  const client = await service.as({ org: 'LBC_CAMDEN' })
  const statuses = async (times: number, url: string, over: object = {}) => {
    const found: number[] = []
    for (let i = 0; i < times; i++) found.push((await service.inject({ url, ...over })).statusCode)
    return found
  }
  const counted = (status: number) => [...Array(20).fill(status), 429, 429]

  t.same(await statuses(22, '/nowhere'), counted(404))
  t.same(await statuses(22, '/v1/agreements', { headers: { authorization: 'Bearer guess' } }), counted(401))
  t.same(await statuses(30, '/health/live'), Array(30).fill(200))
  t.same(await statuses(30, '/metrics'), Array(30).fill(200))
  const [log] = service.app.services.audit.logs
  t.same(await statuses(1, `/log/${log?.name}/vkey`), [200], 'who reads the log is counted apart')
  t.same(
    await statuses(21, '/v1/organisations', { headers: client }),
    [...Array(20).fill(200), 429],
    'a caller with a token has a count of its own',
  )
  const limited = await service.inject({ url: '/nowhere' })
  t.match(limited.json(), { status: 429, code: 'TOO_MANY_REQUESTS' })
  t.match(limited.headers['retry-after'], /^[1-9]\d?$/)

  const from = (remoteAddress: string, forwarded: string) => ({ remoteAddress, headers: { 'x-forwarded-for': forwarded } })
  for (const one of ['192.0.2.1', '192.0.2.2'])
    t.same(await statuses(22, '/nowhere', from('10.1.2.3', one)), counted(404), `${one} behind a proxy`)
  t.same(await statuses(22, '/nowhere', from('203.0.113.9', '192.0.2.3')), counted(404))
  t.same(await statuses(1, '/nowhere', from('203.0.113.9', '192.0.2.4')), [429], 'nobody else is believed')
  t.same(await statuses(1, '/nowhere', from('10.1.2.3', '192.0.2.3')), [404])
  t.same(await statuses(1, '/metrics', from('10.1.2.3', '192.0.2.5')), [404], 'metrics are not for whoever is behind a proxy')
})

t.test('guessing tokens is limited where nothing is configured', async (t) => {
  const service = await testService(t, { config: { refusedTokensPerMinute: 5 } })
  const guess = async () => (await service.inject({ url: '/v1/agreements', headers: { authorization: 'Bearer x' } })).statusCode
  const found: number[] = []
  for (let i = 0; i < 7; i++) found.push(await guess())
  t.same(found, [401, 401, 401, 401, 401, 429, 429])
  const client = await service.as({ org: 'LBC_CAMDEN' })
  t.equal((await service.inject({ url: '/v1/organisations', headers: client })).statusCode, 200, 'who has a token is answered')
})

t.test('neither one caller nor one organisation ever has the places of all', async (t) => {
  const service = await testService(t, { config: { requestsInFlightMax: 20, requestTimeoutSeconds: 60 } })
  await service.app.server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = service.app.server.server.address() as AddressInfo
  const held = (kind: string) => service.app.server.admission.counts().get(kind)
  const decide = async (clientId: string, org = 'LBC_CAMDEN') =>
    fetch(`http://127.0.0.1:${port}/v1/decisions`, {
      method: 'POST',
      headers: { ...(await service.as({ org, clientId, sub: clientId })), 'content-type': 'application/json' },
      body: JSON.stringify(SHARE),
    })
  const slow = async (clientId: string, org = 'LBC_CAMDEN') => {
    const { authorization } = await service.as({ org, clientId, sub: clientId })
    const head = `POST /v1/decisions HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`
    return Array.from({ length: 22 }, () => sendRaw(port, head, { leaveAfterMs: 3_000, resets: true }))
  }
  const first = await slow('one')
  t.ok(await eventually(() => held('all') === 6), 'three tenths')
  t.equal((await decide('two')).status, 200, 'another of the same organisation is answered')
  const second = [...(await slow('three')), ...(await slow('four'))]
  t.ok(await eventually(() => held('all') === 15), 'three quarters for one organisation')
  t.equal((await decide('five', 'LBC_HACKNEY')).status, 200)
  await Promise.all([...first, ...second])
  t.ok(await eventually(() => [...service.app.server.admission.counts().values()].every((count) => count === 0)))
  t.equal((await service.inject({ url: '/health/ready' })).statusCode, 200)
})

t.test('security.txt is served until the day that was named, else half a year ahead, and not where nobody is named', async (t) => {
  let now = new Date()
  const expires = new Date(Math.ceil(now.getTime() / 1000) * 1000 + 60_000)
  const security = { contacts: ['mailto:security@accord.example', 'https://accord.example/report'], expires }
  const named = await testService(t, { config: { security }, clock: () => now })
  const reply = await named.inject({ url: '/.well-known/security.txt' })
  t.match([reply.statusCode, reply.headers['content-type']], [200, 'text/plain; charset=utf-8'])
  t.same(reply.body.split('\n'), [
    'Contact: mailto:security@accord.example',
    'Contact: https://accord.example/report',
    `Expires: ${expires.toISOString().replace('.000Z', 'Z')}`,
    'Canonical: http://127.0.0.1/.well-known/security.txt',
    'Preferred-Languages: en',
    '',
  ])
  now = expires
  t.equal((await named.inject({ url: '/.well-known/security.txt' })).statusCode, 404)
  const undated = { contacts: security.contacts, expires: undefined }
  const always = await testService(t, { config: { security: undated }, clock: () => now })
  for (const at of ['2027-01-01T10:00:00Z', '2028-06-01T10:00:00Z']) {
    now = new Date(at)
    const [, until = ''] = /^Expires: (\S+Z)$/m.exec((await always.inject({ url: '/.well-known/security.txt' })).body) ?? []
    const days = (Date.parse(until) - now.getTime()) / 86_400_000
    t.ok(days > 179 && days <= 180, `${until}: in the future, and less than a year ahead (RFC 9116, 2.5.5)`)
  }
  const unnamed = await testService(t)
  t.equal((await unnamed.inject({ url: '/.well-known/security.txt' })).statusCode, 404)
})
