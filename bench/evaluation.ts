import { decideOn } from '../src/decisions/decide.ts'
import { emptyPolicyIndex, type PolicyRecord } from '../src/decisions/policy/policy-index.ts'
import { agreementOf, bodiesFor, emptyRegister, permitted } from './content.ts'
import { median, table } from './table.ts'

const QUESTIONS = 200
const REPEATS = 40

/** Nanoseconds of processor time of one evaluation on policies of these numbers of agreements. */
export function measureEvaluation(sizes: readonly number[]): Readonly<Record<number, number>> {
  const { lists } = emptyRegister()
  const found: Record<number, number> = {}
  const rows = sizes.map((size) => {
    const organisations = bodiesFor(size)
    const bodies = organisations.map(({ code }) => code)
    const records: PolicyRecord[] = [
      { kind: 'CODE_LISTS', id: 'current', body: { version: 'bench', lists } },
      ...organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
      ...Array.from({ length: size }, (_, n): PolicyRecord => {
        const body = agreementOf(n, bodies)
        return { kind: 'AGREEMENT', id: body.id, body }
      }),
    ]
    const index = emptyPolicyIndex().apply(records, { revision: 1, digest: '00', instant: 0 })
    const asked = Array.from({ length: QUESTIONS }, (_, n) => {
      const body = permitted(n, bodies)
      const caller = { sub: 'bench', org: body.provider, roles: ['API_CLIENT'] as const, clientId: 'bench' }
      return { caller, body: body as never, simulated: false, at: Date.now(), askedAt: Date.now() }
    })
    const grounds = { index, callers: index }
    const times = Array.from({ length: REPEATS }, () => {
      const begun = process.cpuUsage()
      for (const one of asked) if (decideOn(one, grounds).decision !== 'PERMIT') throw new Error('a question of the benchmark was denied')
      const { user, system } = process.cpuUsage(begun)
      return ((user + system) * 1000) / QUESTIONS
    })
    found[size] = median(times.slice(REPEATS / 4))
    const looked = asked.map(({ caller: { org }, body }) => index.between(org, (body as { recipient: string }).recipient).length)
    return { agreements: size, bodies: bodies.length, 'candidates examined': median(looked), 'evaluation ns': found[size] ?? 0 }
  })
  console.log('\nevaluation alone:')
  table(rows)
  return found
}
