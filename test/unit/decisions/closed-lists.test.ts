import t from 'tap'
import type { LegalSide } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import type { DecisionRequest } from '../../../src/decisions/evaluation/request.ts'
import { withCodeLists } from '../../../src/decisions/policy/overlay.ts'
import type { CodeListEntry } from '../../../src/reference/code-list.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { aFlow, anAgreement, aRequest, aSide, aVersion, indexWith, LISTS } from '../../support/builders/decision-world.ts'

// What is in no list counts for nothing: neither a code that nobody listed, nor one that has ended or not yet begun.

const NOON = '2026-07-01T11:00:00.000Z'

/** The world in which one code of a list is changed. */
function worldWith(list: string, code: string, over: Partial<CodeListEntry>, index = indexWith([anAgreement()])) {
  const changed = LISTS.map((one) =>
    one.list === list ? { ...one, entries: one.entries.map((entry) => (entry.code === code ? { ...entry, ...over } : entry)) } : one,
  )
  return withCodeLists(index, compileCodeLists(new Map(changed.map((one) => [one.list, one]))), 'changed')
}

const codesOf = (request: DecisionRequest, index = indexWith([anAgreement()]), at = NOON): readonly string[] => {
  const outcome = evaluate(request, Date.parse(at), index)
  return outcome.decision === 'PERMIT' ? [] : outcome.reasons.map(({ code }) => code)
}

t.test('a code counts from its first day to its last, in London, both included', async (t) => {
  for (const [list, code] of [
    ['PURPOSE', 'CARE'],
    ['DATA_ITEM', 'NAME'],
    ['DATA_SUBJECT', 'PERSON'],
    ['METHOD', 'SECURE_EMAIL'],
    ['COUNTRY', 'GB'],
  ] as const) {
    const ended = worldWith(list, code, { valid_to: '2026-06-30' })
    t.strictSame(codesOf(aRequest(), ended), ['UNKNOWN_CODE'], `${code} after its last day`)
    t.strictSame(codesOf(aRequest(), ended, '2026-06-30T22:59:59.999Z'), [], `${code} on its last day`)
    t.strictSame(codesOf(aRequest(), ended, '2026-06-30T23:00:00Z'), ['UNKNOWN_CODE'], `${code} at midnight in London`)
    const toCome = worldWith(list, code, { valid_from: '2026-07-02' })
    t.strictSame(codesOf(aRequest(), toCome), ['UNKNOWN_CODE'], `${code} before its first day`)
    t.strictSame(codesOf(aRequest(), toCome, '2026-07-01T23:00:00Z'), [], `${code} on its first day`)
  }
})

t.test('a law that has ended carries no share, whichever of its dates says so', async (t) => {
  const ended = worldWith('GATEWAY', 'LAW_FOR_ALL', { valid_to: '2026-06-30' })
  t.strictSame(codesOf(aRequest(), ended), ['GATEWAY_NOT_AVAILABLE'])
  t.strictSame(codesOf(aRequest(), ended, '2026-06-30T12:00:00Z'), [])
  const basis = worldWith('LAWFUL_BASIS', '6(1)(e)', { valid_to: '2026-06-30' })
  t.strictSame(codesOf(aRequest(), basis), ['LAWFUL_BASIS_MISSING'])
})

t.test('what was prohibited through a purpose that has ended stays prohibited', async (t) => {
  const prohibitions = [{ purposes: ['CARE'], text: 'Never.', rationale: null }] as never
  const flows = [aFlow({ purpose: 'CARE.CHILD.ENQUIRY' })]
  const index = indexWith([anAgreement({ versions: [aVersion({ terms: { flows, prohibitions } })] })])
  const request = aRequest({ purpose: 'CARE.CHILD.ENQUIRY' })
  t.strictSame(codesOf(request, index), ['PROHIBITED_BY_AGREEMENT'])
  t.strictSame(codesOf(request, worldWith('PURPOSE', 'CARE.CHILD', { valid_to: '2020-01-01' }, index)), ['PROHIBITED_BY_AGREEMENT'])
})

const recipient = (over: Partial<LegalSide>) =>
  indexWith([
    anAgreement({ versions: [aVersion({ terms: { flows: [aFlow({ legal: { provider: aSide(), recipient: aSide(over) } })] } })] }),
  ])

t.test('a recipient that cites a law in no list has cited none', async (t) => {
  t.strictSame(codesOf(aRequest(), recipient({ gateways: ['NOT_A_LAW'] })), ['BASIS_IN_LAW_MISSING'])
  t.strictSame(codesOf(aRequest(), recipient({ regime: 'PART_3', gateways: ['NOT_A_LAW'] })), ['LED_CONDITION_MISSING'])
  t.strictSame(codesOf(aRequest(), recipient({ gateways: ['NOT_A_LAW', 'LAW_FOR_BOROUGHS'] })), [])
})

t.test('a regime that this service does not cover is refused, whatever else is recorded', async (t) => {
  t.strictSame(codesOf(aRequest(), recipient({ regime: 'PART_4' as never })), ['LED_CONDITION_MISSING'])
})
