import { SHARE } from '../../support/demo-share.ts'
import { httpClient } from '../http-client.ts'
import { percentile, startLoad } from '../load.ts'
import { mustHaveAnswered, type Round, sleep } from '../round.ts'
import { instant } from '../words.ts'

const CALM_MS = 1_200
const STORM_MS = 1_500
const TIMES = 5
/** Beyond this nobody would call it bounded, on a machine that makes the load on the cores that answer it. */
const BOUND_MS = 3_000
/** Small, so that the queue fills on the machine that also makes the load. */
const CONFIG = { AUDIT_QUEUE_MAX: '64', AUDIT_QUEUE_AGE_MS: '100' }

/** F21: five times what the service can do: refused early, latency bounded, calm again afterwards. Callers come whether answered or not. */
export const overload: Round = {
  kind: 'overload',
  faults: 'F21',
  on: 'single',
  async run({ stand }) {
    for (const service of stand.services.splice(0)) await service.kill()
    await stand.addService({ config: CONFIG })
    const calm = await during(stand, CALM_MS)
    const rate = calm.accepted.length / (CALM_MS / 1_000)
    const storm = await openLoop(stand.urls()[0] ?? '', stand.tokens.asker, stand.ledger, rate * TIMES)
    await sleep(200)
    const after = await during(stand, 600)
    for (const service of stand.services.splice(0)) await service.kill()
    const findings = mustHaveAnswered(calm)
    const p99 = percentile(storm.accepted, 0.99)
    if (storm.refused.length === 0) findings.push(`${Math.round(rate * TIMES)} a second and nothing was refused`)
    if (p99 > BOUND_MS) findings.push(`p99 of what was accepted is ${p99} ms`)
    if (storm.broken > 0) findings.push(`${storm.broken} callers got no reply at all`)
    if (storm.withoutRetryAfter > 0) findings.push(`${storm.withoutRetryAfter} refusals without Retry-After`)
    if (after.accepted.length === 0) findings.push('no answer after the storm')
    return {
      findings,
      notes: {
        calm_rps: Math.round(rate),
        offered_rps: Math.round(rate * TIMES),
        accepted: storm.accepted.length,
        refused: storm.refused.length,
        storm_p99_ms: p99,
        refused_p50_ms: percentile(storm.refused, 0.5),
        after_p50_ms: percentile(after.accepted, 0.5),
      },
    }
  },
}

async function during(stand: Parameters<Round['run']>[0]['stand'], ms: number) {
  const load = startLoad({ ledger: stand.ledger, token: stand.tokens.asker, urls: stand.urls, callers: 16 })
  await sleep(ms)
  return load.stop()
}

async function openLoop(url: string, token: string, ledger: Parameters<typeof startLoad>[0]['ledger'], perSecond: number) {
  const client = httpClient(Number.POSITIVE_INFINITY)
  const storm = { accepted: [] as number[], refused: [] as number[], broken: 0, withoutRetryAfter: 0 }
  const open: Promise<void>[] = []
  const begunAt = instant()
  const one = async () => {
    const begun = instant()
    const reply = await client.call('POST', `${url}/v1/decisions`, token, SHARE, 20_000)
    const received = instant()
    if (reply.status === 200) {
      const { decision_id: id, decision } = reply.body as { decision_id: string; decision: 'PERMIT' | 'DENY' }
      storm.accepted.push(received - begun)
      await ledger.decided({ id, decision, begun, received })
    } else if (reply.status === 503) {
      storm.refused.push(received - begun)
      if (reply.headers['retry-after'] === undefined) storm.withoutRetryAfter += 1
    } else storm.broken += 1
  }
  for (let sent = 0, now = 0; now < STORM_MS; now = instant() - begunAt) {
    for (const due = (now / 1_000) * perSecond; sent < due; sent++) open.push(one())
    await sleep(5)
  }
  await Promise.all(open)
  client.close()
  return storm
}
