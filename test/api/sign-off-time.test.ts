import t from 'tap'
import { rebuildLists } from '../../src/workflow/rebuilding.service.ts'
import { rolesInTime } from '../../src/workflow/timed-rooms.service.ts'
import { personOf } from '../support/api-caller.ts'
import { ownerPool } from '../support/leaves.ts'
import { runCommand } from '../support/run-command.ts'
import { testService } from '../support/service.ts'
import { AGREEMENT, CAMDEN, HACKNEY, signOffDesk } from '../support/sign-off-desk.ts'

// What falls due in a sign-off, on a clock that the test moves.

let now = new Date('2026-12-23T16:30:00.000Z')
const service = await testService(t, { clock: () => now })
const { workflow, signOffs, timers, timedRooms, failures, somebody, acting, inside, asSystem, does, approves, opened } =
  signOffDesk(service)
const owner = await ownerPool(service)
const node = timers()

const at = (instant: string) => {
  now = new Date(instant)
}
/** What an organisation was told of a sign-off, in order. */
const noticesOf = async (org: string, signOff: string): Promise<string[]> => {
  const { notices } = (await (await personOf(service, org, ['SIRO']))('GET', '/v1/notices?limit=100')).body
  const about = (notices as { kind: string; detail: { sign_off?: string } }[]).filter(({ detail }) => detail.sign_off === signOff)
  return about.map(({ kind }) => kind).toReversed()
}
const eventsOf = async (signOff: string, org = CAMDEN): Promise<string[]> => {
  const { events } = (await (await personOf(service, org, ['SIRO']))('GET', `/v1/sign-offs/${signOff}/events?limit=500`)).body
  return (events as { type: string; org: string | null }[]).filter(({ org: of }) => of === org).map(({ type }) => type)
}
const leavesOf = async (signOff: string): Promise<string[]> => {
  const { rows } = await owner.query<{ t: string }>(
    `select convert_from(l.leaf, 'UTF8')::json ->> 't' as t from audit.leaf l join audit.log g using (log_id) join audit.payload p using (event_id)
      where g.kind = 'governance' and convert_from(p.body, 'UTF8')::json ->> 'sign_off' = '${signOff}' order by l.idx`,
  )
  return rows.map(({ t }) => t)
}

t.test(
  'asked on 23 December 2026 at 16:30, due in five working days: 4 January 2027, and told once on the days of the route',
  async (t) => {
    const { id } = await opened({ route: 'STANDARD' })
    const officer = await personOf(service, CAMDEN, ['IG_OFFICER'])
    const { tasks } = (await officer('GET', '/v1/sign-off-tasks?whose=POOL')).body as { tasks: { sign_off: string }[] }
    const task = tasks.find(({ sign_off }) => sign_off === id)
    t.match(task, { step: 'IG_REVIEW', due: '2027-01-04', overdue: false })
    at('2026-12-30T08:59:59.000Z')
    await node.fireDue()
    t.strictSame(await noticesOf(CAMDEN, id), [], 'nobody is told before it is time')
    at('2026-12-30T09:00:00.000Z')
    await Promise.all([node.fireDue(), timers().fireDue(), node.fireDue()])
    t.strictSame(await noticesOf(CAMDEN, id), ['STEP_DUE'], 'two nodes that wake in one instant tell once')
    await node.fireDue()
    t.strictSame(await noticesOf(CAMDEN, id), ['STEP_DUE'])
    t.strictSame((await leavesOf(id)).filter((leaf) => leaf === 'gov.sign_off.reminded').length, 2, 'one leaf for each party')
    at('2027-01-04T23:59:59.000Z')
    await node.fireDue()
    t.strictSame(await noticesOf(CAMDEN, id), ['STEP_DUE'], 'the due day counts to its end')
    at('2027-01-05T00:00:00.000Z')
    t.match((await officer('GET', '/v1/sign-off-tasks?whose=POOL&overdue=true')).body.tasks, [{ overdue: true }])
    await node.fireDue()
    t.strictSame(await noticesOf(HACKNEY, id), ['STEP_DUE', 'STEP_OVERDUE'])
    at('2027-01-20T12:00:00.000Z')
    await node.fireDue()
    t.strictSame(
      await noticesOf(HACKNEY, id),
      ['STEP_DUE', 'STEP_OVERDUE', 'STEP_ESCALATED', 'STEP_ESCALATED'],
      'up both rungs of the ladder',
    )
    await inside((tx) => workflow.onSubject(tx, { type: 'agreement', id: AGREEMENT }, { type: 'withdraw', reason: 'Done with' }, acting()))
  },
)

