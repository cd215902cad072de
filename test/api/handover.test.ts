import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { personOf } from '../support/api-caller.ts'
import { SHARE } from '../support/demo-share.ts'
import { ownerPool } from '../support/leaves.ts'

// Somebody leaves: everything that names them is listed, and passed on in one act.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const ROLES = `/v1/organisations/${CAMDEN}/roles`
const HANDOVERS = `/v1/organisations/${CAMDEN}/handovers`
const { mode: _mode, ...QUESTION } = SHARE
const desk = await agreementDesk(t, '2026-11-30T09:00:00.000Z')
const { service } = desk
const owner = await ownerPool(service)
const as = (role: Role, sub: string, org = CAMDEN) => personOf(service, org, [role], sub)
const siro = await as('SIRO', 'siro')
const fireDue = () => service.app.services.timers.fireDue()

const give = async (subject: string, role: Role, over: object = {}) => {
  const made = await siro('POST', ROLES, { body: { person: { subject }, role, reason: 'Appointed', ...over } })
  if (made.status !== 201) throw new Error(made.text)
  return String(made.body.id)
}
/** The roles that are recorded for somebody, with their days. */
const rolesOf = async (subject: string) =>
  ((await siro('GET', ROLES)).body.roles as { person: { subject: string }; role: string; from: string; to: string; ended_at: string }[])
    .filter((one) => one.person.subject === subject)
    .map(({ role, from, to, ended_at }) => [role, from, to, ended_at])
const handOver = (body: object, key?: string) =>
  siro('POST', HANDOVERS, { body: { successor: { subject: 'nia' }, reason: 'Moves to another council', ...body }, ...(key ? { key } : {}) })
const preview = (body: object, who = siro) => who('POST', `${HANDOVERS}/preview`, { body })
const command = async (who: Promise<Awaited<ReturnType<typeof as>>>, signOff: string, body: object) =>
  (await who)('POST', `/v1/sign-offs/${signOff}/commands`, { body })

/** A text that Camden's officers are to review, taken by one of them; answers the sign-off. */
const stepOf = async (leaver: string) => {
  const agreement = await desk.draft({ effectiveFrom: '2026-12-10', orgs: [CAMDEN, HACKNEY] })
  const { body } = await desk.freeze(agreement, { isApproved: false, route: 'STANDARD' })
  const claimed = await command(as('IG_OFFICER', leaver), body.sign_off, { command: 'claim', org: CAMDEN, step: 'IG_REVIEW' })
  if (claimed.status !== 200) throw new Error(claimed.text)
  return { signOff: String(body.sign_off), hash: String(body.version_hash), agreement: agreement.id }
}
/** Whose the step of Camden's officers is. */
const hands = async (signOff: string) => {
  const { chains } = (await siro('GET', `/v1/sign-offs/${signOff}`)).body
  const chain = chains.find(({ org }: { org: string }) => org === CAMDEN)
  const step = chain.steps.find(({ step: id, id: other }: { step: string; id: string }) => (id ?? other) === 'IG_REVIEW')
  return step.tasks[0].assignee?.sub ?? step.tasks[0].assignee?.subject ?? null
}
const requestOf = async (leaver: string) => {
  const asked = await (await as('REQUESTER', 'asker', HACKNEY))('POST', '/v1/requests', {
    body: { question: QUESTION, why: 'Heard too late' },
  })
  const id = String(asked.body.id)
  await (await as('IG_OFFICER', leaver))('POST', `/v1/requests/${id}/pick-up`, {})
  return id
}
const pickedUpBy = async (id: string) => (await siro('GET', `/v1/requests/${id}`)).body.picked_up_by?.subject ?? null
const leafNames = async () => {
  const { rows } = await owner.query<{ t: string }>(
    `select convert_from(l.leaf, 'UTF8')::json ->> 't' as t from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.idx`,
  )
  return rows.map(({ t }) => t.replace('gov.', ''))
}

