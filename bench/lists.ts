import { demoRegister } from '../src/demo/register-content.ts'
import { emptyRegister } from './content.ts'
import { type Load, measure } from './processes.ts'
import { copyAgreement } from './seed.ts'
import type { TestSystem } from './test-system.ts'

const COPIES = 10_000
const SECONDS = 3

/** Milliseconds within which 95 of 100 first pages of the list of agreements come, with 10,000 of them. */
export async function measureLists(system: TestSystem): Promise<number> {
  const agreements = demoRegister().agreements.filter(({ agreement }) => agreement.id === 'DEMO-CURL')
  const databaseUrl = await system.database('bench_lists', { ...emptyRegister(), agreements })
  for (const { agreement } of agreements) await copyAgreement(databaseUrl, agreement, COPIES)
  const service = await system.service(databaseUrl)
  const authorization = `Bearer ${await system.personToken('LBC_CAMDEN', 'IG_OFFICER')}`
  const paths = ['/v1/agreements?limit=50', '/v1/agreements?limit=50&state=IN_FORCE', '/v1/agreements?limit=50&q=homelessness']
  const load: Load = {
    origin: service.origin,
    method: 'GET',
    connections: 1,
    seconds: SECONDS,
    requests: paths.map((path) => ({ path, headers: { authorization } })),
    status: 200,
    expected: 'DEMO-CURL',
  }
  // The compiler and every connection have seen the lists before anything counts.
  await measure(load, {})
  const result = await measure(load, {})
  await service.close()
  if (result.firstWrong) console.log(`lists: ${result.wrong} not as expected, the first: ${result.firstWrong}`)
  console.log(
    `\nfirst pages of ${COPIES} agreements, one after the other: p50 ${result.p50.toFixed(1)} ms, p95 ${result.p95.toFixed(1)} ms`,
  )
  return result.p95
}
