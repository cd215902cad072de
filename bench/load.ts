// The caller, as a process of its own: `connections` connections ask one question after the other, each when it has the answer to
// the one before, for `seconds`. Prints what was answered, how long it took and how much processor time asking took.
import { once } from 'node:events'
import { createHistogram } from 'node:perf_hooks'
import { Client } from 'undici'
import type { Load, LoadResult } from './processes.ts'

const [load] = (await once(process, 'message')) as [Load]
const latencies = createHistogram()
const clients = Array.from({ length: load.connections }, () => new Client(load.origin, { pipelining: 1 }))
let next = 0
let answers = 0
let wrong = 0
let lacking = 0
let firstWrong: string | null = null

async function ask(client: Client, until: number): Promise<void> {
  while (performance.now() < until) {
    const request = load.requests[next++ % load.requests.length]
    if (!request) return
    const begun = process.hrtime.bigint()
    const { statusCode, body } = await client.request({ method: load.method, ...request })
    const text = await body.text()
    const took = process.hrtime.bigint() - begun
    if (statusCode === load.status && text.includes(load.expected)) {
      answers += 1
      latencies.record(took > 0n ? took : 1n)
    } else if (load.lacking !== undefined && statusCode === load.status && text.includes(load.lacking)) {
      lacking += 1
    } else {
      wrong += 1
      firstWrong ??= `${statusCode} ${text.slice(0, 300)}`
    }
  }
}

// Each connection is open before the clock starts.
await Promise.all(clients.map((client) => ask(client, performance.now() + 300)))
latencies.reset()
answers = 0
lacking = 0
const cpu = process.cpuUsage()
const begun = performance.now()
process.send?.('begun')
await Promise.all(clients.map((client) => ask(client, begun + load.seconds * 1000)))
const seconds = (performance.now() - begun) / 1000
process.send?.('ended')
const { user, system } = process.cpuUsage(cpu)
const ms = (percentile: number) => latencies.percentile(percentile) / 1e6
const result: LoadResult = {
  answers,
  wrong,
  lacking,
  perSecond: answers / seconds,
  p50: ms(50),
  p95: ms(95),
  p99: ms(99),
  loadCpuMs: (user + system) / 1000,
  firstWrong,
}
process.send?.(result)
await Promise.all(clients.map((client) => client.close()))
process.disconnect()
