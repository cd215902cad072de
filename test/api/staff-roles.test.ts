import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TokenTrust } from '../../src/identity/issuers.ts'
import { personOf } from '../support/api-caller.ts'
import { SHARE } from '../support/demo-share.ts'
import { governanceLeaves } from '../support/leaves.ts'
import { startTestIssuer, type TestIssuer } from '../support/oidc-issuer.ts'
import { testService } from '../support/service.ts'

// All signed-in staff of an organisation as practitioners: who that is, from when to when, and what it never gives.

const AUDIENCE = randomUUID()
const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY'] as const
const TENANT = randomUUID()
const STAFF_ROLES = `/v1/organisations/${CAMDEN}/staff-roles`
let now = new Date('2026-11-30T09:00:00.000Z')

const tenant = await startTestIssuer(t, `/${TENANT}/v2.0`)
const own = await startTestIssuer(t, '/own')
const anybody = await startTestIssuer(t, '/anybody')
const trusted = ({ issuer }: TestIssuer): TokenTrust => ({ issuer, audience: AUDIENCE, keys: 'DISCOVERED', isAuthoritative: false })
const service = await testService(t, {
  register: 'ORGANISATIONS',
  clock: () => now,
  furtherTrust: [
    { ...trusted(tenant), entra: { tenant: TENANT, organisation: CAMDEN } },
    { ...trusted(own), organisation: CAMDEN },
    trusted(anybody),
  ],
})
const siro = await personOf(service, CAMDEN, ['SIRO'], 'siro')

const seconds = () => Math.floor(Date.now() / 1000)
const times = () => ({ iat: seconds(), exp: seconds() + 3599 })
const entra = (oid: string, over = {}) =>
  tenant.sign({
    iss: tenant.issuer,
    ...times(),
    aud: AUDIENCE,
    ver: '2.0',
    tid: TENANT,
    oid,
    sub: `p-${oid}`,
    azp: 'app',
    scp: 'user',
    ...over,
  })
const plain = (issuer: TestIssuer, claims: object) =>
  issuer.sign({ iss: issuer.issuer, ...times(), aud: AUDIENCE, ...claims }, { typ: 'at+jwt' })
