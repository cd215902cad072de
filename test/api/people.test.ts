import { connect } from 'node:net'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import type { Role } from '../../src/identity/permissions.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { readAs, withTransactionAs } from '../../src/platform/database/reader.ts'
import { personOf } from '../support/api-caller.ts'
import { SHARE } from '../support/demo-share.ts'
import { testConfig, testService, trustIn } from '../support/service.ts'

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const ROLES_OF_CAMDEN = `/v1/organisations/${CAMDEN}/roles`
const ANN = 'ann'
let now = new Date('2026-11-22T12:00:00.000Z')
const clock = () => now

const service = await testService(t, { clock })
const { issuer, databaseUrl, logKey } = service
const siro = await personOf(service, CAMDEN, ['SIRO'], 'siro')
const admin = await personOf(service, HACKNEY, ['REGISTER_ADMIN'], 'admin')
const owner = await service.database?.openAs('session_user', 2)
/** Two nodes on the same database that believe nobody's word for what a person may. */
const nodes = await Promise.all(
  [1, 2].map(async () => {
    const trust = { ...trustIn(issuer), isAuthoritative: false }
    const node = await buildApp({
      config: testConfig(),
      databaseUrl,
      publicUrl: new URL('http://127.0.0.1'),
      trust,
      logKey,
      clock,
      checkReplies: true,
    })
    t.teardown(() => node.close())
    await node.server.ready()
    return node
  }),
)

async function statusOf(sub: string, claimed: readonly Role[] = [], { org = CAMDEN, path = '/v1/notices' } = {}): Promise<number[]> {
  const bearer = await issuer.sign({ sub, org, roles: claimed, clientId: null }, new Date(), 600)
  const replies = await Promise.all(
    nodes.map(({ server }) => server.inject({ method: 'GET', url: path, headers: { authorization: `Bearer ${bearer}` } })),
  )
  return replies.map(({ statusCode }) => statusCode)
}

const record = (subject: string, role: Role, over: Readonly<Record<string, unknown>> = {}) => ({
  body: { person: { subject }, role, reason: 'Appointed by the chief executive', ...over },
})

t.test('a role counts from its first to its last London day, for this person in this organisation, on every node', async (t) => {
  t.strictSame(await statusOf(ANN, ['SIRO', 'DPO']), [403, 403], 'what a token claims is nothing where its issuer is not authoritative')
  const made = await siro('POST', ROLES_OF_CAMDEN, record(ANN, 'DPO', { from: '2026-11-23', to: '2026-11-24' }))
  t.match(made, {
    status: 201,
    etag: '"2"',
    body: {
      ...{ person: { issuer: issuer.issuer, subject: ANN }, org: CAMDEN, role: 'DPO', from: '2026-11-23', to: '2026-11-24' },
      ...{ ended_at: null, counts: false },
      history: [{ sequence: 1, act: 'record', actor_sub: 'siro', actor_issuer: issuer.issuer, actor_org: CAMDEN, last_day: '2026-11-24' }],
    },
  })
  const counts: readonly (readonly [instant: string, status: number])[] = [
    ['2026-11-22T23:59:59.000Z', 403],
    ['2026-11-23T00:00:00.000Z', 200],
    ['2026-11-24T23:59:59.000Z', 200],
    ['2026-11-25T00:00:00.000Z', 403],
  ]
  for (const [instant, status] of counts) {
    now = new Date(instant)
    t.strictSame(await statusOf(ANN), [status, status], instant)
  }
  now = new Date('2026-11-24T09:00:00.000Z')
  t.strictSame(await statusOf('bob'), [403, 403], 'of nobody else')
  t.strictSame(await statusOf(ANN, [], { org: HACKNEY }), [403, 403], 'in no other organisation')
  t.strictSame(await statusOf(ANN, [], { path: `/v1/agreements?limit=1` }), [200, 200])
  const elsewhere = await siro(
    'POST',
    ROLES_OF_CAMDEN,
    record('bob', 'DPO', { person: { issuer: 'https://other.example', subject: 'bob' } }),
  )
  t.equal(elsewhere.status, 201)
  t.strictSame(await statusOf('bob'), [403, 403], 'the same subject of another issuer is somebody else')
})

