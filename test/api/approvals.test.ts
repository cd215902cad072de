import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import type { ApiReply } from '../support/api-caller.ts'
import { approvingDesk } from '../support/approving-desk.ts'
import type { AgreementOver } from '../support/builders/draft.ts'

// Approvals inside each party, from the freeze of a text to its signature: what they do to the agreement and to decisions.

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const BARNET = 'LBC_BARNET'
const TODAY = '2026-11-22'

const desk = await agreementDesk(t)
const { call } = desk
const people = approvingDesk(call)
const officer = (org: string) => ({ org, role: 'IG_OFFICER' as const })

/** A text that is frozen and that nobody has approved. */
async function frozen(
  orgs: readonly string[] = [CAMDEN, HACKNEY],
  asked: Readonly<Record<string, unknown>> = {},
  over: AgreementOver = {},
) {
  const agreement = await desk.draft({ orgs, effectiveFrom: TODAY, ...over })
  const { hash, body } = await desk.freeze(agreement, { ...asked, isApproved: false })
  return { id: agreement.id, path: `/v1/agreements/${agreement.id}`, hash, signOff: String(body.sign_off), body }
}
const ask = (id: string, from = CAMDEN, to = HACKNEY) => desk.ask(from, to, { agreement_ref: id })
const signs = (id: string, org: string, hash: string, person: { role?: Role; sub?: string } = {}): Promise<ApiReply> =>
  call({ org, role: 'SIGNATORY', ...person }, 'POST', `/v1/agreements/${id}/signatures`, {
    ...{ version: 1, version_hash: hash, name: 'A. Signatory', post: 'Director', authority: 'Delegation 3' },
    statements: [
      'I have authority to sign this agreement for my organisation.',
      'I have read this version of the agreement and agree to it for my organisation.',
    ],
  })
const rule = (reply: ApiReply) => `${reply.status} ${reply.body.errors?.[0]?.code}`
const noticesOf = async (org: string, id: string) =>
  (await call(officer(org), 'GET', '/v1/notices')).body.notices
    .filter((notice: { agreement: string }) => notice.agreement === id)
    .map(({ kind }: { kind: string }) => kind)
const shown = async (id: string, org = CAMDEN) => (await call(officer(org), 'GET', `/v1/agreements/${id}`)).body

