import pg from 'pg'
import t from 'tap'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { testService } from '../support/service.ts'
import { primaryBehindRelay, startAsStandby } from '../support/standby.ts'

// FM-5, R13: in a failover the address may lead to the standby before that is promoted. It answers and takes no entries: nothing is
// decided, the service says that it is not ready, and goes on by itself once the standby is the primary.

const NAME = 'standby_first'
const { primary, relay, through } = await primaryBehindRelay(t, NAME)

t.test('a service led to the standby too early is not ready, and decides again once that is promoted', { timeout: 120_000 }, async (t) => {
  const service = await testService(t, { databaseUrl: through, config: { durability: 'D1', decisionDeadlineMs: 2_000 } })
  const headers = await service.as({ org: 'LBC_CAMDEN' })
  const decide = async () => (await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })).statusCode
  const readiness = async () => (await service.inject({ url: '/health/ready' })).json()
  t.equal(await decide(), 200)
  await primary.stop()
  const standby = await startAsStandby(t, primary)
  relay.turnTo(standby.port)
  t.ok(await eventually(async () => (await readiness()).checks.database === 'pass', 20_000), 'the standby can be read')
  t.equal(await decide(), 503, 'no record, no answer')
  const isClosed = async () => (await decide()) === 503 && (await readiness()).checks.log === 'fail'
  t.ok(await eventually(isClosed, 10_000), 'and the log is not ready')

  const operator = new pg.Client({ connectionString: standby.url('postgres') })
  await operator.connect()
  await operator.query('select pg_promote(true)')
  await operator.end()
  t.ok(await eventually(async () => (await decide()) === 200, 20_000), 'nobody had to start the service again')
  t.ok(await eventually(async () => (await readiness()).status === 'ready', 20_000))
})