t.test('whoever keeps the text reminds a party once a day: its people are told, and the log keeps who did', async (t) => {
  at('2027-02-01T09:00:00.000Z')
  const { id } = await opened()
  const keeper = await personOf(service, CAMDEN, ['IG_OFFICER'])
  const chase = () => keeper('POST', `/v1/sign-offs/${id}/commands`, { body: { command: 'chase', org: HACKNEY } })
  t.match(await chase(), { status: 200, body: { events: [{ type: 'CHASED', org: HACKNEY }] } })
  t.strictSame(await noticesOf(HACKNEY, id), ['STEP_CHASED'])
  t.strictSame(await noticesOf(CAMDEN, id), [])
  t.strictSame((await leavesOf(id)).at(-1), 'gov.sign_off.chased')
  const { chains } = (await keeper('GET', `/v1/sign-offs/${id}`)).body
  t.match(chains[1], { org: HACKNEY, chased_at: '2027-02-01T09:00:00.000Z', steps: [{ reminded_at: '2027-02-01T09:00:00.000Z' }] })
  t.match(await chase(), { status: 409, body: { errors: [{ code: 'CHASED' }] } })
  at('2027-02-02T00:00:00.000Z')
  t.match(await chase(), { status: 200 }, 'the next London day')
  const hackney = await personOf(service, HACKNEY, ['IG_OFFICER'])
  t.match(await hackney('POST', `/v1/sign-offs/${id}/commands`, { body: { command: 'chase', org: CAMDEN } }), { status: 403 })
  await inside((tx) => workflow.onSubject(tx, { type: 'agreement', id: AGREEMENT }, { type: 'withdraw', reason: 'Done with' }, acting()))
})

t.test('after a week without the service what fell due meanwhile is told in the order in which it fell due', async (t) => {
  at('2027-02-01T10:00:00.000Z')
  const { id, subject } = await opened()
  at('2027-02-12T10:00:00.000Z')
  t.match(await node.fireDue(), { failed: 0 })
  const meanwhile = ['REMINDED', 'OVERDUE', 'ESCALATED']
  t.strictSame((await eventsOf(id)).slice(-3), meanwhile)
  t.strictSame((await eventsOf(id, HACKNEY)).slice(-3), meanwhile)
  t.strictSame(await noticesOf(CAMDEN, id), ['STEP_DUE', 'STEP_OVERDUE', 'STEP_ESCALATED'])
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, approves(subject.hash, CAMDEN, 'IG_REVIEW'))
  t.match((await eventsOf(id)).slice(-1), ['STEP_OPENED'], 'what is overdue can still be done')
})

t.test('whoever has the step, its due day stays, and nobody is reminded of it twice', async (t) => {
  at('2027-03-01T10:00:00.000Z')
  const { id } = await opened()
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, { type: 'claim', org: CAMDEN, step: 'IG_REVIEW' })
  at('2027-03-03T09:00:00.000Z')
  await node.fireDue()
  const officer = await personOf(service, CAMDEN, ['IG_OFFICER'], 'new')
  const to = { issuer: service.issuer.issuer, sub: 'new' }
  await does(somebody(CAMDEN, 'IG_OFFICER'), id, { type: 'assign', org: CAMDEN, step: 'IG_REVIEW', to, reason: 'On leave' })
  await node.fireDue()
  t.match((await officer('GET', '/v1/sign-off-tasks')).body.tasks, [{ sign_off: id, due: '2027-03-04' }])
  t.strictSame((await noticesOf(CAMDEN, id)).filter((kind) => kind === 'STEP_DUE').length, 1)
})

