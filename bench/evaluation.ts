import { decideOn } from '../src/decisions/decide.ts'
import { emptyPolicyIndex, type PolicyRecord } from '../src/decisions/policy/policy-index.ts'
import { agreementOf, emptyRegister, permitted } from './content.ts'
import { median, table } from './table.ts'

const QUESTIONS = 200
const REPEATS = 40

/** Nanoseconds of processor time of one evaluation on policies of these numbers of agreements. */
export function measureEvaluation(sizes: readonly number[]): Readonly<Record<number, number>> {
  const { lists, organisations } = emptyRegister()
  const found: Record<number, number> = {}
  const rows = sizes.map((size) => {
    const records: PolicyRecord[] = [
      { kind: 'CODE_LISTS', id: 'current', body: { version: 'bench', lists } },
      ...organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
      ...Array.from({ length: size }, (_, n): PolicyRecord => ({ kind: 'AGREEMENT', id: agreementOf(n).id, body: agreementOf(n) })),
    ]
    const index = emptyPolicyIndex().apply(records, { revision: 1, digest: '00', instant: 0 })
    const asked = Array.from({ length: QUESTIONS }, (_, n) => {
      const body = permitted(n)
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
    return { agreements: size, 'evaluation ns': found[size] ?? 0 }
  })
  console.log('\nevaluation alone:')
  table(rows)
  return found
}