const asks = async (token: string, url = '/v1/decisions/simulate') =>
  service.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}` }, payload: { ...SHARE } })
const reads = async (token: string, url: string) =>
  (await service.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } })).statusCode
const isPractitioner = async (token: string) => (await asks(token)).statusCode === 200
const give = (body: object) => siro('POST', STAFF_ROLES, { body: { reason: 'Agreed by the board', ...body } })
const end = (id: string, body: object = {}) => siro('POST', `${STAFF_ROLES}/${id}/end`, { body: { reason: 'The pilot is over', ...body } })

t.test('from its first day to its last whoever signs in as staff and has no other role asks, and does nothing else', async (t) => {
  const [person, ofIssuer] = [await entra(randomUUID()), await plain(own, { sub: 'ann' })]
  t.notOk(await isPractitioner(person), 'not before it is given')
  const given = await give({ from: '2026-12-01', to: '2026-12-02' })
  t.match(given, { status: 201, body: { org: CAMDEN, from: '2026-12-01', to: '2026-12-02', counts: false, ended_at: null } })
  for (const [instant, counts] of [
    ['2026-11-30T23:59:59.000Z', false],
    ['2026-12-01T00:00:00.000Z', true],
    ['2026-12-02T23:59:59.000Z', true],
    ['2026-12-03T00:00:00.000Z', false],
  ] as const) {
    now = new Date(instant)
    for (const token of [person, ofIssuer]) t.equal(await isPractitioner(token), counts, instant)
  }
  now = new Date('2026-12-02T09:00:00.000Z')
  for (const path of [
    '/v1/agreements',
    '/v1/notices',
    `/v1/organisations/${CAMDEN}/roles`,
    '/v1/disclosures',
    '/v1/emergencies',
    STAFF_ROLES,
  ])
    t.equal(await reads(person, path), 403, path)
  t.equal((await asks(person, '/v1/decisions')).statusCode, 403, 'and decides nothing')
  const { decision_id } = (await asks(person)).json()
  t.equal(await reads(person, `/v1/decisions/${decision_id}`), 200, 'their own answer')
  t.equal(await reads(await entra(randomUUID()), `/v1/decisions/${decision_id}`), 404, 'not that of a colleague')
})

t.test('it is nobody’s whom no issuer of the organisation knows, no machine’s, and never besides another role', async (t) => {
  const id = String((await siro('GET', STAFF_ROLES)).body.staff_roles[0].id)
  const claims = await plain(anybody, { sub: 'ann', org: CAMDEN })
  t.notOk(await isPractitioner(claims), 'an issuer that may name any organisation')
  t.notOk(await isPractitioner(await plain(own, { sub: 'ann', org: HACKNEY })), 'of another organisation than the issuer is of')
  const machine = await entra(randomUUID(), { scp: undefined, idtyp: 'app' })
  t.equal((await asks(machine)).statusCode, 401, 'a client that nobody registered')
  const oid = randomUUID()
  const admin = await personOf(service, 'GLA', ['REGISTER_ADMIN'], 'admin')
  const role = { person: { issuer: tenant.issuer, subject: oid }, role: 'REGISTER_ADMIN', reason: 'Appointed' }
  t.equal((await admin('POST', `/v1/organisations/${CAMDEN}/roles`, { body: role })).status, 201)
  t.equal((await asks(await entra(oid))).statusCode, 403, 'whoever has another role has that one alone')
  t.equal(await reads(await entra(oid), '/v1/clients'), 200)
  const named = await service.token({ org: CAMDEN, roles: [], clientId: null, sub: 'ida' })
  t.ok(await isPractitioner(named), 'an issuer whose word counts for roles says who is staff')
  t.match(await end(id), { status: 200, body: { counts: false, ended_at: now.toISOString(), end_reason: 'The pilot is over' } })
  t.equal((await asks(named)).statusCode, 401, 'ended: nobody from the next request on')
  t.equal((await asks(await entra(randomUUID()))).statusCode, 403)
  t.match(await end(id), { status: 409 })
})

t.test('it is given by whoever keeps the roles of the organisation, once for the same days, and each act has its leaf', async (t) => {
  for (const roles of [['IG_OFFICER'], ['DPO'], ['AUDITOR']] as const)
    t.equal((await (await personOf(service, CAMDEN, roles))('POST', STAFF_ROLES, { body: { reason: 'x' } })).status, 403, roles[0])
  const hackney = await personOf(service, HACKNEY, ['SIRO'])
  t.equal((await hackney('POST', STAFF_ROLES, { body: { reason: 'x' } })).status, 403)
  t.equal((await hackney('GET', STAFF_ROLES)).status, 404)
  const admin = await personOf(service, 'GLA', ['REGISTER_ADMIN'], 'admin')
  t.equal((await admin('POST', '/v1/organisations/NOWHERE/staff-roles', { body: { reason: 'x' } })).status, 404)
  for (const [body, status, pointer] of [
    [{ from: '2026-12-01' }, 422, '/from'],
    [{ from: '2026-12-05', to: '2026-12-04' }, 422, '/to'],
    [{ reason: ' ' }, 400, '/reason'],
    [{ role: 'SIRO' }, 400, ''],
  ] as const)
    t.match(await give(body), { status, body: { errors: [pointer === '' ? {} : { pointer }] } }, JSON.stringify(body))
  const first = await give({ to: '2026-12-10' })
  t.equal(first.status, 201)
  t.equal((await give({ from: '2026-12-10' })).status, 409, 'for one of these days already')
  const second = await give({ from: '2026-12-11' })
  t.equal(second.status, 201)
  t.match(await end(second.body.id, { last_day: '2026-12-10' }), { status: 422, body: { errors: [{ pointer: '/last_day' }] } })
  t.equal((await hackney('POST', `${STAFF_ROLES}/${second.body.id}/end`, { body: { reason: 'x' } })).status, 404)
  t.match(await end(second.body.id, { last_day: '2026-12-12' }), { status: 200, body: { to: '2026-12-12', ended_at: null } })
  t.match((await siro('GET', STAFF_ROLES)).body, { staff_roles: [{ to: '2026-12-12' }, { to: '2026-12-10', counts: true }, {}] })
  const leaves = await governanceLeaves(service, 'gov.staff_role.')
  t.match(
    leaves.filter(({ leaf }) => leaf.t === 'gov.staff_role.given' && leaf.st !== 'Refused').map(({ payload }) => payload),
    [{ detail: { org: CAMDEN, role: 'PRACTITIONER', reason: 'Agreed by the board' } }, {}, {}],
  )
  t.ok(leaves.some(({ leaf }) => leaf.t === 'gov.staff_role.ended'))
  t.equal((await give({ to: '2026-12-31' })).status, 409)
})
