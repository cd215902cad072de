import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { answered } from '../../src/platform/kernel/refusal.ts'
import { personOf } from '../support/api-caller.ts'
import { testService } from '../support/service.ts'
import { AGREEMENT, CAMDEN, HACKNEY, signOffDesk } from '../support/sign-off-desk.ts'

// Sign-off on a room of the test's own, which says of an agreement of the demo that it is signed off: what the engine promises to every room.

const service = await testService(t)
const { services } = service.app
const { workflow, happened, hashOf, somebody, acting, inside, does, approves, opened, approved, signs } = signOffDesk(service)

t.test('a party signs what its own people have approved, and not before; each party for itself', async (t) => {
  const { id, subject, route, awaits, voids } = await opened()
  t.strictSame({ route, awaits, voids }, { route: 'CONDENSED/1', awaits: [CAMDEN, HACKNEY], voids: [] })
  t.match(await signs(subject, CAMDEN, subject.hash), {
    ok: false,
    refusal: { code: 'UNPROCESSABLE', errors: [{ code: 'CHAIN_INCOMPLETE' }] },
  })
  t.strictSame(await does(somebody(HACKNEY, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW')), {
    refused: 'FORBIDDEN',
    rule: 'WF-4',
  })
  t.strictSame(await does(somebody(CAMDEN, 'DPO'), id, approves(subject.hash, CAMDEN, 'DPO_REVIEW')), {
    refused: 'UNPROCESSABLE',
    rule: 'NOT_OPEN',
  })
  t.strictSame(await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(hashOf('other'), CAMDEN, 'IG_REVIEW')), {
    refused: 'CONFLICT',
    rule: 'WF-1',
  })
  happened.length = 0
  await approved(id, subject.hash, CAMDEN)
  t.ok(happened.includes(`${subject.version} CHAIN_READY ${CAMDEN}`), 'the room hears that the party is ready')
  t.match(await signs(subject, HACKNEY, subject.hash), { ok: false })
  t.match(await signs(subject, CAMDEN, hashOf('other')), { ok: false, refusal: { code: 'CONFLICT' } })
  t.match(await signs(subject, CAMDEN, subject.hash), { ok: true, value: { signOff: id, deputyFor: null } })
  t.match(await inside((tx) => workflow.of(tx, subject)), {
    status: 'OPEN',
    chains: [
      { org: CAMDEN, status: 'SIGNED' },
      { org: HACKNEY, status: 'OPEN' },
    ],
  })
  await approved(id, subject.hash, HACKNEY)
  t.match(await signs(subject, HACKNEY, subject.hash), { ok: true })
  t.match(await inside((tx) => workflow.of(tx, subject)), { status: 'COMPLETE' })
  t.match(await signs(subject, HACKNEY, subject.hash), { ok: false, refusal: { code: 'CONFLICT' } }, 'nobody signs twice')
})

t.test('another content takes the place of the one at work, and says what no longer holds', async (t) => {
  const first = await opened()
  await approved(first.id, first.subject.hash, HACKNEY)
  happened.length = 0
  const next = await opened()
  t.strictSame(
    next.voids,
    ['IG_REVIEW', 'DPO_REVIEW', 'SIRO_APPROVAL'].map((step) => ({ org: HACKNEY, step })),
  )
  t.ok(happened.includes(`${first.subject.version} ENDED`))
  t.strictSame(await does(somebody(CAMDEN, 'IG_OFFICER'), first.id, approves(first.subject.hash, CAMDEN, 'IG_REVIEW')), {
    ...{ refused: 'CONFLICT', rule: 'ENDED' },
  })
})

t.test('a route that is not meant for what is known of the content is refused by name', async (t) => {
  const refusal = { ok: false, refusal: { code: 'UNPROCESSABLE', errors: [{ pointer: '/route', code: 'ROUTE' }] } }
  t.match(await answered(() => opened({ facts: ['SPECIAL_DATA'] })), refusal)
  t.match(await answered(() => opened({ route: 'NO_SUCH_ROUTE' })), refusal)
})

