import t from 'tap'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const BARNET = 'LBC_BARNET'
const ANY_STATE = { 'if-match': '*' }

t.test('joining late', async (t) => {
  const desk = await agreementDesk(t)
  const invite = (id: string, org: string, by = CAMDEN) =>
    desk.call({ org: by, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${id}/accessions`, {
      org,
      role: 'CONTROLLER',
      capacities: ['HOUSING_AUTHORITY'],
    })

  await t.test('LC-4: a new party is bound by its own signature on the governing version, and the others are told', async (t) => {
    const orgs = [CAMDEN, HACKNEY]
    const agreement = await desk.draft({ orgs, effectiveFrom: '2026-11-22' })
    const owner = await desk.service.database?.openAs('session_user', 1)
    await owner?.pool.query(
      `update flow set providers = '{ALL_SIGNED_BOROUGHS}', recipients = '{ALL_SIGNED_BOROUGHS}' where agreement_id = $1`,
      [agreement.id],
    )
    const { hash } = await desk.freeze(agreement)
    for (const org of orgs) await desk.sign(agreement.id, org, 1, hash)
    t.equal((await desk.sign(agreement.id, BARNET, 1, hash)).status, 404, 'a stranger cannot sign')
    t.equal((await invite(agreement.id, BARNET, HACKNEY)).status, 403, 'only the owner invites')
    t.match(await invite(agreement.id, BARNET), { status: 201, body: { version: 1, version_hash: hash } })
    t.equal((await invite(agreement.id, BARNET)).status, 409)
    t.equal(await desk.ask(CAMDEN, BARNET), 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET', 'it has neither approved nor signed')
    t.equal((await desk.sign(agreement.id, BARNET, 1, hash)).status, 201)
    t.equal(await desk.ask(CAMDEN, BARNET), 'PERMIT')
    const notices = (await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', '/v1/notices')).body.notices.filter(
      ({ agreement: id, kind }: { agreement: string; kind: string }) => id === agreement.id && kind === 'PARTY_JOINED',
    )
    t.strictSame(
      notices.map(({ detail }: { detail: { stage: string } }) => detail.stage),
      ['SIGNED', 'INVITED'],
    )
  })

  await t.test('where all must sign, an invitation stops nobody: the newcomer is a party once it has signed', async (t) => {
    const { id, hash } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], commencement: { rule: 'ALL_SIGNED' } })
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
    t.equal((await invite(id, BARNET)).status, 201)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
    t.equal((await desk.sign(id, BARNET, 1, hash)).status, 201)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
  })

  await t.test('an organisation that is not in the register cannot join', async (t) => {
    const { id } = await inForce(desk)
    t.match(await invite(id, 'NOBODY'), { status: 422, body: { errors: [{ pointer: '/org' }] } })
  })
})

t.test('leaving and ending', async (t) => {
  const desk = await agreementDesk(t)
  const withdraw = (id: string, org: string, at?: string) =>
    desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/withdrawals`, { reason: 'It is over', ...(at ? { at } : {}) })
  const terminate = (id: string, org: string, at?: string) =>
    desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/termination`, { reason: 'It is over', ...(at ? { at } : {}) }, ANY_STATE)

  await t.test('LC-5: a party leaves at an instant to come; the others go on; what it signed it can still read', async (t) => {
    const { id, hash } = await inForce(desk)
    t.equal((await withdraw(id, HACKNEY, '2026-11-22T11:59:59Z')).status, 422, 'never in the past')
    t.match(await withdraw(id, HACKNEY, '2026-11-22T14:00:00+00:00'), { status: 201, body: { left_at: '2026-11-22T14:00:00.000Z' } })
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
    desk.at('2026-11-22T14:00:00.000Z')
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY PARTY_WITHDRAWN')
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'PERMIT')
    t.match((await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', `/v1/agreements/${id}/versions/1`)).body, { hash })
    t.equal((await withdraw(id, HACKNEY)).status, 403, 'it is no party any more')
  })

  await t.test('withdrawing now is effective for the very next decision', async (t) => {
    const { id } = await inForce(desk)
    await withdraw(id, HACKNEY)
    t.equal(await desk.ask(HACKNEY, CAMDEN, { agreement_ref: id }), 'DENY PARTY_WITHDRAWN')
  })

  await t.test('LC-5: termination ends sharing for everybody at the instant stated', async (t) => {
    const { id } = await inForce(desk)
    t.equal((await terminate(id, HACKNEY)).status, 403, 'while three take part only the owner ends it for all')
    t.match(await terminate(id, CAMDEN, '2026-11-22T18:00:00Z'), {
      status: 200,
      body: { to: 'ACTIVE', terminated_at: '2026-11-22T18:00:00.000Z' },
    })
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'PERMIT')
    t.match(await terminate(id, CAMDEN), { status: 200, body: { to: 'TERMINATED' } }, 'it can be brought forward')
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'DENY TERMINATED')
    t.equal((await terminate(id, CAMDEN)).status, 409)
    t.equal(
      (await desk.call({ org: CAMDEN, role: 'DPO' }, 'POST', `/v1/agreements/${id}/suspensions`, { scope: 'AGREEMENT', reason: 'x' }))
        .status,
      409,
    )
  })

  await t.test('a text that binds nobody yet is withdrawn by its owner, and then nobody signs it', async (t) => {
    const agreement = await desk.draft()
    const { hash } = await desk.freeze(agreement)
    const path = `/v1/agreements/${agreement.id}/withdrawal-of-draft`
    t.match(await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', path, { reason: 'No need' }, ANY_STATE), {
      status: 200,
      body: { to: 'WITHDRAWN', abandons: [1] },
    })
    t.equal((await desk.sign(agreement.id, CAMDEN, 1, hash)).status, 409)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: agreement.id }), 'DENY AGREEMENT_NOT_APPROVED')
  })

  await t.test('WF-2: a rejection ends a text that all must sign, and only the own part of one that binds pairs', async (t) => {
    const reject = (id: string, org: string) =>
      desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/rejection`, { reason: 'Retention is too long' }, ANY_STATE)
    const all = await desk.draft({ orgs: [CAMDEN, HACKNEY, ISLINGTON], commencement: { rule: 'ALL_SIGNED' } })
    await desk.freeze(all)
    t.match(await reject(all.id, ISLINGTON), { status: 200, body: { to: 'REJECTED', left_at: null } })
    const pairs = await desk.draft({ orgs: [CAMDEN, HACKNEY, ISLINGTON], effectiveFrom: '2026-11-22' })
    const { hash } = await desk.freeze(pairs)
    t.match(await reject(pairs.id, ISLINGTON), { status: 200, body: { to: 'AWAITING_SIGNATURE', abandons: [] } })
    await desk.sign(pairs.id, CAMDEN, 1, hash)
    t.match(await desk.sign(pairs.id, HACKNEY, 1, hash), { body: { to: 'ACTIVE' } })
  })
})

