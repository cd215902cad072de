import t from 'tap'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'
import { authzenClient, CAMDEN } from '../support/authzen.ts'
import { decisionLeaves } from '../support/leaves.ts'
import type { TestCaller } from '../support/service.ts'

// `GET /v1/permissions`: what an organisation may send or receive, as a table. That nothing is missing from it:
// test/unit/decisions/permissions.test.ts.

const desk = await agreementDesk(t)
const { service } = desk
const { search } = authzenClient(service)
const { id } = await inForce(desk, { orgs: ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'] })
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', clientId: 'hackney-client' }
const BARNET: TestCaller = { org: 'LBC_BARNET', clientId: 'barnet-client' }
interface Line {
  readonly [member: string]: unknown
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: string[]
  readonly methods: string[]
  readonly countries: string[]
}

const ask = async (query: Readonly<Record<string, string>>, caller: TestCaller = CAMDEN) =>
  service.inject({ method: 'GET', url: `/v1/permissions?${new URLSearchParams(query)}`, headers: await service.as(caller) })
const found = async (query: Readonly<Record<string, string>>, caller?: TestCaller) => {
  const reply = await ask(query, caller)
  t.equal(reply.statusCode, 200, reply.body)
  return reply.json() as { permissions: Line[]; next_token: string | null; decision_id: string }
}
const leavesOf = async (call: () => Promise<unknown>) => {
  const before = (await decisionLeaves(service)).length
  await call()
  return (await decisionLeaves(service)).slice(before)
}

t.test('every line, asked as it stands over POST /v1/decisions, is a PERMIT by that agreement until the same instant', async (t) => {
  for (const direction of ['SEND', 'RECEIVE']) {
    const { permissions, next_token } = await found({ direction })
    t.equal(next_token, null)
    t.ok(permissions.length > 0)
    for (const { methods, countries, agreement, version, flow, legal, expires_at, ...question } of permissions) {
      t.equal(question[direction === 'SEND' ? 'provider' : 'recipient'], 'LBC_CAMDEN')
      for (const method of methods)
        for (const country of countries) {
          const payload = { ...question, method, country, agreement_ref: agreement, mode: 'SYSTEMATIC' }
          const reply = await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(CAMDEN), payload })
          t.match(reply.json(), { decision: 'PERMIT', agreement: id, version, flow, legal, expires_at }, reply.body)
        }
    }
  }
})

t.test('the lines are what the AuthZEN searches for resources and for subjects find', async (t) => {
  const received = (await found({ direction: 'RECEIVE' }, HACKNEY)).permissions
  const sent = (await found({ direction: 'SEND' })).permissions
  for (const purpose of new Set(received.map((line) => line.purpose))) {
    const lines = (await found({ direction: 'RECEIVE', purpose }, HACKNEY)).permissions
    t.strictSame(
      lines,
      received.filter((line) => line.purpose === purpose),
    )
    const asked = { subject: { type: 'organisation', id: 'LBC_HACKNEY' }, action: { name: purpose }, resource: { type: 'data' } }
    const { results } = (await search('resource', asked, {}, HACKNEY)).json()
    t.strictSame(
      [...new Set(lines.flatMap(({ provider, data_items }) => data_items.map((item) => `${provider}/${item}`)))].toSorted(),
      results.map(({ id: one }: { id: string }) => one),
    )
  }
  const [{ purpose, data_items }] = sent as [Line]
  const resource = { type: 'data', id: `LBC_CAMDEN/${data_items[0]}` }
  const { results } = (await search('subject', { subject: { type: 'organisation' }, action: { name: purpose }, resource })).json()
  const to = sent.filter((line) => line.purpose === purpose && line.data_items.includes(data_items[0] as string))
  t.strictSame(
    [...new Set(to.map(({ recipient }) => recipient))].toSorted(),
    results.map(({ id: one }: { id: string }) => one),
  )
})

t.test('`with` narrows to one body; another organisation is asked about only where the caller shares with it', async (t) => {
  const sent = (await found({ direction: 'SEND', organisation: 'LBC_CAMDEN' })).permissions
  const toHackney = sent.filter(({ recipient }) => recipient === 'LBC_HACKNEY')
  t.ok(toHackney.length > 0 && toHackney.length < sent.length)
  t.strictSame((await found({ direction: 'SEND', with: 'LBC_HACKNEY' })).permissions, toHackney)
  t.strictSame(
    (await found({ direction: 'SEND', organisation: 'LBC_CAMDEN' }, HACKNEY)).permissions,
    toHackney,
    'to whom else Camden sends is not told',
  )
  t.strictSame((await found({ direction: 'SEND', organisation: 'LBC_CAMDEN' }, BARNET)).permissions, [])
  for (const nothing of [{ organisation: 'LBC_ATLANTIS' }, { with: 'LBC_ATLANTIS' }, { purpose: 'NOTHING' }])
    t.strictSame((await found({ direction: 'SEND', ...nothing })).permissions, [])
})

