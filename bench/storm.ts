// Callers that come at a fixed rate, whether those before them were answered or not (an open loop), in a process of their own. Then one caller
// asks on, one call after the other, until the service answers as it did before.
import { once } from 'node:events'
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { httpClient } from '../test/faults/http-client.ts'

/** What the parent sends. `kind` is what a call is counted under. */
export interface Storm {
  readonly origin: string
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
  readonly calls: readonly StormCall[]
  /** Asked one after the other before and after the storm. */
  readonly probe: StormCall
}

export interface StormCall {
  readonly kind: string
  readonly path: string
  readonly token: string
  readonly body: unknown
}

/** What the callers saw; milliseconds, counted from when each came. */
export interface StormResult {
  readonly offered: number
  readonly accepted: Readonly<Record<string, { readonly answers: number; readonly p50: number; readonly p99: number }>>
  readonly refused: { readonly replies: number; readonly p50: number; readonly p99: number; readonly withoutRetryAfter: number }
  /** No reply, or one that is neither an answer nor a refusal. */
  readonly others: number
  readonly firstOther: string | null
  /** From the last caller until the service answered as before; null: not within the time given to it. */
  readonly recoveryMs: number | null
}

const TURN_MS = 5
const PATIENCE_MS = 20_000
const CALM_PROBES = 100
/** So many quick answers in a row are a recovery; one is quick within twice the slowest of the calm. */
const QUICK_IN_A_ROW = 20
const RECOVERY_LIMIT_MS = 60_000

const [storm] = (await once(process, 'message')) as [Storm]
const client = httpClient(storm.connections)
const prober = httpClient(1)
const call = (by: typeof client, { path, token, body }: StormCall) => by.call('POST', `${storm.origin}${path}`, token, body, PATIENCE_MS)

let slowestOfCalm = 0
for (let n = 0; n < CALM_PROBES; n++) slowestOfCalm = Math.max(slowestOfCalm, (await probe()).ms)
// Opened beforehand and kept, as a gateway keeps its own; last, or the service has ended them as idle.
await Promise.all(Array.from({ length: storm.connections }, () => client.call('GET', `${storm.origin}/health/live`, null)))

const answers = new Map<string, RecordableHistogram>()
const refusals = createHistogram()
let [offered, open, withoutRetryAfter, others] = [0, 0, 0, 0]
let firstOther: string | null = null
const begun = performance.now()
for (let now = 0; now < storm.seconds * 1_000; now = performance.now() - begun) {
  for (const due = (now / 1_000) * storm.perSecond; offered < due; offered++)
    void ask(storm.calls[offered % storm.calls.length] as StormCall)
  await pause(TURN_MS)
}
const recoveryMs = await recovery()
while (open > 0) await pause(20)
const result: StormResult = {
  offered: offered / storm.seconds,
  accepted: Object.fromEntries([...answers].map(([kind, seen]) => [kind, { answers: Number(seen.count), ...percentiles(seen) }])),
  refused: { replies: Number(refusals.count), ...percentiles(refusals), withoutRetryAfter },
  others,
  firstOther,
  recoveryMs,
}
for (const one of [client, prober]) one.close()
process.send?.(result, () => process.exit(0))

async function ask(one: StormCall): Promise<void> {
  open += 1
  const at = performance.now()
  const reply = await call(client, one)
  const took = Math.max(1, Math.round((performance.now() - at) * 1e6))
  open -= 1
  if (reply.status === 200) {
    const seen = answers.get(one.kind) ?? createHistogram()
    answers.set(one.kind, seen)
    seen.record(took)
  } else if (reply.status === 503) {
    refusals.record(took)
    if (reply.headers['retry-after'] === undefined) withoutRetryAfter += 1
  } else {
    others += 1
    firstOther ??= reply.failure ?? `${reply.status} ${JSON.stringify(reply.body).slice(0, 300)}`
  }
}

async function probe(): Promise<{ readonly ms: number; readonly isAnswered: boolean }> {
  const at = performance.now()
  const { status } = await call(prober, storm.probe)
  return { ms: performance.now() - at, isAnswered: status === 200 }
}

async function recovery(): Promise<number | null> {
  const ended = performance.now()
  for (let [row, since] = [0, 0]; performance.now() - ended < RECOVERY_LIMIT_MS; ) {
    const at = performance.now()
    const { ms, isAnswered } = await probe()
    if (row === 0) since = at
    row = isAnswered && ms <= 2 * slowestOfCalm ? row + 1 : 0
    if (row === QUICK_IN_A_ROW) return since - ended
  }
  return null
}

function percentiles(seen: RecordableHistogram) {
  const ms = (percentile: number) => (seen.count === 0 ? 0 : seen.percentile(percentile) / 1e6)
  return { p50: ms(50), p99: ms(99) }
}