t.test('CK-16: nothing is permitted between two parties before both have approved and signed, step by step', async (t) => {
  const { id, hash, signOff, body } = await frozen([CAMDEN, HACKNEY], { route: 'STANDARD' })
  t.match(body, { review_route: 'STANDARD/1', awaits: [CAMDEN, HACKNEY], voids: [] })
  t.match((await shown(id)).versions[0], { approvals_origin: 'ACCORD', sign_off: signOff })
  t.match((await shown(id)).approvals, [
    { org: CAMDEN, complete_at: null },
    { org: HACKNEY, complete_at: null },
  ])
  for (const org of [CAMDEN, HACKNEY]) {
    for (let [step] = await people.openSteps(signOff, org); step; [step] = await people.openSteps(signOff, org)) {
      t.match(await ask(id), /^DENY PARTY_NOT_SIGNED/, `before ${org} ${step.id}`)
      t.equal(rule(await signs(id, org, hash)), '422 CHAIN_INCOMPLETE')
      t.equal((await people.approve(signOff, org, step)).status, 200)
    }
    t.equal(await ask(id), org === CAMDEN ? 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET' : 'DENY PARTY_NOT_SIGNED')
  }
  t.equal((await signs(id, CAMDEN, hash)).status, 201)
  t.equal(await ask(id), 'DENY PARTY_NOT_SIGNED', 'silence is no consent')
  t.match(await signs(id, HACKNEY, hash), { status: 201, body: { to: 'ACTIVE' } })
  t.equal(await ask(id), 'PERMIT')
  const history = (await call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/history`)).body.acts
  t.strictSame(
    (await desk.leaves(id)).filter(({ refused }) => !refused).map(({ cseq, act }) => [cseq, act]),
    history.map(({ sequence, act }: { sequence: number; act: string }) => [sequence, act]),
    'one command, one leaf, one line of the history',
  )
})

t.test('a route that does not fit the text is refused by name, and so is an order of strangers; nothing is frozen', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: TODAY })
  const freeze = (body: object) => call(officer(CAMDEN), 'POST', `/v1/agreements/${agreement.id}/freeze`, body, { 'if-match': '*' })
  t.equal(rule(await freeze({ route: 'URGENT' })), '422 ROUTE')
  t.equal(rule(await freeze({ route: 'NO_SUCH_ROUTE' })), '422 ROUTE')
  t.equal(rule(await freeze({ signing_order: [CAMDEN, BARNET] })), '422 UNKNOWN_PARTY')
  t.match(await shown(agreement.id), { status: 'DRAFT', draft_version: 1 })
  t.match(await freeze({ route: 'URGENT', statutory_deadline: true }), { status: 200, body: { review_route: 'URGENT/1' } })
})

t.test('conditions of either party go with every permit; advice that was overruled is shown for ever', async (t) => {
  const { id, hash, signOff } = await frozen()
  const open = async (org: string) => (await people.openSteps(signOff, org))[0] ?? { id: '', role: 'DPO' as const }
  await people.approve(signOff, CAMDEN, await open(CAMDEN))
  const conditions = [{ text: 'Train whoever opens it', bearer: 'RECIPIENT', due: '2027-03-31' }]
  t.equal((await people.approve(signOff, CAMDEN, await open(CAMDEN), { conditions })).status, 200)
  t.match((await shown(id)).approvals[0], { conditions: [] }, 'conditions count once the approval is complete')
  await people.complete(signOff, CAMDEN)
  t.match((await shown(id)).approvals[0], { complete_at: /^2026/, conditions })
  await people.approve(signOff, HACKNEY, await open(HACKNEY))
  const dpo = people.people(HACKNEY, 'DPO')
  t.equal((await people.command(signOff, dpo, { command: 'refuse', step: 'DPO_REVIEW', reason: 'No notice was given' })).status, 200)
  t.match((await shown(id)).flags, [])
  t.equal(rule(await signs(id, HACKNEY, hash)), '422 DPO_REFUSED')
  const siro = { org: HACKNEY, role: 'SIRO' as const }
  t.equal(
    (await people.command(signOff, { ...siro, org: CAMDEN }, { command: 'overrule', reason: 'Urgent' })).status,
    422,
    'only its own SIRO',
  )
  t.equal((await people.command(signOff, siro, { command: 'overrule', reason: 'The notice goes out today' })).status, 200)
  t.match((await shown(id)).flags, [{ code: 'DPO_ADVICE_OVERRULED', org: HACKNEY, version: 1 }])
  await people.complete(signOff, HACKNEY)
  for (const org of [CAMDEN, HACKNEY]) t.equal((await signs(id, org, hash)).status, 201)
  const asked = { ...(await import('../support/demo-share.ts')).SHARE, provider: HACKNEY, recipient: CAMDEN, agreement_ref: id }
  const headers = { ...(await desk.service.as({ org: HACKNEY })), 'content-type': 'application/json' }
  const permit = (await desk.service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: JSON.stringify(asked) })).json()
  t.match(
    permit.obligations.filter(({ code }: { code: string }) => code === 'APPROVAL_CONDITION'),
    [{ mandatory: true, parameters: { text: 'Train whoever opens it', by: 'RECIPIENT', due: '2027-03-31' } }],
    'also where the party that set it receives',
  )
  const page = (await call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/versions/1/print`)).text
  t.match(page, /Train whoever opens it/)
  t.match(page, /went on against the advice/)
  t.match((await shown(id)).flags, [{ code: 'DPO_ADVICE_OVERRULED', org: HACKNEY }])
})