t.test(
  'pages together are the whole; a token of another request, caller or limit, and what does not fit, is a 400 that is recorded',
  async (t) => {
    const all = (await found({ direction: 'SEND' })).permissions
    const seen: Line[] = []
    let next: string | null = null
    do {
      const page: Awaited<ReturnType<typeof found>> = await found({
        direction: 'SEND',
        ...(next === null ? { limit: '1' } : { token: next }),
      })
      seen.push(...page.permissions)
      next = page.next_token
    } while (next !== null)
    t.strictSame(seen, all)
    const token = String((await found({ direction: 'SEND', limit: '1' })).next_token)
    for (const [query, pointer, caller] of [
      [{ direction: 'RECEIVE', token }, '/query/token', CAMDEN],
      [{ direction: 'SEND', with: 'LBC_HACKNEY', token }, '/query/token', CAMDEN],
      [{ direction: 'SEND', token }, '/query/token', HACKNEY],
      [{ direction: 'SEND', token: 'x' }, '/query/token', CAMDEN],
      [{ direction: 'SEND', token, limit: '2' }, '/query/limit', CAMDEN],
      [{ direction: 'SEND', limit: '201' }, '/query/limit', CAMDEN],
      [{ direction: 'BOTH' }, '/query/direction', CAMDEN],
      [{}, '/query/direction', CAMDEN],
    ] as const) {
      const leaves = await leavesOf(async () => {
        const reply = await ask(query, caller)
        t.match({ status: reply.statusCode, ...reply.json() }, { status: 400, decision_id: String, errors: [{ pointer }] }, reply.body)
      })
      t.match(leaves, [{ leaf: { st: 'Error', n: 0 } }])
      t.equal(leaves.length, 1)
    }
    t.equal((await ask({ direction: 'SEND' }, { org: 'LBC_CAMDEN', roles: ['AUDITOR'] })).statusCode, 403)
  },
)

t.test('each call is one record with what was asked and answered, shown to its caller and to who is bound in it', async (t) => {
  for (const [direction, event] of [
    ['SEND', 'adl.search_subject'],
    ['RECEIVE', 'adl.search_resource'],
  ] as const) {
    let sent = {} as Awaited<ReturnType<typeof found>>
    const leaves = await leavesOf(async () => {
      sent = await found({ direction, with: 'LBC_HACKNEY' })
    })
    t.equal(leaves.length, 1)
    const [leaf] = leaves
    t.match(leaf?.leaf, { t: event, st: 'Ok', n: sent.permissions.length, id: sent.decision_id })
    t.strictSame(leaf?.payload['response'], sent)
    t.match(leaf?.payload['request'], { [direction === 'SEND' ? 'recipient' : 'provider']: 'LBC_HACKNEY', mode: 'SYSTEMATIC' })
    const read = async (org: string) =>
      service.inject({
        method: 'GET',
        url: `/v1/decisions/${sent.decision_id}`,
        headers: await service.as({ org, roles: ['DPO'], clientId: null }),
      })
    for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY']) t.equal((await read(org)).statusCode, 200, org)
    t.equal((await read('LBC_BARNET')).statusCode, 404)
  }
  const exported = await service.inject({
    method: 'GET',
    url: '/v1/decisions/export?format=adl&limit=1',
    headers: await service.as({ org: 'LBC_CAMDEN', roles: ['DPO'], clientId: null }),
  })
  t.match(JSON.parse(exported.body.split('\n')[0] ?? ''), { status: 'Ok', body: { 'adl.core.response': { permissions: Array } } })
})

t.test('what was suspended is out of the table at once', async (t) => {
  const person = { org: 'LBC_HACKNEY', role: 'SIRO', sub: 'suspender' } as const
  const stopped = await desk.call(person, 'POST', `/v1/agreements/${id}/suspensions`, {
    ...{ scope: 'PARTY', party: 'LBC_HACKNEY', reason: 'A breach' },
  })
  t.equal(stopped.status, 201)
  const { permissions } = await found({ direction: 'SEND' })
  t.ok(permissions.length > 0)
  t.notOk(permissions.some(({ recipient }) => recipient === 'LBC_HACKNEY'))
})
