import { bodiesFor, emptyRegister, permitted } from './content.ts'
import { type Load, measure } from './processes.ts'
import { publishAgreements } from './seed.ts'
import { table } from './table.ts'
import type { TestSystem } from './test-system.ts'

const CALLERS = 200
const SECONDS = 4

/** Milliseconds within which 95 of 100 first pages of searches for resources come, one after the other, on policies of these numbers of agreements. */
export async function measureSearches(system: TestSystem, sizes: readonly number[]): Promise<Readonly<Record<number, number>>> {
  const found: Record<number, number> = {}
  const rows = []
  for (const size of sizes) {
    const organisations = bodiesFor(size)
    const bodies = organisations.map(({ code }) => code)
    const databaseUrl = await system.database(`bench_searches_${size}`, {
      ...emptyRegister(),
      organisations: organisations.map((body) => (body.code.startsWith('BENCH_') ? { ...body, gss: null } : body)),
    })
    await publishAgreements(databaseUrl, 0, size, bodies)
    const service = await system.service(databaseUrl)
    const requests = await Promise.all(
      Array.from({ length: CALLERS }, async (_, n) => {
        const { recipient, purpose } = permitted(n, bodies)
        const headers = { authorization: `Bearer ${await system.clientToken(recipient as string, n)}`, 'content-type': 'application/json' }
        const body = { subject: { type: 'organisation', id: recipient }, action: { name: purpose }, resource: { type: 'data' } }
        return { path: '/access/v1/search/resource', headers, body: JSON.stringify(body) }
      }),
    )
    const load: Load = {
      origin: service.origin,
      method: 'POST',
      connections: 1,
      seconds: SECONDS,
      requests,
      status: 200,
      expected: '"type":"data"',
    }
    // The compiler has seen the search; the agreements of so many callers are not all compiled at a time.
    await measure(load, {})
    const result = await measure(load, { node: service.pid, postgres: system.postgresPid })
    await service.close()
    if (result.firstWrong) console.log(`searches: ${result.wrong} not as expected, the first: ${result.firstWrong}`)
    found[size] = result.p95
    const { answers: pages, p50, p95, cpuMs } = result
    const cpu = { 'node ms': cpuMs['node'] ?? 0, 'postgres ms': cpuMs['postgres'] ?? 0 }
    rows.push({ agreements: size, bodies: bodies.length, pages, 'p50 ms': p50, 'p95 ms': p95, ...cpu })
  }
  console.log('\nfirst pages of searches for resources, one after the other, each recorded; processor time a page:')
  table(rows)
  return found
}