t.test('LC-4: where all must sign, a text frozen after an invitation waits for the newcomer that it names', async (t) => {
  const desk = await agreementDesk(t)
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], commencement: { rule: 'ALL_SIGNED' } })
  const ask = () => desk.ask(CAMDEN, HACKNEY, { agreement_ref: id })
  desk.at('2026-11-22T12:01:00.000Z')
  const newcomer = { org: BARNET, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] }
  const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
  t.equal((await desk.call(officer, 'POST', `/v1/agreements/${id}/accessions`, newcomer)).status, 201)
  desk.at('2026-11-22T12:02:00.000Z')
  const owner = await desk.service.database?.openAs('session_user', 1)
  await owner?.pool.query(
    `update agreement_party set contacts = (select contacts from agreement_party where agreement_id = $1 and org = '${CAMDEN}')
      where agreement_id = $1`,
    [id],
  )
  const amended = { reason: 'A third party', effective_from: '2026-12-01' }
  await desk.call(officer, 'POST', `/v1/agreements/${id}/amendments`, amended, ANY_STATE)
  const { hash } = await desk.freeze({ id, owner_org: CAMDEN } as never)
  for (const org of [CAMDEN, HACKNEY]) await desk.sign(id, org, 2, hash)
  t.equal(await ask(), 'PERMIT', 'version 1 governs until version 2 begins, and does not wait')
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await ask(), 'DENY PARTY_NOT_SIGNED', 'version 2 names three')
  const state = (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${id}/state`)).body
  t.match(JSON.stringify(state), /LBC_BARNET/, 'and says for whom it waits')
  t.equal((await desk.sign(id, BARNET, 2, hash)).status, 201)
  t.equal(await ask(), 'PERMIT')
})

t.test('when one body follows another, signatures do not carry over', async (t) => {
  const desk = await agreementDesk(t)
  const { id } = await inForce(desk)
  const succeed = (body: object, headers = {}) =>
    desk.call(
      { org: CAMDEN, role: 'REGISTER_ADMIN' },
      'POST',
      `/v1/organisations/${HACKNEY}/succession`,
      { reason: 'Reorganisation', ...body },
      headers,
    )
  t.equal((await succeed({ successor: HACKNEY })).status, 422)
  t.equal((await succeed({ successor: 'NEW_BOROUGH' })).status, 422, 'a body the register does not know must be described')
  t.equal((await succeed({ successor: BARNET, at: '2026-11-01T00:00:00Z' })).status, 422)
  const organisation = {
    ...{
      legal_name: 'Council of the New Borough',
      short_name: 'New Borough',
      type: 'LONDON_BOROUGH',
      gss: null,
      ods: null,
      ico_registration_no: null,
    },
    ...{ public_authority: true, competent_authority: 'STATUTORY_FUNCTIONS', health_or_social_care_authority: true, aliases: [] },
  }
  const done = await succeed({ successor: 'NEW_BOROUGH', organisation }, { 'idempotency-key': 'merge' })
  t.match(done, { status: 201, body: { predecessor: HACKNEY, successor: 'NEW_BOROUGH', agreements: 1 } })
  t.strictSame((await succeed({ successor: 'NEW_BOROUGH', organisation }, { 'idempotency-key': 'merge' })).body, done.body)
  t.equal((await succeed({ successor: 'NEW_BOROUGH' })).status, 409, 'it has ended')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PARTY_INACTIVE')
  t.equal(await desk.ask(CAMDEN, 'NEW_BOROUGH'), 'DENY NO_AGREEMENT')
  t.equal(await desk.ask(CAMDEN, ISLINGTON), 'PERMIT')
  const notices = (await desk.call({ org: ISLINGTON, role: 'DPO' }, 'GET', '/v1/notices')).body.notices
  t.match(notices[0], { agreement: id, kind: 'ORG_SUCCESSION', detail: { predecessor: HACKNEY, successor: 'NEW_BOROUGH' } })
  const organisations = await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', '/v1/organisations/NEW_BOROUGH')
  t.match(organisations.body, { successor_of: [HACKNEY], verified: false })
})
