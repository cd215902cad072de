import t from 'tap'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const ORGS = [CAMDEN, HACKNEY, ISLINGTON]

t.test('suspending and lifting', async (t) => {
  const desk = await agreementDesk(t)
  const suspend = (id: string, person: Person, body: object) =>
    desk.call(person, 'POST', `/v1/agreements/${id}/suspensions`, { reason: 'A breach', ...body })
  const lift = (id: string, person: Person, suspension: string) =>
    desk.call(person, 'POST', `/v1/agreements/${id}/suspensions/${suspension}/lift`, { reason: 'Put right' })

  await t.test('LC-6: any party stops the whole agreement at once; another person lifts it (SD-4)', async (t) => {
    const id = (await inForce(desk, { orgs: ORGS })).id
    const person = { org: HACKNEY, role: 'SIRO', sub: 'suspender' } as const
    const { status, body } = await suspend(id, person, { scope: 'AGREEMENT' })
    t.equal(status, 201)
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'DENY SUSPENDED')
    t.match(await lift(id, person, body.suspension.id), { status: 422, body: { errors: [{ code: 'SD-4' }] } })
    t.equal((await lift(id, { org: HACKNEY, role: 'IG_OFFICER' }, body.suspension.id)).status, 403, 'only the SIRO lifts')
    t.match(await lift(id, { org: CAMDEN, role: 'SIRO' }, body.suspension.id), {
      status: 200,
      body: { suspension: { to: null, lift_agreed_by_org: CAMDEN, lifted_by_org: null } },
    })
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'DENY SUSPENDED', 'one of two does not reopen it (LC-6)')
    t.equal((await lift(id, { org: ISLINGTON, role: 'SIRO' }, body.suspension.id)).status, 403, 'the suspender has not agreed yet')
    t.match(await lift(id, { org: HACKNEY, role: 'SIRO' }, body.suspension.id), {
      status: 200,
      body: { suspension: { lift_agreed_by_org: CAMDEN, lifted_by_org: HACKNEY } },
    })
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'PERMIT')
    t.equal((await lift(id, { org: CAMDEN, role: 'SIRO' }, body.suspension.id)).status, 409, 'it has ended')
  })

  await t.test('two suspensions hold side by side; lifting one leaves the other', async (t) => {
    const id = (await inForce(desk, { orgs: ORGS })).id
    const first = await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'AGREEMENT' })
    const second = await suspend(id, { org: CAMDEN, role: 'DPO' }, { scope: 'AGREEMENT' })
    for (const org of [HACKNEY, CAMDEN]) await lift(id, { org, role: 'SIRO' }, first.body.suspension.id)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY SUSPENDED')
    for (const org of [CAMDEN, HACKNEY]) await lift(id, { org, role: 'SIRO' }, second.body.suspension.id)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
  })

  await t.test('a party suspends itself and nobody else; the others go on', async (t) => {
    const id = (await inForce(desk, { orgs: ORGS })).id
    t.match(await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'PARTY', party: CAMDEN }), {
      status: 422,
      body: { errors: [{ code: 'OWN_PARTY' }] },
    })
    const { body } = await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'PARTY', party: HACKNEY })
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY PARTY_SUSPENDED')
    t.equal(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), 'PERMIT')
    t.equal((await lift(id, { org: CAMDEN, role: 'SIRO' }, body.suspension.id)).status, 403, 'only its own SIRO lifts it')
    t.equal((await lift(id, { org: HACKNEY, role: 'SIRO' }, body.suspension.id)).status, 200)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
  })

  await t.test('a flow is suspended by whoever takes part in it, until the instant named', async (t) => {
    const id = (await inForce(desk, { orgs: ORGS })).id
    t.equal((await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'FLOW', flow: 'F9' })).status, 422)
    t.equal((await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'FLOW' })).status, 422)
    t.equal(
      (await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'AGREEMENT', until: '2026-11-22T11:00:00Z' })).status,
      422,
      'an end before the beginning',
    )
    t.equal((await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'FLOW', flow: 'F1', until: '2026-11-22T13:00:00Z' })).status, 201)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY SUSPENDED')
    desk.at('2026-11-22T13:00:00.000Z')
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT', 'the end is not included')
  })

  await t.test('the other parties are told, and a stranger learns nothing', async (t) => {
    const id = (await inForce(desk, { orgs: ORGS })).id
    await suspend(id, { org: HACKNEY, role: 'DPO' }, { scope: 'AGREEMENT' })
    const notices = (await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'GET', '/v1/notices')).body.notices
    t.match(notices[0], { agreement: id, kind: 'SUSPENDED', detail: { by: HACKNEY } })
    t.equal((await suspend(id, { org: 'LBC_BARNET', role: 'DPO' }, { scope: 'AGREEMENT' })).status, 404)
    const strange = (await desk.call({ org: 'LBC_BARNET', role: 'IG_OFFICER' }, 'GET', '/v1/notices')).body.notices
    t.strictSame(strange, [])
    t.equal((await lift(id, { org: CAMDEN, role: 'SIRO' }, '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f')).status, 404)
  })

  await t.test('a refused lifting is a leaf of the log and no act of the agreement', async (t) => {
    const id = (await inForce(desk, { orgs: ORGS })).id
    const person = { org: HACKNEY, role: 'SIRO', sub: 'same' } as const
    const { body } = await suspend(id, person, { scope: 'AGREEMENT' })
    await lift(id, person, body.suspension.id)
    const leaves = (await desk.leaves(id)).slice(-2)
    t.strictSame(leaves, [
      { cseq: 8, act: 'suspend', refused: false },
      { cseq: null, act: 'lift', refused: true },
    ])
  })
})
