import t from 'tap'
import { withTransaction } from '../../src/platform/database/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { decisionLeaves, ownerPool } from '../support/leaves.ts'
import { ownPostgres } from '../support/postgres.ts'
import { demoContent, type TestService, testService } from '../support/service.ts'
import { buildTemplate, TEMPLATE } from '../support/template.ts'

// What a decision promises when the ground moves under it: never an answer on a revision that is no more, and never an
// answer that is not in the log.

const content = demoContent()
const found = content.agreements.find(({ agreement }) => agreement.id === 'DEMO-CURL')
if (!found) throw new Error('the demo register has DEMO-CURL')
const { agreement } = found
const ONCE = {
  id: 'ONCE',
  provider: 'LBC_CAMDEN',
  recipient: 'MPS',
  purpose: 'CRIME_INVESTIGATION',
  data_items: ['IDENTITY.NAME'],
  subject_count: null,
  record_count: null,
  status: 'APPROVED',
  valid_from: '2020-01-01T00:00:00.000Z',
  valid_to: '2100-01-01T00:00:00.000Z',
  single_use: true,
  consumed_at: null,
  form: {},
}
const ONE_OFF = { ...SHARE, recipient: 'MPS', purpose: 'CRIME_INVESTIGATION', mode: 'AD_HOC', disclosure_decision_id: 'ONCE' }
const register = { ...content, agreements: [found], disclosureDecisions: [ONCE] }

async function ask(service: TestService, payload: object | string = SHARE) {
  const headers = { ...(await service.as({ org: 'LBC_CAMDEN' })), 'content-type': 'application/json' }
  return service.inject({ method: 'POST', url: '/v1/decisions', headers, payload })
}

/** Whether it permits, once the machine is quick enough for the deadline that the test has set. */
const permits = (service: TestService) =>
  eventually(async () => {
    const reply = await ask(service)
    return reply.statusCode === 200 && reply.json().decision === 'PERMIT'
  })

/** Publishes as another node would: this one is not told. */
function publishElsewhere(service: TestService, over: object): Promise<number> {
  const { db, policy } = service.app.services
  const record = { kind: 'AGREEMENT' as const, id: agreement.id, body: { ...agreement, ...over } }
  return withTransaction(db, (tx) => policy.publish(tx, [record], new Date().toISOString()))
}

t.test('the policy that moved before the append is the one that is answered on', async (t) => {
  const service = await testService(t, { register })
  t.equal((await ask(service)).json().decision, 'PERMIT')
  const before = service.app.services.policy.current().revision
  const ended = await publishElsewhere(service, { terminated_at: '2026-01-01T00:00:00Z' })
  t.equal(service.app.services.policy.current().revision, before, 'this node still holds the old policy')
  const answer = (await ask(service)).json()
  t.match(answer, { decision: 'DENY', primary_reason: 'TERMINATED', policy_revision: ended })
  const leaves = await decisionLeaves(service)
  t.equal(leaves.length, 2, 'the evaluation that was too old left no leaf')
  t.match(leaves[1]?.leaf, { rev: ended, d: false })
})

t.test('under a stream of calls no permit is recorded after the revision that ends it', async (t) => {
  const service = await testService(t, { register })
  const calls: ReturnType<typeof ask>[] = []
  const burst = () => {
    for (let call = 0; call < 15; call += 1) calls.push(ask(service))
  }
  burst()
  const ending = publishElsewhere(service, { terminated_at: '2026-01-01T00:00:00Z' })
  burst()
  const ended = await ending
  burst()
  const answers = (await Promise.all(calls)).map((reply) => reply.json())
  t.equal(answers.length, 45)
  for (const { decision, policy_revision } of answers) t.equal(decision, policy_revision < ended ? 'PERMIT' : 'DENY')
  const decided = (await decisionLeaves(service)).map(({ leaf }) => leaf)
  const last = decided.findLastIndex(({ d }) => d === true)
  const first = decided.findIndex(({ rev }) => rev >= ended)
  t.ok(first >= 0 && last < first, 'in the order of the log: permits, then the end')
  t.equal(answers.at(-1)?.decision, 'DENY', 'a call after the act is answered after it')
})

