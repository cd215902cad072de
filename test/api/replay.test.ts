import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { entryOf } from '../../src/audit/format/entry.ts'
import { replay as replayCommand } from '../../src/cli/replay.ts'
import type { Evaluation } from '../../src/decisions/decision-entry.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { orThrow } from '../../src/platform/kernel/refusal.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { ownerPool } from '../support/leaves.ts'
import { runCommand } from '../support/run-command.ts'
import { type TestCaller, testService } from '../support/service.ts'

// Replay: the recorded question is answered again on the text it was answered on, whatever was edited since.

const service = await testService(t)
const { app } = service
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN' }
const OFFICER: TestCaller = { org: 'LBC_HACKNEY', roles: ['IG_OFFICER'] }
const AUDITOR: TestCaller = { org: 'LBC_BARNET', roles: ['AUDITOR'] }

const post = async (url: string, payload: object, caller = CAMDEN) =>
  service.inject({ method: 'POST', url, headers: await service.as(caller), payload })
const get = async (url: string, caller: TestCaller) => service.inject({ method: 'GET', url, headers: await service.as(caller) })
const replayOf = (id: string, caller: TestCaller) => get(`/v1/decisions/${id}/replay`, caller)

/** Publishes an agreement as an act on it would, after a change of what decisions read. */
async function edit(id: string, change: (agreement: Agreement) => Agreement): Promise<number> {
  const { db, agreements, policy } = app.services
  return withTransactionAs(db, { kind: 'system' }, async (tx) => {
    const [agreement] = await agreements.toPublish(tx, [id])
    if (!agreement) throw new Error(`no ${id}`)
    return policy.publish(tx, [{ kind: 'AGREEMENT', id, body: change(agreement) }], new Date().toISOString())
  })
}

const permit = (await post('/v1/decisions', SHARE)).json()
const deny = (await post('/v1/decisions', DENIED_SHARE)).json()
const past = (await post('/v1/decisions/simulate', { ...SHARE, at: '2019-11-30T12:00:00Z' })).json()
const before = app.services.policy.current().revision
const terminatedAt = new Date().toISOString()
await edit('DEMO-CURL', (agreement) => ({ ...agreement, terminated_at: terminatedAt }))

t.test('after the agreement has ended, yesterday’s permit is still a permit on yesterday’s text', async (t) => {
  t.match((await post('/v1/decisions', SHARE)).json(), { decision: 'DENY', reasons: [{ code: 'TERMINATED' }] }, 'the edit is in force')
  for (const recorded of [permit, deny, past]) {
    const reply = await replayOf(recorded.decision_id, CAMDEN)
    t.equal(reply.statusCode, 200)
    t.match(reply.json(), { same: true, engine_same: true, differences: [], policy_revision: before })
    t.match(reply.json().replayed, { decision: recorded.decision, agreement: recorded.agreement })
  }
})

t.test('both parties and an auditor may replay, others do not learn that there is a decision', async (t) => {
  t.equal((await replayOf(permit.decision_id, OFFICER)).statusCode, 200)
  t.equal((await replayOf(permit.decision_id, AUDITOR)).statusCode, 200)
  t.equal((await replayOf(permit.decision_id, { org: 'LBC_BARNET', roles: ['IG_OFFICER'] })).statusCode, 404)
  t.equal((await replayOf('0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f', CAMDEN)).statusCode, 404)
})

t.test('a call that could not be read is recorded and cannot be replayed', async (t) => {
  await post('/v1/decisions', { provider: 'LBC_CAMDEN' })
  const { decisions } = (await get('/v1/decisions?outcome=ERROR', CAMDEN)).json()
  t.equal((await replayOf(decisions[0].decision_id, CAMDEN)).statusCode, 409)
})

t.test('a past text can be asked, by whoever is a party', async (t) => {
  const asOf = (revision: number, caller?: TestCaller) =>
    post('/v1/decisions/simulate', { ...SHARE, at: new Date().toISOString(), as_of_revision: revision }, caller)
  t.match((await asOf(before)).json(), { decision: 'PERMIT', policy_revision: before, simulated: true })
  const now = app.services.policy.current().revision
  t.match((await asOf(now)).json(), { decision: 'DENY', policy_revision: now })
  t.match((await asOf(before, { org: 'LBC_BARNET' })).json(), { reasons: [{ code: 'CALLER_NOT_PARTY' }] })
  const unknown = await asOf(now + 1000)
  t.equal(unknown.statusCode, 422)
  t.match(unknown.json(), { errors: [{ pointer: '/as_of_revision' }] })
  const asked = (await asOf(before)).json()
  t.match((await replayOf(asked.decision_id, CAMDEN)).json(), { same: true, policy_revision: before }, 'and replayed')
})

t.test('a live question takes no past text', async (t) => {
  t.equal((await post('/v1/decisions', { ...SHARE, as_of_revision: before })).statusCode, 400)
})