t.test('nothing is told of a step that is done, refused, left or held; what is held goes on when it is let go', async (t) => {
  at('2027-04-12T10:00:00.000Z')
  const { id, subject } = await opened()
  const follows = (command: Parameters<typeof workflow.onSubject>[2]) => inside((tx) => workflow.onSubject(tx, subject, command, acting()))
  await does(somebody(HACKNEY, 'IG_OFFICER'), id, { type: 'refuse', org: HACKNEY, step: 'IG_REVIEW', reason: 'Not lawful' })
  await follows({ type: 'hold', reason: 'Suspended' })
  at('2027-04-20T10:00:00.000Z')
  await node.fireDue()
  t.strictSame(await noticesOf(HACKNEY, id), [])
  t.strictSame(await noticesOf(CAMDEN, id), [])
  await follows({ type: 'release_hold', reason: 'Lifted' })
  await node.fireDue()
  t.strictSame(await noticesOf(CAMDEN, id), [], 'the days for which it was held do not count')
  at('2027-04-30T10:00:00.000Z')
  await node.fireDue()
  t.strictSame(await noticesOf(CAMDEN, id), ['STEP_DUE', 'STEP_OVERDUE', 'STEP_ESCALATED'])
  await follows({ type: 'leave', org: CAMDEN, reason: 'Left' })
  at('2027-05-20T10:00:00.000Z')
  await node.fireDue()
  t.strictSame((await noticesOf(CAMDEN, id)).length, 3)
  t.strictSame(failures, [])
})

t.test('what cannot be done this time is tried again, and nothing behind it waits for it', async (t) => {
  at('2027-06-01T10:00:00.000Z')
  const { id } = await opened()
  at('2027-06-20T10:00:00.000Z')
  const broken = { fire: async () => Promise.reject(new Error('out of order')) }
  await asSystem((tx) =>
    tx.insertInto('timer').values({ room: 'broken', subject_id: 'x', name: 'first', due_at: '2027-06-01T10:00:01.000Z' }).execute(),
  )
  const seen: unknown[] = []
  const failing = timers({ rooms: { ...timedRooms, broken }, onFailure: (error) => seen.push(error) })
  t.match(await failing.fireDue(), { failed: 1 })
  t.match(seen, [{ message: 'out of order' }])
  t.strictSame(await noticesOf(CAMDEN, id), ['STEP_DUE', 'STEP_OVERDUE', 'STEP_ESCALATED'])
  t.match(await failing.fireDue(), { seen: 1, failed: 1 })
})

t.test('a signature that nobody gives in time lapses: silence is never consent', async (t) => {
  at('2027-09-01T10:00:00.000Z')
  const step = { by: 'PARTY', remind: [], escalate: [] }
  const body = {
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
        lapse: 5,
        return_to: 'ADVICE',
      },
    ],
  }
  const written = await (await personOf(service, HACKNEY, ['IG_OFFICER']))('POST', '/v1/sign-off-routes', { body })
  t.equal(written.status, 201, written.text)
  const { id, subject } = await opened()
  await does(somebody(HACKNEY, 'DPO'), id, approves(subject.hash, HACKNEY, 'ADVICE'))
  at('2027-09-08T22:59:59.000Z')
  await node.fireDue()
  const statusOf = async (org: string) =>
    (await inside((tx) => workflow.of(tx, subject)))?.chains.find((chain) => chain.org === org)?.status
  t.equal(await statusOf(HACKNEY), 'READY')
  at('2027-09-08T23:00:00.000Z')
  await node.fireDue()
  t.equal(await statusOf(HACKNEY), 'LAPSED', 'when the London day is over, in summer an hour before that of UTC')
  t.equal((await noticesOf(HACKNEY, id)).at(-1), 'SIGNATURE_LAPSED')
  t.equal((await leavesOf(id)).at(-1), 'gov.sign_off.lapsed')
  t.equal(await statusOf(CAMDEN), 'OPEN')
})

