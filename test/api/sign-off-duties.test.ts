import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { personOf } from '../support/api-caller.ts'
import { approvingDesk } from '../support/approving-desk.ts'
import { SHARE } from '../support/demo-share.ts'

// Who may not do two things to one text, whatever way they come: as a deputy, for another party, through an earlier version. And what
// a party keeps to itself.

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
const desk = await agreementDesk(t)
const { call } = desk
const people = approvingDesk(call)
const person = (org: string, role: Role, sub: string) => ({ org, role, sub })
const rule = (reply: { status: number; body: { errors?: readonly { code: string }[] } }) =>
  `${reply.status} ${reply.body.errors?.[0]?.code}`

/** A text of Camden and Hackney that this person of Camden froze. */
async function frozenBy(sub: string, id?: string) {
  const agreement = id ? { id } : await desk.draft({ effectiveFrom: '2026-11-22' })
  const path = `/v1/agreements/${agreement.id}`
  const body = { route: 'CONDENSED' }
  const frozen = await call(person(CAMDEN, 'IG_OFFICER', sub), 'POST', `${path}/freeze`, body, { 'if-match': '*' })
  t.equal(frozen.status, 200, frozen.text)
  return {
    id: agreement.id,
    path,
    signOff: String(frozen.body.sign_off),
    version: Number(frozen.body.version),
    hash: String(frozen.body.version_hash),
  }
}
const signs = ({ id, version, hash }: Awaited<ReturnType<typeof frozenBy>>, org: string, sub: string) =>
  desk.sign(id, org, version, hash, { sub })
const delegation = (step: string, subject: string) => ({
  ...{ command: 'delegate', step, to: { subject }, first: '2026-11-22', last: '2026-11-24', reason: 'On leave' },
})

t.test('whoever drafted the text signs it through no deputy, of the step or of the role (SD-1, WF-3)', async (t) => {
  const text = await frozenBy('drafter')
  await people.complete(text.signOff, CAMDEN)
  const drafter = person(CAMDEN, 'SIGNATORY', 'drafter')
  t.equal(rule(await people.command(text.signOff, drafter, delegation('SIGNATURE', 'deputy'))), '422 SD-1')
  const naming = { role: 'SIGNATORY', deputy: { subject: 'deputy' }, first: '2026-11-22', last: '2026-11-24', reason: 'On leave' }
  t.equal((await call(drafter, 'POST', `/v1/organisations/${CAMDEN}/deputies`, naming)).status, 201)
  const signing = { version: 1, version_hash: text.hash, name: 'A. Deputy', post: 'Deputy', authority: 'Delegation 3' }
  const statements = [
    'I have authority to sign this agreement for my organisation.',
    'I have read this version of the agreement and agree to it for my organisation.',
  ]
  const asDeputy = () => call(person(CAMDEN, 'LEGAL', 'deputy'), 'POST', `${text.path}/signatures`, { ...signing, statements })
  t.equal(rule(await asDeputy()), '422 SD-1')
  const other = person(CAMDEN, 'SIGNATORY', 'other-signatory')
  t.equal((await call(other, 'POST', `/v1/organisations/${CAMDEN}/deputies`, { ...naming, deputy: { subject: 'second' } })).status, 201)
  const second = call(person(CAMDEN, 'LEGAL', 'second'), 'POST', `${text.path}/signatures`, { ...signing, statements })
  t.equal((await second).status, 201, 'a deputy of somebody else signs')
})

t.test('a signatory who stands in for the drafter, too, signs in their own right', async (t) => {
  const text = await frozenBy('drafter')
  const naming = { role: 'SIGNATORY', deputy: { subject: 'colleague' }, first: '2026-11-22', last: '2026-11-24', reason: 'On leave' }
  await call(person(CAMDEN, 'SIGNATORY', 'drafter'), 'POST', `/v1/organisations/${CAMDEN}/deputies`, naming)
  t.equal((await signs(text, CAMDEN, 'colleague')).status, 201)
  const { signatures } = (await call(person(CAMDEN, 'IG_OFFICER', 'reader'), 'GET', text.path)).body
  t.match(signatures, [{ signatory: 'colleague', deputy_for: null }])
})

