import { percentile, startLoad } from '../load.ts'
import { mustHaveAnswered, type Round, sleep } from '../round.ts'
import { storm } from '../storm.ts'

const CALM_MS = 1_200
const STORM_MS = 1_500
const TIMES = 5
/** Beyond this nobody would call it bounded, on a machine that makes the load on the cores that answer it. */
const BOUND_MS = 3_000
/**
 * A small queue, so that it fills on the machine that also makes the load. All callers of the storm come from one address and stand for as
 * many: how many connections one address may have is looked at elsewhere (test/api/limits.test.ts), and ends those beyond it without a word.
 */
const CONFIG = { AUDIT_QUEUE_MAX: '64', AUDIT_QUEUE_AGE_MS: '100', CONNECTIONS_PER_ADDRESS_MAX: '2048' }

/** FM-21: five times what the service can do: refused early, latency bounded, calm again afterwards. Callers come whether answered or not. */
export const overload: Round = {
  kind: 'overload',
  faults: 'F21',
  on: 'single',
  async run({ system }) {
    for (const service of system.services.splice(0)) await service.kill()
    await system.addService({ config: CONFIG })
    const calm = await during(system, CALM_MS)
    const rate = calm.accepted.length / (CALM_MS / 1_000)
    const seen = await storm({ url: system.urls()[0] ?? '', token: system.tokens.asker, perSecond: rate * TIMES, ms: STORM_MS })
    await Promise.all(seen.accepted.map((answer) => system.ledger.decided(answer)))
    await sleep(200)
    const after = await during(system, 600)
    for (const service of system.services.splice(0)) await service.kill()
    const findings = mustHaveAnswered(calm)
    const latencies = seen.accepted.map(({ begun, received }) => received - begun)
    const p99 = percentile(latencies, 0.99)
    if (seen.refused.length === 0) findings.push(`${Math.round(rate * TIMES)} a second and nothing was refused`)
    if (p99 > BOUND_MS) findings.push(`p99 of what was accepted is ${p99} ms`)
    if (seen.broken > 0) findings.push(`${seen.broken} callers got no reply at all`)
    if (seen.withoutRetryAfter > 0) findings.push(`${seen.withoutRetryAfter} refusals without Retry-After`)
    if (after.accepted.length === 0) findings.push('no answer after the storm')
    return {
      findings,
      notes: {
        calm_rps: Math.round(rate),
        offered_rps: Math.round(rate * TIMES),
        accepted: seen.accepted.length,
        refused: seen.refused.length,
        storm_p50_ms: percentile(latencies, 0.5),
        storm_p99_ms: p99,
        refused_p50_ms: percentile(seen.refused, 0.5),
        after_p50_ms: percentile(after.accepted, 0.5),
      },
    }
  },
}

async function during(system: Parameters<Round['run']>[0]['system'], ms: number) {
  const load = startLoad({ ledger: system.ledger, token: system.tokens.asker, urls: system.urls, callers: 16 })
  await sleep(ms)
  return load.stop()
}
