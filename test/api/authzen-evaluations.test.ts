import fc from 'fast-check'
import t from 'tap'
import { authzenClient, CAMDEN, DENIED, PERMITTED } from '../support/authzen.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// OpenID AuthZEN Authorization API 1.0 on several questions at once (section 7). The numbers are those of the requirements: M is a MUST, S a
// SHOULD, C what certification asks besides.

const service = await testService(t)
const { evaluation, evaluations } = authzenClient(service)
const { subject, action, resource } = PERMITTED
const BAD = { resource: 'none' }
const options = (evaluations_semantic: unknown) => ({ options: { evaluations_semantic } })

type Decision = { readonly decision: boolean; readonly context: Readonly<Record<string, unknown>> }
const answers = async (payload: object): Promise<Decision[]> => {
  const reply = await evaluations(payload)
  t.equal(reply.statusCode, 200, reply.body)
  t.notOk('decision' in reply.json(), 'S2: no decision beside the list')
  return reply.json().evaluations
}
const decisions = async (payload: object) => (await answers(payload)).map(({ decision }) => decision)
const leavesOf = async (call: () => Promise<unknown>) => {
  const before = (await decisionLeaves(service)).length
  await call()
  return (await decisionLeaves(service)).slice(before)
}

t.test('M11, C-3-3: as many answers as questions, in their order, each with a decision of its own', async (t) => {
  const found = await answers({ evaluations: [PERMITTED, DENIED, PERMITTED] })
  t.strictSame(
    found.map(({ decision }) => decision),
    [true, false, true],
  )
  const [id] = String(found[0]?.context['evaluation_id']).split('.')
  t.strictSame(
    found.map(({ context }) => context['evaluation_id']),
    [0, 1, 2].map((index) => `${id}.${index}`),
  )
})

t.test('M8: a part of an item replaces that of the call whole, and what it lacks comes from there', async (t) => {
  t.strictSame(await decisions({ subject, action, resource, evaluations: [{}, { resource: DENIED.resource }] }), [true, false])
  t.strictSame(await decisions({ subject, resource, evaluations: [{ action }, { action: { name: 'read' } }] }), [true, false])
  t.strictSame(await decisions({ ...DENIED, evaluations: [{ resource }] }), [true], 'no member of the resource beside it is mixed in')
  const demanding = { context: { min_revision: 999_999 } }
  t.strictSame(await decisions({ subject, action, ...demanding, evaluations: [{ resource, context: {} }, { resource }] }), [true, false])
})

t.test('C-3-2-7: an entity of an item is complete or absent; an incomplete one of the call fails those that use it alone', async (t) => {
  const { type, ...incomplete } = resource
  t.strictSame(await decisions({ subject, action, resource: { type }, evaluations: [{ resource: incomplete }, { resource }] }), [
    false,
    true,
  ])
})

t.test('M9, C-3-4-2, C-3-4-3: without items it is one question, answered as one', async (t) => {
  for (const more of [{}, { evaluations: [] }, { evaluations: [], ...options('deny_on_first_deny') }]) {
    const [leaf] = await leavesOf(async () => {
      const reply = await evaluations({ ...PERMITTED, ...more })
      t.equal(reply.statusCode, 200)
      t.equal(reply.json().decision, true)
      t.notOk('evaluations' in reply.json())
    })
    t.match(leaf?.leaf, { t: 'adl.access_evaluation', n: 1 })
    const { subject: _, ...without } = PERMITTED
    t.match((await evaluations({ ...without, ...more })).json(), { status: 400, errors: [{ pointer: '/subject' }] })
  }
})

t.test('M10: everything is evaluated where nothing else is said', async (t) => {
  for (const more of [{}, { options: {} }, { options: { future: 1 } }, options('execute_all')])
    t.strictSame(await decisions({ ...more, evaluations: [DENIED, PERMITTED, DENIED] }), [false, true, false])
})

t.test('M10: deny_on_first_deny ends with the first false, permit_on_first_permit with the first true', async (t) => {
  const deny = options('deny_on_first_deny')
  const permit = options('permit_on_first_permit')
  t.strictSame(await decisions({ ...deny, evaluations: [PERMITTED, DENIED, PERMITTED] }), [true, false])
  t.strictSame(await decisions({ ...deny, evaluations: [PERMITTED, PERMITTED] }), [true, true])
  t.strictSame(await decisions({ ...deny, evaluations: [PERMITTED, BAD, PERMITTED] }), [true, false], 'a failure counts as a denial')
  t.strictSame(await decisions({ ...permit, evaluations: [DENIED, PERMITTED, DENIED] }), [false, true])
  t.strictSame(await decisions({ ...permit, evaluations: [DENIED, BAD] }), [false, false])
  t.strictSame(await decisions({ ...deny, evaluations: [DENIED, PERMITTED] }), [false])
})

