import t, { type Test } from 'tap'
import { durabilityWatch } from '../../src/audit/append/durability.service.ts'
import { IS_STANDBY } from '../../src/audit/store/durability.ts'
import { SILENCE_MAX_MS } from '../../src/platform/database/watched-client.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { testService } from '../support/service.ts'
import { copyOf, primaryBehindRelay, startAgain, startAsStandby } from '../support/standby.ts'

// FM-5, R13: where the address leads elsewhere, connections to the server of before say nothing of the one of now. A balancer, or a
// name that is changed, may leave them alone: to a standby that lives on as one they would hold for good.

const NAME = 'left_standby'
const { primary, relay, through } = await primaryBehindRelay(t, NAME)

async function watchOverRelay(t: Test) {
  // Looks only when it is told to, while all is well.
  const watch = durabilityWatch({ url: through, role: 'audit_writer', level: 'D1', everyMs: 3_600_000 })
  t.teardown(watch.close)
  await watch.start()
  t.same(watch.faults(), [])
  return watch
}

t.test('a connection that ended since the last look is no fault where the server answers on another one', async (t) => {
  const watch = await watchOverRelay(t)
  relay.turnTo(primary.port)
  await watch.check()
  t.same(watch.faults(), [])
})

t.test('a host that has fallen silent is waited for once, not again on another connection', { timeout: 60_000 }, async (t) => {
  const watch = await watchOverRelay(t)
  relay.fallSilent()
  const began = performance.now()
  const looked = watch.check()
  t.ok(await eventually(() => watch.faults().length > 0))
  // The server is asked about over another connection, for two seconds; a third one would take five.
  t.ok(performance.now() - began < SILENCE_MAX_MS + 5_000)
  relay.wake()
  await looked
  await watch.check()
  t.same(watch.faults(), [], 'and it is heard again')
})

t.test(
  'a service that was led to a standby decides again once its address leads to the primary, though its connections were left alone',
  { timeout: 150_000 },
  async (t) => {
    const watch = await watchOverRelay(t)
    const service = await testService(t, { databaseUrl: through, config: { durability: 'D1', decisionDeadlineMs: 2_000 } })
    const headers = await service.as({ org: 'LBC_CAMDEN' })
    const decide = async () => (await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })).statusCode
    const readiness = async () => (await service.inject({ url: '/health/ready' })).json()
    t.equal(await decide(), 200)
    await primary.stop()
    const standby = await startAsStandby(t, copyOf(t, primary))
    relay.lead(standby.port)
    const isOnStandby = async () => (await decide()) === 503 && service.app.services.audit.faults().includes(IS_STANDBY)
    t.ok(await eventually(isOnStandby), 'no record, no answer')
    await watch.check()
    t.same(watch.faults(), [IS_STANDBY])

    const again = await startAgain(t, primary)
    relay.lead(again.port)
    await watch.check()
    t.same(watch.faults(), [], 'the next look is at the server that the address leads to')
    t.ok(await eventually(async () => (await decide()) === 200, 20_000), 'nobody had to start the service again, or to stop the standby')
    t.ok(await eventually(async () => (await readiness()).status === 'ready', 20_000))
  },
)
