import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TokenTrust } from '../../src/identity/issuers.ts'
import { SHARE } from '../support/demo-share.ts'
import { startTestIssuer, type TestIssuer } from '../support/oidc-issuer.ts'
import { testService } from '../support/service.ts'

// Tokens as two tenants of Microsoft Entra ID send them (version 2.0), and who that is here.

const AUDIENCE = randomUUID()
const [CAMDEN_TENANT, HACKNEY_TENANT] = [randomUUID(), randomUUID()]
const DPO_GROUP = randomUUID()

/** Requests of one caller in a minute: more than the other tests here make. */
const LIMIT = 60

const camden = await startTestIssuer(t, `/${CAMDEN_TENANT}/v2.0`)
const hackney = await startTestIssuer(t, `/${HACKNEY_TENANT}/v2.0`)
const stranger = await startTestIssuer(t, `/${randomUUID()}/v2.0`)
const tenant = ({ issuer }: TestIssuer, id: string, organisation: string): TokenTrust => ({
  ...{ issuer, audience: AUDIENCE, keys: 'DISCOVERED', isAuthoritative: false, entra: { tenant: id, organisation } },
})
const service = await testService(t, {
  register: 'ORGANISATIONS',
  config: { rateLimitPerMinute: LIMIT },
  furtherTrust: [
    tenant(camden, CAMDEN_TENANT, 'LBC_CAMDEN'),
    {
      ...tenant(hackney, HACKNEY_TENANT, 'LBC_HACKNEY'),
      ...{ isAuthoritative: true, rolesBy: { claim: 'groups', codes: new Map([[DPO_GROUP, 'DPO']]) } },
    },
  ],
})

const now = () => Math.floor(Date.now() / 1000)
const COMMON = { ver: '2.0', aud: AUDIENCE, rh: '0.AX0A', uti: 'q3tX1Qf9', aio: 'E2ZgYPiq' }
const times = () => ({ iat: now(), nbf: now(), exp: now() + 3599 })

/** What somebody's access token says: a delegated permission of a client. */
const person = (tid: string, oid: string, over = {}) => ({
  ...{ ...COMMON, ...times(), tid, oid, sub: `pairwise-${oid}`, azp: randomUUID(), azpacr: '1', scp: 'access_as_user' },
  ...{ name: 'Priya Shah', preferred_username: 'priya.shah@camden.example', ...over },
})
/** What a client's own access token says. */
const client = (tid: string, azp: string, oid: string, over = {}) => ({
  ...{ ...COMMON, ...times(), tid, oid, sub: oid, azp, azpacr: '1', ...over },
})
/** What an ID token says. */
const idToken = (tid: string, oid: string, over = {}) => ({
  ...{ ...COMMON, ...times(), tid, oid, sub: `pairwise-${oid}`, name: 'Priya Shah', ...over },
})

const from = (issuer: TestIssuer, claims: object, header = {}) => issuer.sign({ iss: issuer.issuer, ...claims }, header)
const get = async (token: string, url = '/v1/organisations/MPS') =>
  (await service.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } })).statusCode
const post = async (headers: object, url: string, payload: object) =>
  service.inject({ method: 'POST', url, headers: headers as Record<string, string>, payload })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const admin = () => service.as({ org: 'GLA', roles: ['REGISTER_ADMIN'] })
const record = async (issuer: TestIssuer, subject: string, org: string, role: string) =>
  post(await admin(), `/v1/organisations/${org}/roles`, { person: { issuer: issuer.issuer, subject }, role, reason: 'Appointed' })

t.test('a person is the oid of their tenant, has the roles recorded here, and acts for the organisation of the tenant', async (t) => {
  const oid = randomUUID()
  const token = await from(camden, person(CAMDEN_TENANT, oid))
  t.equal(await get(token), 403, 'known, and without a role')
  t.equal((await record(camden, oid, 'LBC_CAMDEN', 'IG_OFFICER')).statusCode, 201)
  t.equal(await get(token), 200)
  t.equal(await get(token, '/v1/organisations/LBC_CAMDEN/roles'), 200)
  t.equal(await get(token, '/v1/organisations/LBC_HACKNEY/roles'), 404, 'of Camden alone')
  t.equal(
    await get(await from(camden, person(CAMDEN_TENANT, randomUUID()))),
    403,
    'a colleague of the same name and address is somebody else',
  )
  t.equal(await get(await from(hackney, person(HACKNEY_TENANT, oid))), 401, 'and so is the same oid in another tenant')
})