t.test('whoever reviewed the text for a party signs it through no deputy (SD-1)', async (t) => {
  const text = await frozenBy('drafter')
  await people.complete(text.signOff, CAMDEN)
  const reviewer = person(CAMDEN, 'SIGNATORY', people.people(CAMDEN, 'IG_OFFICER').sub)
  t.equal(rule(await people.command(text.signOff, reviewer, delegation('SIGNATURE', 'deputy'))), '422 SD-1')
})

t.test('whoever drafted for one party approves and signs for no other: shared services name different people (SD-1)', async (t) => {
  const text = await frozenBy('shared')
  const review = { command: 'approve', step: 'IG_REVIEW', hash: text.hash }
  t.equal(rule(await people.command(text.signOff, person(HACKNEY, 'IG_OFFICER', 'shared'), review)), '422 SD-1')
  t.equal(rule(await signs(text, HACKNEY, 'shared')), '422 SD-1')
  t.equal((await signs(text, HACKNEY, 'somebody-else')).status, 201)
})

t.test('whoever asked for the share approves and signs the text that came of it for nobody, in any role (SD-1)', async (t) => {
  const asker = (role: Role) => person(HACKNEY, role, 'asker')
  const officer = person(CAMDEN, 'IG_OFFICER', 'answering-officer')
  const { mode: _mode, ...question } = SHARE
  const draft = await desk.draft({ effectiveFrom: '2026-11-22' })
  const asked = await call(asker('REQUESTER'), 'POST', '/v1/requests', { question, why: 'Hackney hears too late' })
  t.equal(asked.status, 201, asked.text)
  const request = `/v1/requests/${asked.body.id}`
  await call(officer, 'POST', `${request}/pick-up`)
  t.equal((await call(officer, 'POST', `${request}/answer`, { answer: 'DRAFT_BEGUN', agreement: draft.id })).status, 200)
  const text = await frozenBy('drafter', draft.id)
  const review = { command: 'approve', step: 'IG_REVIEW', hash: text.hash }
  t.equal(rule(await people.command(text.signOff, asker('IG_OFFICER'), review)), '422 SD-1')
  await people.complete(text.signOff, HACKNEY)
  t.equal(rule(await signs(text, HACKNEY, 'asker')), '422 SD-1')
  t.equal((await signs(text, HACKNEY, 'signatory')).status, 201, 'another person signs')
})

t.test('whoever asked to join an agreement neither approves nor signs its joining (SD-1)', async (t) => {
  const asker = (role: Role) => person(ISLINGTON, role, 'joiner')
  const text = await frozenBy('drafter')
  for (const org of [CAMDEN, HACKNEY]) {
    await people.complete(text.signOff, org)
    t.equal((await signs(text, org, `signatory-${org}`)).status, 201)
  }
  const { mode: _mode, ...share } = SHARE
  const asking = { question: { ...share, recipient: ISLINGTON }, why: 'Islington houses them, too', join_agreement: text.id }
  const asked = await call(asker('REQUESTER'), 'POST', '/v1/requests', asking)
  t.equal(asked.status, 201, asked.text)
  const invited = await call(person(CAMDEN, 'IG_OFFICER', 'inviting'), 'POST', `/v1/requests/${asked.body.id}/joining`, {
    outcome: 'INVITED',
  })
  t.equal(invited.status, 200, invited.text)
  const review = { command: 'approve', step: 'IG_REVIEW', hash: text.hash }
  t.equal(rule(await people.command(text.signOff, asker('IG_OFFICER'), review)), '422 SD-1')
  await people.complete(text.signOff, ISLINGTON)
  t.equal(rule(await signs(text, ISLINGTON, 'joiner')), '422 SD-1')
  t.equal((await signs(text, ISLINGTON, 'signatory-of-islington')).status, 201)
})

