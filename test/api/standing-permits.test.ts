import t from 'tap'
import { STANDING_STATEMENT, standingFlow } from '../../src/agreements/model/standing-permit.ts'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'
import { aFrozenAgreement, aSignature } from '../support/builders/draft.ts'

// Which flows may stand in a signed manifest: docs/decisions/0034-manifests.md.

const desk = await agreementDesk(t)
const ANY_STATE = { 'if-match': '*' }
const SIRO: Person = { org: 'LBC_CAMDEN', role: 'SIRO' }
const { id } = await inForce(desk)
const allow = (person: Person, body: object = {}, agreement = id) =>
  desk.call(person, 'POST', `/v1/agreements/${agreement}/standing-permits`, {
    ...{ flow: 'F1', hours: 12, statement: STANDING_STATEMENT },
    ...body,
  })
/** What an organisation was told about standing permits, newest first. */
const toldOf = async (org: string) => {
  const { body } = await desk.call({ org, role: 'DPO' }, 'GET', '/v1/notices')
  return body.notices.filter(({ kind }: { kind: string }) => kind.startsWith('STANDING_'))
}
const listed = async (agreement = id, org = 'LBC_HACKNEY') =>
  (await desk.call({ org, role: 'DPO' }, 'GET', `/v1/agreements/${agreement}/standing-permits`)).body.standing_permits

t.test('only the SIRO of a provider lets a flow of the version in force stand, with the delay that they accept', async (t) => {
  t.equal((await allow({ org: 'LBC_CAMDEN', role: 'DPO' })).status, 403)
  t.match(await allow(SIRO, { statement: 'Fine' }), { status: 400, body: { errors: [{ pointer: '/statement' }] } })
  for (const hours of [0, 25, 1.5]) t.match(await allow(SIRO, { hours }), { status: 400, body: { errors: [{ pointer: '/hours' }] } })
  t.match(await allow(SIRO, { flow: 'F9' }), { status: 422, body: { errors: [{ pointer: '/flow', code: 'UNKNOWN_FLOW' }] } })
  t.equal((await allow({ org: 'LBC_BARNET', role: 'SIRO' })).status, 404, 'a stranger does not learn that there is one')
  t.strictSame(await listed(), [], 'what is refused changes nothing')

  const made = await allow(SIRO, { reason: 'The nightly feed' })
  t.match(made, {
    status: 201,
    body: { agreement: id, flow: 'F1', provider: 'LBC_CAMDEN', version: 1, hours: 12, statement: STANDING_STATEMENT, state: 'COUNTS' },
  })
  t.strictSame(await listed(), [made.body], 'every party reads it')
  t.equal((await desk.call({ org: 'LBC_BARNET', role: 'DPO' }, 'GET', `/v1/agreements/${id}/standing-permits`)).status, 404)
  t.match(await allow(SIRO), { status: 409, body: { errors: [{ pointer: '/flow', code: 'STANDS' }] } }, 'it stands once')
  const detail = { standing_permit: made.body.id, flow: 'F1', hours: 12, by: 'LBC_CAMDEN' }
  for (const org of ['LBC_HACKNEY', 'LBC_ISLINGTON'])
    t.strictSame(
      (await toldOf(org)).map(({ kind, agreement, detail }: Record<string, unknown>) => ({ kind, agreement, detail })),
      [{ kind: 'STANDING_ALLOWED', agreement: id, detail }],
      'the other parties are told, once, without the reason',
    )
  for (const org of ['LBC_CAMDEN', 'LBC_BARNET']) t.strictSame(await toldOf(org), [])
  t.match((await desk.leaves(id)).slice(-2), [
    { act: 'allow_standing', refused: false },
    { act: 'allow_standing', refused: true },
  ])
})