t.test('a log that takes nothing means no answer, and nothing is used up', async (t) => {
  const service = await testService(t, { register })
  const owner = await ownerPool(service)
  const closeLog = {
    sealed: ['update audit.head set sealed = true', 'update audit.head set sealed = false'],
    'not granted': [
      `do $$ declare f text; begin for f in select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'audit'::regnamespace and p.proname in ('append', 'append_on')
         loop execute 'revoke execute on function ' || f || ' from audit_writer, accord_app, public'; end loop; end $$`,
      `do $$ declare f text; begin for f in select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'audit'::regnamespace and p.proname in ('append', 'append_on')
         loop execute 'grant execute on function ' || f || ' to audit_writer, accord_app'; end loop; end $$`,
    ],
  }
  for (const [what, [close = '', reopen = '']] of Object.entries(closeLog)) {
    t.equal((await ask(service)).statusCode, 200, `${what}: before`)
    const leaves = (await decisionLeaves(service)).length
    await owner.query(close)
    for (const payload of [SHARE, ONE_OFF, '{']) {
      const reply = await ask(service, payload)
      t.equal(reply.statusCode, 503, what)
      t.match(reply.json(), { code: 'LOG_UNAVAILABLE', type: '/problems/log-unavailable' }, what)
      t.ok(Number(reply.headers['retry-after']) >= 1, what)
      t.notMatch(reply.body, /PERMIT/, what)
    }
    t.equal((await decisionLeaves(service)).length, leaves)
    const { rows } = await owner.query(`select consumed_at from disclosure_decision where id = 'ONCE'`)
    t.strictSame(rows, [{ consumed_at: null }], `${what}: the one-off decision is not used up by an answer nobody got`)
    await owner.query(reopen)
    t.equal((await ask(service)).json().decision, 'PERMIT', `${what}: afterwards`)
  }
  t.equal((await ask(service, ONE_OFF)).json().decision, 'PERMIT', 'it still permits, once')
})

t.test('a log that does not answer in time means no answer', async (t) => {
  const service = await testService(t, { register, config: { decisionDeadlineMs: 300 } })
  t.ok(await permits(service))
  const blocker = await (await ownerPool(service)).connect()
  await blocker.query('begin')
  await blocker.query('select from audit.head for update')
  const asked = performance.now()
  const reply = await ask(service)
  t.equal(reply.statusCode, 503)
  t.equal(reply.json().code, 'LOG_UNAVAILABLE')
  t.ok(performance.now() - asked < 10_000, 'at the deadline and not at some time-out of the database')
  await blocker.query('rollback')
  blocker.release()
  t.ok(await permits(service))
})

t.test('without its database the service permits nothing and says that it is not ready', async (t) => {
  const cluster = await ownPostgres(t)
  await buildTemplate(cluster.url('postgres'))
  const service = await testService(t, { register, databaseUrl: cluster.url(TEMPLATE), config: { decisionDeadlineMs: 2000 } })
  t.ok(await permits(service))
  t.ok(await eventually(async () => (await service.inject({ method: 'GET', url: '/health/ready' })).statusCode === 200))
  await cluster.stop()
  for (const payload of [SHARE, ONE_OFF, '{']) {
    const reply = await ask(service, payload)
    t.equal(reply.statusCode, 503)
    t.ok(reply.headers['retry-after'])
    t.notMatch(reply.body, /PERMIT/)
  }
  t.match((await service.inject({ method: 'GET', url: '/health/ready' })).json(), { status: 'not ready', checks: { database: 'fail' } })
  t.equal((await service.inject({ method: 'GET', url: '/health/live' })).statusCode, 200)
})
