import t from 'tap'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'
import type { ApiReply } from '../support/api-caller.ts'

// LC-5: a body that has ended cannot say what became of what it received. Whoever follows it in the register does, and may know nothing else.

const [CAMDEN, HACKNEY, ISLINGTON, BARNET, HARROW, BRENT] = [
  'LBC_CAMDEN',
  'LBC_HACKNEY',
  'LBC_ISLINGTON',
  'LBC_BARNET',
  'LBC_HARROW',
  'LBC_BRENT',
]
const NOW = '2026-11-22T12:00:00.000Z'
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })
const DELETED = { how: 'DELETED', what: 'Placement notices', on: '2026-11-22', done_by: 'Head of Housing Needs' }

t.test('whoever follows a body that has ended answers for what it received', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const confirm = (org: string, id: string, in_place_of?: string) =>
    call(officer(org), 'POST', `/v1/agreements/${id}/disposals`, { ...DELETED, ...(in_place_of ? { in_place_of } : {}) })
  const succeed = async (predecessor: string, successor: string, at = NOW) => {
    const admin: Person = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' }
    const body = { successor, at, reason: 'Reorganisation' }
    t.equal((await call(admin, 'POST', `/v1/organisations/${predecessor}/succession`, body)).status, 201)
  }
  const terminate = (id: string) =>
    call({ org: CAMDEN, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/termination`, { reason: 'Over' }, { 'if-match': '*' })
  const disposals = async (org: string, id: string) => call(officer(org), 'GET', `/v1/agreements/${id}/disposals`)
  const due = async (org: string, id: string) =>
    (await call({ org, role: 'DPO' }, 'GET', '/v1/notices?limit=200')).body.notices
      .filter(({ agreement, kind }: { agreement: string; kind: string }) => agreement === id && kind.startsWith('DISPOSAL_DUE'))
      .map(({ kind, detail }: { kind: string; detail: object }) => ({ kind, ...detail }))
  const ruleOf = ({ status, body }: ApiReply) => [status, body.errors?.[0]?.code]
  const unknown = (await call(officer(BARNET), 'GET', '/v1/agreements/DSA-2026-000000')).body.detail

  await t.test('at a termination the follower hears of it, reads its predecessor’s part alone, and confirms it once', async (t) => {
    const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY, ISLINGTON] })
    await succeed(ISLINGTON, BARNET)
    t.strictSame(await due(BARNET, id), [], 'while the agreement goes on nothing is to be returned')
    t.match(await confirm(BARNET, id, ISLINGTON), { status: 409, body: { errors: [{ code: 'LC-5' }] } })
    t.equal((await terminate(id)).status, 200)
    const notice = { kind: 'DISPOSAL_DUE_IN_PLACE', org: ISLINGTON, ended_at: NOW, due_on: '2027-11-22', flows: ['F1'] }
    t.strictSame(await due(BARNET, id), [notice])
    t.match(await due(HACKNEY, id), [{ kind: 'DISPOSAL_DUE', org: HACKNEY }])
    t.match((await disposals(BARNET, id)).body, {
      disposals: [{ org: ISLINGTON, answered_by: BARNET, is_complete: false, flows: [{ flow: 'F1' }] }],
    })
    t.equal((await disposals(BARNET, id)).body.disposals.length, 1)
    t.match(
      await call(officer(BARNET), 'GET', `/v1/agreements/${id}`),
      { status: 404, body: { detail: unknown } },
      'the agreement itself stays hidden',
    )
    t.match((await disposals(CAMDEN, id)).body.disposals, [
      { org: CAMDEN, answered_by: CAMDEN },
      { org: HACKNEY, answered_by: HACKNEY },
      { org: ISLINGTON, answered_by: BARNET },
    ])
    const refused: readonly (readonly [what: string, reply: Promise<ApiReply>, rule: readonly unknown[]])[] = [
      ['the body that has ended', confirm(ISLINGTON, id), [403, 'PARTY']],
      ['the follower for itself', confirm(BARNET, id), [404, undefined]],
      ['the follower for somebody else', confirm(BARNET, id, HACKNEY), [404, undefined]],
      ['another party for the body that has ended', confirm(CAMDEN, id, ISLINGTON), [403, 'SUCCESSOR']],
      ['another party for one that exists', confirm(CAMDEN, id, HACKNEY), [403, 'SUCCESSOR']],
      ['a stranger', confirm(HARROW, id, ISLINGTON), [404, undefined]],
    ]
    for (const [what, reply, rule] of refused) t.strictSame(ruleOf(await reply), rule, what)
    t.equal((await disposals(HARROW, id)).status, 404)
    const legal = await call({ org: BARNET, role: 'LEGAL' }, 'POST', `/v1/agreements/${id}/disposals`, {
      ...DELETED,
      in_place_of: ISLINGTON,
    })
    t.equal(legal.status, 403)
    t.match(await confirm(BARNET, id, ISLINGTON), {
      status: 201,
      body: { act: 'dispose_in_place', org: ISLINGTON, confirmed_by: BARNET, flows: ['F1'], remaining: [] },
    })
    t.strictSame(ruleOf(await confirm(BARNET, id, ISLINGTON)), [409, 'CONFIRMED'])
    t.match((await disposals(CAMDEN, id)).body.disposals[2], { is_complete: true, flows: [{ confirmed: { confirmed_by: BARNET } }] })
    const { acts } = (await call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/history`)).body
    t.match(acts.at(-1), { act: 'dispose_in_place', org: BARNET, detail: { org: ISLINGTON, confirmed_by: BARNET } })
    t.match((await desk.leaves(id)).at(-2), { act: 'dispose_in_place', refused: false })
  })

  await t.test('a body that ends after the agreement passes on what it still holds, from the instant at which it ends', async (t) => {
    const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
    const settled = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
    for (const one of [id, settled.id]) await terminate(one)
    await confirm(HACKNEY, settled.id)
    const ends = '2026-11-23T00:00:00.000Z'
    await succeed(HACKNEY, HARROW, ends)
    t.match(await due(HARROW, id), [{ kind: 'DISPOSAL_DUE_IN_PLACE', org: HACKNEY, due_on: '2027-11-22', answers_from: ends }])
    t.strictSame(await due(HARROW, settled.id), [], 'what is returned or deleted is passed on to nobody')
    t.strictSame(ruleOf(await confirm(HARROW, id, HACKNEY)), [404, undefined], 'until then it answers for itself')
    desk.at(ends)
    t.equal((await disposals(HARROW, id)).status, 200)
    // The follower ends too: whoever follows it answers for both.
    await succeed(HARROW, BRENT, ends)
    t.equal((await disposals(HARROW, id)).status, 404)
    t.match(await due(BRENT, id), [{ org: HACKNEY, answers_from: ends }])
    t.match((await disposals(BRENT, id)).body.disposals, [{ org: HACKNEY, answered_by: BRENT }])
    for (const day of ['2027-10-01', '2027-11-15']) {
      desk.at(`${day}T12:00:00.000Z`)
      await Promise.all([1, 2].map(() => desk.service.app.services.timers.fireDue()))
    }
    const reminded = await due(BRENT, id)
    t.equal(reminded.length, 3, 'when it began to answer, 30 days before the last day, and seven')
    t.match(reminded[0], { kind: 'DISPOSAL_DUE_IN_PLACE', org: HACKNEY, due_on: '2027-11-22', flows: ['F1'] })
    t.equal((await due(HARROW, id)).length, 1, 'and nobody who has ended')
    t.equal((await confirm(BRENT, id, HACKNEY)).status, 201)
    desk.at('2027-11-22T12:00:00.000Z')
    await desk.service.app.services.timers.fireDue()
    t.strictSame(await due(BRENT, id), reminded, 'what is confirmed needs no reminder')
  })
})