t.test('everything that names a leaver is listed, with what would become of it, and nothing is changed', async (t) => {
  await give('lea', 'IG_OFFICER')
  await give('lea', 'IAO', { to: '2027-03-31' })
  const { signOff, agreement } = await stepOf('lea')
  const request = await requestOf('lea')
  const days = { first: '2026-12-01', last: '2026-12-20', reason: 'On leave' }
  const deputies = `/v1/organisations/${CAMDEN}/deputies`
  await siro('POST', deputies, { body: { role: 'IG_OFFICER', person: { subject: 'lea' }, deputy: { subject: 'dan' }, ...days } })
  await siro('POST', deputies, { body: { role: 'LEGAL', person: { subject: 'lou' }, deputy: { subject: 'lea' }, ...days } })
  await (await as('IG_OFFICER', 'lea'))('POST', '/v1/calendars', { body: { scope: 'MINE' } })

  const alone = await preview({ person: { subject: 'lea' }, last_day: '2026-12-02' })
  t.match(alone, {
    status: 200,
    body: {
      roles: [
        { role: 'IG_OFFICER', last_day: '2026-12-02', passes_to: null },
        { role: 'IAO', to: '2027-03-31', last_day: '2026-12-02' },
      ],
      deputies: [
        { role: 'IG_OFFICER', deputy: { subject: 'dan' } },
        { role: 'LEGAL', deputy: { subject: 'lea' } },
      ],
      steps: [{ sign_off: signOff, subject_id: agreement, step: 'IG_REVIEW', role: 'IG_OFFICER', passes_to: null, why_not: null }],
      requests: [{ id: request, purpose: QUESTION.purpose }],
      unseen: { steps: 0, requests: 0 },
      ends: { calendars: 1, mail: false },
      gaps: [
        { role: 'IG_OFFICER', from: '2026-12-03' },
        { role: 'IAO', from: '2026-12-03' },
      ],
      refusals: [],
    },
  })
  const named = await preview({ person: { subject: 'lea' }, last_day: '2026-12-02', successor: { subject: 'nia' } })
  t.match(named.body, {
    roles: [
      { first_day: '2026-12-03', until: null, passes_to: { subject: 'nia' } },
      { first_day: '2026-12-03', until: '2027-03-31' },
    ],
    deputies: [{ first_day: '2026-12-03' }, { first_day: '2026-12-03', passes_to: { subject: 'nia' } }],
    steps: [{ passes_to: { subject: 'nia' } }],
    gaps: [],
  })
  t.equal(await hands(signOff), 'lea')
  t.strictSame(await rolesOf('nia'), [])

  const administrator = await as('REGISTER_ADMIN', 'admin', HACKNEY)
  const elsewhere = await preview({ person: { subject: 'lea' } }, administrator)
  t.match(elsewhere.body, { steps: [], requests: [], unseen: { steps: 1, requests: 1 } }, 'who may not read them is told how many')
  t.notMatch(elsewhere.text, agreement)
  t.equal((await preview({ person: { subject: 'lea' } }, await as('SIRO', 'stranger', HACKNEY))).status, 404)
  t.equal((await preview({ person: { subject: 'lea' } }, await as('DPO', 'dpo'))).status, 403)
  t.match(await preview({ person: { subject: 'nobody-knows' } }), { status: 200, body: { roles: [], steps: [] } })
})

t.test('it is passed on in one act, and what is in their hands once their last day is over', async (t) => {
  const before = (await leafNames()).length
  const body = { person: { subject: 'lea' }, last_day: '2026-12-02' }
  const done = await handOver(body, 'one')
  t.match(done, {
    status: 201,
    headers: { location: `${HANDOVERS}/${done.body.id}` },
    body: { passed_on_at: null, last_day: '2026-12-02' },
  })
  t.strictSame((await handOver(body, 'one')).body, done.body, 'the same request again is the same act')
  t.match(await handOver(body), { status: 409 }, 'another one is told that it is done')
  const names = (await leafNames()).slice(before)
  t.strictSame(names.filter((name) => name === 'handover.recorded').length, 2, 'one leaf of the act, and one of the refusal')
  t.equal(names.filter((name) => name === 'role.recorded').length, 2)

  t.strictSame(await rolesOf('lea'), [
    ['IG_OFFICER', '2026-11-30', '2026-12-02', null],
    ['IAO', '2026-11-30', '2026-12-02', null],
  ])
  t.strictSame(await rolesOf('nia'), [
    ['IG_OFFICER', '2026-12-03', null, null],
    ['IAO', '2026-12-03', '2027-03-31', null],
  ])
  const { deputies } = (await siro('GET', `/v1/organisations/${CAMDEN}/deputies`)).body
  const said = deputies.map(({ role, person, deputy, first, last }: Record<string, { subject: string }>) => [
    role,
    person?.subject,
    deputy?.subject,
    first,
    last,
  ])
  t.strictSame(said, [
    ['IG_OFFICER', 'lea', 'dan', '2026-12-01', '2026-12-02'],
    ['IG_OFFICER', 'nia', 'dan', '2026-12-03', '2026-12-20'],
    ['LEGAL', 'lou', 'lea', '2026-12-01', '2026-12-02'],
    ['LEGAL', 'lou', 'nia', '2026-12-03', '2026-12-20'],
  ])
  const { steps, requests } = done.body.plan
  const signOff = String(steps[0].sign_off)
  t.equal(await hands(signOff), 'lea', 'until their last day is over it is theirs')
  desk.at('2026-12-02T10:00:00.000Z')
  const later = await stepOf('lea')
  await fireDue()
  t.equal(await hands(signOff), 'lea')
  desk.at('2026-12-03T00:00:00.000Z')
  await Promise.all([fireDue(), fireDue()])
  t.equal(await hands(signOff), 'nia')
  t.equal(await hands(later.signOff), 'nia', 'also what they took up after it was recorded')
  t.equal(await pickedUpBy(requests[0].id), 'nia')
  t.match(await siro('GET', `${HANDOVERS}/${done.body.id}`), { body: { passed_on_at: '2026-12-03T00:00:00.000Z' } })
  t.equal((await (await as('SIRO', 'stranger', HACKNEY))('GET', `${HANDOVERS}/${done.body.id}`)).status, 404)
  const notices = (await (await as('IG_OFFICER', 'nia'))('GET', '/v1/notices?limit=50')).body.notices
  t.ok(notices.some(({ kind }: { kind: string }) => kind === 'STEP_ASSIGNED'))
})