t.test(
  'the same subject of another issuer is somebody else: neither told what came of the other one’s call, nor counted with them',
  async (t) => {
    const sub = randomUUID()
    await record(camden, sub, 'LBC_CAMDEN', 'IG_OFFICER')
    const [one, other] = [
      await from(camden, person(CAMDEN_TENANT, sub)),
      await service.token({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'], sub }),
    ]
    const draft = (token: string) =>
      post({ ...bearer(token), 'idempotency-key': 'once' }, '/v1/agreements', {
        title: 'Once',
        instrument_type: 'CONTROLLER_TO_CONTROLLER',
      })
    const made = await draft(one)
    t.equal(made.statusCode, 201, made.body)
    t.equal((await draft(one)).body, made.body, 'the same person is answered as before')
    t.match((await draft(other)).json(), { status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
    const used: number[] = []
    for (let n = 0; n < LIMIT; n += 1) used.push(await get(one))
    t.equal(used.at(-1), 429, 'one of them has used up their minute')
    t.equal(await get(other), 200, 'the other one has not')
  },
)

t.test('groups count where the tenant is authoritative, by the table of the configuration, and nowhere else', async (t) => {
  const oid = randomUUID()
  const groups = [randomUUID(), DPO_GROUP]
  t.equal(await get(await from(hackney, person(HACKNEY_TENANT, oid, { groups })), '/v1/organisations/LBC_HACKNEY/roles'), 200)
  t.equal(await get(await from(hackney, person(HACKNEY_TENANT, oid, { groups: [randomUUID()] }))), 401, 'a group that means nothing here')
  const tooMany = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example/' } } }
  t.equal(await get(await from(hackney, person(HACKNEY_TENANT, oid, tooMany))), 401, 'too many groups to name: none counts')
  t.equal(await get(await from(hackney, person(HACKNEY_TENANT, oid, { roles: ['DPO'] }))), 401, 'a claim that the table does not name')
  t.equal(await get(await from(camden, person(CAMDEN_TENANT, oid, { groups, roles: ['DPO'] }))), 403, 'Camden is not authoritative')
})

t.test('a token of a tenant that is not what it should be is nobody', async (t) => {
  const oid = randomUUID()
  await record(camden, oid, 'LBC_CAMDEN', 'IG_OFFICER')
  const good = person(CAMDEN_TENANT, oid)
  t.equal(await get(await from(camden, good)), 200)
  const bad: Readonly<Record<string, string>> = {
    'of a tenant that is not on the list': await from(stranger, good),
    'of another tenant of the same issuer': await from(camden, { ...good, tid: HACKNEY_TENANT }),
    'without a tenant': await from(camden, { ...good, tid: undefined }),
    'signed by another tenant': await hackney.sign({ ...good, iss: camden.issuer }),
    'for another audience': await from(camden, { ...good, aud: randomUUID() }),
    'without an oid': await from(camden, { ...good, oid: undefined }),
    'with an e-mail address for an oid': await from(camden, { ...good, oid: 'priya.shah@camden.example' }),
    'an ID token': await from(camden, idToken(CAMDEN_TENANT, oid, { nonce: 'n' })),
    'an ID token without a nonce': await from(camden, idToken(CAMDEN_TENANT, oid)),
    'an ID token of a hybrid flow': await from(camden, { ...good, c_hash: 'x' }),
    'of a client that acts as somebody': await from(camden, { ...good, scp: undefined }),
    'of an application that has a scope': await from(camden, { ...good, idtyp: 'app' }),
    'of another type': await from(camden, good, { typ: 'at+jwt' }),
    'without a type': await from(camden, good, { typ: undefined as never }),
    expired: await from(camden, { ...good, iat: now() - 600, nbf: now() - 600, exp: now() - 60 }),
  }
  for (const [what, token] of Object.entries(bad)) t.equal(await get(token), 401, what)
  t.equal(
    await get(await service.token({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] })),
    200,
    'another issuer of the list is believed as before',
  )
})

t.test('a client of a tenant acts for the organisation for which it is registered here, and for nobody before', async (t) => {
  const [azp, oid] = [randomUUID(), randomUUID()]
  const token = await from(camden, client(CAMDEN_TENANT, azp, oid, { idtyp: 'app', roles: ['Decisions.Ask'] }))
  t.equal(await get(token), 401, 'not registered')
  const asked = { issuer: camden.issuer, client_id: azp, organisation: 'LBC_CAMDEN', reason: 'The housing system' }
  const registered = await post(await admin(), '/v1/clients', asked)
  t.match({ status: registered.statusCode, body: registered.json() }, { status: 201, body: { ...asked, revoked_at: null } })
  t.equal((await post(await admin(), '/v1/clients', asked)).statusCode, 200, 'again: nothing changes')
  t.equal(await get(token), 200, 'the same token, at once')
  const decision = await post(bearer(token), '/v1/decisions', SHARE)
  t.match({ status: decision.statusCode, body: decision.json() }, { status: 200, body: { decision: 'DENY' } })
  const other = { ...SHARE, provider: 'LBC_HACKNEY', recipient: 'MPS' }
  t.match(
    (await post(bearer(token), '/v1/decisions', other)).json(),
    { decision: 'DENY', reasons: [{ code: 'CALLER_NOT_PARTY' }] },
    'it asks for its organisation alone',
  )
  t.equal(await get(await from(hackney, client(HACKNEY_TENANT, azp, oid))), 401, 'a client of that name in another tenant')
  const list = await service.inject({ method: 'GET', url: '/v1/clients?limit=1', headers: await admin() })
  t.match(list.json(), { clients: [asked], next_after: null })
  t.equal((await post(await admin(), `/v1/clients/${azp}/revocation`, { reason: 'Its secret leaked' })).statusCode, 201)
  t.equal(await get(token), 401, 'revoked')
  t.equal((await post(bearer(token), '/v1/decisions', SHARE)).statusCode, 401)
  t.match((await post(await admin(), '/v1/clients', asked)).json(), { status: 409, detail: /revoked/ })
})

t.test('what cannot be registered is refused with the reason, and changes nothing', async (t) => {
  const asked = { issuer: camden.issuer, client_id: randomUUID(), organisation: 'LBC_CAMDEN', reason: 'The housing system' }
  const refusedAs = async (over: object) => {
    const { status, errors } = (await post(await admin(), '/v1/clients', { ...asked, ...over })).json()
    return `${status} ${errors?.[0]?.pointer ?? ''}`.trim()
  }
  t.equal(await refusedAs({ issuer: stranger.issuer }), '422 /issuer')
  t.equal(await refusedAs({ organisation: 'NOBODY_HERE' }), '422 /organisation')
  t.equal(await refusedAs({ client_id: ' ' }), '400 /client_id')
  for (const roles of [['SIRO'], ['AUDITOR'], ['API_CLIENT']] as const) {
    const caller = await service.as({ org: 'LBC_CAMDEN', roles: [...roles] })
    t.equal((await post(caller, '/v1/clients', asked)).statusCode, 403, roles[0])
  }
  t.equal((await post(await admin(), '/v1/clients', asked)).statusCode, 201)
  t.equal(await refusedAs({ organisation: 'LBC_HACKNEY' }), '409', 'for another organisation')
  t.equal(await refusedAs({ issuer: hackney.issuer }), '409', 'of another issuer')
})

t.test('whoever signs with keys that nobody knows does not make this service ask the tenant for its keys all the time', async (t) => {
  const oid = randomUUID()
  await record(camden, oid, 'LBC_CAMDEN', 'IG_OFFICER')
  camden.rotateKeys()
  const before = camden.asked.keys
  t.equal(await get(await from(camden, person(CAMDEN_TENANT, oid))), 401, 'the set that was read a moment ago is not read again at once')
  t.equal(camden.asked.keys, before)
})
