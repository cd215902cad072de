import type { AddressInfo } from 'node:net'
import t from 'tap'
import { placesFor, resize, type Ticket, take } from '../../src/platform/http/places.ts'
import { authzenClient, PERMITTED } from '../support/authzen.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { decisionLeaves, governanceLeaves } from '../support/leaves.ts'
import { sendRaw } from '../support/raw-http.ts'
import { type TestCaller, testService } from '../support/service.ts'

// How much of the service one API client may take, where somebody said so (issue 19, 6).

const service = await testService(t, { config: { rateLimitPerMinute: 40, requestsInFlightMax: 20, requestTimeoutSeconds: 60 } })
const client = (clientId: string): TestCaller => ({ org: 'LBC_CAMDEN', clientId, sub: clientId })
const ADMIN: TestCaller = { org: 'GLA', roles: ['REGISTER_ADMIN'], clientId: null }
const limit = async (clientId: string, limits: object, caller = ADMIN) =>
  service.inject({
    method: 'PUT',
    url: `/v1/clients/${clientId}/limits`,
    headers: await service.as(caller),
    payload: { reason: 'A test system', ...limits },
  })
const limitsOf = async (clientId: string) =>
  (await service.inject({ url: `/v1/clients/${clientId}/limits`, headers: await service.as({ ...ADMIN, sub: 'reader' }) })).json()
const calls = async (clientId: string, times: number) => {
  const headers = await service.as(client(clientId))
  const found: number[] = []
  for (let n = 0; n < times; n += 1) found.push((await service.inject({ url: '/v1/organisations?limit=1', headers })).statusCode)
  return found
}
const refusedIn = (statuses: readonly number[]) => statuses.filter((status) => status === 429).length

t.test(
  'only a register administrator limits a client; the limits stand in the log, and what is out of bounds changes nothing',
  async (t) => {
    t.equal((await limit('one', { batch_items_max: 5 }, { ...ADMIN, roles: ['SIRO'] })).statusCode, 403)
    for (const [over, pointer] of [
      [{ requests_per_minute: 0 }, '/requests_per_minute'],
      [{ batch_items_max: 1_001 }, '/batch_items_max'],
      [{ share_percent: 101 }, '/share_percent'],
      [{ reason: ' ' }, '/reason'],
    ] as const) {
      const refused = await limit('one', over)
      t.match(refused.json(), { status: 400, errors: [{ pointer }] })
    }
    t.match(await limitsOf('one'), { requests_per_minute: null, batch_items_max: null, share_percent: null })
    const set = await limit('one', { batch_items_max: 5 })
    t.match(set.json(), { client_id: 'one', requests_per_minute: null, batch_items_max: 5, share_percent: null }, set.body)
    t.match(await limitsOf('one'), set.json())
    const [leaf, ...more] = await governanceLeaves(service, 'gov.client.limited')
    t.equal(more.length, 0, 'once, for what was done')
    t.match(leaf?.payload, { client_id: 'one', batch_items_max: 5, reason: 'A test system' })
  },
)

t.test('a client with a limit of its own is counted by it, whether it is less or more than that of every caller', async (t) => {
  await limit('slow', { requests_per_minute: 3 })
  await limit('fast', { requests_per_minute: 60 })
  t.same(await calls('slow', 5), [200, 200, 200, 429, 429])
  t.equal(refusedIn(await calls('usual', 42)), 2)
  t.equal(refusedIn(await calls('fast', 62)), 2)
  await limit('slow', {})
  t.same(await calls('slow', 1), [200], 'what is no longer limited is as every caller')
})

t.test('a call with more questions than its client may ask is a 413 that records nothing, natively and over AuthZEN', async (t) => {
  await limit('small', { batch_items_max: 2 })
  const { evaluations } = authzenClient(service)
  const ask = async (count: number, clientId = 'small') => [
    await service.inject({
      method: 'POST',
      url: '/v1/decisions/batch',
      headers: await service.as(client(clientId)),
      payload: { evaluations: Array(count).fill(SHARE) },
    }),
    await evaluations({ ...PERMITTED, evaluations: Array(count).fill({}) }, {}, client(clientId)),
  ]
  t.same(
    (await ask(2)).map(({ statusCode }) => statusCode),
    [200, 200],
  )
  const before = (await decisionLeaves(service)).length
  for (const refused of await ask(3)) t.match(refused.json(), { status: 413, code: 'PAYLOAD_TOO_LARGE', detail: /2 questions/ })
  t.equal((await decisionLeaves(service)).length, before)
  t.same(
    (await ask(3, 'other')).map(({ statusCode }) => statusCode),
    [200, 200],
  )
})

t.test('a share that is set anew holds for the calls that come, and takes nothing from those that are at work', async (t) => {
  const ticket = (): Ticket => ({ work: 'DECISION', waitingSince: undefined, in: new Set(), cut: () => {} })
  const places = placesFor(3)
  for (let n = 0; n < 3; n += 1) t.ok(take(ticket(), [places], 0))
  resize(places, 1)
  t.equal(places.held.size, 3)
  t.notOk(take(ticket(), [places], 0))
  resize(places, 4)
  t.ok(take(ticket(), [places], 0))
})

t.test('a client has no more than its share of what is answered at once', async (t) => {
  await limit('greedy', { share_percent: 10 })
  await service.app.server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = service.app.server.server.address() as AddressInfo
  const { authorization } = await service.as(client('greedy'))
  const head = `POST /v1/decisions HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`
  const slow = Array.from({ length: 6 }, () => sendRaw(port, head, { leaveAfterMs: 2_000, resets: true }))
  const held = () => service.app.server.admission.counts().get('all')
  t.ok(await eventually(() => held() === 2), 'a tenth of twenty')
  await Promise.all(slow)
  t.ok(await eventually(() => held() === 0))
})
