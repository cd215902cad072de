import t from 'tap'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const BARNET = 'LBC_BARNET'
const BRENT = 'LBC_BRENT'
const EALING = 'LBC_EALING'
const ANY = { 'if-match': '*' }
const TEXT = { reason: 'Because' }

// One desk for all: the clock only goes forward, and what ends a body comes last.
const desk = await agreementDesk(t)

t.test('A1x: a body that was only invited lifts nothing, and counts for nothing', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
  await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${id}/accessions`, { org: BRENT, role: 'CONTROLLER' })
  const body = { scope: 'AGREEMENT', reason: 'A real breach' }
  const stopped = await desk.call({ org: HACKNEY, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/suspensions`, body)
  const lift = `/v1/agreements/${id}/suspensions/${stopped.body.suspension.id}/lift`
  t.equal((await desk.call({ org: BRENT, role: 'SIRO' }, 'POST', lift, TEXT)).status, 403)
  t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY SUSPENDED')
  const ending = { ...TEXT, at: '2027-01-01T00:00:00Z' }
  const end = () => desk.call({ org: HACKNEY, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/termination`, ending, ANY)
  t.equal((await end()).status, 200, 'either of the last two that are bound may end it, whoever else was invited')
})

t.test('A5: nobody waits for who has left, and in force is said once it has commenced', async (t) => {
  const all = { commencement: { rule: 'ALL_SIGNED' } as const }
  const state = async (id: string) => (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${id}/state`)).body
  const ended = await inForce(desk, all, [CAMDEN])
  const leaving = await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'POST', `/v1/agreements/${ended.id}/withdrawals`, TEXT)
  t.match(leaving, { status: 201, body: { to: 'REJECTED', abandons: [1] } })
  t.equal((await desk.sign(ended.id, HACKNEY, 1, ended.hash)).status, 409)
  t.match((await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', '/v1/notices')).body.notices[0], { agreement: ended.id, kind: 'REJECTED' })
  for (const over of [all, { commencement: { rule: 'THRESHOLD', n: 3 } as const }]) {
    const { id } = await inForce(desk, over, [CAMDEN, HACKNEY])
    t.match(await state(id), { derived: ['PARTIALLY_SIGNED'], missing: [ISLINGTON], status: 'AWAITING_SIGNATURE' })
    t.match(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), /^DENY (PARTY_NOT_SIGNED|COMMENCEMENT_NOT_MET)$/)
    const listed = (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', '/v1/agreements?state=IN_FORCE')).body.agreements as {
      id: string
    }[]
    t.notOk(listed.some((one) => one.id === id))
  }
})

t.test('A6: the same instant, the same answer, whatever is done afterwards', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], review_due: '2026-11-01' })
  const then = async () => {
    const { commands: _, ...state } = (
      await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${id}/state?at=2026-11-22T12:00:30Z`)
    ).body
    return state
  }
  desk.at('2026-11-22T12:01:00.000Z')
  const before = await then()
  t.match(before, { derived: ['IN_FORCE', 'REVIEW_OVERDUE'] })
  const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
  t.equal((await desk.call(officer, 'POST', `/v1/agreements/${id}/renewal`, { kind: 'REVIEW_CONFIRMED', ...TEXT }, ANY)).status, 200)
  await desk.call(officer, 'POST', `/v1/agreements/${id}/keeper`, { org: HACKNEY, ...TEXT })
  await desk.call({ org: CAMDEN, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/termination`, TEXT, ANY)
  t.strictSame(await then(), before)
})

