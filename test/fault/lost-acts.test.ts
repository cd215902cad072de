import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { type App, buildApp } from '../../src/app.ts'
import { systemClock } from '../../src/platform/kernel/clock.ts'
import { databaseOf } from '../support/api-caller.ts'
import { SHARE } from '../support/demo-share.ts'
import { loseActsAfter, whileActsAreLost } from '../support/lost-acts.ts'
import { type TestCaller, testConfig, testService, trustIn } from '../support/service.ts'

// Acts that were lost (a failover to a server that had not got them, an old backup), under nodes that run and remember them.
// Numbers of policy revisions come again then: only what stands in the database now may be answered from.

const MACHINE: TestCaller = { org: 'LBC_CAMDEN' }
const OFFICER: TestCaller = { org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] }
const STOPPER: TestCaller = { org: 'LBC_CAMDEN', roles: ['SIRO'], sub: 'urn:test:stopper' }
/** LC-6: both let a whole agreement go on. */
const LIFTERS: readonly TestCaller[] = [
  { org: 'LBC_CAMDEN', roles: ['SIRO'], sub: 'urn:test:deputy' },
  { org: 'LBC_HACKNEY', roles: ['SIRO'], sub: 'urn:test:lifter' },
]
const ADMIN: TestCaller = { org: 'LBC_BARNET', roles: ['REGISTER_ADMIN'] }

/** A node that cannot load what it needs says so soon. */
const LIMITS = { lockTimeoutMs: 300, decisionDeadlineMs: 600 }
const service = await testService(t, { config: LIMITS })
const second = await buildApp({
  config: testConfig(LIMITS),
  databaseUrl: service.databaseUrl,
  publicUrl: new URL('http://127.0.0.1'),
  trust: trustIn(service.issuer),
  logKey: service.logKey,
  clock: systemClock,
  checkReplies: true,
})
t.teardown(() => second.close())
const nodes: readonly App[] = [service.app, second]
const { pool: root } = await databaseOf(service).openAs('session_user', 3)

async function call(node: App, method: 'GET' | 'POST', url: string, caller: TestCaller, payload?: object, headers = {}) {
  const request = { method, url, headers: { ...(await service.as(caller)), ...headers } }
  const reply = await node.server.inject(payload ? { ...request, payload } : request)
  return { status: reply.statusCode, body: reply.json() }
}
const decide = (node: App, over: object = {}) => call(node, 'POST', '/v1/decisions', MACHINE, { ...SHARE, ...over })
const simulate = (node: App, over: object) => call(node, 'POST', '/v1/decisions/simulate', MACHINE, { ...SHARE, ...over })
const ready = (node: App) => call(node, 'GET', '/health/ready', MACHINE)

/** The first answer, however often it was refused before. */
async function answered(node: App) {
  for (let tries = 0; tries < 100; tries++) {
    const { status, body } = await decide(node)
    if (status === 200) return body
    if (status !== 503) throw new Error(`${status} ${JSON.stringify(body)}`)
    await pause(50)
  }
  throw new Error('no answer came any more')
}

async function suspend(node: App): Promise<string> {
  const { status, body } = await call(node, 'POST', '/v1/agreements/DEMO-CURL/suspensions', STOPPER, { scope: 'AGREEMENT', reason: 'test' })
  if (status !== 201) throw new Error(`suspend: ${status} ${JSON.stringify(body)}`)
  return body.suspension.id
}
async function lift(node: App, id: string): Promise<void> {
  const any = { 'if-match': '*' }
  for (const [index, lifter] of LIFTERS.entries()) {
    const { status, body } = await call(node, 'POST', `/v1/agreements/DEMO-CURL/suspensions/${id}/lift`, lifter, { reason: 'test' }, any)
    // Where a lifting was lost by hand, what the first of the two said still stands.
    const hasAgreed = index === 0 && status === 409
    if (status !== 200 && !hasAgreed) throw new Error(`lift: ${status} ${JSON.stringify(body)}`)
  }
}
let clients = 0
/** An act that changes the policy and nothing about this share. */
async function revokeSomebody(node: App): Promise<void> {
  clients += 1
  const { status } = await call(node, 'POST', `/v1/clients/client-${clients}/revocation`, ADMIN, { reason: 'test' })
  if (status !== 201) throw new Error(`revoke: ${status}`)
}

async function newest(): Promise<number> {
  return Number((await root.query('select revision from policy.head')).rows[0].revision)
}
/** Lets every node learn of all that there is, and answers its number. */
async function remembered(): Promise<number> {
  await Promise.all(nodes.map((node) => node.services.policy.refresh()))
  return newest()
}
/** Ends what a test left suspended. */
async function liftAll(): Promise<void> {
  const { rows } = await root.query(`select id from suspension where agreement_id = 'DEMO-CURL' and lifted_at is null`)
  for (const { id } of rows) await lift(service.app, id)
}
t.afterEach(liftAll)

