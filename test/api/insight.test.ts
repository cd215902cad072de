import t from 'tap'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'
import { approvingDesk } from '../support/approving-desk.ts'
import { SHARE } from '../support/demo-share.ts'

// Insight: where work waits, how long stages take, what is not used, what is asked for in vain, and the picture of a sign-off.

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET'] as const
let now = Date.parse('2026-11-23T10:00:00.000Z')
const desk = await agreementDesk(t, new Date(now).toISOString())
const { call } = desk
const later = (days: number) => {
  now += days * 86_400_000
  desk.at(new Date(now).toISOString())
}
const today = () => new Date(now).toISOString().slice(0, 10)
const people = approvingDesk(call)
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })
const get = async (person: Person, path: string) => (await call(person, 'GET', path)).body

t.test('work shows what somebody has to do, whom they wait for, and what falls due, each to its own organisation', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23' })
  const { body } = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
  const signOff = String(body.sign_off)
  const reviewer = people.people(CAMDEN, 'IG_OFFICER')
  t.equal((await people.command(signOff, reviewer, { command: 'claim', step: 'IG_REVIEW' })).status, 200)
  later(2)
  t.match(await get(reviewer, '/v1/work'), {
    to_do: [{ sign_off: signOff, step: 'IG_REVIEW', task_org: CAMDEN }],
    to_take: [],
    waiting_on_others: [{ sign_off: signOff, org: HACKNEY, role: 'IG_OFFICER', step: 'IG_REVIEW', days: 2, overdue: false }],
  })
  t.match(await get(officer(HACKNEY), '/v1/work'), {
    to_do: [],
    to_take: [{ sign_off: signOff, task_org: HACKNEY }],
    waiting_on_others: [{ sign_off: signOff, org: CAMDEN }],
  })
  const signed = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: today(), effectiveTo: '2027-01-31' })
  t.match((await get(officer(HACKNEY), '/v1/work')).due_soon, [
    { agreement: signed.id, kind: 'AGREEMENT_END', day: '2027-01-31', days_left: 67 },
  ])
  const stranger = await get(officer(BARNET), '/v1/work')
  t.strictSame(
    [stranger.to_do, stranger.to_take, stranger.waiting_on_others, stranger.due_soon],
    [[], [], [], []],
    'a stranger to it has nothing of it',
  )
})

t.test('stages have a median and a p90 of what was answered, and say what waits longest and for whom', async (t) => {
  const orgs = [CAMDEN, ISLINGTON]
  const begun = new Date(now).toISOString()
  const agreement = await desk.draft({ orgs, effectiveFrom: today() })
  const { body } = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
  const signOff = String(body.sign_off)
  const review = { id: 'IG_REVIEW', role: 'IG_OFFICER' } as const
  later(1)
  await people.approve(signOff, CAMDEN, review)
  later(3)
  await people.approve(signOff, ISLINGTON, review)
  later(6)
  const insight = await get(officer(ISLINGTON), `/v1/insight/stages?from=${begun}`)
  const ofReview = insight.stages.find(({ kind, role }: { kind: string; role: string }) => kind === 'REVIEW' && role === 'IG_OFFICER')
  t.match(ofReview, { answered: 2, median_days: 2.5, p90_days: 4, waiting: 0, oldest: null })
  t.match(insight.stages[0], { kind: 'CONFIRMATION', role: 'IAO', waiting: 2, oldest: { sign_off: signOff, org: CAMDEN, days: 9 } })
  t.match(insight.waited_for, [
    { org: CAMDEN, waiting: 1, oldest: { days: 9 } },
    { org: ISLINGTON, waiting: 1, oldest: { days: 6 } },
  ])
  const stranger = await get(officer(BARNET), '/v1/insight/stages')
  t.strictSame([stranger.stages, stranger.waited_for], [[], []])
  const auditor = await get({ org: BARNET, role: 'AUDITOR' }, '/v1/insight/stages')
  t.ok(
    auditor.waited_for.some(({ org }: { org: string }) => org === HACKNEY),
    'an auditor sees everybody’s',
  )
  t.equal((await call(officer(CAMDEN), 'GET', '/v1/insight/stages?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z')).status, 400)
})

t.test('an agreement in force that permitted nothing is shown until it does; a simulated question is no use of it', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: today() })
  const unused = async (query = '') =>
    (await get(officer(CAMDEN), `/v1/insight/unused-agreements${query}`)).agreements.map(
      (one: { agreement: { id: string } }) => one.agreement.id,
    )
  t.ok((await unused()).includes(id))
  t.match(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), /^PERMIT/)
  t.notOk((await unused()).includes(id), 'used a moment ago')
  later(2)
  const since = new Date(now - 86_400_000).toISOString()
  const { agreements } = await get(officer(CAMDEN), `/v1/insight/unused-agreements?since=${since}`)
  const found = agreements.find((one: { agreement: { id: string } }) => one.agreement.id === id)
  t.match(found, { last_permit_at: /^2026-/ }, 'a use before that is shown as the last one')
  const { agreements: ofStranger } = await get(officer(BARNET), '/v1/insight/unused-agreements')
  t.strictSame(ofStranger, [])
})

t.test('a share that nothing covers is counted by pair and purpose, with the request that is open for it', async (t) => {
  const { mode: _mode, ...question } = { ...SHARE, provider: ISLINGTON, recipient: BARNET }
  const asked = async () => (await call(officer(BARNET), 'POST', '/v1/decisions', { ...question, mode: SHARE.mode })).body
  for (let i = 0; i < 3; i += 1) t.match((await asked()).reasons, [{ code: 'NO_AGREEMENT' }])
  const unmet = async (person: Person) =>
    (await get(person, '/v1/insight/unmet-shares')).shares.filter(
      ({ provider, recipient }: { provider: string; recipient: string }) => provider === ISLINGTON && recipient === BARNET,
    )
  t.match(await unmet(officer(BARNET)), [{ purpose: SHARE.purpose, asked: 3, request: null }])
  const { id } = (await call({ org: BARNET, role: 'REQUESTER' }, 'POST', '/v1/requests', { question, why: 'Three times denied' })).body
  t.match(await unmet(officer(ISLINGTON)), [{ asked: 3, request: { id, status: 'OPEN' } }])
  t.strictSame(await unmet(officer(HACKNEY)), [], 'what others ask is theirs')
})

t.test('a sign-off has a picture and a Mermaid text, for whoever may see it', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: today() })
  const { body } = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
  const path = `/v1/sign-offs/${body.sign_off}/picture`
  const svg = await call(officer(CAMDEN), 'GET', path)
  t.match(svg, { status: 200, headers: { 'content-type': 'image/svg+xml; charset=utf-8' } })
  t.match(svg.text, /LBC_HACKNEY[\s\S]*>open</)
  const mermaid = await call(officer(CAMDEN), 'GET', path, undefined, { accept: 'text/vnd.mermaid' })
  t.match(mermaid.text, /^flowchart LR/)
  t.equal((await call(officer(CAMDEN), 'GET', path, undefined, { accept: 'image/png' })).status, 406)
  t.equal((await call(officer(BARNET), 'GET', path)).status, 404)
  t.match(await call(officer(CAMDEN), 'GET', '/v1/sign-off-routes/PAN_LONDON/1/picture'), { status: 200 })
  t.equal((await call(officer(CAMDEN), 'GET', '/v1/sign-off-routes/NONE/1/picture')).status, 404)
})
