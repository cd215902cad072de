// The callers of a storm, in a process of their own: an order comes in, what they saw goes out, and the process ends.
import { SHARE } from '../support/demo-share.ts'
import { httpClient } from './http-client.ts'
import type { StormOrder, StormSeen } from './storm.ts'
import { type AcknowledgedDecision, instant } from './words.ts'

/** Opened beforehand and kept, as a gateway in front keeps its own: what is measured is the service, not how fast a process accepts. */
const CONNECTIONS = 1_000
const TURN_MS = 5
const PATIENCE_MS = 20_000

process.once('message', async (order: StormOrder) => {
  const seen = await send(order)
  process.send?.(seen, () => process.exit(0))
})

async function send({ url, token, perSecond, ms }: StormOrder): Promise<StormSeen> {
  const client = httpClient(CONNECTIONS)
  await Promise.all(Array.from({ length: CONNECTIONS }, () => client.call('GET', `${url}/health/live`, null)))
  const accepted: AcknowledgedDecision[] = []
  const refused: number[] = []
  let broken = 0
  let withoutRetryAfter = 0

  async function call(): Promise<void> {
    const begun = instant()
    const reply = await client.call('POST', `${url}/v1/decisions`, token, SHARE, PATIENCE_MS)
    const received = instant()
    if (reply.status === 200) {
      const { decision_id: id, decision } = reply.body as { decision_id: string; decision: 'PERMIT' | 'DENY' }
      accepted.push({ id, decision, begun, received })
    } else if (reply.status === 503) {
      refused.push(received - begun)
      if (reply.headers['retry-after'] === undefined) withoutRetryAfter += 1
    } else broken += 1
  }

  const calls: Promise<void>[] = []
  const begunAt = instant()
  for (let now = 0; now < ms; now = instant() - begunAt) {
    for (const due = (now / 1_000) * perSecond; calls.length < due; ) calls.push(call())
    await new Promise((resolve) => setTimeout(resolve, TURN_MS))
  }
  await Promise.all(calls)
  client.close()
  return { accepted, refused, broken, withoutRetryAfter }
}