t.test(
  'steps that may run beside each other open together, and what follows opens once, also when two finish in one instant',
  async (t) => {
    const { signOff } = await frozen([CAMDEN, HACKNEY], { route: 'STANDARD' })
    for (let steps = await people.openSteps(signOff, CAMDEN); steps.length < 2; steps = await people.openSteps(signOff, CAMDEN))
      for (const step of steps) t.equal((await people.approve(signOff, CAMDEN, step)).status, 200)
    const beside = await people.openSteps(signOff, CAMDEN)
    t.strictSame(
      beside.map(({ id }) => id),
      ['LEGAL_REVIEW', 'INFOSEC_REVIEW'],
    )
    const replies = await Promise.all(beside.map((step) => people.approve(signOff, CAMDEN, step)))
    t.strictSame(
      replies.map(({ status }) => status),
      [200, 200],
    )
    const opened = replies.flatMap(({ body }) =>
      body.events.filter((event: { type: string; step: string }) => event.type === 'STEP_OPENED'),
    )
    t.strictSame(
      opened.map(({ step }: { step: string }) => step),
      ['SIRO_APPROVAL'],
      'once, after the last',
    )
  },
)

t.test(
  'WF-1: nobody approves a version that was returned; another text takes its place, and says which steps hold no longer',
  async (t) => {
    const { id, path, signOff } = await frozen([CAMDEN, HACKNEY], {}, { effectiveFrom: '2026-12-01' } as never)
    await people.complete(signOff, CAMDEN)
    const [step] = await people.openSteps(signOff, HACKNEY)
    if (!step) throw new Error('a step is open')
    const by = people.people(HACKNEY, step.role)
    t.equal((await people.command(signOff, by, { command: 'return', step: step.id, reasons: 'The purpose is too wide' })).status, 200)
    t.equal(rule(await people.approve(signOff, HACKNEY, step)), '422 WF-1')
    const body = { reason: 'The purpose is narrower now', effective_from: '2026-12-01' }
    t.equal((await call(officer(CAMDEN), 'POST', `${path}/amendments`, body, { 'if-match': '*' })).status, 201)
    const next = await desk.freeze({ id, owner_org: CAMDEN }, { isApproved: false })
    t.strictSame(next.body.supersedes, [1])
    t.strictSame(
      next.body.voids,
      ['IG_REVIEW', 'DPO_REVIEW', 'SIRO_APPROVAL'].map((step) => ({ org: CAMDEN, step })),
    )
    t.equal((await people.approve(signOff, HACKNEY, step)).status, 409, 'the text that was returned is approved no more')
    t.match((await people.read(signOff, CAMDEN)).status, 'SUPERSEDED')
  },
)

t.test('signing order: the second is refused before the first has signed, and nobody is asked to sign before their turn', async (t) => {
  const orgs = [CAMDEN, HACKNEY, ISLINGTON]
  const { id, hash, signOff } = await frozen(orgs, { signing_order: orgs })
  for (const org of orgs) await people.complete(signOff, org)
  t.equal(rule(await signs(id, HACKNEY, hash)), '409 SIGNING_ORDER')
  const dueOf = async (org: string) => (await noticesOf(org, id)).filter((kind: string) => kind === 'SIGNATURE_DUE').length
  t.strictSame([await dueOf(CAMDEN), await dueOf(HACKNEY), await dueOf(ISLINGTON)], [1, 0, 0])
  t.equal((await signs(id, CAMDEN, hash)).status, 201)
  t.equal(rule(await signs(id, ISLINGTON, hash)), '409 SIGNING_ORDER')
  t.strictSame([await dueOf(CAMDEN), await dueOf(HACKNEY), await dueOf(ISLINGTON)], [1, 1, 0])
  t.equal((await signs(id, HACKNEY, hash)).status, 201)
  t.equal((await signs(id, ISLINGTON, hash)).status, 201)
})

