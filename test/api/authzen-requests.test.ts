import t from 'tap'
import { authzenClient, CAMDEN, DENIED, PERMITTED } from '../support/authzen.ts'
import { type TestCaller, testService } from '../support/service.ts'

// From a denial to a request for the share, as the Access Request and Approval profile of AuthZEN (draft) has it: the room of requests does the
// rest. Asking permits nothing.

/** Goes on by days where a test says so. */
let ahead = 0
const service = await testService(t, { clock: () => new Date(Date.now() + ahead) })
const { evaluation, evaluations } = authzenClient(service)
const OFFICER: TestCaller = { org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] }
const DAY = 86_400_000
const ENDPOINT = 'http://127.0.0.1/access/v1/requests'

const contextOf = async (asked: object, caller = CAMDEN) => (await evaluation(asked, {}, caller)).json().context
const submit = async (payload: object, headers: object = {}, caller = OFFICER) =>
  service.inject({ method: 'POST', url: '/access/v1/requests', headers: { ...(await service.as(caller)), ...headers }, payload })
const read = async (id: string, caller = OFFICER) =>
  service.inject({ method: 'GET', url: `/access/v1/requests/${id}`, headers: await service.as(caller) })
const denied = await contextOf(DENIED)
const denial = { evaluation_id: denied.evaluation_id, expires_at: denied.access_request.expires_at, reason: denied.reason }
const context = { business_justification: 'Families are placed with what is known of their health' }

t.test('a denial that an agreement could change says where to ask and until when; no other answer does', async (t) => {
  t.strictSame(denied.access_request, {
    endpoint: ENDPOINT,
    expires_at: new Date(Date.parse(denied.evaluated_at) + 30 * DAY).toISOString(),
  })
  t.notOk('access_request' in (await contextOf(PERMITTED)))
  for (const [what, asked, caller] of [
    ['a stranger', PERMITTED, { org: 'LBC_ISLINGTON' }],
    ['an unknown organisation', { ...DENIED, subject: { type: 'organisation', id: 'NOBODY' } }, CAMDEN],
    ['an unknown purpose', { ...DENIED, action: { name: 'read' } }, CAMDEN],
    ['oneself', { ...DENIED, subject: { type: 'organisation', id: 'LBC_CAMDEN' } }, CAMDEN],
    ['an incomplete question', { ...DENIED, resource: { type: 'data', id: 'LBC_CAMDEN' } }, CAMDEN],
  ] as const)
    t.notOk('access_request' in (await contextOf(asked, caller)), what)
  const [first, second] = (await evaluations({ evaluations: [DENIED, {}] })).json().evaluations
  t.ok(first.context.access_request)
  t.notOk('access_request' in second.context)
})

t.test('metadata says where requests are submitted', async (t) => {
  t.match((await service.inject({ url: '/.well-known/authzen-configuration' })).json(), {
    access_request_endpoint: ENDPOINT,
    capabilities: ['urn:openid:authzen:capability:access-request'],
  })
})

t.test('a person of a party submits what was denied; it is a request as any other, and its state is the state of the task', async (t) => {
  const reply = await submit(
    { ...DENIED, context, denial, requested_access: { requested_until: '2030-01-01T00:00:00Z' } },
    { 'x-request-id': 'ask-1' },
  )
  t.equal(reply.statusCode, 201, reply.body)
  t.equal(reply.headers['x-request-id'], 'ask-1')
  const { task } = reply.json()
  t.match(reply.json(), { task: { id: String, status: 'pending', status_endpoint: `${ENDPOINT}/${task.id}` } })
  t.equal(reply.headers['location'], task.status_endpoint)
  t.strictSame((await read(task.id)).json(), reply.json())
  const request = await service.inject({ url: `/v1/requests/${task.id}`, headers: await service.as(OFFICER) })
  t.match(request.json(), { decision_id: denied.evaluation_id, status: 'OPEN', why: context.business_justification })
  t.equal((await read(task.id, { org: 'LBC_ISLINGTON', roles: ['IG_OFFICER'] })).statusCode, 404)
  t.equal((await evaluation(DENIED)).json().decision, false, 'it permits nothing')
  const withdrawn = await service.inject({
    method: 'POST',
    url: `/v1/requests/${task.id}/withdrawal`,
    headers: { ...(await service.as(OFFICER)), 'if-match': String(request.headers['etag']) },
    payload: { reason: 'No longer needed' },
  })
  t.equal(withdrawn.statusCode, 200, withdrawn.body)
  t.match((await read(task.id)).json(), { task: { status: 'cancelled' } })
})

t.test('the same key submits once', async (t) => {
  const key = { 'idempotency-key': 'authzen-request-0001' }
  const [first, again] = [await submit({ ...DENIED, context, denial }, key), await submit({ ...DENIED, context, denial }, key)]
  t.strictSame(again.json(), first.json())
})

t.test('a denial binds what was asked, and a machine asks for nobody', async (t) => {
  const wrong: readonly (readonly [string, object, number, string])[] = [
    ['another question', { ...PERMITTED, denial }, 422, '/denial/evaluation_id'],
    ['another last instant', { ...DENIED, denial: { ...denial, expires_at: '2031-01-01T00:00:00Z' } }, 422, '/denial/expires_at'],
    [
      'a decision that is none',
      { ...DENIED, denial: { ...denial, evaluation_id: '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f' } },
      422,
      '/decision_id',
    ],
    ['no denial', DENIED, 400, '/denial'],
  ]
  for (const [what, payload, status, pointer] of wrong) {
    const reply = await submit({ context, ...payload })
    t.equal(reply.statusCode, status, `${what}: ${reply.body}`)
    t.match(reply.json().errors, [{ pointer }], what)
  }
  t.equal((await submit({ ...DENIED, context, denial }, {}, CAMDEN)).statusCode, 403)
  ahead = 31 * DAY
  t.match((await submit({ ...DENIED, context, denial })).json(), {
    status: 422,
    errors: [{ pointer: '/denial/expires_at', code: 'EXPIRED_DENIAL' }],
  })
  ahead = 0
})
