import t from 'tap'
import { type ComparedCase, impactReport } from '../../../src/decisions/history/impact.ts'

// The report on what a change would have done: counted from pairs of answers.

const permit = { decision: 'PERMIT', reasons: [], via: 'AGREEMENT' } as const
const emergency = { ...permit, via: 'BREAK_GLASS' } as const
const deny = (...reasons: string[]) => ({ decision: 'DENY', reasons, via: null }) as const

function aCase(id: number, without: ComparedCase['without'], withChange: ComparedCase['with'], recipient = 'LBC_HACKNEY'): ComparedCase {
  const at = '2026-11-01T10:00:00.000Z'
  return {
    decision_id: String(id),
    at,
    provider: 'LBC_CAMDEN',
    recipient,
    purpose: 'HOMELESSNESS',
    without,
    with: withChange,
    isOtherwise: false,
  }
}

const CASES = [
  aCase(1, permit, deny('SUSPENDED')),
  aCase(2, permit, deny('SUSPENDED')),
  aCase(3, permit, deny('SUSPENDED'), 'LBC_ISLINGTON'),
  aCase(4, permit, permit),
  aCase(5, deny('EXPIRED'), permit, 'LBC_ISLINGTON'),
  aCase(6, deny('EXPIRED'), deny('EXPIRED')),
  aCase(7, deny('DATA_NOT_COVERED'), deny('SUSPENDED', 'DATA_NOT_COVERED')),
]

t.test('what would be denied, permitted, or refused for other reasons is counted apart', async (t) => {
  const { examined, newly_denied, newly_permitted, other_reasons, unchanged } = impactReport(CASES, 10)
  t.strictSame(
    { examined, newly_denied, newly_permitted, other_reasons, unchanged },
    { examined: 7, newly_denied: 3, newly_permitted: 1, other_reasons: 1, unchanged: 2 },
  )
})

t.test('reasons that would appear are counted, those that were there before are not', async (t) => {
  t.strictSame(impactReport(CASES, 10).by_reason, [{ code: 'SUSPENDED', count: 4 }])
})

t.test('reasons that would be gone are counted too, with the refusal or without', async (t) => {
  t.strictSame(impactReport(CASES, 10).by_reason_gone, [{ code: 'EXPIRED', count: 1 }])
  const otherwise = [...CASES, aCase(8, deny('EXPIRED', 'SUSPENDED'), deny('SUSPENDED')), aCase(9, deny('METHOD_NOT_ALLOWED'), permit)]
  t.strictSame(impactReport(otherwise, 10).by_reason_gone, [
    { code: 'EXPIRED', count: 2 },
    { code: 'METHOD_NOT_ALLOWED', count: 1 },
  ])
})

t.test('whose shares would change is told by provider and recipient, the most affected first', async (t) => {
  t.strictSame(impactReport(CASES, 10).by_party, [
    { provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY', newly_denied: 2, newly_permitted: 0 },
    { provider: 'LBC_CAMDEN', recipient: 'LBC_ISLINGTON', newly_denied: 1, newly_permitted: 1 },
  ])
})

t.test('single decisions are listed up to a limit, the counts are of all', async (t) => {
  const report = impactReport(CASES, 2)
  t.strictSame(
    report.changes.map((one) => one.decision_id),
    ['1', '2'],
  )
  t.equal(report.newly_denied, 3)
})

t.test('a change that changes nothing says so', async (t) => {
  t.match(impactReport([aCase(1, permit, permit)], 10), {
    examined: 1,
    unchanged: 1,
    newly_denied: 0,
    by_reason: [],
    by_reason_gone: [],
    by_party: [],
    changes: [],
  })
})

t.test('a share that would go on by another route, as an emergency or under another agreement, is not unchanged', async (t) => {
  const report = impactReport(
    [...CASES, { ...aCase(8, permit, emergency), isOtherwise: true }, { ...aCase(9, permit, permit), isOtherwise: true }],
    10,
  )
  t.match(report, { examined: 9, newly_denied: 3, permitted_otherwise: 2, unchanged: 2, other_reasons: 1 })
  t.match(report.changes.at(-2), { decision_id: '8', without: { via: 'AGREEMENT' }, with: { via: 'BREAK_GLASS' } })
})