t.test('a quorum for all: after the third of four reviews the fourth is out of every list, and its late answer is 409', async (t) => {
  const orgs = [CAMDEN, HACKNEY, ISLINGTON, BARNET]
  const { id, signOff, hash } = await frozen(orgs, { route: 'PAN_LONDON' })
  const review = { command: 'approve', org: null, step: 'WORKING_GROUP_REVIEW', hash }
  const reviewer = (org: string) => ({ ...officer(org), sub: `${org}-reviewer` })
  const listed = async (org: string) =>
    (await call(reviewer(org), 'GET', `/v1/sign-off-tasks?whose=ORGANISATION&step=WORKING_GROUP_REVIEW&subject=${id}`)).body.tasks.length
  for (const org of orgs.slice(0, 3)) {
    t.equal(await listed(BARNET), 1)
    t.equal((await people.command(signOff, reviewer(org), review)).status, 200)
  }
  t.equal(await listed(BARNET), 0)
  t.equal((await people.command(signOff, reviewer(BARNET), review)).status, 409)
})

t.test('a party that declines, or whose people refuse, takes no part any more, as if it had rejected the text', async (t) => {
  const { id, hash, signOff } = await frozen([CAMDEN, HACKNEY, ISLINGTON])
  const signatory = { org: HACKNEY, role: 'SIGNATORY' as const }
  t.equal((await people.command(signOff, signatory, { command: 'decline', reason: 'Not for us' })).status, 200)
  t.match(
    (await shown(id)).parties.find(({ org }: { org: string }) => org === HACKNEY),
    { left_at: /^2026/ },
  )
  t.equal((await signs(id, HACKNEY, hash)).status, 403, 'it has left')
  t.ok((await noticesOf(ISLINGTON, id)).includes('REJECTED'), 'the others are told')
  const dpo = people.people(ISLINGTON, 'IG_OFFICER')
  t.equal((await people.command(signOff, dpo, { command: 'refuse', step: 'IG_REVIEW', reason: 'No lawful basis' })).status, 200)
  t.match(await shown(id), { status: 'REJECTED' }, 'nobody is left for Camden to share with')
  t.equal((await people.read(signOff, CAMDEN)).status, 'WITHDRAWN')
  t.match(await ask(id), /^DENY /)
})

t.test('rejecting, leaving and withdrawing the draft end the approvals that they make pointless', async (t) => {
  const first = await frozen([CAMDEN, HACKNEY, ISLINGTON])
  const siro = (org: string) => ({ org, role: 'SIRO' as const })
  await call(siro(HACKNEY), 'POST', `${first.path}/rejection`, { reason: 'No' }, { 'if-match': '*' })
  const chain = async (signOff: string, org: string) =>
    (await people.read(signOff, CAMDEN)).chains.find((one: { org: string }) => one.org === org).status
  t.equal(await chain(first.signOff, HACKNEY), 'LEFT')
  t.equal(await chain(first.signOff, ISLINGTON), 'OPEN')
  await call(officer(CAMDEN), 'POST', `${first.path}/withdrawal-of-draft`, { reason: 'Over' }, { 'if-match': '*' })
  t.equal((await people.read(first.signOff, CAMDEN)).status, 'WITHDRAWN')
})

t.test('a late joiner has approvals of its own; an invitation that is taken back ends them', async (t) => {
  const { id, path, hash, signOff } = await frozen()
  for (const org of [CAMDEN, HACKNEY]) {
    await people.complete(signOff, org)
    await signs(id, org, hash)
  }
  const invite = (org: string) =>
    call(officer(CAMDEN), 'POST', `${path}/accessions`, { org, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] })
  t.equal((await invite(ISLINGTON)).status, 201)
  t.strictSame(await noticesOf(ISLINGTON, id), ['APPROVAL_DUE', 'STEP_OPENED'])
  t.equal(rule(await signs(id, ISLINGTON, hash)), '422 CHAIN_INCOMPLETE')
  t.equal(await ask(id), 'PERMIT', 'the others go on')
  await people.complete(signOff, ISLINGTON)
  t.match(await signs(id, ISLINGTON, hash), { status: 201 })
  t.equal((await invite(BARNET)).status, 201)
  await call(officer(CAMDEN), 'POST', `${path}/accessions/${BARNET}/revocation`, { reason: 'A mistake' })
  t.match(
    (await people.read(signOff, CAMDEN)).chains.find(({ org }: { org: string }) => org === BARNET),
    { status: 'LEFT' },
  )
})