t.test('what the law keeps apart is refused in words and changes nothing; another person takes that role over', async (t) => {
  await give('rob', 'SIRO')
  await give('rob', 'IG_OFFICER')
  await give('dee', 'DPO')
  const body = { person: { subject: 'rob' }, last_day: '2026-12-04', successor: { subject: 'dee' } }
  const no = await handOver(body)
  t.match(no, {
    status: 422,
    body: { errors: [{ pointer: '/successor', code: 'SD-2', detail: /Nobody is SIRO and DPO.*Name another person for SIRO/ }] },
  })
  t.strictSame(
    (await rolesOf('rob')).map(([, , to]) => to),
    [null, null],
    'whole, or not at all',
  )
  t.strictSame(await rolesOf('dee'), [['DPO', '2026-12-03', null, null]])
  t.match((await preview(body)).body.refusals, [{ pointer: '/successor', code: 'SD-2' }])

  const own = await handOver({ ...body, for_roles: [{ role: 'SIRO', person: { subject: 'siro' } }] })
  t.match(own, { status: 422, body: { errors: [{ pointer: '/for_roles/0/person', detail: /Nobody gives a role to themselves/ }] } })
  t.match(await handOver({ ...body, successor: { subject: 'rob' } }), { status: 422, body: { errors: [{ pointer: '/successor' }] } })
  t.match(await handOver({ ...body, last_day: '2026-12-02' }), { status: 422, body: { errors: [{ pointer: '/last_day' }] } })
  t.match(await handOver({ person: { subject: 'nobody-knows' } }), { status: 409, body: { detail: /Nothing here names/ } })

  const gap = await preview({ ...body, for_roles: [{ role: 'SIRO', person: null }] })
  t.match(gap.body, { gaps: [{ role: 'SIRO', from: '2026-12-05' }], refusals: [] })
  t.match(await handOver({ ...body, for_roles: [{ role: 'SIRO', person: { subject: 'sam' } }] }), { status: 201 })
  t.strictSame(await rolesOf('sam'), [['SIRO', '2026-12-05', null, null]])
  t.strictSame(
    (await rolesOf('dee')).map(([role]) => role),
    ['DPO', 'IG_OFFICER'],
  )
})

t.test("whoever leaves now has nothing left in their hands; a step that the successor may not do is everybody's again", async (t) => {
  desk.at('2026-12-07T09:00:00.000Z')
  await give('kim', 'IG_OFFICER')
  const { signOff } = await stepOf('kim')
  const done = await stepOf('kim')
  const request = await requestOf('kim')
  // A step done meanwhile stays with whoever did it.
  const shown = await preview({ person: { subject: 'kim' }, successor: { subject: 'nia' } })
  t.equal(shown.body.steps.length, 2)
  const approved = await command(as('IG_OFFICER', 'kim'), done.signOff, {
    ...{ command: 'approve', org: CAMDEN, step: 'IG_REVIEW', hash: done.hash },
  })
  t.equal(approved.status, 200, approved.text)
  const [one, other] = await Promise.all([
    handOver({ person: { subject: 'kim' } }),
    handOver({ person: { subject: 'kim' }, successor: { subject: 'ola' } }),
  ])
  t.strictSame([one.status, other.status].toSorted(), [201, 409], 'of two at once one is done')
  const winner = one.status === 201 ? one : other
  const to = winner.body.successor.subject
  t.equal(winner.body.plan.steps.length, 1, 'what was done meanwhile is not passed on')
  t.equal(winner.body.plan.stays.steps, 1)
  t.match((await siro('GET', `${HANDOVERS}/${winner.body.id}`)).body, { passed_on_at: '2026-12-07T09:00:00.000Z' })
  t.equal(await hands(signOff), to)
  t.equal(await hands(done.signOff), 'kim', 'who did it is history')
  t.equal(await pickedUpBy(request), to)
  t.match(await rolesOf('kim'), [['IG_OFFICER', '2026-12-07', null, '2026-12-07T09:00:00.000Z']])
  t.match((await siro('GET', `/v1/requests/${request}`)).body.history.at(-1), { act: 'hand_over' })

  // A claim that was on its way while they left is looked for once more.
  const late = await stepOf('kim')
  desk.at('2026-12-07T09:01:00.000Z')
  await fireDue()
  t.equal(await hands(late.signOff), to)

  const nobody = await stepOf('pat')
  const free = await requestOf('pat')
  t.match(await handOver({ person: { subject: 'pat' }, successor: null }), { status: 201 })
  t.equal(await hands(nobody.signOff), null, 'nobody was named: it is for everybody of the role')
  t.equal(await pickedUpBy(free), null)
  t.match((await siro('GET', `/v1/requests/${free}`)).body, { status: 'OPEN' })
})