t.test('pitfall 10: what was not evaluated stands in no record', async (t) => {
  for (const [first, expected] of [
    [DENIED, 1],
    [PERMITTED, 2],
  ] as const) {
    let ids: unknown[] = []
    const [leaf, ...more] = await leavesOf(async () => {
      ids = (await answers({ ...options('deny_on_first_deny'), evaluations: [first, DENIED, PERMITTED] })).map(
        ({ context }) => context['evaluation_id'],
      )
    })
    t.strictSame(more, [])
    t.match(leaf?.leaf, { t: 'adl.access_evaluations', n: expected, d: false })
    t.equal(ids.length, expected)
    for (const id of ids) {
      const headers = await service.as(CAMDEN)
      t.equal((await service.inject({ method: 'GET', url: `/v1/decisions/${id}`, headers })).statusCode, 200)
      t.match((await service.inject({ method: 'GET', url: `/v1/decisions/${id}/replay`, headers })).json(), { same: true, decision_id: id })
    }
  }
})

t.test('M10: any other semantic is a 400, with items and without', async (t) => {
  for (const wrong of ['first', '', null, 5, 'EXECUTE_ALL'])
    for (const asked of [{ evaluations: [PERMITTED] }, PERMITTED])
      t.match((await evaluations({ ...asked, ...options(wrong) })).json(), {
        status: 400,
        errors: [{ pointer: '/options/evaluations_semantic' }],
      })
})

t.test('what is wrong with the call itself is a 400, recorded as one leaf', async (t) => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ evaluations: {} }, '/evaluations'],
    [{ evaluations: 'x' }, '/evaluations'],
    [{ ...PERMITTED, evaluations: null }, '/evaluations'],
    [{ options: [], evaluations: [PERMITTED] }, '/options'],
    [{ options: null, evaluations: [PERMITTED] }, '/options'],
    [{ subject: 'x', evaluations: [PERMITTED] }, '/subject'],
    [{ subject: { id: 5 }, evaluations: [PERMITTED] }, '/subject/id'],
    [{ action: { name: 5 }, evaluations: [PERMITTED] }, '/action/name'],
    [{ resource: [], evaluations: [PERMITTED] }, '/resource'],
    [{ context: 'x', evaluations: [PERMITTED] }, '/context'],
    [{ evaluations: Array.from({ length: 1001 }, () => ({})) }, '/evaluations'],
    [{}, '/subject'],
  ]
  for (const [payload, pointer] of wrong) {
    const [leaf, ...more] = await leavesOf(async () =>
      t.match((await evaluations(payload)).json(), { status: 400, errors: [{ pointer }] }, pointer),
    )
    t.match(leaf?.leaf, { t: 'adl.access_evaluations', n: 0, st: 'Error' })
    t.strictSame(more, [])
  }
  t.equal((await evaluations([])).statusCode, 400)
  t.equal((await evaluations('{')).statusCode, 400)
  t.equal((await evaluations('')).statusCode, 400)
  t.equal((await evaluations({ evaluations: [PERMITTED] }, { 'content-type': 'text/plain' })).statusCode, 400)
})

t.test('M12, M13, C-3-4-1: a bad item is a false with an error, and the others are answered', async (t) => {
  const { subject: _, ...noSubject } = PERMITTED
  const bad: readonly unknown[] = [
    {},
    5,
    null,
    [],
    'x',
    { ...PERMITTED, subject: null },
    { ...PERMITTED, action: { name: 5 } },
    noSubject,
    { ...PERMITTED, action: { ...action, properties: { at: '2031-01-01T00:00:00Z' } } },
    { ...PERMITTED, action: { ...action, properties: { mode: 'AD_HOC', disclosure_decision_id: 'X' } } },
    { ...PERMITTED, action: { ...action, properties: { mode: 'PERHAPS' } } },
    { ...PERMITTED, context: { min_revision: 999_999 } },
  ]
  const [leaf, ...more] = await leavesOf(async () => {
    const found = await answers({ evaluations: [PERMITTED, ...bad, DENIED] })
    t.equal(found.length, bad.length + 2)
    t.equal(found[0]?.decision, true)
    t.notOk('error' in (found[0]?.context ?? {}))
    for (const one of found.slice(1, -1))
      t.match(one, { decision: false, context: { error: { status: Number, message: String }, evaluation_id: String } })
    t.match(found.at(-1), { decision: false, context: { reason: 'DATA_NOT_COVERED' } })
    t.match(
      found.slice(-5, -1).map(({ context }) => (context['error'] as { status: number }).status),
      [400, 422, 400, 503],
    )
  })
  t.strictSame(more, [])
  t.match(leaf?.leaf, { n: bad.length + 2, st: 'Ok', rc: ['INVALID_REQUEST', 'DATA_NOT_COVERED'] })
})

