import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { readAs } from '../../src/platform/database/reader.ts'
import { loadRegister } from '../../src/register-loader.ts'
import { testDatabase } from '../support/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningNode, startNode } from '../support/nodes.ts'
import { demoContent, testConfig, throwAwayIssuer, trustIn } from '../support/service.ts'

// No answer is ever stale: once a suspension or a revocation has been acknowledged by any node, no node permits on what was
// before, whatever its clock says. NEVER_STALE_ROUNDS=1000 for the long run; the short one is part of every run.

const GIVEN = process.env['NEVER_STALE_ROUNDS']
const ROUNDS = Number(GIVEN ?? 60)
/** The short run gives way on a busy machine: after this time it has shown what it has shown. */
const LIMIT_MS = GIVEN ? Number.POSITIVE_INFINITY : 25_000
const ROUNDS_MIN = 5
const WORKERS_A_NODE = 4
/** How many questions each node must have been asked and have answered in a state before the next act. */
const ANSWERS_A_STATE = 3

t.setTimeout(300_000 + ROUNDS * 10_000)
const database = await testDatabase(t)
const issuer = await throwAwayIssuer()
const logKey = randomBytes(32)
const trust = trustIn(issuer)
const loader = await buildApp({
  config: testConfig(),
  databaseUrl: database.url,
  publicUrl: new URL('http://127.0.0.1'),
  trust,
  logKey,
  clock: () => new Date(),
})
await loadRegister(demoContent(), loader.services)
t.teardown(() => loader.close())

const start = (clockOffsetMs: number) =>
  startNode(t, { databaseUrl: database.url, clockOffsetMs, logKeyHex: logKey.toString('hex'), trust: trust as never })
const tokenOf = (org: string, roles: readonly string[], sub: string, clientId: string | null = null) =>
  issuer.sign({ sub, org, roles: roles as never, clientId }, new Date(), 3600)
const machine = await tokenOf('LBC_CAMDEN', ['API_CLIENT'], 'urn:test:machine', 'load')
const stopper = await tokenOf('LBC_CAMDEN', ['SIRO'], 'urn:test:stopper')
/** LC-6: both let a whole agreement go on. */
const lifters = [await tokenOf('LBC_CAMDEN', ['SIRO'], 'urn:test:deputy'), await tokenOf('LBC_HACKNEY', ['SIRO'], 'urn:test:lifter')]

