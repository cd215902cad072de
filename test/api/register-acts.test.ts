import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { UNREAD_BY_DECISIONS } from '../../src/parties/organisation.ts'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'

const ADMIN: Person = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' }
const CAMDEN: Person = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' }
const ANY = { 'if-match': '*' }
/** Whoever waits for a lock in this database. */
const WAITING = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
const DESCRIBED = {
  ...{ legal_name: 'Council of the New Borough', short_name: 'New Borough', type: 'LONDON_BOROUGH', gss: null, ods: null },
  ...{
    ico_registration_no: null,
    public_authority: true,
    competent_authority: 'NONE',
    health_or_social_care_authority: false,
    aliases: [],
  },
}

t.test('acts on the register of organisations', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const owner = await desk.service.database?.openAs('session_user', 3)
  const pool = owner?.pool
  if (!pool) throw new Error('no database')
  const read = (code: string) => call(CAMDEN, 'GET', `/v1/organisations/${code}`)
  const historyOf = async (code: string) =>
    (await call(ADMIN, 'GET', `/v1/organisations/${code}/history`)).body.acts as { act: string; detail: object }[]
  const succeed = (code: string, body: object, headers: Record<string, string> = {}) =>
    call(ADMIN, 'POST', `/v1/organisations/${code}/succession`, { reason: 'Reorganisation', ...body }, headers)
  const proposed = async (legal_name: string) =>
    String((await call(CAMDEN, 'POST', '/v1/organisations', { organisation: { legal_name, type: 'GP_PRACTICE' } })).body.code)
  const confirm = (code: string) =>
    call(
      ADMIN,
      'POST',
      `/v1/organisations/${code}/confirmation`,
      { public_authority: true, competent_authority: 'NONE', health_or_social_care_authority: true, reason: 'Seen' },
      ANY,
    )
  const revision = async () => {
    const { policy } = desk.service.app.services
    await policy.refresh()
    return policy.current().revision
  }
  const lastPayload = async (event: string) => {
    const found = await pool.query<{ body: Buffer }>(
      `select p.body from audit.payload p join audit.leaf l on l.event_id = p.event_id where convert_from(l.leaf, 'UTF8')::jsonb ->> 't' = $1 order by l.idx desc limit 1`,
      [`gov.${event}`],
    )
    return JSON.parse(found.rows[0]?.body.toString('utf8') ?? 'null')
  }

  await t.test(
    'a succession names the state it means, moves the versions of both bodies, and stands in the histories of both',
    async (t) => {
      const [before, successor] = [await read('LBC_HARROW'), await read('LBC_BARNET')]
      const { id } = await desk.draft({ orgs: ['LBC_HARROW', 'LBC_CAMDEN'] })
      const text = () => call({ org: 'LBC_BARNET', role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}`)
      t.equal((await succeed('LBC_HARROW', { successor: 'LBC_BARNET' }, { 'if-match': '"999"' })).status, 412)
      const done = await succeed('LBC_HARROW', { successor: 'LBC_BARNET' }, { 'if-match': String(before.headers['etag']) })
      t.match(done, { status: 201, body: { predecessor: 'LBC_HARROW', successor: 'LBC_BARNET', agreements: 1 } }, done.text)
      t.equal(done.headers['etag'], (await read('LBC_HARROW')).headers['etag'])
      t.not(done.headers['etag'], before.headers['etag'])
      t.not((await read('LBC_BARNET')).headers['etag'], successor.headers['etag'], 'whom it follows is another state of the successor too')
      for (const code of ['LBC_HARROW', 'LBC_BARNET'])
        t.match((await historyOf(code)).at(-1), { act: 'succeed', detail: { predecessor: 'LBC_HARROW', successor: 'LBC_BARNET' } }, code)
      t.match(await text(), { status: 200, body: { owner_org: 'LBC_BARNET' } })
      const acts = (await call(CAMDEN, 'GET', `/v1/agreements/${id}/history`)).body.acts
      t.match(
        acts.at(-1),
        { act: 'succeed', detail: { from: 'LBC_HARROW', keeper: 'LBC_BARNET' } },
        'and the text that changed hands says so',
      )
      t.equal((await desk.leaves(id)).at(-1)?.act, 'succeed')
    },
  )

  await t.test('a successor that is described is checked as a proposal is', async (t) => {
    const other = await proposed('The Ash Practice')
    await call(ADMIN, 'PUT', `/v1/organisations/${other}`, { legal_name: 'The Ash Practice', type: 'GP_PRACTICE', ods: 'F83001' }, ANY)
    const follow = (organisation: object) =>
      succeed('LBC_BEXLEY', { successor: 'NEW_BOROUGH', organisation: { ...DESCRIBED, ...organisation } })
    t.match(await follow({ type: 'NO_SUCH_TYPE' }), {
      status: 422,
      body: { errors: [{ pointer: '/organisation/type', code: 'UNKNOWN_CODE' }] },
    })
    t.match(await follow({ ods: 'F-83' }), {
      status: 422,
      body: { errors: [{ pointer: '/organisation/ods', code: 'IDENTIFIER_FORM' }] },
    })
    t.match(await follow({ ods: 'F83001' }), {
      status: 409,
      body: { errors: [{ pointer: '/organisation/ods', code: 'KNOWN_IDENTIFIER' }] },
    })
    t.match(await follow({ aliases: ['Ash practice'] }), { status: 409, body: { errors: [{ code: 'KNOWN_NAME' }] } })
    t.equal((await read('NEW_BOROUGH')).status, 404, 'and nothing of it is kept')
    const done = await follow({ aliases: ['Bexley Council', 'Ash practice'], distinct_from: [other] })
    t.equal(done.status, 201, done.text)
    t.match((await read('NEW_BOROUGH')).body, { status: 'CONFIRMED', successor_of: ['LBC_BEXLEY'] })
  })

  await t.test('a description of what no decision reads publishes no revision, and one of what it reads does', async (t) => {
    const code = await proposed('Rowan Practice')
    await confirm(code)
    const describe = (over: object) =>
      call(ADMIN, 'PUT', `/v1/organisations/${code}`, { legal_name: 'Rowan Practice', type: 'GP_PRACTICE', ...over }, ANY)
    const before = await revision()
    t.equal(
      (await describe({ aliases: ['Rowan House'], departments: ['Reception'], charity_number: '1089464', short_name: 'Rowan' })).status,
      200,
    )
    t.equal(await revision(), before)
    t.equal((await describe({ type: 'NHS_TRUST' })).status, 200)
    t.equal(await revision(), before + 1)
    const words = new RegExp(`\\.(${UNREAD_BY_DECISIONS.join('|')})\\b`)
    const folder = resolve(import.meta.dirname, '../../src/decisions')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(policy|rules|evaluation|remedies)\/.*\.ts$/.test(file),
    )
    t.ok(files.length > 20)
    for (const file of files) t.notMatch(readFileSync(join(folder, file), 'utf8'), words, file)
  })

  await t.test('a merger moves the state of the body that it is, and its leaves say whose subject acted', async (t) => {
    const [kept, other] = [await proposed('Yew Practice'), await proposed('Yew Rooms')]
    await confirm(kept)
    const { id } = await desk.draft()
    const parties = ['LBC_CAMDEN', 'LBC_HACKNEY', other].map((org) => ({ org, role: 'CONTROLLER', capacities: [] }))
    t.equal((await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/parties`, { parties }, ANY)).status, 200)
    const before = (await read(kept)).headers['etag']
    const merged = await call(ADMIN, 'POST', `/v1/organisations/${other}/merger`, { into: kept, reason: 'One body' }, ANY)
    t.equal(merged.status, 200, merged.text)
    t.not((await read(kept)).headers['etag'], before)
    t.match((await historyOf(kept)).at(-1), { act: 'merge', detail: { organisation: other, into: kept } })
    const payload = await lastPayload('agreement.party_merged')
    t.match(payload, { actor: /REGISTER_ADMIN/, issuer: /./, org: 'LONDON_COUNCILS', detail: { org: other, is: kept } })
  })

  await t.test('a text that is frozen while a merger waits for it binds the body: the merger is refused', async (t) => {
    const [kept, other] = [await proposed('Oak Practice'), await proposed('Oak Rooms')]
    await confirm(kept)
    const { id } = await desk.draft()
    const parties = ['LBC_CAMDEN', 'LBC_HACKNEY', other].map((org) => ({ org, role: 'CONTROLLER', capacities: [] }))
    t.equal((await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/parties`, { parties }, ANY)).status, 200)
    const freezing = await pool.connect()
    try {
      await freezing.query('begin')
      await freezing.query('select from agreement where id = $1 for update', [id])
      const merging = call(ADMIN, 'POST', `/v1/organisations/${other}/merger`, { into: kept, reason: 'One body' }, ANY)
      await sleep(500)
      await freezing.query(
        `update agreement_version set status = 'APPROVED', frozen_at = now(), effective_from = '2026-12-01', document = '\\x7b7d', hash = encode(sha256('\\x7b7d'), 'hex') where agreement_id = $1`,
        [id],
      )
      await freezing.query('commit')
      const refused = await merging
      t.match([refused.status, refused.body.errors?.[0]?.code], [409, 'BOUND'], refused.text)
    } finally {
      freezing.release()
    }
  })

  await t.test('a refusal is recorded although another act on the same body is under way', async (t) => {
    const code = await proposed('Elm Practice')
    const describe = (name: string) =>
      call(CAMDEN, 'PUT', `/v1/organisations/${code}`, { legal_name: name, type: 'GP_PRACTICE' }, { ...ANY, 'idempotency-key': 'elm' })
    t.equal((await describe('Elm Practice of Camden')).status, 200)
    const other = await pool.connect()
    try {
      await other.query('begin')
      await other.query('select from organisation where code = $1 for update', [code])
      let isDone = false
      const refused = describe('Elm Practice of Brent').finally(() => (isDone = true))
      while (!isDone) if ((await pool.query(WAITING)).rowCount) t.fail('it waits for the other act')
      t.match(await refused, { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
    } finally {
      await other.query('rollback')
      other.release()
    }
    t.match(await lastPayload('organisation.described'), { organisation: code, problem: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  })
})