t.test('what follows from an act on the subject happens where the state lets it, and is nothing elsewhere', async (t) => {
  const { id, subject } = await opened()
  const follows = (command: Parameters<typeof workflow.onSubject>[2], of: { type: string; id: string; version?: number } = subject) =>
    inside((tx) => workflow.onSubject(tx, of, command, acting()))
  await follows({ type: 'hold', reason: 'Suspended' }, { type: 'agreement', id: AGREEMENT })
  t.strictSame(await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW')), {
    refused: 'UNPROCESSABLE',
    rule: 'HELD',
  })
  await follows({ type: 'hold', reason: 'Suspended again' })
  await follows({ type: 'release_hold', reason: 'Lifted' })
  await follows({ type: 'leave', org: HACKNEY, reason: 'Left' })
  await follows({ type: 'leave', org: 'LBC_BARNET', reason: 'Was never here' })
  t.match(await inside((tx) => workflow.of(tx, subject)), {
    status: 'OPEN',
    chains: [{ status: 'OPEN' }, { org: HACKNEY, status: 'LEFT' }],
  })
  const joining = { org: 'LBC_BARNET', facts: ['CONTROLLER' as const], requesters: [] }
  t.match(await inside((tx) => workflow.join(tx, subject, joining, acting())), { id, awaits: true })
  t.match(await answered(() => inside((tx) => workflow.join(tx, subject, joining, acting()))), { ok: false, refusal: { code: 'CONFLICT' } })
  await follows({ type: 'withdraw', reason: 'Not needed' })
  t.match(await inside((tx) => workflow.of(tx, subject)), { status: 'WITHDRAWN' })
})

t.test('the lists hold what is at work and what holds as done, and the timers what still runs', async (t) => {
  const { id, subject } = await opened()
  const rows = () =>
    withTransactionAs(services.db, { kind: 'system' }, async (tx) => {
      const tasks = await tx
        .selectFrom('sign_off_task')
        .select(['org', 'step', 'state'])
        .where('sign_off_id', '=', id)
        .orderBy('org')
        .orderBy('step')
        .execute()
      const timers = await tx
        .selectFrom('timer')
        .select('name')
        .where('subject_id', '=', id)
        .where('fired_at', 'is', null)
        .orderBy('name')
        .execute()
      return { tasks: tasks.map(({ org, step, state }) => `${org} ${step} ${state}`), timers: timers.map(({ name }) => name) }
    })
  const timersOf = (org: string, step: string) => ['due', 'escalate:2:SIRO', 'remind:1'].map((key) => `${org}/${step}/1:${key}`)
  t.strictSame(await rows(), {
    tasks: [`${CAMDEN} IG_REVIEW OPEN`, `${HACKNEY} IG_REVIEW OPEN`],
    timers: [...timersOf(CAMDEN, 'IG_REVIEW'), ...timersOf(HACKNEY, 'IG_REVIEW')],
  })
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW'))
  await does(somebody(CAMDEN, 'DPO'), id, { type: 'return', org: CAMDEN, step: 'DPO_REVIEW', reasons: 'The purpose is not stated' })
  t.strictSame(
    await rows(),
    { tasks: [`${HACKNEY} IG_REVIEW OPEN`], timers: timersOf(HACKNEY, 'IG_REVIEW') },
    'what was approved before a return holds no longer',
  )
})

t.test('a sign-off is shown to whoever sees its subject, without the private words of another party', async (t) => {
  const { id, subject } = await opened()
  const thread = services.newId()
  t.match(
    await does(somebody(CAMDEN, 'IG_OFFICER'), id, { type: 'comment', thread, part: '/flows/0', text: 'Between us', isShared: false }),
    { version: '2' },
  )
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, { type: 'mark', part: '/flows/0', mark: 'TO_CORRECT', isShared: false })
  t.strictSame(await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW'), '"1"'), {
    ...{ refused: 'PRECONDITION_FAILED', rule: undefined },
  })
  t.strictSame(await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW')), {
    refused: 'UNPROCESSABLE',
    rule: 'WF-1',
  })
  const read = async (org: string, role: Role) => (await personOf(service, org, [role]))('GET', `/v1/sign-offs/${id}`)
  t.match(await read(CAMDEN, 'IG_OFFICER'), {
    ...{ status: 200, etag: '"3"' },
    body: { status: 'OPEN', threads: [{ id: thread, comments: [{ text: 'Between us' }] }], marks: [{ mark: 'TO_CORRECT' }] },
  })
  t.match(await read(HACKNEY, 'IG_OFFICER'), {
    status: 200,
    body: { threads: [], marks: [], commands: [{ command: 'comment' }, {}, {}, {}, { command: 'decline' }].slice(0, 1) },
  })
  t.equal((await read('LBC_BARNET', 'IG_OFFICER')).status, 404)
  t.strictSame(await does(somebody('LBC_BARNET', 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW')), {
    refused: 'NOT_FOUND',
    rule: undefined,
  })
})

const tasksOf = async (principal: Principal, query = '') => {
  const reply = await (await personOf(service, principal.org, principal.roles, principal.sub))('GET', `/v1/sign-off-tasks?${query}`)
  t.equal(reply.status, 200, reply.text)
  return reply.body as { tasks: { sign_off: string; step: string; org: string }[]; next_cursor: string | null }
}
const named = ({ tasks }: { tasks: { step: string; org: string }[] }) => tasks.map(({ org, step }) => `${org} ${step}`)

