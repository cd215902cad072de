import t from 'tap'
import type { Person } from '../support/agreement-desk.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

// Training of the people of an organisation: recorded, renewed, warned of, and where it has ended its person signs nothing.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY'] as const
const server = await mailServer(t)
const desk = await mailDesk(t, server)
const { timers } = desk.service.app.services
const siro: Person = { org: CAMDEN, role: 'SIRO', sub: 'the SIRO' }
const SIGNATORY = 'the signatory'
const signatory: Person = { org: CAMDEN, role: 'SIGNATORY', sub: SIGNATORY }
const at = `/v1/organisations/${CAMDEN}/training`
const COURSE = {
  ...{ person: { subject: SIGNATORY }, course: 'Information governance for leaders', provider: 'Borough academy' },
  ...{ completed_on: '2026-01-23', ends_on: '2027-01-22', is_required: true },
}
const record = (over: object = {}, as = siro) => desk.call(as, 'POST', at, { ...COURSE, ...over })
const warned = async () =>
  (await desk.call(signatory, 'GET', '/v1/notices')).body.notices
    .filter(({ kind }: { readonly kind: string }) => kind === 'TRAINING_ENDS')
    .map((one: { readonly at: string; readonly detail: { readonly due: string } }) => `${one.at.slice(0, 10)}: ${one.detail.due}`)
    .toReversed()
const fireAt = async (instant: string) => {
  desk.at(instant)
  await Promise.all([timers.fireDue(), timers.fireDue()])
}
await desk.holder(CAMDEN, 'SIGNATORY', SIGNATORY, 'signatory@camden.example')

t.test('training is recorded by whoever keeps the roles, of somebody who has one, and read in the organisation alone', async (t) => {
  for (const as of [signatory, { org: CAMDEN, role: 'IG_OFFICER' } as const, { org: HACKNEY, role: 'SIRO' } as const])
    t.match(await record({}, as), { status: 403 })
  await desk.holder(CAMDEN, 'SIRO', 'the SIRO')
  t.match(await record({ person: { subject: 'the SIRO' } }), { status: 403, body: { detail: /their own/ } }, 'not one’s own')
  const wrong = [
    [{ person: { subject: 'a stranger' } }, '/person'],
    [{ completed_on: '2026-11-24' }, '/completed_on'],
    [{ ends_on: '2026-01-23' }, '/ends_on'],
  ] as const
  for (const [over, pointer] of wrong) t.match(await record(over), { status: 422, body: { errors: [{ pointer }] } }, pointer)
  t.match(await record(), { status: 201, body: { course: COURSE.course, counts: true, withdrawn_at: null } })
  t.match((await desk.call(signatory, 'GET', at)).body, { training: [{ ends_on: '2027-01-22' }], next_after: null })
  t.equal((await desk.call({ org: HACKNEY, role: 'SIRO' }, 'GET', at)).status, 404)
  t.match(await desk.call({ org: HACKNEY, role: 'AUDITOR' }, 'GET', at), { status: 200 })
})

t.test('its person is told 60, 30 and 7 days before, once each, and no more once it is renewed', async (t) => {
  await fireAt('2026-11-23T12:00:00.000Z')
  t.strictSame(await warned(), ['2026-11-23: 2027-01-22'])
  await fireAt('2026-12-22T23:00:00.000Z')
  t.strictSame(await warned(), ['2026-11-23: 2027-01-22'], 'not before its day')
  await fireAt('2026-12-23T09:00:00.000Z')
  await fireAt('2027-01-15T09:00:00.000Z')
  t.strictSame(await warned(), ['2026-11-23: 2027-01-22', '2026-12-23: 2027-01-22', '2027-01-15: 2027-01-22'])
  await desk.mailing.run()
  const mail = server.to('signatory@camden.example').find(({ text }) => /Training that/.test(text))
  t.match(mail, { subject: /Your training ends on 22 January 2027/, text: /You cannot sign after that date[\s\S]*\/settings/ })
  t.notMatch(mail?.text, /leaders/, 'the course is not in the mail')
  await record({ course: 'Fire safety', is_required: false, ends_on: '2027-01-20' })
  await fireAt('2027-01-16T09:00:00.000Z')
  t.equal((await warned()).length, 3, 'what is not required is nobody’s to warn of')
})

t.test('where required training has ended its person signs nothing, until it is renewed, or the record withdrawn', async (t) => {
  desk.at('2027-01-22T12:00:00.000Z')
  const sign = async () => {
    const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2027-02-01' })
    const { hash } = await desk.freeze(agreement)
    return desk.sign(agreement.id, CAMDEN, 1, hash, { sub: SIGNATORY })
  }
  t.match(await sign(), { status: 201 }, 'on its last day it counts')
  desk.at('2027-01-23T00:00:00.000Z')
  t.match(await sign(), {
    status: 403,
    body: { detail: /Information governance for leaders.*ended on 22 January 2027/, errors: [{ code: 'TRAINING' }] },
  })
  t.match((await record({ completed_on: '2027-01-23', ends_on: '2028-01-22' })).status, 201)
  t.match(await sign(), { status: 201 }, 'renewed under the same name')
  const { body: wrong } = await record({ course: 'Another one', completed_on: '2026-01-01', ends_on: '2026-06-30' })
  t.match(await sign(), { status: 403 }, 'each required course counts')
  t.match(await desk.call(siro, 'POST', `${at}/${wrong.id}/withdrawal`, { reason: 'Somebody else’s certificate' }), {
    status: 200,
    body: { counts: false, withdraw_reason: 'Somebody else’s certificate' },
  })
  t.match(await desk.call(siro, 'POST', `${at}/${wrong.id}/withdrawal`, { reason: 'Again' }), { status: 409 })
  const own = await record({ person: { subject: 'the SIRO' }, ends_on: '2026-12-31' }, { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' })
  t.equal(own.status, 201, 'a register administrator records it for any')
  t.match(await desk.call(siro, 'POST', `${at}/${own.body.id}/withdrawal`, { reason: 'Mine' }), { status: 403 })
  t.match(await sign(), { status: 201 })
})
