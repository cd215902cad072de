import { between, judged, type Round, sleep, underLoad } from '../round.ts'
import { DATABASE } from '../test-system.ts'
import { until } from '../words.ts'

const SKEW_MS = 5_000
const SUSPENSIONS_MIN = 3

/** Two services on one database, one clock 5 s behind and one 5 s ahead, suspensions under load: not one stale permit. */
export const skewedClocks: Round = {
  kind: 'skewed-clocks',
  faults: 'never stale',
  on: 'single',
  async run({ system }) {
    for (const service of system.services.splice(0)) await service.kill()
    // The first one on an empty database fills the register.
    await system.addService({ clockOffsetMs: -SKEW_MS })
    await system.addService({ clockOffsetMs: SKEW_MS })
    const before = system.ledger.suspensions.length
    const enough = () => system.ledger.suspensions.length >= before + SUSPENSIONS_MIN
    const loaded = await underLoad(
      system,
      async () => {
        await sleep(3_000)
        await until(enough, 12_000)
      },
      { callers: 5, holdMs: 70, restMs: 20 },
    )
    for (const service of system.services.splice(0)) await service.kill()
    const suspended = loaded.acts.get('suspend 201') ?? 0
    const findings = [suspended < SUSPENSIONS_MIN && `only ${suspended} suspensions: the round proves nothing`]
    return judged(loaded, { findings, notes: { suspended } })
  },
}

/** FM-23: a service comes back with its clock an hour behind: order, ids and suspensions do not suffer. */
export const clockBack: Round = {
  kind: 'clock-back',
  faults: 'F23',
  on: 'single',
  async run({ system }) {
    const service = await system.oneService()
    const loaded = await underLoad(system, async () => {
      await sleep(500)
      await service.kill()
      system.services.length = 0
      await system.addService({ clockOffsetMs: -3_600_000 })
      await sleep(1_000)
    })
    for (const one of system.services.splice(0)) await one.kill()
    return judged(loaded)
  },
}

/** FM-13, FM-14: two integrators and signers at once, one of them killed in the middle of its work; tiles and roots stay the same. */
export const twoIntegrators: Round = {
  kind: 'two-integrators',
  faults: 'F13, F14',
  on: 'single',
  async run({ system, random }) {
    await system.oneService()
    const second = await system.addService()
    const loaded = await underLoad(
      system,
      async () => {
        await sleep(between(random, 700, 1_700))
        await second.kill()
      },
      { afterMs: 800 },
    )
    return judged(loaded)
  },
}

/** FM-15, FM-16: the connection that integrates and signs is ended again and again; one root for a size, nothing published that is not stored. */
export const killKeeper: Round = {
  kind: 'kill-keeper',
  faults: 'F15, F16',
  on: 'single',
  async run({ system, random }) {
    await system.oneService()
    let ended = 0
    const sql = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'accord-log-keeper' and datname = $1"
    const loaded = await underLoad(system, async () => {
      for (let i = 0; i < 6; i++) {
        await sleep(between(random, 50, 700))
        ended += (await system.primary.ask('postgres', sql, [DATABASE])).length
      }
    })
    return judged(loaded, { findings: [ended === 0 && 'no keeper was there to be ended'], notes: { ended } })
  },
}