t.test('A18: who has left reads what governed it, and not what those who stayed talk about', async (t) => {
  const { id } = await inForce(desk)
  await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/withdrawals`, TEXT)
  await desk.call(
    { org: CAMDEN, role: 'IG_OFFICER' },
    'POST',
    `/v1/agreements/${id}/amendments`,
    { ...TEXT, effective_from: '2026-11-22' },
    ANY,
  )
  const read = (path: string) => desk.call({ org: ISLINGTON, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}${path}`)
  t.equal((await read('/versions/2')).status, 404, 'a draft')
  await desk.freeze({ id, owner_org: CAMDEN } as never)
  for (const path of ['/versions/2', '/versions/2/document', '/versions/2/print', '/versions/2/differences?from=1']) {
    t.equal((await read(path)).status, 404, path)
  }
  t.equal((await read('/versions/1')).status, 200)
  const acts = (await read('/history')).body.acts as { act: string }[]
  t.strictSame(acts.at(-1)?.act, 'leave')
  t.strictSame(
    (await read('')).body.versions.map(({ version }: { version: number }) => version),
    [1],
  )
  t.equal(
    (await desk.call({ org: ISLINGTON, role: 'IG_OFFICER' }, 'PUT', `/v1/agreements/${id}/parties/${ISLINGTON}/contacts`, {}, ANY)).status,
    403,
  )
})