t.test('a caller may demand a revision: it is answered on that or a later one, or not at all', async (t) => {
  const revision = await edit('DEMO-CURL', (agreement) => ({ ...agreement, terminated_at: null }))
  const reply = (await post('/v1/decisions', { ...SHARE, min_revision: revision })).json()
  t.ok(reply.policy_revision >= revision)
  t.equal(reply.decision, 'PERMIT')
  const tooNew = await post('/v1/decisions', { ...SHARE, min_revision: revision + 5 })
  t.equal(tooNew.statusCode, 503)
  t.match(tooNew.json(), { code: 'NOT_READY' })
  t.equal(tooNew.headers['retry-after'], '1')
})

const SINCE = ['--since', '2020-01-01T00:00:00Z']
async function inBulk(): Promise<{ status: number; text: string }> {
  const out: string[] = []
  const status = await replayCommand(SINCE, {
    env: { DATABASE_URL: service.databaseUrl },
    out: (line) => void out.push(line),
    err: () => {},
  })
  return { status, text: out.join('\n') }
}

t.test('an emergency simulated for the first minute of a day, before London kept Greenwich time, is replayed like any other', async (t) => {
  const { decisions } = app
  const caller = { sub: 'urn:accord:test:officer', org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] as const, clientId: null }
  const emergency = {
    ground: 'PREVENT_SERIOUS_HARM',
    actor: 'urn:person:duty',
    justification: 'A child is in danger tonight and must be found.',
  }
  const body = {
    ...SHARE,
    purpose: 'SAFEGUARDING_CHILDREN',
    mode: 'EMERGENCY',
    lawful_basis: '6(1)(d)',
    emergency,
    at: '1847-06-01T00:00:30Z',
  } as const
  const { evaluations } = orThrow(await decisions.decide({ caller, bodies: [body], simulated: true, trace: null }))
  const { answer } = evaluations[0] as Evaluation
  t.match(answer, { decision: 'PERMIT', via: 'BREAK_GLASS' })
  const reply = await replayOf(answer.decision_id, CAMDEN)
  t.equal(reply.statusCode, 200, reply.body)
  t.match(reply.json(), { same: true })
})

t.test('in bulk: all the same; a recorded answer that the text does not give is named', async (t) => {
  const run = () => runCommand(['replay', '--since', '2020-01-01T00:00:00Z'], { DATABASE_URL: service.databaseUrl })
  const clean = await run()
  t.match(clean.stdout, /^\d+ replayed, 0 mismatches\n$/, clean.stderr)
  t.equal(clean.status, 0)
  const pool = (await service.database?.openAs('session_user'))?.pool
  // Written so from the first: the leaf commits to it. (Words changed afterwards are another finding, see altered-payloads.)
  await pool?.query(`set session_replication_role = replica;
    update audit.payload set body = convert_to(replace(convert_from(body, 'UTF8'), '"via":"AGREEMENT"', '"via":"BREAK_GLASS"'), 'UTF8')
      where event_id = '${permit.decision_id}';
    update audit.leaf l set leaf = n.leaf, leaf_hash = sha256('\\x00'::bytea || n.leaf)
      from (select i.log_id, i.idx, convert_to(regexp_replace(convert_from(i.leaf, 'UTF8'), '"c":"[0-9a-f]{64}"',
              '"c":"' || encode(sha256('\\x61756469742d7061796c6f61642f763100'::bytea || p.salt || p.body), 'hex') || '"'), 'UTF8') as leaf
              from audit.leaf i join audit.payload p using (event_id) where i.event_id = '${permit.decision_id}') n
      where l.log_id = n.log_id and l.idx = n.idx;
    set session_replication_role = origin`)
  const tampered = await run()
  t.match(tampered.stdout, new RegExp(`^MISMATCH ${permit.decision_id} revision ${before}: via\\n\\d+ replayed, 1 mismatches\\n$`))
  t.equal(tampered.status, 1)
  t.equal((await runCommand(['replay', '--since', 'yesterday'])).status, 2)
})

t.test('a record that the rules cannot read is a line and a count, never the end of the run', async (t) => {
  const id = app.services.newId()
  const pool = await ownerPool(service)
  const { rows } = await pool.query(`select convert_from(leaf, 'UTF8')::json as leaf from audit.leaf where event_id = $1`, [
    permit.decision_id,
  ])
  const request = { ...SHARE, data_items: 7 }
  const payload = {
    caller: { org: 'LBC_CAMDEN', sub: 'x', roles: ['API_CLIENT'], client_id: 'x' },
    request,
    response: { ...permit, decision_id: id },
  }
  const { c: _another, ...leaf } = { ...rows[0]?.leaf } as { readonly c?: string }
  await app.services.audit.record(() => ({ entry: entryOf({ ...leaf, id } as never, payload, randomBytes), value: null }))
  await post('/v1/decisions', SHARE)
  const { status, text } = await inBulk()
  t.equal(status, 1)
  t.match(text, new RegExp(`MISMATCH ${id} revision ${before}: What was recorded cannot be read by the rules of today.`))
  t.match(text, /\d+ replayed, 2 mismatches$/)
  t.equal((await replayOf(id, CAMDEN)).statusCode, 409)
})
