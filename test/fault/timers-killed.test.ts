import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { databaseOf } from '../support/api-caller.ts'
import { eventually } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'
import { trustIn } from '../support/service.ts'

// A node is killed while it tells what fell due in many sign-offs; two others start together and go on.

const AGREEMENTS = 6
const FORTY_DAYS_MS = 40 * 24 * 3_600_000
const PARTIES = ['LBC_CAMDEN', 'LBC_HACKNEY']

const desk = await agreementDesk(t)
const { service } = desk
const { pool: root } = await databaseOf(service).openAs('session_user', 2)
const count = async (sql: string): Promise<number> =>
  Number((await root.query<{ n: string }>(`select count(*) as n from ${sql}`)).rows[0]?.n)
const fired = () => count('timer where fired_at is not null')
const left = () => count(`timer where fired_at is null and due_at < now() + interval '40 days'`)

t.test('whatever falls due is told once and in order, although a node is killed in the middle and two go on at once', async (t) => {
  for (let n = 0; n < AGREEMENTS; n += 1)
    await desk.freeze(await desk.draft({ orgs: PARTIES, effectiveFrom: '2026-11-22' }), { isApproved: false })
  const due = await left()
  t.ok(due >= AGREEMENTS * PARTIES.length * 3, `${due} timers`)
  const options = {
    ...{
      databaseUrl: service.databaseUrl,
      clockOffsetMs: FORTY_DAYS_MS,
      logKeyHex: Buffer.from(service.logKey).toString('hex'),
      hasWorker: true,
    },
    trust: { ...trustIn(service.issuer), keys: service.issuer.jwks },
  }
  const killed = await startNode(t, options)
  t.ok(await eventually(async () => (await fired()) > 0))
  process.kill(killed.pid, 'SIGKILL')
  await killed.stop()
  t.comment(`${await fired()} of ${due} were told when it was killed`)
  const nodes = await Promise.all([startNode(t, options), startNode(t, options)])
  t.ok(await eventually(async () => (await left()) === 0))
  await Promise.all(nodes.map(({ stop }) => stop()))

  const { rows: steps } = await root.query<{ events: string[]; due: number; notices: number; leaves: number }>(`
    select array_agg(e.type order by e.sequence) as events,
      (select count(*)::int from timer t where t.room = 'sign_off' and t.subject_id = e.sign_off_id::text and t.fired_at is not null) as due,
      (select count(*)::int from notification n where n.detail ->> 'sign_off' = e.sign_off_id::text and n.kind in ('STEP_DUE', 'SIGNATURE_REMINDER', 'STEP_OVERDUE', 'STEP_ESCALATED')) as notices,
      (select count(*)::int from audit.payload p where convert_from(p.body, 'UTF8')::json ->> 'sign_off' = e.sign_off_id::text) as leaves
      from sign_off_event e where e.type in ('REMINDED', 'OVERDUE', 'ESCALATED') group by e.sign_off_id, e.data ->> 'org', e.data ->> 'step'`)
  t.equal(steps.length, AGREEMENTS * PARTIES.length, 'the first step of each party of each')
  for (const { events, due: timers, notices, leaves } of steps) {
    t.strictSame(events, ['REMINDED', 'OVERDUE', 'ESCALATED'])
    t.strictSame({ timers, notices, leaves }, { timers: 6, notices: 6, leaves: 6 }, 'of both parties: one of each for a timer')
  }
})