t.test('what somebody had goes back to everybody of the role when the role ends, at once or with its last day', async (t) => {
  at('2027-11-01T10:00:00.000Z')
  const { id, subject } = await opened()
  const officer = somebody(CAMDEN, 'IG_OFFICER')
  const hands = async () => (await inside((tx) => workflow.of(tx, subject)))?.chains[0]?.steps[0]?.tasks
  await does(officer, id, { type: 'claim', org: CAMDEN, step: 'IG_REVIEW' })
  const ended = { person: officer, org: CAMDEN, roles: ['SIRO'] }
  await asSystem((tx) => workflow.roleEnded(tx, ended, acting()))
  t.match(await hands(), [{ assignee: { sub: officer.sub } }], 'another role ended')
  await asSystem((tx) => workflow.roleEnded(tx, { ...ended, roles: ['IG_OFFICER'] }, acting()))
  t.match(await hands(), [{ assignee: null, state: 'OPEN' }])
  t.equal((await noticesOf(CAMDEN, id)).at(-1), 'STEP_RELEASED')

  const person = { issuer: service.issuer.issuer, sub: 'leaver' }
  const siro = await personOf(service, CAMDEN, ['SIRO'])
  const role = { person: { subject: person.sub }, role: 'IG_OFFICER', reason: 'For a month', to: '2027-11-30' }
  t.equal((await siro('POST', `/v1/organisations/${CAMDEN}/roles`, { body: role })).status, 201)
  await does(somebody(CAMDEN, 'IG_OFFICER', person.sub), id, { type: 'claim', org: CAMDEN, step: 'IG_REVIEW' })
  const { db, people } = service.app.services
  const roles = rolesInTime({
    ...{ db, workflow, signOffs },
    async endedOn(tx, roleId, last) {
      const held = await people.held(tx, roleId)
      return held?.to === last ? { person, org: CAMDEN, roles: [held.role] } : undefined
    },
  })
  const withRoles = timers({ rooms: { ...timedRooms, held_role: roles } })
  at('2027-11-30T23:59:59.000Z')
  await withRoles.fireDue()
  t.match(await hands(), [{ assignee: { sub: 'leaver' } }], 'the last day counts')
  at('2027-12-01T00:00:00.000Z')
  await withRoles.fireDue()
  t.match(await hands(), [{ assignee: null, state: 'OPEN' }])
  t.equal((await leavesOf(id)).at(-1), 'gov.sign_off.role_ended')
  t.strictSame(failures, [])
})

t.test('the lists and the timers can be thrown away: they are made anew from what happened, and what has fired stays fired', async (t) => {
  await opened()
  const rows = () =>
    asSystem(async (tx) => ({
      chains: await tx.selectFrom('sign_off_chain').selectAll().orderBy('sign_off_id').orderBy('org').execute(),
      tasks: await tx.selectFrom('sign_off_task').selectAll().orderBy('sign_off_id').orderBy('chain_org').orderBy('step').execute(),
      timers: await tx.selectFrom('timer').selectAll().where('room', '=', 'sign_off').orderBy('subject_id').orderBy('name').execute(),
    }))
  const before = await rows()
  t.ok(
    before.tasks.length > 0 &&
      before.timers.some(({ fired_at }) => fired_at !== null) &&
      before.timers.some(({ fired_at }) => fired_at === null),
  )
  await asSystem(async (tx) => {
    await tx.updateTable('sign_off_task').set({ role: 'LEGAL' }).execute()
    await tx.deleteFrom('sign_off_chain').execute()
    await tx.deleteFrom('timer').where('fired_at', 'is', null).execute()
  })
  const { n } = await asSystem((tx) =>
    tx
      .selectFrom('sign_off')
      .select((eb) => eb.fn.countAll().as('n'))
      .executeTakeFirstOrThrow(),
  )
  t.match(await rebuildLists(service.app.services.db), { signOffs: Number(n) })
  t.strictSame(await rows(), before)
})

t.test('the lists are made anew by a command, beside the service', async (t) => {
  const { id } = await opened()
  const rows = async () =>
    (await owner.query(`select org, step, state, due_day from sign_off_task where sign_off_id = '${id}' order by org, step`)).rows
  const before = await rows()
  await owner.query(`delete from sign_off_task where sign_off_id = '${id}'`)
  const run = (...args: readonly string[]) => runCommand(['rebuild-lists', ...args], { DATABASE_URL: service.databaseUrl })
  const done = await run()
  t.match(done.stdout, /^\d+ sign-offs rebuilt from \d+ events\n$/, done.stderr)
  t.equal(done.status, 0)
  t.strictSame(await rows(), before)
  t.equal((await run('now')).status, 2)
})
