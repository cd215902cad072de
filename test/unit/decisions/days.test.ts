import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { anAgreement, aRequest, aSuspension, aVersion, indexWith } from '../../support/builders/decision-world.ts'

// Days are days of London, both ends included; instants are exact. In 2026 the clocks go forward on 29 March at 01:00 and back
// on 25 October at 02:00. The instants below are written in UTC by hand.

function answerAt(instant: string, over: Partial<Agreement>): string {
  const outcome = evaluate(aRequest(), Date.parse(instant), indexWith([anAgreement(over)]))
  return outcome.decision === 'PERMIT' ? 'PERMIT' : outcome.reasons.map(({ code }) => code).join(' ')
}

const dated = (effective_from: string, effective_to: string | null): Partial<Agreement> => ({
  versions: [aVersion({ effective_from, effective_to })],
})

t.test('a version begins with its first day in London', async (t) => {
  const table: readonly (readonly [string, string, string])[] = [
    ['2026-02-01', '2026-01-31T23:59:59.999Z', 'NOT_YET_EFFECTIVE'],
    ['2026-02-01', '2026-02-01T00:00:00.000Z', 'PERMIT'],
    ['2026-03-29', '2026-03-28T23:59:59.999Z', 'NOT_YET_EFFECTIVE'],
    ['2026-03-29', '2026-03-29T00:00:00.000Z', 'PERMIT'],
    ['2026-03-30', '2026-03-29T22:59:59.999Z', 'NOT_YET_EFFECTIVE'],
    ['2026-03-30', '2026-03-29T23:00:00.000Z', 'PERMIT'],
    ['2026-07-01', '2026-06-30T22:59:59.999Z', 'NOT_YET_EFFECTIVE'],
    ['2026-07-01', '2026-06-30T23:00:00.000Z', 'PERMIT'],
    ['2026-10-25', '2026-10-24T22:59:59.999Z', 'NOT_YET_EFFECTIVE'],
    ['2026-10-25', '2026-10-24T23:00:00.000Z', 'PERMIT'],
    ['2026-10-26', '2026-10-25T23:59:59.999Z', 'NOT_YET_EFFECTIVE'],
    ['2026-10-26', '2026-10-26T00:00:00.000Z', 'PERMIT'],
  ]
  for (const [from, at, answer] of table) t.equal(answerAt(at, dated(from, null)), answer, `from ${from}, asked at ${at}`)
})

t.test('a version ends with its last day in London, which still counts', async (t) => {
  const table: readonly (readonly [string, string, string])[] = [
    ['2026-01-31', '2026-01-31T23:59:59.999Z', 'PERMIT'],
    ['2026-01-31', '2026-02-01T00:00:00.000Z', 'EXPIRED'],
    ['2026-03-29', '2026-03-29T22:59:59.999Z', 'PERMIT'],
    ['2026-03-29', '2026-03-29T23:00:00.000Z', 'EXPIRED'],
    ['2026-06-30', '2026-06-30T22:59:59.999Z', 'PERMIT'],
    ['2026-06-30', '2026-06-30T23:00:00.000Z', 'EXPIRED'],
    ['2026-10-25', '2026-10-25T23:59:59.999Z', 'PERMIT'],
    ['2026-10-25', '2026-10-26T00:00:00.000Z', 'EXPIRED'],
  ]
  for (const [to, at, answer] of table) t.equal(answerAt(at, dated('2026-01-01', to)), answer, `to ${to}, asked at ${at}`)
})

t.test('the last day of grace after a review still permits; a warning never denies', async (t) => {
  const overdue: Partial<Agreement> = { review_due: '2026-03-27', review_grace_days: 2 }
  t.equal(answerAt('2026-03-29T22:59:59.999Z', overdue), 'PERMIT')
  t.equal(answerAt('2026-03-29T23:00:00.000Z', overdue), 'REVIEW_OVERDUE')
  t.equal(answerAt('2027-01-01T00:00:00.000Z', { ...overdue, review_policy: 'WARN' }), 'PERMIT')
})

t.test('the day of a DPIA review still permits', async (t) => {
  const dpia = {
    required: true,
    status: 'APPROVED',
    status_changes: [],
    residual: 'LOW',
    prior_consultation: null,
    review_due: '2026-06-30',
  }
  t.equal(answerAt('2026-06-30T22:59:59.999Z', { dpia }), 'PERMIT')
  t.equal(answerAt('2026-06-30T23:00:00.000Z', { dpia }), 'DPIA_REVIEW_OVERDUE')
})

t.test('instants count to the millisecond and in any offset', async (t) => {
  const left = {
    parties: anAgreement().parties.map((party, at) => (at === 0 ? { ...party, left_at: '2026-07-01T09:00:00+01:00' } : party)),
  }
  t.equal(answerAt('2026-07-01T07:59:59.999Z', left), 'PERMIT')
  t.equal(answerAt('2026-07-01T08:00:00.000Z', left), 'PARTY_WITHDRAWN')
  const ended = { terminated_at: '2026-07-01T09:00:00+01:00' }
  t.equal(answerAt('2026-07-01T07:59:59.999Z', ended), 'PERMIT')
  t.equal(answerAt('2026-07-01T08:00:00.000Z', ended), 'TERMINATED')
  const signed = {
    signatures: ['NORTHBOROUGH', 'SOUTHBOROUGH'].map((org) => ({ org, version: 1, signed_at: '2026-07-01T09:00:00+01:00' })),
  }
  t.equal(answerAt('2026-07-01T07:59:59.999Z', signed), 'PARTY_NOT_SIGNED')
  t.equal(answerAt('2026-07-01T08:00:00.000Z', signed), 'PERMIT', 'the instant of the signature counts')
})

t.test('a suspension holds from its first instant and no longer at its last', async (t) => {
  const suspended = { suspensions: [aSuspension({ from: '2026-03-29T00:30:00Z', to: '2026-03-29T02:30:00+01:00' })] }
  t.equal(answerAt('2026-03-29T00:29:59.999Z', suspended), 'PERMIT')
  t.equal(answerAt('2026-03-29T00:30:00.000Z', suspended), 'SUSPENDED')
  t.equal(answerAt('2026-03-29T01:29:59.999Z', suspended), 'SUSPENDED')
  t.equal(answerAt('2026-03-29T01:30:00.000Z', suspended), 'PERMIT')
})

t.test('a later version governs from its first day, and an earlier one never comes back', async (t) => {
  const two = { versions: [aVersion(), aVersion({ version: 2, effective_from: '2026-07-01', effective_to: '2026-07-31' })] }
  t.equal(answerAt('2026-06-30T22:59:59.999Z', two), 'PERMIT')
  t.equal(
    answerAt('2026-06-30T23:00:00.000Z', { ...two, signatures: anAgreement().signatures }),
    'PARTY_NOT_SIGNED',
    'signed for the first only',
  )
  t.equal(answerAt('2026-07-31T23:00:00.000Z', two), 'EXPIRED')
})