t.test('everybody finds what they have, what their roles may take and what their organisation has, until it is done or void', async (t) => {
  const { id, subject } = await opened()
  const [officer, other, dpo] = [somebody(CAMDEN, 'IG_OFFICER'), somebody(CAMDEN, 'IG_OFFICER', 'other'), somebody(CAMDEN, 'DPO')]
  const here = `subject_type=agreement&subject=${AGREEMENT}`
  t.strictSame(named(await tasksOf(officer, `whose=POOL&${here}`)), [`${CAMDEN} IG_REVIEW`])
  t.strictSame(named(await tasksOf(dpo, `whose=POOL&${here}`)), [])
  t.strictSame(named(await tasksOf(dpo, `whose=ORGANISATION&${here}`)), [`${CAMDEN} IG_REVIEW`])
  await does(officer, id, { type: 'claim', org: CAMDEN, step: 'IG_REVIEW' })
  t.strictSame(named(await tasksOf(officer)), [`${CAMDEN} IG_REVIEW`])
  t.strictSame(named(await tasksOf(other, `whose=POOL&${here}`)), [])
  t.strictSame(await does(other, id, approves(subject.hash, CAMDEN, 'IG_REVIEW')), { refused: 'FORBIDDEN', rule: 'ASSIGNED' })
  await does(officer, id, approves(subject.hash, CAMDEN, 'IG_REVIEW'))
  t.strictSame(named(await tasksOf(officer)), [])
  const mine = async (principal = officer) =>
    (await tasksOf(principal, 'state=DONE')).tasks.filter(({ sign_off }) => sign_off === id).length
  t.equal(await mine(), 1, 'it is shown as done')
  t.equal(await mine(other), 0, 'to whoever did it alone')
  t.match((await tasksOf(dpo, 'whose=POOL')).tasks, [{ step: 'DPO_REVIEW', overdue: false, done_by: null }])
  await does(dpo, id, { type: 'return', org: CAMDEN, step: 'DPO_REVIEW', reasons: 'The purpose is not stated' })
  t.equal(await mine(), 0, 'and no longer once it does not hold')
  t.strictSame(named(await tasksOf(somebody('LBC_BARNET', 'IG_OFFICER'), 'whose=ORGANISATION')), [])
})

t.test('a list goes on where its page ended, and takes no cursor of another list', async (t) => {
  const opens = async (at: string) => {
    const subject = { type: 'agreement', id: at, version: 9, hash: hashOf(at) }
    const parties = [{ org: CAMDEN, facts: ['CONTROLLER' as const], requesters: [] }]
    return inside((tx) => workflow.open(tx, { subject, keeper: CAMDEN, facts: [], parties, route: 'CONDENSED' }, acting()))
  }
  const agreements = await withTransactionAs(services.db, { kind: 'party', org: CAMDEN }, (tx) =>
    tx.selectFrom('agreement').select('id').where('id', '<>', AGREEMENT).orderBy('id').limit(3).execute(),
  )
  for (const { id } of agreements) await opens(id)
  const officer = somebody(CAMDEN, 'IG_OFFICER')
  const seen: string[] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null && pages < 20; pages += 1) {
    const page: Awaited<ReturnType<typeof tasksOf>> = await tasksOf(officer, `whose=POOL&limit=1${cursor ? `&cursor=${cursor}` : ''}`)
    seen.push(...page.tasks.map(({ sign_off }) => sign_off))
    cursor = page.next_cursor
  }
  t.equal(new Set(seen).size, seen.length, 'none twice')
  t.equal(seen.length, (await tasksOf(officer, 'whose=POOL')).tasks.length, 'and none left out')
  const { next_cursor } = await tasksOf(officer, 'whose=POOL&limit=1')
  const asks = await personOf(service, CAMDEN, ['IG_OFFICER'])
  const refusal = { status: 400, body: { errors: [{ pointer: '/query/cursor' }] } }
  t.match(await asks('GET', `/v1/sign-off-tasks?state=DONE&cursor=${next_cursor}`), refusal)
  t.match(await asks('GET', '/v1/sign-off-tasks?cursor=bm90aGluZw'), refusal)
  const listed = await asks('GET', `/v1/sign-offs?subject_type=agreement&subject=${agreements[0]?.id}`)
  t.match(listed.body, {
    sign_offs: [{ subject: { id: agreements[0]?.id }, status: 'OPEN', chains: [{ org: CAMDEN, status: 'OPEN' }] }],
    next_before: null,
  })
  t.match((await asks('GET', '/v1/sign-offs?limit=1')).body.next_before, /-/)
})

