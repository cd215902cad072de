import t from 'tap'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { demoContent, type TestCaller, testService } from '../support/service.ts'

// Impact: what a change that nobody has made would have done to decisions that were made.

const service = await testService(t)
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN' }
const OFFICER: TestCaller = { org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] }
const AUDITOR: TestCaller = { org: 'LBC_BARNET', roles: ['AUDITOR'] }
const post = async (url: string, payload: object, caller: TestCaller) =>
  service.inject({ method: 'POST', url, headers: await service.as(caller), payload })
const impact = (change: object, caller = OFFICER) => post('/v1/impact', { days: 7, change }, caller)

for (let n = 0; n < 3; n++) await post('/v1/decisions', SHARE, CAMDEN)
await post('/v1/decisions', DENIED_SHARE, CAMDEN)
await post('/v1/decisions/simulate', SHARE, CAMDEN)

t.test('a suspension would have denied every live permit under it, and nothing is changed by asking', async (t) => {
  const revision = service.app.services.policy.current().revision
  const reply = await impact({ kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'AGREEMENT' })
  t.equal(reply.statusCode, 200, reply.body)
  t.match(reply.json(), {
    examined: 4,
    newly_denied: 3,
    newly_permitted: 0,
    other_reasons: 1,
    unchanged: 0,
    by_reason: [{ code: 'SUSPENDED', count: 3 }],
    by_party: [{ provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY', newly_denied: 3, newly_permitted: 0 }],
    is_complete: true,
  })
  t.match((await post('/v1/decisions', SHARE, CAMDEN)).json(), { decision: 'PERMIT', policy_revision: revision })
})

t.test('a suspension of one party or one flow is tried in the same way; what is not there is refused', async (t) => {
  t.match((await impact({ kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'PARTY', party: 'LBC_HACKNEY' })).json(), {
    newly_denied: 4,
    by_reason: [{ code: 'PARTY_SUSPENDED' }],
  })
  t.match((await impact({ kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'FLOW', flow: 'F1' })).json(), { newly_denied: 4 })
  t.equal((await impact({ kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'FLOW', flow: 'F99' })).statusCode, 422)
  t.equal((await impact({ kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'PARTY', party: 'LBC_BARNET' })).statusCode, 422)
  t.equal((await impact({ kind: 'DRAFT_VERSION', agreement: 'DEMO-CURL' })).statusCode, 422, 'it has no draft')
})

t.test('a suspension names a party or a flow where its scope says so, and only there', async (t) => {
  const faultOf = async (change: object) => {
    const reply = await impact({ kind: 'SUSPENSION', agreement: 'DEMO-CURL', ...change })
    t.equal(reply.statusCode, 422, reply.body)
    return reply.json().errors.map(({ pointer, detail }: { pointer: string; detail: string }) => `${pointer} ${detail}`)
  }
  t.strictSame(await faultOf({ scope: 'PARTY' }), ['/change/party is required with scope PARTY'])
  t.strictSame(await faultOf({ scope: 'FLOW' }), ['/change/flow is required with scope FLOW'])
  t.strictSame(await faultOf({ scope: 'AGREEMENT', party: 'LBC_HACKNEY' }), ['/change/party is named with scope PARTY only'])
  t.strictSame(await faultOf({ scope: 'PARTY', party: 'LBC_HACKNEY', flow: 'F1' }), ['/change/flow is named with scope FLOW only'])
  t.strictSame(await faultOf({ scope: 'PARTY', party: 'LBC_BARNET' }), ['/change/party is not a party to the agreement'])
})

t.test('a list that does not exist, or that is given twice, is refused and not called harmless', async (t) => {
  const methods = demoContent().lists.find(({ list }) => list === 'METHOD')
  const purposes = demoContent().lists.find(({ list }) => list === 'PURPOSE')
  const pointersOf = async (...lists: readonly unknown[]) => {
    const reply = await impact({ kind: 'CODE_LISTS', lists })
    return [reply.statusCode, (reply.json().errors ?? []).map(({ pointer }: { pointer: string }) => pointer)]
  }
  t.strictSame(await pointersOf({ ...methods, list: 'NOPE' }), [422, ['/change/lists/0/list']])
  t.strictSame(await pointersOf({ ...methods, list: 'method' }), [422, ['/change/lists/0/list']], 'another spelling is another list')
  t.strictSame(await pointersOf(methods, purposes, methods), [422, ['/change/lists/0/list', '/change/lists/2/list']])
  t.strictSame(await pointersOf(methods, purposes), [200, []])
})

t.test('a code list without the purpose would have denied them for it', async (t) => {
  const purposes = demoContent().lists.find(({ list }) => list === 'PURPOSE')
  const entries = purposes?.entries.filter(({ code }) => !code.startsWith('HOMELESSNESS'))
  const reply = await impact({ kind: 'CODE_LISTS', lists: [{ ...purposes, entries }] })
  t.equal(reply.statusCode, 200, reply.body)
  t.match(reply.json(), {
    newly_denied: 4,
    by_reason: [{ code: 'UNKNOWN_CODE', count: 5 }],
    by_reason_gone: [{ code: 'DATA_NOT_COVERED', count: 1 }],
  })
})

t.test('a code list in which the purpose has ended would have denied them for it', async (t) => {
  const purposes = demoContent().lists.find(({ list }) => list === 'PURPOSE')
  const entries = purposes?.entries.map((entry) => ({ ...entry, valid_to: '2020-01-01' }))
  const { newly_denied, by_reason } = (await impact({ kind: 'CODE_LISTS', lists: [{ ...purposes, entries }] })).json()
  t.strictSame({ newly_denied, by_reason }, { newly_denied: 4, by_reason: [{ code: 'UNKNOWN_CODE', count: 5 }] })
})

t.test('an organisation is told of its own decisions only, an auditor of all', async (t) => {
  const change = { kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'AGREEMENT' }
  t.equal((await impact(change, { org: 'LBC_BARNET', roles: ['IG_OFFICER'] })).statusCode, 404, 'it may not know the agreement')
  t.match((await impact(change, AUDITOR)).json(), { examined: 5 })
  t.match((await impact(change, { org: 'LBC_HACKNEY', roles: ['DPO'] })).json(), { examined: 5 })
  t.equal((await impact(change, CAMDEN)).statusCode, 403, 'a machine does not ask')
})
