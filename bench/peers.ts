// `npm run bench:peers`: a durable, explained PERMIT of ours beside one of Cerbos, whose log is not durable, in one run on one machine.
// The last line is one JSON object.
import { asCerbosAsks, startCerbos } from './cerbos.ts'
import { permitted } from './content.ts'
import { type Load, type Measured, measure } from './processes.ts'
import { publishAgreements } from './seed.ts'
import { median, table } from './table.ts'
import { openTestSystem } from './test-system.ts'

const ROUNDS = process.argv.includes('--quick') ? 1 : 3
const SECONDS = 5
const PAIRS = 200

const system = await openTestSystem()
const cerbos = await startCerbos()
try {
  const databaseUrl = await system.database('bench_peers')
  await publishAgreements(databaseUrl, 0, 1056)
  const service = await system.service(databaseUrl)
  const asked = await Promise.all(
    Array.from({ length: PAIRS }, async (_, n) => {
      const token = await system.clientToken(permitted(n).provider, n)
      return {
        ours: JSON.stringify(permitted(n)),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        theirs: asCerbosAsks(permitted(n)),
      }
    }),
  )
  const ours = (connections: number): Load => ({
    origin: service.origin,
    method: 'POST',
    connections,
    seconds: SECONDS,
    requests: asked.map((one) => ({ path: '/v1/decisions', headers: one.headers, body: padded(one.ours, one.theirs) })),
    status: 200,
    expected: '"decision":"PERMIT"',
  })
  const theirs = (connections: number): Load => ({
    origin: cerbos.origin,
    method: 'POST',
    connections,
    seconds: SECONDS,
    requests: asked.map((one) => ({ path: '/access/v1/evaluation', headers: one.headers, body: padded(one.theirs, one.ours) })),
    status: 200,
    expected: '"decision":true',
  })
  const loads = { 'Accord, 64': ours(64), 'Cerbos, 64': theirs(64), 'Accord, 1': ours(1), 'Cerbos, 1': theirs(1) }
  const counted = { accord: service.pid, postgres: system.postgresPid, cerbos: cerbos.pid }
  for (const load of [loads['Accord, 64'], loads['Cerbos, 64']]) await measure({ ...load, seconds: 2 }, counted)
  const results: Record<string, Measured[]> = {}
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, load] of Object.entries(loads)) {
      const measured = await measure(load, counted)
      if (measured.firstWrong) console.log(`${name}: ${measured.wrong} not as expected, the first: ${measured.firstWrong}`)
      results[name] = [...(results[name] ?? []), measured]
    }
  await service.close()
  const rows = Object.entries(results).map(([name, all]) => {
    const of = (pick: (one: Measured) => number) => median(all.map(pick))
    const cpu = (one: Measured) => Object.values(one.cpuMs).reduce((sum, ms) => sum + ms, 0)
    return {
      'who, connections': name,
      'per s': of((one) => one.perSecond),
      'p50 ms': of((one) => one.p50),
      'p99 ms': of((one) => one.p99),
      'cpu ms': of(cpu),
      'asking ms': of((one) => one.loadCpuMs / Math.max(1, one.answers)),
    }
  })
  console.log(
    `\n${ROUNDS} interleaved rounds of ${SECONDS} s; medians. Our answer is recorded durably before it is given; Cerbos 0.55.0 writes its audit log to a file without waiting.`,
  )
  table(rows)
  const row = (name: keyof typeof loads) => rows[Object.keys(loads).indexOf(name)] as (typeof rows)[number]
  console.log(
    JSON.stringify({
      p50_1_over_cerbos: row('Accord, 1')['p50 ms'] / row('Cerbos, 1')['p50 ms'],
      rps_64_over_cerbos: row('Accord, 64')['per s'] / row('Cerbos, 64')['per s'],
    }),
  )
} finally {
  await cerbos.close()
  await system.close()
}

/** A body as long as the longer of the two: white space that JSON does not count. */
function padded(body: string, other: string): string {
  return body + ' '.repeat(Math.max(0, other.length - body.length))
}