t.test('whoever drafted a text that was returned does not approve or sign the one that takes its place (SD-1)', async (t) => {
  const first = await frozenBy('first-drafter')
  const dpo = people.people(CAMDEN, 'DPO')
  const [open] = await people.openSteps(first.signOff, CAMDEN)
  if (open) await people.approve(first.signOff, CAMDEN, open)
  t.equal((await people.command(first.signOff, dpo, { command: 'return', step: 'DPO_REVIEW', reasons: 'Name the law' })).status, 200)
  const officer = person(CAMDEN, 'IG_OFFICER', 'second-drafter')
  const amended = await call(
    officer,
    'POST',
    `${first.path}/amendments`,
    { reason: 'The law is named', effective_from: '2026-11-23' },
    { 'if-match': '*' },
  )
  t.equal(amended.status, 201, amended.text)
  const next = await frozenBy('second-drafter', first.id)
  t.equal(next.version, 2)
  const review = { command: 'approve', step: 'IG_REVIEW', hash: next.hash }
  t.equal(rule(await people.command(next.signOff, person(CAMDEN, 'IG_OFFICER', 'first-drafter'), review)), '422 SD-1')
  t.equal(rule(await signs(next, CAMDEN, 'first-drafter')), '422 SD-1')
  t.equal((await signs(next, CAMDEN, 'signatory')).status, 201)
})

t.test('what becomes of a thread that a party does not share is seen by that party alone', async (t) => {
  const { signOff } = await frozenBy('drafter')
  const officer = person(HACKNEY, 'IG_OFFICER', 'officer')
  const thread = '0193f3c0-0000-7000-8000-0000000000aa'
  await people.command(signOff, officer, { command: 'comment', thread, part: '', text: 'Between us', shared: false })
  const found = (await people.read(signOff, HACKNEY)).threads[0]?.id
  for (const command of ['resolve', 'reopen']) t.equal((await people.command(signOff, officer, { command, thread: found })).status, 200)
  const types = async (org: string) =>
    (await call(person(org, 'IG_OFFICER', 'reader'), 'GET', `/v1/sign-offs/${signOff}/events`)).body.events
      .map(({ type }: { type: string }) => type)
      .filter((type: string) => /COMMENTED|THREAD/.test(type))
  t.strictSame(await types(HACKNEY), ['COMMENTED', 'THREAD_RESOLVED', 'THREAD_REOPENED'])
  t.strictSame(await types(CAMDEN), [])
})

t.test('what a deputy returns or refuses names both of them (WF-3)', async (t) => {
  const deputed = async (command: object) => {
    const { signOff } = await frozenBy('drafter')
    const reviewer = people.people(CAMDEN, 'IG_OFFICER')
    t.equal((await people.command(signOff, reviewer, delegation('IG_REVIEW', 'deputy'))).status, 200)
    t.equal((await people.command(signOff, person(CAMDEN, 'LEGAL', 'deputy'), { step: 'IG_REVIEW', ...command })).status, 200)
    const reader = await personOf(desk.service, CAMDEN, ['IG_OFFICER'])
    return (await reader('GET', `/v1/sign-offs/${signOff}/events`)).body.events.find(({ type }: { type: string }) =>
      /RETURNED|STEP_REFUSED/.test(type),
    )
  }
  const both = { by: { subject: 'deputy' }, detail: { deputy_for: { subject: people.people(CAMDEN, 'IG_OFFICER').sub } } }
  t.match(await deputed({ command: 'return', reasons: 'The purpose is not stated' }), { type: 'RETURNED', ...both })
  t.match(await deputed({ command: 'refuse', reason: 'There is no law for it' }), { type: 'STEP_REFUSED', ...both })
})

t.test('a place in the text is a JSON pointer: what is none is refused by name, and nothing is kept', async (t) => {
  const { signOff } = await frozenBy('drafter')
  const officer = person(CAMDEN, 'IG_OFFICER', 'officer')
  for (const part of ['flows/0', '/flows/~2', '/~', '/a\n~'])
    t.match(await people.command(signOff, officer, { command: 'mark', part, mark: 'IMPROVE' }), { status: 400 }, part)
  t.equal((await people.command(signOff, officer, { command: 'mark', part: '/flows/~1~0/', mark: 'IMPROVE' })).status, 200)
  t.equal((await people.read(signOff, CAMDEN)).marks.length, 1)
})

