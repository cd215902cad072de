import t from 'tap'
import { openRelay } from '../faults/relay.ts'
import { testDatabase } from '../support/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { testService } from '../support/service.ts'

// R18, R19: a database host that dies without a word (power, a cut cable) is noticed, nothing is answered meanwhile, and once
// the address leads to a server again the service goes on by itself, although TCP would wait for a quarter of an hour.

const STALL_MS = 500
const DEADLINE_MS = 1_000

t.setTimeout(400_000)
const database = await testDatabase(t)
const direct = new URL(database.url)
const relay = await openRelay(Number(direct.port))
t.teardown(() => relay.close())
const through = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(relay.port) }).href
const limits = { decisionDeadlineMs: DEADLINE_MS, auditStallMs: STALL_MS, statementTimeoutMs: 5_000, lockTimeoutMs: 5_000 }
const service = await testService(t, { databaseUrl: through, config: limits })
const headers = await service.as({ org: 'LBC_CAMDEN' })
const decide = () => service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })
const readiness = async () => (await service.inject({ url: '/health/ready' })).json()

t.test('a host that dies silently under load costs answers, not minutes', { timeout: 300_000 }, async (t) => {
  t.ok(await eventually(async () => (await decide()).json().decision === 'PERMIT'))
  t.ok(await eventually(async () => (await readiness()).status === 'ready'))
  relay.fallSilent()
  const started = performance.now()
  const refused = await Promise.all([decide(), decide(), decide()])
  t.strictSame(
    refused.map(({ statusCode }) => statusCode),
    [503, 503, 503],
    'no record, no answer',
  )
  t.ok(performance.now() - started < DEADLINE_MS + 5_000, 'told at the deadline')
  t.ok(await eventually(async () => (await readiness()).checks.log === 'fail'), 'the log is not ready')
  t.equal((await decide()).statusCode, 503, 'and stays so while nothing is heard')

  relay.wake()
  t.ok(await eventually(async () => (await decide()).statusCode === 200), 'answers again once the address leads somewhere')
  t.ok(await eventually(async () => (await readiness()).status === 'ready'), 'and ready')
})
