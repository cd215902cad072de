import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { approvingDesk, type OpenStep } from '../support/approving-desk.ts'
import { questionsAsked } from '../support/questions.ts'

// Two at once in one sign-off, on real connections: exactly one of them, a plain answer for the other, and nothing done twice.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const ROUNDS = 4
const questionsOf = questionsAsked(t)
const desk = await agreementDesk(t)
const { call } = desk
const people = approvingDesk(call)
const officer = { org: CAMDEN, role: 'IG_OFFICER' as const }
const statuses = (replies: readonly { readonly status: number }[]) => replies.map(({ status }) => status).toSorted()

async function frozen(route = 'CONDENSED') {
  const agreement = await desk.draft({ effectiveFrom: '2026-11-22' })
  const { hash, body } = await desk.freeze(agreement, { route, isApproved: false })
  return { id: agreement.id, path: `/v1/agreements/${agreement.id}`, hash, signOff: String(body.sign_off) }
}
const eventsOf = async (signOff: string): Promise<string[]> =>
  (await call(officer, 'GET', `/v1/sign-offs/${signOff}/events?limit=500`)).body.events.map(
    ({ type, org, step }: Record<string, string | null>) => [type, org, step].filter(Boolean).join(' '),
  )
const often = async (round: (n: number) => Promise<void>) => {
  for (let n = 0; n < ROUNDS; n += 1) await round(n)
}

t.test('five people approve one step at once: one approval, four answers that came too late', async (t) => {
  const { signOff, hash } = await frozen()
  const approve = (n: number) =>
    people.command(signOff, { ...officer, sub: `officer-${n}` }, { command: 'approve', step: 'IG_REVIEW', hash })
  t.strictSame(statuses(await Promise.all([1, 2, 3, 4, 5].map(approve))), [200, 409, 409, 409, 409])
  const events = await eventsOf(signOff)
  t.equal(events.filter((event) => event === `STEP_DONE ${CAMDEN} IG_REVIEW`).length, 1)
  t.equal(events.filter((event) => event === `STEP_OPENED ${CAMDEN} DPO_REVIEW`).length, 1)
})

t.test('an approval is one transaction of fifteen statements, and one of them is all that it changes in the sign-off', async (t) => {
  const { signOff, hash } = await frozen()
  const approve = () => people.command(signOff, { ...officer, sub: 'officer' }, { command: 'approve', step: 'IG_REVIEW', hash })
  const { answer, questions } = await questionsOf(approve)
  t.equal(answer.status, 200, answer.text)
  const transaction = questions.slice(questions.indexOf('begin'), questions.indexOf('commit') + 1)
  t.equal(transaction.length, 15, transaction.join('\n'))
  const writing = transaction.filter((text) => /(?:insert into|update|delete from) (?:sign_off|timer)/.test(text))
  t.equal(writing.length, 1, writing.join('\n'))
  t.ok(
    transaction.some((text) => text.startsWith('select audit.append')),
    'with its record',
  )
})

t.test('the steps of both parties that run beside each other are approved at once: what follows opens once for each', async (t) => {
  const { signOff } = await frozen('STANDARD')
  const openOf = async (org: string) => (await people.openSteps(signOff, org)).map((step) => ({ org, step }))
  for (;;) {
    const open: { org: string; step: OpenStep }[] = (await Promise.all([CAMDEN, HACKNEY].map(openOf))).flat()
    if (open.length === 0) break
    const replies = await Promise.all(open.map(({ org, step }) => people.approve(signOff, org, step)))
    t.strictSame(
      statuses(replies),
      open.map(() => 200),
    )
  }
  const events = await eventsOf(signOff)
  const once = events.filter((event) => /^(STEP_OPENED|STEP_DONE|CHAIN_READY)/.test(event))
  t.strictSame(once, [...new Set(once)])
  for (const org of [CAMDEN, HACKNEY]) t.ok(events.includes(`CHAIN_READY ${org}`))
})

t.test('a text is approved and replaced at once: the approval is done before or is too late, and the old text is approved no more', (t) =>
  often(async () => {
    const { id, path, signOff, hash } = await frozen()
    const change = { reason: 'A change', effective_from: '2026-11-23' }
    await call(officer, 'POST', `${path}/amendments`, change, { 'if-match': '*' })
    const [approved, next] = await Promise.all([
      people.command(signOff, people.people(HACKNEY, 'IG_OFFICER'), { command: 'approve', step: 'IG_REVIEW', hash }),
      call({ ...officer, sub: 'freezer' }, 'POST', `/v1/agreements/${id}/freeze`, { route: 'CONDENSED' }, { 'if-match': '*' }),
    ])
    t.ok([200, 409].includes(approved.status), `${approved.status} ${approved.text}`)
    t.equal(next.status, 200, next.text)
    t.not(next.body.sign_off, signOff)
  }),
)

t.test('a party signs while another one suspends all sharing: nothing is permitted, whoever came first', (t) =>
  often(async () => {
    const { id, path, signOff, hash } = await frozen()
    for (const org of [CAMDEN, HACKNEY]) await people.complete(signOff, org)
    t.equal((await desk.sign(id, CAMDEN, 1, hash)).status, 201)
    const [signed, suspended] = await Promise.all([
      desk.sign(id, HACKNEY, 1, hash),
      call({ org: CAMDEN, role: 'DPO' }, 'POST', `${path}/suspensions`, { scope: 'AGREEMENT', reason: 'A breach' }),
    ])
    t.ok(signed.status < 500 && suspended.status < 500, `${signed.text} ${suspended.text}`)
    if (suspended.status === 201) t.match(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), /^DENY /)
    else t.equal(signed.status, 201)
  }),
)

t.test('a party approves while it declines, and while another one leaves: one answer each, and no decision is left half made', (t) =>
  often(async () => {
    const { path, signOff, hash } = await frozen()
    const replies = await Promise.all([
      people.command(signOff, people.people(HACKNEY, 'IG_OFFICER'), { command: 'approve', step: 'IG_REVIEW', hash }),
      people.command(signOff, { org: HACKNEY, role: 'SIGNATORY' }, { command: 'decline', reason: 'Not for us' }),
      call({ org: HACKNEY, role: 'SIRO' }, 'POST', `${path}/rejection`, { reason: 'No' }, { 'if-match': '*' }),
    ])
    t.ok(
      replies.every(({ status }) => status < 500),
      replies.map(({ text }) => text).join('\n'),
    )
    t.equal((await call(officer, 'GET', path)).body.status, 'REJECTED')
    t.equal((await people.read(signOff, CAMDEN)).status, 'WITHDRAWN')
  }),
)
