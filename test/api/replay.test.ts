import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { readAs } from '../../src/platform/database/reader.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
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
  return withTransaction(db, async (tx) => {
    await readAs(tx, { kind: 'system' })
    const [agreement] = await agreements.forPolicy(tx, [id])
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

t.test('in bulk: all the same; a recorded answer that the text does not give is named', async (t) => {
  const run = () =>
    spawnSync(
      process.execPath,
      ['--import=tsx', join(import.meta.dirname, '../../src/cli.ts'), 'replay', '--since', '2020-01-01T00:00:00Z'],
      {
        encoding: 'utf8',
        env: { ...process.env, DATABASE_URL: service.databaseUrl },
      },
    )
  const clean = run()
  t.match(clean.stdout, /^\d+ replayed, 0 mismatches\n$/, clean.stderr)
  t.equal(clean.status, 0)
  const pool = (await service.database?.openAs('session_user'))?.pool
  await pool?.query('alter table audit.payload disable trigger all')
  await pool?.query(
    `update audit.payload set body = convert_to(replace(convert_from(body, 'UTF8'), '"via":"AGREEMENT"', '"via":"BREAK_GLASS"'), 'UTF8') where event_id = $1`,
    [permit.decision_id],
  )
  const tampered = run()
  t.match(tampered.stdout, new RegExp(`^MISMATCH ${permit.decision_id} revision ${before}: via\\n\\d+ replayed, 1 mismatches\\n$`))
  t.equal(tampered.status, 1)
  t.equal(spawnSync(process.execPath, ['--import=tsx', 'src/cli.ts', 'replay', '--since', 'yesterday'], { encoding: 'utf8' }).status, 2)
})