t.test('whoever has announced that it leaves sees how sign-offs stand until it does, and not after', async (t) => {
  const text = await frozenBy('drafter')
  for (const org of [CAMDEN, HACKNEY]) {
    await people.complete(text.signOff, org)
    t.equal((await signs(text, org, `signatory-${org}`)).status, 201)
  }
  const invited = { org: 'LBC_ISLINGTON', role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] }
  await call(person(CAMDEN, 'IG_OFFICER', 'drafter'), 'POST', `${text.path}/accessions`, invited)
  const hackney = person(HACKNEY, 'SIRO', 'siro')
  const listed = async () =>
    (await call(hackney, 'GET', `/v1/sign-offs?subject=${text.id}`)).body.sign_offs.map(
      (one: { status: string; chains: readonly unknown[] }) => `${one.status} ${one.chains.length}`,
    )
  t.strictSame(await listed(), ['OPEN 3'])
  const leaving = { reason: 'Reorganised', at: '2026-12-31T12:00:00.000Z' }
  t.equal((await call(hackney, 'POST', `${text.path}/withdrawals`, leaving, { 'if-match': '*' })).status, 201)
  t.strictSame(await listed(), ['OPEN 3'])
  await call(hackney, 'POST', `${text.path}/withdrawals`, { reason: 'At once' }, { 'if-match': '*' })
  t.strictSame(await listed(), [])
})

t.test('the data protection officer hands a step to no SIRO: it is refused when it is handed over (WF-3)', async (t) => {
  const text = await frozenBy('drafter')
  const roles = `/v1/organisations/${HACKNEY}/roles`
  const record = { person: { subject: 'risk-owner' }, role: 'SIRO', reason: 'Appointed' }
  t.equal((await call(person(HACKNEY, 'SIRO', 'keeper-of-roles'), 'POST', roles, record)).status, 201)
  await people.approve(text.signOff, HACKNEY, { id: 'IG_REVIEW', role: 'IG_OFFICER' })
  const dpo = person(HACKNEY, 'DPO', 'advises')
  t.equal(rule(await people.command(text.signOff, dpo, delegation('DPO_REVIEW', 'risk-owner'))), '422 WF-3')
  t.equal((await people.command(text.signOff, dpo, delegation('DPO_REVIEW', 'colleague'))).status, 200)
})

t.test('what is not there is 404: a step, a task, a thread, and whoever reads of the people who drafted for others', async (t) => {
  const text = await frozenBy('drafter')
  const officer = person(HACKNEY, 'IG_OFFICER', 'reviewer')
  const missing = [
    { command: 'claim', step: 'NO_SUCH_STEP' },
    { command: 'claim', step: 'IG_REVIEW', task: 99 },
    { command: 'claim', step: 'IG_REVIEW', org: 'LBC_BARNET' },
    { command: 'resolve', thread: '01890000-0000-7000-8000-000000000000' },
  ]
  const answers: string[] = []
  for (const command of missing) answers.push(rule(await people.command(text.signOff, officer, command)))
  t.strictSame(answers, ['404 NO_SUCH_STEP', '404 NO_SUCH_STEP', '404 NO_SUCH_STEP', '404 NO_SUCH_THREAD'])
  const first = async (org: string, role: Role) =>
    (await call({ org, role }, 'GET', `/v1/sign-offs/${text.signOff}/events?limit=1`)).body.events[0]
  const requesters = (event: { detail: { parties: { org: string; requesters: { subject: string }[] }[] } }) =>
    event.detail.parties.flatMap((party) => party.requesters.map(({ subject }) => `${party.org} ${subject}`))
  t.ok(requesters(await first(CAMDEN, 'IG_OFFICER')).includes(`${CAMDEN} drafter`), 'the own people')
  t.strictSame(requesters(await first(HACKNEY, 'IG_OFFICER')), [], 'not those of another party')
  t.ok(requesters(await first(HACKNEY, 'AUDITOR')).includes(`${CAMDEN} drafter`), 'an auditor reads of all')
})