t.test('the history says what happened, in order, without what another party keeps to itself', async (t) => {
  const { id, subject } = await opened()
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, { type: 'mark', part: '', mark: 'IMPROVE', isShared: false })
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW'))
  const events = async (org: string, query = '') =>
    (await (await personOf(service, org, ['IG_OFFICER']))('GET', `/v1/sign-offs/${id}/events${query}`)).body
  const types = (page: { events: { type: string }[] }) => page.events.map(({ type }) => type)
  const began = ['STARTED', 'STEP_OPENED', 'STEP_OPENED']
  t.strictSame(types(await events(CAMDEN)), [...began, 'MARKED', 'TASK_DONE', 'STEP_DONE', 'STEP_OPENED'])
  t.strictSame(types(await events(HACKNEY)), [...began, 'TASK_DONE', 'STEP_DONE', 'STEP_OPENED'])
  t.match(await events(CAMDEN, '?after=4&limit=1'), {
    events: [
      {
        sequence: 5,
        type: 'TASK_DONE',
        step: 'IG_REVIEW',
        by: { subject: `IG_OFFICER@${CAMDEN}`, org: CAMDEN },
        detail: { outcome: 'APPROVED' },
      },
    ],
    next_after: 5,
  })
  t.equal((await (await personOf(service, 'LBC_BARNET', ['IG_OFFICER']))('GET', `/v1/sign-offs/${id}/events`)).status, 404)
})

t.test(
  'an organisation writes the next version of its own route; its own chains go by it from then on, those that have begun do not',
  async (t) => {
    const officer = await personOf(service, HACKNEY, ['IG_OFFICER'], 'route officer')
    const step = { by: 'PARTY', remind: [], escalate: [] }
    const own = {
      ...{ code: 'CONDENSED', title: 'Short', purpose: 'Ordinary data.', requester_rule: 'SD-1', signature_opens: { rule: 'PAIRWISE' } },
      steps: [
        { ...step, id: 'ADVICE', title: 'Advice', kind: 'DPO_REVIEW', role: 'DPO', after: [], due: 2, return_to: 'ADVICE' },
        {
          ...step,
          id: 'SIGNATURE',
          title: 'Signature',
          kind: 'SIGNATURE',
          role: 'SIGNATORY',
          after: ['ADVICE'],
          due: 2,
          return_to: 'ADVICE',
        },
      ],
    }
    const before = await opened()
    const written = await officer('POST', '/v1/sign-off-routes', { body: own, key: 'route-1' })
    t.match(written, {
      status: 201,
      body: { owner: HACKNEY, version: 1 },
      headers: { location: `/v1/sign-off-routes/CONDENSED/1?owner=${HACKNEY}` },
    })
    t.equal(
      (await officer('POST', '/v1/sign-off-routes', { body: own, key: 'route-1' })).body.version,
      1,
      'the same call again writes nothing',
    )
    t.match((await officer('GET', String(written.headers['location']))).body, { title: 'Short' })
    t.equal((await officer('GET', '/v1/sign-off-routes/CONDENSED/7')).status, 404)
    const after = await opened()
    const routesIn = async (version: number) => {
      const of = await inside((tx) => workflow.of(tx, { type: 'agreement', id: AGREEMENT, version }))
      return of?.chains.map(({ route }) => route)
    }
    t.strictSame(await routesIn(before.subject.version), ['CONDENSED/1', 'CONDENSED/1'])
    t.strictSame(await routesIn(after.subject.version), ['CONDENSED/1', `${HACKNEY}/CONDENSED/1`])
    const listed = (await officer('GET', '/v1/sign-off-routes')).body.routes as { code: string; owner: string | null }[]
    t.ok(listed.some(({ owner }) => owner === HACKNEY))
    t.strictSame(
      listed.filter(({ owner }) => owner === null).map(({ code }) => code),
      ['AD_HOC', 'CONDENSED', 'DPIA', 'EMERGENCY', 'PAN_LONDON', 'STANDARD', 'URGENT'],
    )
    const [advice, signature] = own.steps
    const faults = await officer('POST', '/v1/sign-off-routes', {
      body: { ...own, steps: [{ ...advice, after: ['SIGNATURE'], role: 'SIRO' }, signature] },
    })
    t.match(faults, {
      status: 422,
      body: {
        errors: [
          { pointer: '/steps/0/after', code: 'CYCLE' },
          { pointer: '/steps/0/role', code: 'SD-2' },
        ],
      },
    })
    t.equal((await (await personOf(service, HACKNEY, ['DPO']))('POST', '/v1/sign-off-routes', { body: own })).status, 403)
  },
)