t.test('an auditor whose account has a last day reads the log until it is over in London, and nothing after', async (t) => {
  const before = now
  now = new Date('2026-12-01T09:00:00.000Z')
  const made = await admin('POST', ROLES_OF_CAMDEN, record('visiting-auditor', 'AUDITOR', { to: '2026-12-11' }))
  t.match(made, { status: 201, body: { role: 'AUDITOR', to: '2026-12-11', counts: true } })
  const reads = async (instant: string) => {
    now = new Date(instant)
    const paths = ['/v1/decisions?limit=1', '/v1/trail?limit=1', '/v1/agreements?limit=1']
    return Promise.all(paths.map(async (path) => [...new Set(await statusOf('visiting-auditor', [], { path }))].join()))
  }
  t.strictSame(await reads('2026-12-01T09:00:00.000Z'), ['200', '200', '200'])
  t.strictSame(await reads('2026-12-11T23:59:59.000Z'), ['200', '200', '200'], 'the last second of the last day')
  t.strictSame(await reads('2026-12-12T00:00:00.000Z'), ['403', '403', '403'], 'refused from the first second after')
  now = before
})

t.test('ending a role counts at the next request on every node', async (t) => {
  now = new Date('2026-11-26T09:00:00.000Z')
  const made = await siro('POST', ROLES_OF_CAMDEN, record('carol', 'IG_OFFICER'))
  t.equal(made.status, 201, made.text)
  t.strictSame(await statusOf('carol'), [200, 200])
  const end = (body: Readonly<Record<string, unknown>>, ifMatch = '*') =>
    siro('POST', `${ROLES_OF_CAMDEN}/${made.body.id}/end`, { body: { reason: 'Left', ...body }, ifMatch })
  t.equal((await siro('POST', `${ROLES_OF_CAMDEN}/${made.body.id}/end`, { body: { reason: 'Left' } })).status, 428)
  t.equal((await end({}, '"999"')).status, 412)
  t.equal((await end({ last_day: '2026-11-25' })).status, 422, 'no day that is over')
  t.match(await end({ last_day: '2026-11-26' }, made.etag), { status: 200, body: { to: '2026-11-26', ended_at: null, counts: true } })
  t.strictSame(await statusOf('carol'), [200, 200], 'until its last day is over')
  t.equal((await end({ last_day: '2026-11-27' })).status, 422, 'an end is not put off')
  t.match(await end({}), {
    status: 200,
    body: { ended_at: now.toISOString(), counts: false, history: [{}, {}, { act: 'end', sequence: 3 }] },
  })
  t.strictSame(await statusOf('carol'), [403, 403])
  t.equal((await end({})).status, 409)
  t.equal((await siro('POST', ROLES_OF_CAMDEN, record('carol', 'IG_OFFICER'))).status, 201, 'and can be recorded anew')
  t.strictSame(await statusOf('carol'), [200, 200])
})

