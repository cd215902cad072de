import fc from 'fast-check'
import t from 'tap'
import type { Finding } from '../../../src/decisions/evaluation/candidates.ts'
import { chooseNearest, choosePermit } from '../../../src/decisions/evaluation/choose.ts'
import {
  canonicalReasons,
  isLifecycleOrParty,
  REASON_CODES,
  type ReasonCode,
  reason,
  reasonNumber,
} from '../../../src/decisions/rules/reason.ts'
import { aFlow, anAgreement, aVersion, indexWith } from '../../support/builders/decision-world.ts'

t.test('reason codes have the numbers of the reference, for ever', async (t) => {
  const table: readonly (readonly [number, ReasonCode])[] = [
    [1, 'INVALID_REQUEST'],
    [5, 'PARTY_INACTIVE'],
    [6, 'NO_AGREEMENT'],
    [8, 'AGREEMENT_NOT_APPROVED'],
    [17, 'COMMENCEMENT_NOT_MET'],
    [18, 'FLOW_DIRECTION_NOT_COVERED'],
    [24, 'VOLUME_EXCEEDED'],
    [38, 'CONFIDENTIALITY_BASIS_MISSING'],
    [42, 'TRANSFER_NOT_ALLOWED'],
    [47, 'SUBJECT_RESTRICTION'],
    [53, 'ADHOC_SCOPE_EXCEEDED'],
    [54, 'CALLER_NOT_PARTY'],
  ]
  for (const [number, code] of table) t.equal(reasonNumber(code), number, code)
  t.equal(new Set(REASON_CODES).size, 54)
})

t.test('stages 2 and 3 are the codes 8 to 17', async (t) => {
  t.strictSame(REASON_CODES.filter(isLifecycleOrParty).map(reasonNumber), [8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
})

t.test('reasons come in canonical order, each once, whatever the order they were found in', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...REASON_CODES), { maxLength: 30 }), (codes) => {
      const found = canonicalReasons(codes.map((code) => reason(code, 'why'))).map(({ code }) => code)
      return JSON.stringify(found) === JSON.stringify(REASON_CODES.filter((code) => codes.includes(code)))
    }),
  )
  t.pass()
})

t.test('a rule that both sides fail is one reason that tells both, and what failed on which side', async (t) => {
  const [both, ...none] = canonicalReasons([
    reason('LAWFUL_BASIS_MISSING', 'North has none.', { side: 'PROVIDER', items: ['A', 'B'] }),
    reason('LAWFUL_BASIS_MISSING', 'South has none.', { side: 'RECIPIENT', items: ['B', 'C'] }),
  ])
  t.strictSame(none, [])
  t.strictSame(both, {
    code: 'LAWFUL_BASIS_MISSING',
    detail: 'North has none. South has none.',
    items: ['A', 'B', 'C'],
    sides: [
      { side: 'PROVIDER', items: ['A', 'B'] },
      { side: 'RECIPIENT', items: ['B', 'C'] },
    ],
  })
})

t.test('one side alone keeps its name', async (t) => {
  t.strictSame(canonicalReasons([reason('LAWFUL_BASIS_MISSING', 'None.', { side: 'RECIPIENT' })]), [
    { code: 'LAWFUL_BASIS_MISSING', detail: 'None.', side: 'RECIPIENT' },
  ])
})

/** A finding with these marks; agreements compiled for real, so that ids and dates are where they are looked for. */
function finding(of: {
  readonly id?: string
  readonly flow?: string
  readonly from?: string
  readonly covers?: boolean
  readonly uncovered?: number
  readonly codes?: readonly ReasonCode[]
}): Finding {
  const { id = 'AGR-1', flow = 'F1', from = '2026-01-01', covers = true, uncovered = 0, codes = [] } = of
  const source = anAgreement({ id, versions: [aVersion({ effective_from: from, terms: { flows: [aFlow({ id: flow })] } })] })
  const agreement = indexWith([source]).between('NORTHBOROUGH', 'SOUTHBOROUGH')[0]
  const version = agreement?.approved[0]
  if (!agreement || !version?.flows[0]) throw new Error('the agreement has one version with one flow')
  const reasons = codes.map((code) => reason(code, 'why'))
  return { agreement, version, flow: version.flows[0], covers, uncoveredCount: uncovered, reasons }
}

/** The first beats the second, from whichever side one looks. */
function beats(
  t: { equal(a: unknown, b: unknown, why: string): boolean },
  choose: typeof choosePermit,
  better: Finding,
  worse: Finding,
  why: string,
) {
  t.equal(choose([better, worse]), better, why)
  t.equal(choose([worse, better]), better, `${why} (the other way round)`)
}

t.test('of several permits: the latest start, then the highest agreement, then the highest flow', async (t) => {
  beats(t, choosePermit, finding({ from: '2026-02-01' }), finding({ id: 'AGR-9' }), 'later start')
  beats(t, choosePermit, finding({ id: 'AGR-2' }), finding({ id: 'AGR-1', flow: 'F9' }), 'higher agreement')
  beats(t, choosePermit, finding({ flow: 'F2' }), finding({ flow: 'F1' }), 'higher flow')
  beats(t, choosePermit, finding({ id: 'AGR-9' }), finding({ id: 'AGR-10' }), 'ids compare as plain strings')
  beats(t, choosePermit, finding({ id: 'agr' }), finding({ id: 'AGR-Z' }), 'small letters come after capitals, in no locale')
  t.equal(choosePermit([]), undefined)
})

t.test('the nearest refusal: covering, not stopped by lifecycle, least uncovered, fewest reasons, latest start, lowest ids', async (t) => {
  const c: ReasonCode[] = ['METHOD_NOT_ALLOWED']
  const stopped: ReasonCode[] = ['EXPIRED']
  beats(
    t,
    chooseNearest,
    finding({ codes: stopped }),
    finding({ covers: false, uncovered: 1, codes: ['DATA_NOT_COVERED'] }),
    'covering first',
  )
  beats(t, chooseNearest, finding({ codes: [...c, 'VOLUME_EXCEEDED'] }), finding({ codes: stopped }), 'no lifecycle reason')
  const few = finding({ covers: false, uncovered: 1, codes: ['DATA_NOT_COVERED', 'SUBJECTS_NOT_COVERED'] })
  const many = finding({ covers: false, uncovered: 2, codes: ['DATA_NOT_COVERED'] })
  beats(t, chooseNearest, few, many, 'fewest uncovered')
  const noFlow: Finding = {
    ...finding({ codes: ['PURPOSE_NOT_COVERED'] }),
    flow: null,
    covers: false,
    uncoveredCount: Number.POSITIVE_INFINITY,
  }
  beats(t, chooseNearest, finding({ covers: false, uncovered: 200, codes: ['DATA_NOT_COVERED'] }), noFlow, 'no flow comes after any number')
  beats(t, chooseNearest, finding({ codes: c }), finding({ codes: [...c, 'VOLUME_EXCEEDED'], from: '2026-03-01' }), 'fewest reasons')
  beats(t, chooseNearest, finding({ codes: c, from: '2026-03-01' }), finding({ codes: c }), 'latest start')
  const noVersion: Finding = { ...noFlow, version: null, reasons: noFlow.reasons }
  beats(t, chooseNearest, noFlow, noVersion, 'no version comes last')
  beats(t, chooseNearest, finding({ codes: c, id: 'AGR-10' }), finding({ codes: c, id: 'AGR-9' }), 'lowest agreement')
  beats(t, chooseNearest, finding({ codes: c, flow: 'F1' }), finding({ codes: c, flow: 'F2' }), 'lowest flow')
})