async function post(node: RunningNode, path: string, token: string, body: unknown, headers: Record<string, string> = {}) {
  const reply = await fetch(`${node.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}
const decide = (node: RunningNode, token = machine) => post(node, '/v1/decisions', token, SHARE)

async function suspend(node: RunningNode): Promise<string> {
  const { status, body } = await post(node, '/v1/agreements/DEMO-CURL/suspensions', stopper, { scope: 'AGREEMENT', reason: 'test' })
  if (status !== 201) throw new Error(`suspend: ${status} ${JSON.stringify(body)}`)
  return (body['suspension'] as { id: string }).id
}
async function lift(node: RunningNode, id: string): Promise<void> {
  for (const lifter of lifters) {
    const path = `/v1/agreements/DEMO-CURL/suspensions/${id}/lift`
    const { status, body } = await post(node, path, lifter, { reason: 'test' }, { 'if-match': '*' })
    if (status !== 200) throw new Error(`lift: ${status} ${JSON.stringify(body)}`)
  }
}

const behind = await start(-5_000)
const ahead = await start(5_000)
const nodes = [behind, ahead] as const
const nodeOf = (round: number) => nodes[round % 2] as RunningNode

t.test('no permit began after a suspension was acknowledged, on a node 5 s behind and one 5 s ahead', async (t) => {
  /** What a caller saw: when it asked, when it had the answer, and what that was. */
  const seen: { readonly asked: number; readonly answered: number; readonly decision: unknown; readonly node: number }[] = []
  const failures = new Map<number, number>()
  /** [acknowledged, lift sent]: in between nothing may be permitted; the rest of the time nothing need be denied. */
  const suspended: [number, number][] = []
  const open: [number, number][] = []
  let isOver = false
  const worker = async (node: number) => {
    while (!isOver) {
      const asked = performance.now()
      const { status, body } = await decide(nodes[node] as RunningNode)
      if (status === 200) seen.push({ asked, answered: performance.now(), decision: body['decision'], node })
      else failures.set(status, (failures.get(status) ?? 0) + 1)
    }
  }
  const workers = nodes.flatMap((_node, index) => Array.from({ length: WORKERS_A_NODE }, () => worker(index)))
  const answeredBy = (node: number, since: number) => seen.filter((one) => one.node === node && one.asked > since).length
  /** Leaves the state standing until it was met by both nodes, however busy the machine is. */
  const stand = async (since: number) => {
    while (nodes.some((_node, index) => answeredBy(index, since) < ANSWERS_A_STATE)) await pause(2)
  }
  let liftedAt = performance.now()
  const begun = performance.now()
  for (let round = 0; round < ROUNDS && (round < ROUNDS_MIN || performance.now() - begun < LIMIT_MS); round++) {
    const before = performance.now()
    const id = await suspend(nodeOf(round))
    const acknowledged = performance.now()
    open.push([liftedAt, before])
    await stand(acknowledged)
    suspended.push([acknowledged, performance.now()])
    // Every other round is lifted by the other node, so that acts meet both clocks.
    await lift(nodeOf(round + (round >> 1)), id)
    liftedAt = performance.now()
    await stand(liftedAt)
  }
  isOver = true
  await Promise.all(workers)
  const within = ([from, to]: readonly [number, number]) => seen.filter(({ asked, answered }) => asked > from && answered < to)
  const stale = suspended.flatMap(within).filter(({ decision }) => decision === 'PERMIT')
  const begunAfter = seen.filter(
    ({ asked, decision }) => decision === 'PERMIT' && suspended.some(([from, to]) => asked > from && asked < to),
  )
  const lost = open.flatMap(within).filter(({ decision }) => decision !== 'PERMIT')
  const counted = {
    suspensions: suspended.length,
    answers: seen.length,
    whileSuspended: suspended.flatMap(within).length,
    whileOpen: open.flatMap(within).length,
  }
  t.comment(JSON.stringify({ ...counted, begunAfterAcknowledgement: begunAfter.length, failures: [...failures] }))
  t.strictSame(stale, [], 'no permit was asked for and answered while it was suspended')
  t.strictSame(lost, [], 'and no denial after it was lifted: both nodes saw that at once too')
  const least = suspended.length * nodes.length * ANSWERS_A_STATE
  t.ok(
    suspended.length >= Math.min(ROUNDS, ROUNDS_MIN) && counted.whileSuspended >= least && counted.whileOpen >= least / 2,
    'there was load enough for that to mean something',
  )
  t.ok(new Set(seen.map(({ node }) => node)).size === 2)
})

t.test('a revoked client is answered by no node, once the revocation has answered', async (t) => {
  const doomed = await tokenOf('LBC_CAMDEN', ['API_CLIENT'], 'urn:test:doomed', 'doomed')
  const admin = await tokenOf('LBC_BARNET', ['REGISTER_ADMIN'], 'urn:test:admin')
  for (const node of nodes) t.equal((await decide(node, doomed)).status, 200)
  let acknowledged = Number.POSITIVE_INFINITY
  const answers: { asked: number; status: number; node: RunningNode }[] = []
  const laterOf = (node: RunningNode) => answers.filter((one) => one.node === node && one.asked > acknowledged)
  const asking = nodes.map(async (node) => {
    for (let n = 0; n < 40 || laterOf(node).length < ANSWERS_A_STATE; n++) {
      const asked = performance.now()
      answers.push({ asked, status: (await decide(node, doomed)).status, node })
    }
  })
  const revoked = await post(ahead, '/v1/clients/doomed/revocation', admin, { reason: 'lost key' }).finally(() => {
    acknowledged = performance.now()
  })
  t.equal(revoked.status, 201)
  await Promise.all(asking)
  const later = nodes.flatMap(laterOf)
  t.strictSame([...new Set(later.map(({ status }) => status))], [401])
  const read = await fetch(`${behind.url}/v1/organisations`, { headers: { authorization: `Bearer ${doomed}` } })
  t.equal(read.status, 401, 'nor does it read anything')
  t.equal((await post(behind, '/v1/clients/doomed/revocation', admin, {})).status, 200, 'revoking again changes nothing')
  t.equal((await post(behind, '/v1/clients/load/revocation', stopper, {})).status, 403, 'not everybody may')
  t.equal((await decide(behind)).status, 200, 'others are answered as before')
})

/** What a node believes, without asking it to decide: a decision would bring it up to date. */
async function revisionOf(node: RunningNode): Promise<{ revision: number; isListening: boolean }> {
  const text = await (await fetch(`${node.url}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  return { revision: value('accord_policy_revision'), isListening: value('accord_policy_channel_open') === 1 }
}
/** A new revision that changes nothing, made beside both nodes. */
const publish = () =>
  withTransaction(loader.services.db, async (tx) => {
    const { agreements, policy } = loader.services
    await readAs(tx, { kind: 'system' })
    const [body] = await agreements.toPublish(tx, ['DEMO-CURL'])
    if (!body) throw new Error('no DEMO-CURL')
    return policy.publish(tx, [{ kind: 'AGREEMENT', id: body.id, body }], new Date().toISOString())
  })

t.test('an idle node hears of a change without being asked anything', async (t) => {
  const arrivalMs = async () => {
    const published = performance.now()
    const revision = await publish()
    t.ok(await eventually(async () => (await revisionOf(behind)).revision >= revision))
    return performance.now() - published
  }
  // It looks by itself every five seconds: one that hears nothing is as late as that each time but the first, a busy machine now and then.
  let quickest = Number.POSITIVE_INFINITY
  await arrivalMs()
  for (let tries = 0; quickest >= 2_000 && tries < 10; tries++) quickest = Math.min(quickest, await arrivalMs())
  t.ok(quickest < 2_000, `${Math.round(quickest)} ms`)
})

t.test('when its channel is cut it converges all the same, and listens again', async (t) => {
  const { pool } = await database.openAs('session_user', 1)
  const cut = await pool.query(
    `select count(pg_terminate_backend(pid)) as n from pg_stat_activity where application_name = 'accord-policy' and datname = current_database()`,
  )
  t.ok(Number(cut.rows[0].n) >= 2, 'every node had one')
  // Published while nobody listens: the notification is lost for good.
  const revision = await publish()
  t.ok(await eventually(async () => (await revisionOf(behind)).revision >= revision && (await revisionOf(ahead)).revision >= revision))
  t.ok(await eventually(async () => (await revisionOf(behind)).isListening && (await revisionOf(ahead)).isListening))
})

t.test('a node that was down while it was suspended starts on the present state, and so does one that never was', async (t) => {
  await ahead.stop()
  const id = await suspend(behind)
  for (const offset of [5_000, -5_000]) {
    const node = await start(offset)
    const { body } = await decide(node)
    t.match(body, { decision: 'DENY', reasons: [{ code: 'SUSPENDED' }] })
    if (offset < 0) await lift(behind, id)
    if (offset < 0) t.match((await decide(node)).body, { decision: 'PERMIT' })
    await node.stop()
  }
})
