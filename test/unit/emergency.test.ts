import t from 'tap'
import { type Emergency, type ReviewBody, reviewDue, reviewed, reviewFaults } from '../../src/disclosures/emergency.ts'

const NOW = '2026-11-24T12:00:00.000Z'
const EMERGENCY: Emergency = {
  ...{
    id: '1',
    org: 'A',
    decision_id: 'd',
    provider: 'A',
    recipient: 'B',
    purpose: 'P',
    data_items: ['X', 'Y'],
    ground: 'G',
    justification: null,
  },
  ...{ lawful_basis: null, actor: null, happened_at: '2026-11-22T12:00:00.000Z', recorded_at: '2026-11-22T12:00:01.000Z', status: 'OPEN' },
  ...{ sign_off: 's', content_hash: 'h', review_due: '2026-11-24', outcome: null, dsa_needed: null, reason: null, excessive_items: [] },
  ...{ reviewed_at: null, aware_at: null, assessment: null, communication: null },
}

t.test('a review is due two working days after, in London, with the bank holidays of England and Wales', async (t) => {
  t.equal(reviewDue('2026-12-23T16:30:00.000Z'), '2026-12-29', 'Christmas, Boxing Day on a Saturday and the day in its place are none')
  t.equal(reviewDue('2026-06-10T22:59:59.000Z'), '2026-06-12')
  t.equal(reviewDue('2026-06-10T23:00:00.000Z'), '2026-06-15', 'the next day in London, and a weekend')
})

t.test('what a review may say', async (t) => {
  const table: readonly (readonly [what: string, body: Partial<ReviewBody>, rules: readonly string[]])[] = [
    ['justified', {}, []],
    ['too much, and what', { outcome: 'JUSTIFIED_EXCESSIVE_DATA', excessive_items: ['Y'] }, []],
    ['too much of nothing', { outcome: 'JUSTIFIED_EXCESSIVE_DATA' }, ['EXCESSIVE']],
    ['too much of what was not disclosed', { outcome: 'JUSTIFIED_EXCESSIVE_DATA', excessive_items: ['Z'] }, ['ITEM']],
    ['justified, with too much', { excessive_items: ['X'] }, ['EXCESSIVE']],
    ['not justified', { outcome: 'NOT_JUSTIFIED' }, []],
    ['not justified, known since', { outcome: 'NOT_JUSTIFIED', aware_at: '2026-11-22T12:00:00.000Z' }, []],
    ['known before it happened', { outcome: 'NOT_JUSTIFIED', aware_at: '2026-11-22T11:59:59.000Z' }, ['AWARE']],
    ['known in the future', { outcome: 'NOT_JUSTIFIED', aware_at: '2026-11-24T12:00:01.000Z' }, ['AWARE']],
    ['justified, known since', { aware_at: NOW }, ['AWARE']],
  ]
  for (const [what, over, rules] of table) {
    const body: ReviewBody = { outcome: 'JUSTIFIED', dsa_needed: false, reason: 'Because', ...over }
    t.strictSame(
      reviewFaults(body, EMERGENCY, NOW).map(({ code }) => code),
      rules,
      what,
    )
  }
  t.equal(
    reviewed(EMERGENCY, { outcome: 'NOT_JUSTIFIED', dsa_needed: false, reason: 'x' }, NOW).aware_at,
    NOW,
    'known at the latest from the review',
  )
  t.equal(reviewed(EMERGENCY, { outcome: 'JUSTIFIED', dsa_needed: false, reason: 'x' }, NOW).aware_at, null)
})
