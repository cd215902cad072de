import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { personOf } from '../support/api-caller.ts'
import { testService } from '../support/service.ts'

// Who stands in for whom: named for one role and some days, by those who may, and by nobody for themselves.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const DEPUTIES = `/v1/organisations/${CAMDEN}/deputies`
let now = new Date('2026-08-01T09:00:00.000Z')
const service = await testService(t, { clock: () => now })
const as = (role: Role, name: string, org = CAMDEN) => personOf(service, org, [role], name)
const siro = await as('SIRO', 'siro')
const officer = await as('IG_OFFICER', 'officer')
const signatory = await as('SIGNATORY', 'signatory')
const naming = (over: Readonly<Record<string, unknown>> = {}) => ({
  body: { role: 'SIGNATORY', deputy: { subject: 'ann' }, first: '2026-08-01', last: '2026-08-14', reason: 'On leave', ...over },
})

t.test('whoever holds a role names a deputy for some days, which the organisation reads and a stranger does not', async (t) => {
  const made = await signatory('POST', DEPUTIES, naming())
  t.match(made, {
    status: 201,
    body: {
      org: CAMDEN,
      role: 'SIGNATORY',
      person: { subject: 'signatory' },
      deputy: { subject: 'ann' },
      first: '2026-08-01',
      last: '2026-08-14',
      ended_at: null,
    },
  })
  t.match((await officer('GET', DEPUTIES)).body, { deputies: [{ id: made.body['id'] }], next_after: null })
  t.equal((await (await as('SIRO', 'stranger', HACKNEY))('GET', DEPUTIES)).status, 404)
  t.match((await (await as('AUDITOR', 'auditor', HACKNEY))('GET', DEPUTIES)).body, { deputies: [{ id: made.body['id'] }] })
})

t.test('nobody names a deputy for a role that is not theirs, but for whoever keeps the roles', async (t) => {
  t.equal((await officer('POST', DEPUTIES, naming())).status, 403)
  t.equal(
    (await officer('POST', DEPUTIES, naming({ role: 'IG_OFFICER', person: { subject: 'another' } }))).status,
    403,
    'nor for a colleague',
  )
  t.equal((await siro('POST', DEPUTIES, naming({ person: { subject: 'signatory' } }))).status, 201, 'somebody who is ill names nobody')
  t.equal((await (await as('SIGNATORY', 'elsewhere', HACKNEY))('POST', DEPUTIES, naming())).status, 403)
})

t.test('what cannot be a deputy is refused with its rule and place (WF-3, SD-2, SD-3)', async (t) => {
  await siro('POST', `/v1/organisations/${CAMDEN}/roles`, { body: { person: { subject: 'the-dpo' }, role: 'DPO', reason: 'Appointed' } })
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string, string])[] = [
    ['oneself', { deputy: { subject: 'signatory' } }, '/deputy', 'WF-3'],
    ['days that are over', { first: '2026-07-31' }, '/first', 'WF-3'],
    ['an end before its beginning', { first: '2026-08-10', last: '2026-08-09' }, '/last', 'WF-3'],
    ['more than a year', { last: '2027-08-02' }, '/last', 'WF-3'],
    ['the data protection officer for a signatory', { deputy: { subject: 'the-dpo' } }, '/deputy', 'SD-2'],
  ]
  for (const [name, over, pointer, code] of cases)
    t.match(await signatory('POST', DEPUTIES, naming(over)), { status: 422, body: { errors: [{ pointer, code }] } }, name)
  t.match(await siro('POST', DEPUTIES, naming({ role: 'SIRO', deputy: { subject: 'the-dpo' } })), {
    status: 422,
    body: { errors: [{ code: 'SD-2' }] },
  })
  const later = { person: { subject: 'siro-to-be' }, role: 'SIRO', from: '2026-08-10', reason: 'Appointed' }
  t.equal((await siro('POST', `/v1/organisations/${CAMDEN}/roles`, { body: later })).status, 201)
  const dpo = await as('DPO', 'dpo')
  t.match(
    await dpo('POST', DEPUTIES, naming({ role: 'DPO', deputy: { subject: 'siro-to-be' } })),
    { status: 422, body: { errors: [{ pointer: '/deputy', code: 'SD-2' }] } },
    'who accepts the risk before the last day is over is no deputy of the data protection officer',
  )
})

t.test('a deputy is ended by whoever is stood in for, once; one whose days are over has ended', async (t) => {
  const made = await signatory('POST', DEPUTIES, naming({ deputy: { subject: 'bob' } }))
  const end = `${DEPUTIES}/${String(made.body['id'])}/end`
  const reason = { body: { reason: 'Back early' } }
  t.equal((await officer('POST', end, reason)).status, 403)
  t.equal((await (await as('SIRO', 'stranger', HACKNEY))('POST', end, reason)).status, 404)
  t.match(await signatory('POST', end, reason), { status: 200, body: { ended_at: now.toISOString(), end_reason: 'Back early' } })
  t.equal((await signatory('POST', end, reason)).status, 409)
  now = new Date('2026-08-15T09:00:00.000Z')
  t.match((await officer('GET', DEPUTIES)).body, { deputies: [] })
  t.ok(((await officer('GET', `${DEPUTIES}?past=true`)).body['deputies'] as unknown[]).length >= 2)
})

t.test(
  'whoever stands in for a role that has ended does nothing in it any more, whether it was ended or its last day is over',
  async (t) => {
    const roles = `/v1/organisations/${CAMDEN}/roles`
    const { deputies } = service.app.services
    const standsFor = async (sub: string) =>
      (
        await withTransaction(service.app.services.db, (tx) =>
          deputies.standingInFor(tx, { issuer: service.issuer.issuer, sub, org: CAMDEN }),
        )
      ).map(({ person }) => person.sub)
    const [first, last] = ['2026-08-15', '2026-08-31']
    for (const [person, deputy, over] of [
      ['kept', 'for-kept', {}],
      ['ended', 'for-ended', {}],
      ['short', 'for-short', { to: '2026-08-20' }],
    ] as const) {
      const recorded = await siro('POST', roles, { body: { person: { subject: person }, role: 'IAO', reason: 'Appointed', ...over } })
      t.equal(recorded.status, 201)
      const named = naming({ role: 'IAO', person: { subject: person }, deputy: { subject: deputy }, first, last })
      t.equal((await siro('POST', DEPUTIES, named)).status, 201)
      t.strictSame(await standsFor(deputy), [person])
      if (person === 'ended') {
        const end = { body: { last_day: null, reason: 'Left' }, ifMatch: '*' }
        t.equal((await siro('POST', `${roles}/${String(recorded.body['id'])}/end`, end)).status, 200)
        t.strictSame(await standsFor(deputy), [], 'from the reply on')
      }
    }
    now = new Date('2026-08-20T21:00:00.000Z')
    t.strictSame(await standsFor('for-short'), ['short'], 'its last day is not over in London')
    now = new Date('2026-08-20T23:00:00.000Z')
    t.strictSame([await standsFor('for-short'), await standsFor('for-kept')], [[], ['kept']])
    const listed = (await officer('GET', DEPUTIES)).body['deputies'] as readonly { readonly person: { readonly subject: string } }[]
    t.strictSame(
      listed.map(({ person }) => person.subject),
      ['kept'],
      'and is listed as over',
    )
    const again = { body: { person: { subject: 'ended' }, role: 'IAO', reason: 'Came back' } }
    t.equal((await siro('POST', roles, again)).status, 201)
    t.strictSame(await standsFor('for-ended'), ['ended'], 'a role that is recorded once more goes on')
  },
)
