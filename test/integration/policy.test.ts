import { createHash } from 'node:crypto'
import t from 'tap'
import { evaluate } from '../../src/decisions/evaluation/evaluate.ts'
import { textOf } from '../../src/decisions/policy/agreement-store.ts'
import { policyService } from '../../src/decisions/policy/policy.service.ts'
import type { PolicyRecord } from '../../src/decisions/policy/policy-index.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { anAgreement, aRequest, LISTS, ORGANISATIONS } from '../support/builders/decision-world.ts'
import { testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

// Policy revisions in PostgreSQL: gapless, chained by digest, append-only, and readable as they stood.

const database = await testDatabase(t)
const policy = policyService(database.db)
const publish = (records: readonly PolicyRecord[], instant: string) =>
  withTransaction(database.db, (tx) => policy.publish(tx, records, instant))

const world: PolicyRecord[] = [
  { kind: 'CODE_LISTS', id: 'current', body: { version: 'first', lists: LISTS } },
  ...ORGANISATIONS.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
]
const agreement = anAgreement()
const asRecord = (body: typeof agreement): PolicyRecord => ({ kind: 'AGREEMENT', id: body.id, body })
const at = Date.parse('2026-07-01T12:00:00Z')
const sha256 = (...parts: readonly (string | Buffer)[]) => {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

t.test('before anything is published, nothing is permitted', async (t) => {
  await policy.refresh()
  t.equal(policy.current().revision, 0)
  t.match(evaluate(aRequest(), at, policy.current()), { decision: 'DENY', reasons: [{ code: 'UNKNOWN_PARTY' }] })
})

t.test('a publication is the next revision, and changes the answers once it is read', async (t) => {
  t.equal(await publish(world, '2026-05-01T10:00:00Z'), 1)
  t.equal(await publish([asRecord(agreement)], '2026-05-01T11:00:00Z'), 2)
  t.equal(policy.current().revision, 0, 'this process has not looked yet')
  await Promise.all([policy.refresh(), policy.refresh()])
  t.equal(policy.current().revision, 2)
  t.equal(policy.current().head.instant, Date.parse('2026-05-01T11:00:00Z'))
  t.equal(evaluate(aRequest(), at, policy.current()).decision, 'PERMIT')
  t.equal(await publish([asRecord({ ...agreement, terminated_at: '2026-06-01T00:00:00Z' })], '2026-06-01T00:00:00Z'), 3)
  await policy.refresh()
  t.match(evaluate(aRequest(), at, policy.current()), { decision: 'DENY', reasons: [{ code: 'TERMINATED' }] })
})

t.test('the policy can be read as it stood at any revision', async (t) => {
  const [first, second, third, fourth] = await Promise.all([1, 2, 3, 4].map((revision) => policy.at(revision)))
  if (!first || !second || !third) return t.fail('three revisions were published')
  t.match(evaluate(aRequest(), at, first), { decision: 'DENY', reasons: [{ code: 'NO_AGREEMENT' }] })
  t.equal(evaluate(aRequest(), at, second).decision, 'PERMIT')
  t.equal(evaluate(aRequest(), at, third).decision, 'DENY')
  t.equal(fourth, undefined)
  t.equal(second.head.digest, (await policy.at(2))?.head.digest)
})

t.test('the digest chains every record, as an auditor would work it out by hand', async (t) => {
  const { rows } = await database.pool.query<{ revision: string; kind: string; id: string; body: string; digest: Buffer }>(
    'select r.revision, r.kind, r.id, r.body::text as body, v.digest from policy.record r join policy.revision v using (revision) order by r.revision, r.kind collate "C", r.id collate "C"',
  )
  let digest = sha256('accord-policy/v1')
  for (const revision of ['1', '2', '3']) {
    const records = rows.filter((row) => row.revision === revision)
    digest = sha256(digest, ...records.map(({ kind, id, body }) => sha256(`${kind}\n${id}\n`, sha256(body))))
    t.equal(records[0]?.digest.toString('hex'), digest.toString('hex'), `revision ${revision}`)
  }
  t.equal(policy.current().head.digest, digest.toString('hex'))
})

t.test('the instant of the policy never goes back, whatever the clock of the node that publishes', async (t) => {
  await publish([asRecord({ ...agreement, title: 'Renamed' })], '2020-01-01T00:00:00Z')
  await policy.refresh()
  t.equal(policy.current().head.instant, Date.parse('2026-06-01T00:00:00Z'))
})

t.test('publications at once are one after another, without a gap and without loss', async (t) => {
  const before = policy.current().revision
  const revisions = await Promise.all(
    Array.from({ length: 8 }, (_none, n) => publish([asRecord({ ...agreement, id: `AGR-C${n}` })], '2026-06-02T00:00:00Z')),
  )
  t.strictSame(
    revisions.toSorted((a, b) => a - b),
    Array.from({ length: 8 }, (_none, n) => before + 1 + n),
  )
  await policy.refresh()
  t.equal(policy.current().between('NORTHBOROUGH', 'SOUTHBOROUGH').length, 9)
})

t.test('a publication that is rolled back was never there', async (t) => {
  const before = policy.current().revision
  await t.rejects(
    withTransaction(database.db, async (tx) => {
      await policy.publish(tx, [asRecord({ ...agreement, id: 'AGR-GONE' })], '2026-06-03T00:00:00Z')
      throw new Error('the act was refused after all')
    }),
    /after all/,
  )
  await policy.refresh()
  t.equal(policy.current().revision, before)
  t.equal(await publish([asRecord(agreement)], '2026-06-03T00:00:00Z'), before + 1, 'its number is used by the next')
})

t.test('past policies are loaded two at once, whoever asks: the others wait in their order', async (t) => {
  const { revision } = policy.current()
  const owner = await database.openAs('session_user', 2)
  const blocker = await owner.pool.connect()
  await blocker.query('begin; lock table policy.record in access exclusive mode')
  const reading = async () => {
    const { rows } = await owner.pool.query<{ count: number }>(
      `select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%policy%record%'`,
    )
    return rows[0]?.count ?? 0
  }
  // A service of its own remembers none of them yet.
  const fresh = policyService(database.db)
  const order: number[] = []
  const asked = Array.from({ length: 6 }, (_none, n) => revision - n)
  const next = fresh.forward()
  const loads = asked.map((one, n) => (n % 3 === 2 ? next : fresh.at)(one).then((index) => order.push(index?.revision ?? -1)))
  t.ok(await eventually(async () => (await reading()) === 2), 'two are being read')
  await new Promise((passed) => setTimeout(passed, 300))
  t.equal(await reading(), 2, 'and no more than two')
  await blocker.query('rollback')
  blocker.release()
  await Promise.all(loads)
  t.same(order.toSorted(), asked.toSorted(), 'all have their answer in the end')
})

t.test('nobody rewrites a revision: not the service, not even the owner of the tables', async (t) => {
  const owner = await database.openAs('session_user', 1)
  for (const statement of [
    `update policy.record set body = '{}'`,
    'delete from policy.record',
    'truncate policy.record cascade',
    'delete from policy.revision',
    `update policy.revision set instant = now()`,
  ]) {
    await t.rejects(owner.pool.query(statement), /append-only/, `owner: ${statement}`)
    await t.rejects(database.pool.query(statement), /permission denied/, `service: ${statement}`)
  }
  await t.rejects(database.pool.query(`update policy.head set revision = 1`), /permission denied/)
  await t.rejects(
    owner.pool.query(`insert into policy.record values ('AGREEMENT', 'X', 1, '{}', sha256('{ }'))`),
    /policy_record_hash_is_of_its_body/,
    'a record whose hash is of another text',
  )
})

t.test('the database finds in an agreement the parties and agents that we find in it, also where none are stated', async (t) => {
  const withAgents = (agents: unknown, id: string) => {
    const [version] = agreement.versions
    return { ...agreement, id, versions: [{ ...version, terms: { ...version?.terms, agents } }] } as typeof agreement
  }
  const agent = { org: 'NHSE', for: 'LBC_CAMDEN', contract_ref: 'C1', valid_from: null, valid_to: null }
  const all = [withAgents(null, 'FOUND-1'), withAgents([], 'FOUND-2'), withAgents([agent, { ...agent, for: 'LBC_HACKNEY' }], 'FOUND-3')]
  await publish(all.map(asRecord), '2026-08-01T00:00:00Z')
  const { rows } = await database.pool.query(
    `select id, parties, agents from policy.record where kind = 'AGREEMENT' and id like 'FOUND-%' order by id`,
  )
  t.strictSame(
    rows,
    all.map(({ dpia: _, ...body }) => textOf({ ...body, assessment: body.id })).map(({ id, parties, agents }) => ({ id, parties, agents })),
  )
  const { rows: others } = await database.pool.query(`select distinct parties, agents from policy.record where kind <> 'AGREEMENT'`)
  t.strictSame(others, [{ parties: null, agents: null }])
})
