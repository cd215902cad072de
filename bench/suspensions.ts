import { demoRegister } from '../src/demo/register-content.ts'
import { emptyRegister, permitted } from './content.ts'
import { copyAgreement, publish } from './seed.ts'
import { median } from './table.ts'
import type { TestSystem } from './test-system.ts'

const SUSPENSIONS = 40

/** Milliseconds from the request of a suspension to its acknowledgement, the median. @throws Error when another node permits after it */
export async function measureSuspensions(system: TestSystem): Promise<number> {
  const agreements = demoRegister().agreements.filter(({ agreement }) => agreement.id === 'DEMO-CURL')
  const databaseUrl = await system.database('bench_suspensions', { ...emptyRegister(), agreements })
  for (const { agreement } of agreements) {
    await copyAgreement(databaseUrl, agreement, SUSPENSIONS)
    await publish(
      databaseUrl,
      Array.from({ length: SUSPENSIONS }, (_, n) => ({ ...agreement, id: `${agreement.id}-${n + 1}` })),
    )
  }
  const nodes = [await system.service(databaseUrl), await system.service(databaseUrl)] as const
  const siro = await system.personToken('LBC_HACKNEY', 'SIRO')
  const client = await system.clientToken('LBC_CAMDEN', 0)
  const post = (origin: string, path: string, token: string, body: unknown) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify(body),
    })
  const question = { ...permitted(0), provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY' }
  const times: number[] = []
  let stale = 0
  for (let n = 1; n <= SUSPENSIONS; n++) {
    const id = `DEMO-CURL-${n}`
    const ask = async () =>
      ((await (await post(nodes[1].origin, '/v1/decisions', client, { ...question, agreement_ref: id })).json()) as { decision: string })
        .decision
    if ((await ask()) !== 'PERMIT') throw new Error(`${id} does not permit before it is suspended`)
    const begun = performance.now()
    const reply = await post(nodes[0].origin, `/v1/agreements/${id}/suspensions`, siro, {
      scope: 'AGREEMENT',
      reason: 'Measured: how long until nobody is permitted',
    })
    times.push(performance.now() - begun)
    if (reply.status !== 201) throw new Error(`a suspension was answered ${reply.status}: ${await reply.text()}`)
    if ((await ask()) !== 'DENY') stale += 1
  }
  await Promise.all(nodes.map((node) => node.close()))
  console.log(
    `\n${SUSPENSIONS} suspensions on one node, asked on another at once: acknowledged in ${median(times).toFixed(1)} ms (median), ${stale} stale permits`,
  )
  if (stale > 0) throw new Error('a permit was given after a suspension was acknowledged')
  return median(times)
}