t.test('while all sharing is suspended nobody approves; once it goes on, they do', async (t) => {
  const { id, path, hash, signOff } = await frozen([CAMDEN, HACKNEY, ISLINGTON])
  for (const org of [CAMDEN, HACKNEY]) {
    await people.complete(signOff, org)
    await signs(id, org, hash)
  }
  const dpo = { org: HACKNEY, role: 'DPO' as const }
  const held = await call(dpo, 'POST', `${path}/suspensions`, { scope: 'AGREEMENT', reason: 'A breach' })
  const [step] = await people.openSteps(signOff, ISLINGTON)
  if (!step) throw new Error('a step is open')
  t.equal(rule(await people.approve(signOff, ISLINGTON, step)), '422 HELD')
  for (const org of [HACKNEY, CAMDEN])
    await call({ org, role: 'SIRO' }, 'POST', `${path}/suspensions/${held.body.suspension.id}/lift`, { reason: 'Put right' })
  t.equal((await people.approve(signOff, ISLINGTON, step)).status, 200)
})

t.test('WF-3: a deputy signs on the days of the delegation, and both names stand in the history and on the certificate', async (t) => {
  const { id, path, hash, signOff } = await frozen()
  await people.complete(signOff, CAMDEN)
  const signatory = { org: CAMDEN, role: 'SIGNATORY' as const, sub: 'director' }
  const to = { subject: 'assistant-director' }
  const delegate = { command: 'delegate', step: 'SIGNATURE', to, first: '2026-11-23', last: '2026-11-24', reason: 'On leave' }
  t.equal((await people.command(signOff, signatory, delegate)).status, 200)
  const deputy = { role: 'LEGAL' as const, sub: 'assistant-director' }
  t.equal(rule(await signs(id, CAMDEN, hash, deputy)), '403 WF-3', 'the day before')
  t.equal((await signs(id, CAMDEN, hash, { role: 'LEGAL', sub: 'somebody-else' })).status, 403)
  desk.at('2026-11-24T12:00:00.000Z')
  t.equal((await signs(id, CAMDEN, hash, deputy)).status, 201)
  const [signature] = (await shown(id)).signatures
  t.match(signature, { signatory: 'assistant-director', deputy_for: 'director', statements_edition: 1 })
  const history = (await call(officer(CAMDEN), 'GET', `${path}/history`)).body.acts.at(-1)
  t.match(history, { act: 'sign', actor: 'assistant-director', detail: { deputy_for: { sub: 'director' } } })
  t.match((await call(officer(CAMDEN), 'GET', `${path}/versions/1/print`)).text, /A\. Signatory, deputy/)
})