t.test('A20, A29: who has signed withdraws; a rejection is told as one, with its reason', async (t) => {
  const { id } = await inForce(desk, { commencement: { rule: 'ALL_SIGNED' } }, [HACKNEY])
  const reject = (org: string) =>
    desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/rejection`, { reason: 'Retention is too long' }, ANY)
  t.match(await reject(HACKNEY), { status: 409, body: { errors: [{ code: 'SIGNED' }] } })
  t.match(await reject(ISLINGTON), { status: 200, body: { to: 'REJECTED' } })
  for (const org of [CAMDEN, HACKNEY]) {
    const [notice] = (await desk.call({ org, role: 'DPO' }, 'GET', '/v1/notices')).body.notices
    t.match(notice, { agreement: id, kind: 'REJECTED', detail: { org: ISLINGTON, reason: 'Retention is too long', ends: true } })
  }
})

t.test('A21: a suspension follows its flow into another name', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
  const path = `/v1/agreements/${id}`
  const stopped = await desk.call({ org: HACKNEY, role: 'SIRO' }, 'POST', `${path}/suspensions`, {
    scope: 'FLOW',
    flow: 'F1',
    reason: 'A breach',
  })
  const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
  await desk.call(officer, 'POST', `${path}/amendments`, { ...TEXT, effective_from: '2026-11-22' }, ANY)
  const { versions } = (await desk.call(officer, 'GET', path)).body
  const flows = versions[0].terms.flows.map((flow: object) => ({ ...flow, id: 'F1-NEW' }))
  t.equal((await desk.call(officer, 'PUT', `${path}/draft/flows`, { flows }, ANY)).status, 200)
  const { hash, body } = await desk.freeze({ id, owner_org: CAMDEN } as never)
  t.match(body.suspended, [{ suspended: 'F1', flow: 'F1-NEW' }])
  for (const org of [CAMDEN, HACKNEY]) await desk.sign(id, org, 2, hash)
  t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY SUSPENDED')
  const lift = `${path}/suspensions/${stopped.body.suspension.id}/lift`
  t.equal((await desk.call({ org: CAMDEN, role: 'SIRO' }, 'POST', lift, TEXT)).status, 403, 'only whoever suspended')
  t.equal((await desk.call({ org: HACKNEY, role: 'SIRO', sub: 'deputy' }, 'POST', lift, TEXT)).status, 200)
  t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
})

t.test('A27: an invitation is taken back and given again, and leaves no right behind', async (t) => {
  const { id, hash } = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
  const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
  const invite = () => desk.call(officer, 'POST', `/v1/agreements/${id}/accessions`, { org: EALING, role: 'CONTROLLER' })
  const read = () => desk.call({ org: EALING, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}`)
  t.equal((await invite()).status, 201)
  t.equal((await read()).status, 200)
  t.equal((await desk.call(officer, 'POST', `/v1/agreements/${id}/accessions/${EALING}/revocation`, TEXT)).status, 200)
  t.equal((await read()).status, 404)
  t.equal((await desk.sign(id, EALING, 1, hash)).status, 404)
  const notices = (await desk.call({ org: EALING, role: 'DPO' }, 'GET', '/v1/notices')).body.notices as { kind: string }[]
  t.strictSame(
    notices.map(({ kind }) => kind),
    ['INVITATION_TAKEN_BACK'],
  )
  desk.at('2026-11-22T12:05:00.000Z')
  t.equal((await invite()).status, 201)
  t.equal((await desk.call({ org: EALING, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/rejection`, TEXT, ANY)).status, 200, 'declined')
  desk.at('2026-11-22T12:06:00.000Z')
  t.equal((await invite()).status, 201, 'it never signed')
  t.equal((await desk.sign(id, EALING, 1, hash)).status, 201)
  t.equal((await desk.call(officer, 'POST', `/v1/agreements/${id}/accessions/${EALING}/revocation`, TEXT)).status, 409, 'it is bound')
})

t.test('A7, A19, A30: days fit together at every door, and an end that has not come is taken back', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveTo: '2027-03-31' })
  const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
  const siro = { org: CAMDEN, role: 'SIRO' } as const
  const days = { effective_from: '2028-01-01', effective_to: '2027-01-01' }
  const backwards = { status: 422, body: { errors: [{ code: 'ENDS_BEFORE_IT_BEGINS' }] } }
  t.match(await desk.call(officer, 'POST', `/v1/agreements/${id}/renewal`, { kind: 'NEW_VERSION', ...TEXT, ...days }, ANY), backwards)
  t.match(await desk.call(officer, 'POST', `/v1/agreements/${id}/amendments`, { ...TEXT, ...days }, ANY), backwards)
  const open = { ...TEXT, effective_from: '2028-01-01' }
  t.match(await desk.call(officer, 'POST', `/v1/agreements/${id}/amendments`, open, ANY), {
    status: 422,
    body: { errors: [{ code: 'END_NOT_NAMED' }] },
  })
  const path = `/v1/agreements/${id}/termination`
  t.equal((await desk.call(siro, 'POST', path, { ...TEXT, at: '2027-01-01T00:00:00Z' }, ANY)).status, 200)
  t.equal((await desk.call({ org: HACKNEY, role: 'SIRO' }, 'POST', `${path}/revocation`, TEXT)).status, 403, 'not by who did not set it')
  t.match(await desk.call(siro, 'POST', `${path}/revocation`, TEXT), { status: 200, body: { terminated_at: null } })
  const hackney = { org: HACKNEY, role: 'SIRO' } as const
  t.equal((await desk.call(hackney, 'POST', `/v1/agreements/${id}/withdrawals`, { ...TEXT, at: '2027-01-01T00:00:00Z' })).status, 201)
  t.match(await desk.call(hackney, 'POST', `/v1/agreements/${id}/withdrawals/revocation`, TEXT), { status: 200, body: { left_at: null } })
  t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
  await desk.call(
    officer,
    'POST',
    `/v1/agreements/${id}/renewal`,
    { kind: 'NEW_VERSION', ...TEXT, effective_from: '2027-05-01', effective_to: '2028-05-01' },
    ANY,
  )
  const { advice } = (await desk.call(officer, 'GET', `/v1/agreements/${id}/advice`)).body
  t.ok(
    advice.some(({ code }: { code: string }) => code === 'GAP_BEFORE'),
    'a month that nothing governs is named',
  )
})

t.test('A4: the keeping passes on before the keeper leaves, and with succession', async (t) => {
  const orgs = [CAMDEN, HACKNEY, ISLINGTON, BARNET]
  const { id } = await inForce(desk, { orgs })
  const leave = (body: object) =>
    desk.call({ org: CAMDEN, role: 'SIGNATORY' }, 'POST', `/v1/agreements/${id}/withdrawals`, { ...TEXT, ...body })
  t.match(await leave({}), { status: 409, body: { errors: [{ code: 'KEEPER' }] } })
  t.match(await leave({ keeper: HACKNEY }), { status: 201, body: { keeper: HACKNEY } })
  const amend = (org: string) => desk.call({ org, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${id}/amendments`, TEXT, ANY)
  t.equal((await amend(CAMDEN)).status, 403, 'who has left amends no more')
  t.equal((await amend(HACKNEY)).status, 201)
  t.match((await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', `/v1/agreements/${id}/state`)).body, { keeper: HACKNEY, left: [CAMDEN] })
  const other = await inForce(desk, { orgs: [CAMDEN, HACKNEY, BARNET] })
  const succession = { successor: 'LBC_BROMLEY', reason: 'Reorganisation' }
  const admin = { org: 'LBC_SUTTON', role: 'REGISTER_ADMIN' } as const
  t.equal((await desk.call(admin, 'POST', `/v1/organisations/${HACKNEY}/succession`, succession)).status, 201)
  t.equal((await desk.call({ org: HACKNEY, role: 'IG_OFFICER' }, 'DELETE', `/v1/agreements/${id}/draft`, undefined, ANY)).status, 403)
  t.equal((await desk.call({ org: 'LBC_BROMLEY', role: 'IG_OFFICER' }, 'DELETE', `/v1/agreements/${id}/draft`, undefined, ANY)).status, 200)
  const notices = (await desk.call({ org: 'LBC_BROMLEY', role: 'DPO' }, 'GET', '/v1/notices')).body.notices as {
    agreement: string
    kind: string
  }[]
  // Of earlier agreements it is told what its predecessor has still to return or delete, and that alone.
  t.strictSame(
    notices.filter(({ kind }) => !kind.startsWith('DISPOSAL_DUE')).map(({ agreement }) => agreement),
    [id],
    'it is told of what it may open',
  )
  t.equal((await desk.call({ org: 'LBC_BROMLEY', role: 'DPO' }, 'GET', `/v1/agreements/${other.id}`)).status, 404)
  const two = await inForce(desk, { orgs: [CAMDEN, BARNET] })
  await desk.call(admin, 'POST', `/v1/organisations/${BARNET}/succession`, { successor: 'LBC_BEXLEY', reason: 'Reorganisation' })
  t.equal(await desk.ask(CAMDEN, BARNET, { agreement_ref: two.id }), 'DENY PARTY_INACTIVE')
  const state = (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${two.id}/state`)).body
  t.notOk(state.derived.includes('IN_FORCE'), 'the state says no more than the decision')
})

t.test('A5: nobody is waited for where a body whose signature all wait for has ended', async (t) => {
  const over = { orgs: [CAMDEN, 'LBC_HARROW', ISLINGTON], commencement: { rule: 'ALL_SIGNED' } as const }
  const { id } = await inForce(desk, over, [CAMDEN])
  const state = async () => (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${id}/state`)).body
  t.match(await state(), { derived: ['PARTIALLY_SIGNED'], missing: ['LBC_HARROW', ISLINGTON] })
  const admin = { org: 'LBC_SUTTON', role: 'REGISTER_ADMIN' } as const
  await desk.call(admin, 'POST', '/v1/organisations/LBC_HARROW/succession', { successor: 'LBC_MERTON', reason: 'Reorganisation' })
  t.strictSame((({ derived, missing }) => [derived, missing])(await state()), [[], []])
})

t.test('A18: who has left is not told to whom the text was handed over afterwards', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, EALING, ISLINGTON] })
  desk.at('2026-11-22T13:00:00.000Z')
  await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/withdrawals`, TEXT)
  desk.at('2026-11-22T13:01:00.000Z')
  const handed = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${id}/keeper`, { org: EALING, ...TEXT })
  t.equal(handed.status, 200)
  const kept = async (org: string) => (await desk.call({ org, role: 'DPO' }, 'GET', `/v1/agreements/${id}`)).body.owner_org
  t.strictSame([await kept(ISLINGTON), await kept(EALING)], [CAMDEN, EALING])
})