t.test('a single item without a subject anywhere is a 200 with one false', async (t) => {
  t.strictSame(await decisions({ action, evaluations: [{ resource }] }), [false])
  t.strictSame(await decisions({ evaluations: [{}] }), [false])
})

t.test('a bad item is in the record without a word of what was sent, is found by its caller, and is replayed as it was', async (t) => {
  const [leaf] = await leavesOf(() => evaluations({ evaluations: [PERMITTED, { ...PERMITTED, subject: { type: 'Mrs Jones' } }] }))
  t.notMatch(leaf?.body.toString(), /Jones/)
  const headers = await service.as(CAMDEN)
  for (const index of [0, 1])
    t.match((await service.inject({ method: 'GET', url: `/v1/decisions/${leaf?.leaf.id}.${index}/replay`, headers })).json(), {
      same: true,
    })
  const found = (await service.inject({ method: 'GET', url: '/v1/decisions?reason=INVALID_REQUEST&limit=1', headers })).json()
  t.match(found.decisions, [{ decision_id: `${leaf?.leaf.id}.1`, outcome: 'DENY' }])
  t.equal((await service.inject({ method: 'GET', url: '/v1/decisions/export?format=adl', headers })).statusCode, 200)
})

t.test('a one-off decision and a call for one item are what they are by themselves', async (t) => {
  const oneOff = { ...PERMITTED, action: { ...action, properties: { mode: 'AD_HOC', disclosure_decision_id: 'NONE' } } }
  const [found] = await answers({ evaluations: [oneOff] })
  t.match(found, { decision: false, context: { reason: 'ADHOC_DECISION_REQUIRED' } })
  t.notOk('error' in (found?.context ?? {}))
})

t.test('trace and request id name the one record', async (t) => {
  const traceparent = `00-${'b'.repeat(32)}-${'c'.repeat(16)}-01`
  const [leaf] = await leavesOf(async () => {
    const reply = await evaluations({ context: { traceparent }, evaluations: [PERMITTED, DENIED] }, { 'x-request-id': 'batch-1' })
    t.equal(reply.headers['x-request-id'], 'batch-1')
    t.match(reply.headers['accord-receipt'], /index=/)
  })
  t.match(leaf, {
    leaf: { trace: 'b'.repeat(32), n: 2 },
    payload: { references: { request_id: 'batch-1' }, parent_span_id: 'c'.repeat(16) },
  })
})

t.test('pitfalls 3 and 10, M7: random batches with equal ids and different properties are answered as single questions are', async (t) => {
  const question = fc.record({
    subject: fc.constantFrom(subject, { ...subject, id: 'LBC_BARNET' }, { type: 'user', id: subject.id }),
    action: fc.record({
      name: fc.constantFrom(action.name, 'SAFEGUARDING_CHILDREN'),
      properties: fc.record({ method: fc.constantFrom('API_MTLS', 'POST_TRACKED', null), country: fc.constantFrom('GB', 'FR', null) }),
    }),
    resource: fc.record({
      type: fc.constant('data'),
      id: fc.constantFrom(resource.id, 'LBC_CAMDEN'),
      properties: fc.record({
        data_items: fc.constantFrom([], ['IDENTITY.NAME'], ['HEALTH.DIAGNOSIS']),
        data_subjects: fc.constantFrom(['HOMELESS_APPLICANT'], ['CHILD'], null),
      }),
    }),
  })
  const said = ({ decision, context: { reason, reason_user, error } }: Decision) => ({ decision, reason, reason_user, error })
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 12 }), async (questions) => {
      const together = (await answers({ evaluations: questions })).map(said)
      const alone: object[] = []
      for (const one of questions) alone.push(said((await evaluation(one)).json()))
      t.strictSame(together, alone)
    }),
    { numRuns: 12 },
  )
})

t.test('a thousand questions are one call and one record', async (t) => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ resource: index % 5 === 0 ? DENIED.resource : resource }))
  const [leaf, ...more] = await leavesOf(async () => {
    const found = await decisions({ subject, action, evaluations: many })
    t.strictSame(
      found,
      many.map((_, index) => index % 5 !== 0),
    )
  })
  t.strictSame(more, [])
  t.equal(leaf?.leaf.n, 1000)
})