t.test('a text that is frozen while all sharing is suspended is approved once that is lifted, and no day counts until then', async (t) => {
  const { id, path, hash, signOff } = await frozen([CAMDEN, HACKNEY], {}, { effectiveFrom: '2026-11-24' })
  for (const org of [CAMDEN, HACKNEY]) {
    await people.complete(signOff, org)
    await signs(id, org, hash)
  }
  const dpo = { org: HACKNEY, role: 'DPO' as const }
  const held = await call(dpo, 'POST', `${path}/suspensions`, { scope: 'AGREEMENT', reason: 'A breach' })
  const drafter = { org: CAMDEN, role: 'IG_OFFICER' as const, sub: 'drafter' }
  const amendment = { reason: 'Put right', effective_from: '2027-02-01' }
  await call(drafter, 'POST', `${path}/amendments`, amendment, { 'if-match': '*' })
  const second = await call(drafter, 'POST', `${path}/freeze`, { route: 'CONDENSED' }, { 'if-match': '*' })
  t.equal(second.status, 200, second.text)
  const next = String(second.body.sign_off)
  const review = { id: 'IG_REVIEW', role: 'IG_OFFICER' as const }
  t.equal((await people.read(next, HACKNEY)).status, 'HELD')
  t.equal(rule(await people.approve(next, HACKNEY, review)), '422 HELD')
  const due = async () => (await people.read(next, HACKNEY)).chains.find(({ org }: { org: string }) => org === HACKNEY).steps[0].due
  const before = await due()
  desk.at('2027-01-05T12:00:00.000Z')
  const overdue = await call(officer(HACKNEY), 'GET', `/v1/sign-off-tasks?whose=ORGANISATION&subject=${id}&overdue=true`)
  t.strictSame(overdue.body.tasks, [], 'nothing becomes overdue while everything stands still')
  for (const org of [HACKNEY, CAMDEN])
    await call({ org, role: 'SIRO' }, 'POST', `${path}/suspensions/${held.body.suspension.id}/lift`, { reason: 'Put right' })
  t.equal((await people.read(next, HACKNEY)).status, 'OPEN')
  t.ok((await due()) > '2027-01-05', `${before} has moved to ${await due()}`)
  t.equal((await people.approve(next, HACKNEY, review)).status, 200)
})

t.test('a text is in review while people of a controller approve it, and awaits signatures from then on', async (t) => {
  const { id, path, hash, signOff, body } = await frozen([CAMDEN, HACKNEY, ISLINGTON], {}, { effectiveFrom: '2027-02-01' })
  t.match(body, { from: 'DRAFT', to: 'IN_REVIEW' })
  const listed = async (state: string) =>
    (await call(officer(CAMDEN), 'GET', `/v1/agreements?state=${state}&limit=100`)).body.agreements.some(
      (one: { id: string }) => one.id === id,
    )
  const status = async (at = '') => (await call(officer(CAMDEN), 'GET', `${path}/state${at}`)).body.status
  const all = async () => [(await shown(id)).status, await status(), await listed('IN_REVIEW'), await listed('AWAITING_SIGNATURE')]
  t.strictSame(await all(), ['IN_REVIEW', 'IN_REVIEW', true, false])
  await people.complete(signOff, CAMDEN)
  t.match((await signs(id, CAMDEN, hash)).body, { from: 'IN_REVIEW', to: 'IN_REVIEW' }, 'a party that is ready signs while others approve')
  await people.complete(signOff, HACKNEY)
  t.strictSame(await all(), ['IN_REVIEW', 'IN_REVIEW', true, false])
  const inReview = (await call(officer(CAMDEN), 'GET', `${path}/history?limit=200`)).body.acts.at(-1).at
  desk.at('2027-01-06T12:00:00.000Z')
  await people.complete(signOff, ISLINGTON)
  t.strictSame(await all(), ['AWAITING_SIGNATURE', 'AWAITING_SIGNATURE', false, true])
  t.equal(await status(`?at=${inReview}`), 'IN_REVIEW', 'as it was then')
  t.match((await call(officer(CAMDEN), 'GET', `${path}/history?limit=200`)).body.acts.at(-1), {
    from: 'IN_REVIEW',
    to: 'AWAITING_SIGNATURE',
  })
  t.match((await signs(id, HACKNEY, hash)).body, { from: 'AWAITING_SIGNATURE', to: 'ACTIVE' })
})

t.test('whoever takes no part any more keeps no text in review', async (t) => {
  const { id, path, signOff } = await frozen([CAMDEN, HACKNEY, ISLINGTON], {}, { effectiveFrom: '2027-02-01' })
  for (const org of [CAMDEN, HACKNEY]) await people.complete(signOff, org)
  t.equal((await shown(id)).status, 'IN_REVIEW')
  t.equal((await call({ org: ISLINGTON, role: 'SIRO' }, 'POST', `${path}/rejection`, { reason: 'No' }, { 'if-match': '*' })).status, 200)
  t.equal((await shown(id)).status, 'AWAITING_SIGNATURE')
})