t.test('a role that ends while a body is on its way does not count for it: neither to break the glass nor for an act', async (t) => {
  const node = nodes[0]
  if (!node) return t.fail('a node')
  const { port } = new URL(await node.server.listen({ host: '127.0.0.1', port: 0 }))
  const head = async (sub: string, path: string, body: string) => {
    const bearer = await issuer.sign({ sub, org: CAMDEN, roles: [], clientId: null }, new Date(), 600)
    const headers = [`authorization: Bearer ${bearer}`, 'content-type: application/json', `content-length: ${body.length}`]
    return [`POST ${path} HTTP/1.1`, 'host: x', 'connection: close', ...headers, '', ''].join('\r\n')
  }
  const ended = async (role: Role, sub: string) => {
    const { body, text } = await siro('POST', ROLES_OF_CAMDEN, record(sub, role))
    return async () =>
      t.equal((await siro('POST', `${ROLES_OF_CAMDEN}/${body.id}/end`, { body: { reason: 'Left' }, ifMatch: '*' })).status, 200, text)
  }
  /** Sends the headers, ends the role, then sends the body. */
  const asRoleEnds = async (sub: string, path: string, body: object, end: () => Promise<unknown>) => {
    const text = JSON.stringify(body)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(await head(sub, path, text))
    await new Promise((passed) => setTimeout(passed, 300))
    await end()
    socket.write(text)
    let reply = ''
    for await (const bytes of socket) reply += bytes
    return reply
  }
  const endDuty = await ended('DUTY_MANAGER', 'gil')
  await ended('IG_OFFICER', 'gil')
  const emergency = { ground: 'PREVENT_SERIOUS_HARM', justification: 'A child is in danger tonight and must be found at once.' }
  const share = { ...SHARE, purpose: 'SAFEGUARDING_CHILDREN', data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'], lawful_basis: '6(1)(d)' }
  const breakGlass = { ...share, mode: 'EMERGENCY', emergency }
  const before = await asRoleEnds('gil', '/v1/decisions', breakGlass, async () => {})
  t.match(before, /"decision":"PERMIT"/, 'while the role lasts')
  t.match(await asRoleEnds('gil', '/v1/decisions', breakGlass, endDuty), /EMERGENCY_JUSTIFICATION_MISSING/)
  const endSiro = await ended('SIRO', 'hal')
  const { body: act } = record('ivy', 'DPO')
  t.match(await asRoleEnds('hal', ROLES_OF_CAMDEN, act, endSiro), /^HTTP\/1.1 403 /)
})

t.test('of a role that is claimed and one that is recorded neither counts where nobody holds both', async (t) => {
  await siro('POST', ROLES_OF_CAMDEN, record('kim', 'DPO'))
  const kim = await personOf(service, CAMDEN, ['SIGNATORY'], 'kim')
  t.match(await kim('GET', '/v1/notices'), { status: 403, body: { detail: /DPO and SIGNATORY/ } })
  const other = await personOf(service, CAMDEN, ['LEGAL'], 'kim')
  t.equal((await other('GET', '/v1/notices')).status, 200)
})

t.test('where the issuer is authoritative what it claims counts, and what is recorded here besides', async (t) => {
  await siro('POST', ROLES_OF_CAMDEN, record('dan', 'AUTHORISED_DISCLOSURE_OFFICER'))
  const dan = await personOf(service, CAMDEN, ['IAO'], 'dan')
  t.equal((await dan('GET', '/v1/notices')).status, 200)
  const none = await personOf(service, CAMDEN, [], 'dan')
  t.equal((await none('GET', '/v1/notices')).status, 200, 'a token need claim nothing')
  const nobody = await personOf(service, CAMDEN, [], 'nobody')
  t.equal((await nobody('GET', '/v1/notices')).status, 401, 'but then something must be recorded')
})

t.test('a machine is what its token says: no role is looked up for it, and a person whose roles cannot be is not let in', async (t) => {
  const ask = async (roles: readonly Role[], clientId: string | null) => {
    const bearer = await issuer.sign({ sub: ANN, org: CAMDEN, roles, clientId }, new Date(), 600)
    const headers = { authorization: `Bearer ${bearer}` }
    return (await service.inject({ method: 'GET', url: '/v1/organisations/MPS', headers })).statusCode
  }
  t.strictSame([await ask(['API_CLIENT'], 'm'), await ask(['DPO'], null)], [200, 200])
  await owner?.pool.query('revoke execute on function roles_held(text, text, text, date) from accord_app')
  t.strictSame([await ask(['API_CLIENT'], 'm'), await ask(['DPO'], null)], [200, 500])
  await owner?.pool.query('grant execute on function roles_held(text, text, text, date) to accord_app')
  t.equal(await ask(['DPO'], null), 200)
})

t.test('who may say who holds which role', async (t) => {
  const leaves = async () =>
    (
      await owner?.pool.query(
        `select convert_from(leaf, 'utf8')::json as leaf from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.idx desc limit 1`,
      )
    )?.rows[0]?.leaf
  t.equal((await siro('POST', `/v1/organisations/${HACKNEY}/roles`, record('eve', 'DPO'))).status, 403, 'nobody for another organisation')
  t.match(await leaves(), { t: 'gov.role.recorded', act: 'record', st: 'Refused' }, 'and that it was tried is recorded')
  t.equal((await admin('POST', ROLES_OF_CAMDEN, record('eve', 'DPO'))).status, 201, 'but for a register administrator')
  t.match(await leaves(), { t: 'gov.role.recorded', act: 'record', org: `urn:accord:organisation:${HACKNEY}` })
  t.equal((await siro('POST', ROLES_OF_CAMDEN, record('siro', 'SIGNATORY'))).status, 403, 'nobody for themselves')
  for (const role of ['REGISTER_ADMIN', 'AUDITOR'] as const) {
    t.equal((await siro('POST', ROLES_OF_CAMDEN, record('fay', role))).status, 403, `${role} is not for one organisation to give`)
    t.equal((await admin('POST', ROLES_OF_CAMDEN, record(`fay-${role}`, role))).status, 201)
  }
  const dpo = await personOf(service, CAMDEN, ['DPO'], 'dpo')
  t.equal((await dpo('POST', ROLES_OF_CAMDEN, record('eve', 'IAO'))).status, 403)
  t.equal((await admin('POST', '/v1/organisations/NOT_THERE/roles', record('eve', 'IAO'))).status, 404)
  t.equal((await admin('POST', ROLES_OF_CAMDEN, record('eve', 'API_CLIENT'))).status, 400, 'a machine is no person')
  const twice = { ...record('gus', 'LEGAL'), key: 'once' }
  const [first, again] = [await siro('POST', ROLES_OF_CAMDEN, twice), await siro('POST', ROLES_OF_CAMDEN, twice)]
  t.strictSame([again.status, again.body], [201, first.body], 'once for a key')
})

t.test('two recordings of one role at the same moment are one', async (t) => {
  const replies = await Promise.all([1, 2, 3].map(() => siro('POST', ROLES_OF_CAMDEN, record('hal', 'LEGAL'))))
  t.strictSame(replies.map(({ status }) => status).toSorted(), [201, 409, 409])
})

t.test('roles are read in their own organisation, by register administrators and by auditors', async (t) => {
  const page = await siro('GET', `${ROLES_OF_CAMDEN}?limit=2`)
  t.match(page, { status: 200, body: { roles: [{ role: 'DPO' }, {}], next_after: String } })
  const rest = await siro('GET', `${ROLES_OF_CAMDEN}?after=${page.body.next_after}`)
  const everything = (await siro('GET', ROLES_OF_CAMDEN)).body.roles
  t.strictSame([...page.body.roles, ...rest.body.roles], everything)
  const on = async (day: string) =>
    (await siro('GET', `${ROLES_OF_CAMDEN}?on=${day}`)).body.roles.map(({ person }: { person: { subject: string } }) => person.subject)
  t.strictSame(await on('2026-11-23'), [ANN])
  t.notOk((await on('2026-11-25')).includes(ANN))
  t.equal((await on('2026-11-26')).filter((subject: string) => subject === 'carol').length, 2, 'one ended on that day, one began')
  t.equal((await on('2026-11-27')).filter((subject: string) => subject === 'carol').length, 1)
  const one = `${ROLES_OF_CAMDEN}/${everything[0].id}`
  const auditor = await personOf(service, HACKNEY, ['AUDITOR'], 'auditor')
  const stranger = await personOf(service, HACKNEY, ['SIRO', 'IG_OFFICER', 'DPO'], 'stranger')
  for (const reader of [siro, admin, auditor]) {
    t.strictSame((await reader('GET', ROLES_OF_CAMDEN)).body.roles, everything)
    t.match(await reader('GET', one), { status: 200, etag: '"2"', body: { history: [{ act: 'record' }] } })
  }
  t.equal((await stranger('GET', ROLES_OF_CAMDEN)).status, 404)
  const missing = await stranger('GET', `${ROLES_OF_CAMDEN}/0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f`)
  t.match([(await stranger('GET', one)).body.detail, missing.status], [missing.body.detail, 404])
  for (const path of [one, one.replace(CAMDEN, HACKNEY)])
    t.equal((await stranger('POST', `${path}/end`, { body: { reason: 'x' }, ifMatch: '*' })).status, 404, 'and nobody else ends one')
  t.equal((await siro('POST', `${one.replace(CAMDEN, HACKNEY)}/end`, { body: { reason: 'x' }, ifMatch: '*' })).status, 404)
})

t.test('the database keeps roles and persons from others by itself, and their history as it was written', async (t) => {
  const { db } = service.app.services
  const seen = (org: string | null) =>
    withTransaction(db, async (tx) => {
      if (org !== null) await readAs(tx, { kind: 'party', org })
      const [roles, persons, acts] = await Promise.all([
        tx.selectFrom('held_role').select('id').execute(),
        tx.selectFrom('person').select('id').execute(),
        tx.selectFrom('held_role_act').select('leaf_id').execute(),
      ])
      return [roles.length > 0, persons.length > 0, acts.length > 0]
    })
  t.strictSame(await seen(CAMDEN), [true, true, true])
  t.strictSame(await seen(HACKNEY), [false, false, false])
  t.strictSame(await seen(null), [false, false, false])
  await t.rejects(
    withTransactionAs(db, { kind: 'party', org: CAMDEN }, async (tx) => {
      await tx.insertInto('person').values({ id: '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f', issuer: 'i', subject: 's' }).execute()
    }),
    /row-level security/,
  )
  for (const statement of [
    'delete from held_role_act',
    `update held_role_act set reason = 'x'`,
    `update held_role set role = 'SIRO'`,
    'update held_role set ended_at = null where ended_at is not null',
  ])
    await t.rejects(Promise.resolve(owner?.pool.query(statement)), { code: '23001' }, statement)
})