t.test('whoever may suspend for the provider ends it, once; another provider of the flow does not', async (t) => {
  const [{ id: permit }] = await listed()
  const end = (person: Person, named = permit) =>
    desk.call(person, 'POST', `/v1/agreements/${id}/standing-permits/${named}/end`, { reason: 'The feed was moved' })
  t.equal((await end({ org: 'LBC_HACKNEY', role: 'SIRO' })).status, 403)
  t.equal((await end({ org: 'LBC_CAMDEN', role: 'REQUESTER' })).status, 403)
  t.equal((await end(SIRO, '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f')).status, 404)
  t.match(await end({ org: 'LBC_CAMDEN', role: 'DPO' }), { status: 200, body: { state: 'ENDED', end_reason: 'The feed was moved' } })
  t.match(await end(SIRO), { status: 409 })
  t.match((await toldOf('LBC_HACKNEY'))[0], { kind: 'STANDING_ENDED', detail: { standing_permit: permit, flow: 'F1', hours: 12 } })
  t.match(await listed(), [{ id: permit, state: 'ENDED' }], 'it stays to be read')
  t.equal((await allow(SIRO)).status, 201, 'it may be allowed anew')
})

t.test('it is for exactly this text of the flow: in a version with another one it counts no more until it is allowed anew', async (t) => {
  const officer: Person = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' }
  const draft = await desk.call(
    officer,
    'POST',
    `/v1/agreements/${id}/amendments`,
    { reason: 'Less', effective_from: '2026-12-01' },
    ANY_STATE,
  )
  t.equal(draft.status, 201)
  const { body: read } = await desk.call(officer, 'GET', `/v1/agreements/${id}`)
  const stored = read.versions.find((one: { version: number }) => one.version === 2).terms.flows[0]
  const put = await desk.call(officer, 'PUT', `/v1/agreements/${id}/draft/flows`, { flows: [{ ...stored, retention_days: 7 }] }, ANY_STATE)
  t.equal(put.status, 200, put.text)
  const { hash } = await desk.freeze({ id, owner_org: 'LBC_CAMDEN' })
  for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']) t.equal((await desk.sign(id, org, 2, hash)).status, 201)
  t.match((await listed()).at(-1), { version: 1, state: 'COUNTS' }, 'until the new version begins')
  desk.at('2026-12-01T09:00:00Z')
  t.match((await listed()).at(-1), { version: 1, state: 'FLOW_CHANGED' })
  t.match(await allow(SIRO, { hours: 2 }), { status: 201, body: { version: 2, state: 'COUNTS' } })
  t.match(
    (await listed()).map(({ state }: { state: string }) => state),
    ['ENDED', 'ENDED', 'COUNTS'],
  )
})

t.test('none stands where the agreement is not in force, for a processor, or where permits count at their own instant only', async (t) => {
  const later = await inForce(desk, { orgs: ['LBC_CAMDEN', 'LBC_HACKNEY'], effectiveFrom: '2027-06-01' })
  t.match(await allow(SIRO, {}, later.id), { status: 409, body: { errors: [{ code: 'STATE' }] } })

  const orgs = ['LBC_CAMDEN', 'LBC_HACKNEY']
  const signed = aFrozenAgreement({ orgs, status: 'ACTIVE', effectiveFrom: '2026-11-01', signatures: orgs.map((org) => aSignature(org)) })
  const asked = { flow: 'F1', org: 'LBC_CAMDEN', at: Date.parse('2026-11-23T12:00:00Z'), boroughs: new Set<string>() }
  const found = (restricted: readonly string[], agreement = signed) => {
    const result = standingFlow(agreement, { ...asked, restrictedPurposes: new Set(restricted) })
    return result.ok ? result.value.flow.id : result.refusal.errors[0]?.code
  }
  t.equal(found([]), 'F1')
  t.equal(found(['HOMELESSNES']), 'F1', 'another purpose, whose code begins alike')
  t.equal(found(['HOMELESSNESS']), 'OB-3')
  const parties = signed.parties.map((party) => (party.org === 'LBC_CAMDEN' ? { ...party, role: 'PROCESSOR' } : party))
  t.equal(found([], { ...signed, parties }), 'PARTY')
})