t.test('the certificate names who returned, commented and overruled, as far as its reader may know, and keeps their words', async (t) => {
  const text = await frozenBy('drafter')
  const dpo = person(HACKNEY, 'DPO', 'advises')
  const say = (by: typeof dpo, shared: boolean) => people.command(text.signOff, by, { command: 'comment', text: 'A secret word', shared })
  t.equal((await say(person(HACKNEY, 'LEGAL', 'quiet'), false)).status, 200)
  t.equal((await say(person(HACKNEY, 'LEGAL', 'open'), true)).status, 200)
  const officer = person(HACKNEY, 'IG_OFFICER', 'returns-it')
  t.equal((await people.command(text.signOff, officer, { command: 'return', step: 'IG_REVIEW', reasons: 'A secret word' })).status, 200)
  t.equal(
    (await people.command(text.signOff, officer, { command: 'take_back_return', step: 'IG_REVIEW', reason: 'A secret word' })).status,
    200,
  )
  await people.approve(text.signOff, HACKNEY, { id: 'IG_REVIEW', role: 'IG_OFFICER' })
  const overruling = [
    [dpo, { command: 'refuse', step: 'DPO_REVIEW', reason: 'A secret word' }],
    [person(HACKNEY, 'SIRO', 'overrules'), { command: 'overrule', reason: 'A secret word' }],
  ] as const
  for (const [by, command] of overruling) t.equal((await people.command(text.signOff, by, command)).status, 200)
  const page = async (org: string) => (await call({ org, role: 'IG_OFFICER' }, 'GET', `${text.path}/versions/${text.version}/print`)).text
  const [own, other] = [await page(HACKNEY), await page(CAMDEN)]
  for (const shown of [own, other]) {
    t.match(shown, /returns-it returned it at the step/)
    t.match(shown, /open commented on it/)
    t.match(shown, /The data protection officer \(advises\) advised against it/)
    t.match(shown, /The SIRO \(overrules\) went on against the advice/)
    t.notMatch(shown, /A secret word/)
  }
  t.match(own, /quiet commented on it/)
  t.notMatch(other, /quiet/, 'what a party keeps to itself')
})

t.test('who comes as SIRO by their token alone advises for no data protection officer, who hears of it at once (WF-3)', async (t) => {
  const text = await frozenBy('drafter')
  const dpo = person(CAMDEN, 'DPO', 'the-dpo')
  const review = { command: 'approve', step: 'IG_REVIEW', hash: text.hash }
  t.equal((await people.command(text.signOff, person(CAMDEN, 'IG_OFFICER', 'reviewer'), review)).status, 200)
  t.equal(
    (await people.command(text.signOff, dpo, delegation('DPO_REVIEW', 'siro-elsewhere'))).status,
    200,
    'no role of theirs is recorded here',
  )
  const [deputy, advice] = [person(CAMDEN, 'SIRO', 'siro-elsewhere'), { command: 'approve', step: 'DPO_REVIEW', hash: text.hash }]
  const refusals = async () =>
    (await call(dpo, 'GET', '/v1/notices?limit=200')).body.notices.filter(
      ({ kind, agreement }: { kind: string; agreement: string }) => kind === 'DEPUTY_REFUSED' && agreement === text.id,
    )
  const offered = async (who: typeof deputy) =>
    (await call(who, 'GET', `/v1/sign-offs/${text.signOff}`)).body.commands.filter(
      ({ command, step }: { command: string; step: string }) => command === 'approve' && step === 'DPO_REVIEW',
    ).length
  t.equal(await offered(deputy), 0, 'it is not offered to them')
  t.strictSame(await refusals(), [])
  for (let n = 0; n < 2; n += 1) t.equal(rule(await people.command(text.signOff, deputy, { ...advice, hash: '0'.repeat(64) })), '422 WF-3')
  t.match(await refusals(), [{ detail: { org: CAMDEN, step: 'DPO_REVIEW', role: 'DPO', rule: 'WF-3' } }])
  t.equal((await refusals()).length, 1, 'once, however often they try')
  t.equal((await people.command(text.signOff, dpo, delegation('DPO_REVIEW', 'another'))).status, 200)
  t.equal(rule(await people.command(text.signOff, person(CAMDEN, 'SIRO', 'another'), advice)), '422 WF-3')
  t.equal((await refusals()).length, 2, 'of another deputy they hear anew')
  t.equal(await offered(person(CAMDEN, 'LEGAL', 'another')), 1)
  t.equal((await people.command(text.signOff, person(CAMDEN, 'LEGAL', 'another'), advice)).status, 200, 'without that role they may')
})