t.test('a suspension that stands is not permitted over, where its lifting was lost and another act has taken the number', async (t) => {
  const id = await suspend(service.app)
  const suspended = await newest()
  await lift(service.app, id)
  const lifted = await remembered()
  for (const node of nodes) t.match(await answered(node), { decision: 'PERMIT', policy_revision: lifted }, 'as long as it was lifted')
  await loseActsAfter(root, suspended)
  await root.query(
    'update suspension set to_at = null, lifted_at = null, lifted_issuer = null, lifted_by = null, lifted_org = null where id = $1',
    [id],
  )
  await revokeSomebody(second)
  t.equal(await newest(), lifted, 'the same number, another history')
  for (const node of nodes)
    for (let n = 0; n < 3; n++)
      t.match(await answered(node), { decision: 'DENY', reasons: [{ code: 'SUSPENDED' }], policy_revision: lifted })
})

t.test('suspensions that were acknowledged after acts were lost are believed by every node', async (t) => {
  const before = await remembered()
  await lift(service.app, await suspend(service.app))
  await remembered()
  await loseActsAfter(root, before)
  t.match(await answered(service.app), { decision: 'PERMIT', policy_revision: before }, 'a node answers on what there is now')
  await suspend(second)
  for (const node of nodes) t.match(await answered(node), { decision: 'DENY', reasons: [{ code: 'SUSPENDED' }] })
  await suspend(second)
  t.equal(await newest(), before + 2)
  for (const node of nodes) t.match(await answered(node), { decision: 'DENY', policy_revision: before + 2 })
})

t.test('a node that remembers what was lost is not ready and answers nothing, until it has loaded anew, by itself', async (t) => {
  const before = await remembered()
  const id = await suspend(service.app)
  await lift(service.app, id)
  await remembered()
  await whileActsAreLost(root, before, async () => {
    for (const node of nodes) {
      t.match(await ready(node), { status: 503, body: { checks: { database: 'pass', index: 'fail' } } })
      t.equal((await decide(node)).status, 503)
    }
  })
  for (const node of nodes) {
    let now = await ready(node)
    for (let tries = 0; now.status !== 200 && tries < 100; tries++) {
      await pause(50)
      now = await ready(node)
    }
    t.match(now, { status: 200 }, 'without being started again')
    t.equal(node.services.policy.current().revision, before)
    t.match(await answered(node), { decision: 'PERMIT', policy_revision: before })
  }
})

t.test('no draft is frozen on rules that were lost', async (t) => {
  const begin = { title: 'A new share', instrument_type: 'CONTROLLER_TO_CONTROLLER' }
  const { body } = await call(service.app, 'POST', '/v1/agreements', OFFICER, begin)
  const freeze = () => call(service.app, 'POST', `/v1/agreements/${body.id}/freeze`, OFFICER, undefined, { 'if-match': '*' })
  const before = await remembered()
  await revokeSomebody(service.app)
  await remembered()
  await whileActsAreLost(root, before, async () => {
    t.match(await freeze(), { status: 503, body: { code: 'NOT_READY' } })
    t.equal((await call(service.app, 'GET', `/v1/agreements/${body.id}/advice`, OFFICER)).status, 503, 'nor is anybody advised on them')
  })
  await remembered()
  t.equal((await freeze()).status, 422, 'then it is judged, and it is empty')
})

t.test('a past text is the one that the database has under that number, not one that was asked before it was lost', async (t) => {
  const before = await remembered()
  const asked = { at: new Date(Date.now() + 60_000).toISOString(), as_of_revision: before + 1 }
  const id = await suspend(service.app)
  t.match(await simulate(service.app, asked), { status: 200, body: { decision: 'DENY', reasons: [{ code: 'SUSPENDED' }] } })
  await lift(service.app, id)
  await remembered()
  await loseActsAfter(root, before)
  await revokeSomebody(second)
  await remembered()
  t.match(await simulate(service.app, asked), { status: 200, body: { decision: 'PERMIT', policy_revision: before + 1 } })
})

t.test('a caller who demands a revision that was lost is not answered on an earlier one', async (t) => {
  const before = await remembered()
  await revokeSomebody(service.app)
  const lost = await remembered()
  await loseActsAfter(root, before)
  t.match(await decide(service.app, { min_revision: lost }), { status: 503, body: { code: 'NOT_READY' } })
})

t.test('a decision on a text that was lost is not replayed on the one that has its number now', async (t) => {
  const before = await remembered()
  await revokeSomebody(service.app)
  await remembered()
  const { decision_id: id, policy_revision } = await answered(service.app)
  t.equal(policy_revision, before + 1)
  const replay = () => call(service.app, 'GET', `/v1/decisions/${id}/replay`, MACHINE)
  t.match(await replay(), { status: 200, body: { same: true } })
  await loseActsAfter(root, before)
  await revokeSomebody(service.app)
  t.equal(await newest(), policy_revision)
  t.match(await replay(), { status: 409, body: { detail: 'The policy that this was decided on is not there.' } })
})
