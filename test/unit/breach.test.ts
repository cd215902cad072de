import t from 'tap'
import {
  type AssessmentBody,
  assessmentFaults,
  assessmentTimers,
  type Breach,
  breachView,
  type CommunicationBody,
  communicationFaults,
  communicationTimers,
  notifyBy,
  reminderOf,
} from '../../src/disclosures/breach.ts'

const NOW = '2026-11-26T12:00:00.000Z'
const HAPPENED = '2026-11-20T12:00:00.000Z'
const AWARE = '2026-11-22T12:00:00.000Z'
const LIMIT = '2026-11-25T12:00:00.000Z'
const BREACH: Breach = { happened_at: HAPPENED, aware_at: AWARE, assessment: null, communication: null }
const BY = { at: NOW, by: { issuer: 'i', sub: 'dpo' }, deputy_for: null }
const assessed = (finding: AssessmentBody['finding']): Breach => ({
  ...BREACH,
  assessment: { finding, reason: 'x', measures: null, notified_at: null, regulator_reference: null, late_reason: null, ...BY },
})

t.test('the regulator is told within 72 hours of awareness, by the clock and not by working days (Art 33)', async (t) => {
  t.equal(notifyBy('2026-12-24T10:00:00.000Z'), '2026-12-27T10:00:00.000Z')
  t.equal(notifyBy('2026-10-24T12:00:00.000Z'), '2026-10-27T12:00:00.000Z', 'also across the change of clocks')
  t.equal(breachView(BREACH, Date.parse(LIMIT)).is_overdue, false, 'at the very end of the 72 hours')
  t.equal(breachView(BREACH, Date.parse(LIMIT) + 1).is_overdue, true, 'a millisecond later')
  t.equal(breachView(assessed('RISK_UNLIKELY'), Date.parse(NOW)).is_overdue, false, 'what is assessed is overdue no longer')
})

t.test('what an assessment may say', async (t) => {
  const [told, late] = [{ notified_at: LIMIT }, { notified_at: '2026-11-25T12:00:00.001Z' }]
  const table: readonly (readonly [what: string, body: Partial<AssessmentBody>, rules: readonly string[]])[] = [
    ['a risk, notified in time', told, []],
    ['a risk, notified at the last instant by another clock', { notified_at: '2026-11-25T13:00:00.000+01:00' }, []],
    ['a high risk, notified', { finding: 'HIGH_RISK', ...told, regulator_reference: 'IC-1' }, []],
    ['a risk that nobody notified', {}, ['ART_33']],
    ['a high risk that nobody notified', { finding: 'HIGH_RISK' }, ['ART_33']],
    ['a risk, notified late and not said why', late, ['LATE']],
    ['a risk, notified late, with the reason', { ...late, late_reason: 'The recipient told us late' }, []],
    ['a reason for being late in time', { ...told, late_reason: 'x' }, ['LATE']],
    ['unlikely to be a risk', { finding: 'RISK_UNLIKELY' }, []],
    ['unlikely to be a risk, notified all the same and late', { finding: 'RISK_UNLIKELY', ...late }, []],
    ['unlikely to be a risk, and nothing done', { finding: 'RISK_UNLIKELY', measures: null }, ['ART_33_5']],
    ['no breach', { finding: 'NO_BREACH', measures: null }, []],
    ['a reference of what was not notified', { finding: 'NO_BREACH', regulator_reference: 'IC-1' }, ['NOT_NOTIFIED']],
    ['notified before it happened', { notified_at: '2026-11-20T11:59:59.999Z' }, ['INSTANT']],
    ['notified in the future', { notified_at: '2026-11-26T12:00:00.001Z', late_reason: 'x' }, ['INSTANT']],
  ]
  for (const [what, over, rules] of table) {
    const body: AssessmentBody = { finding: 'RISK', reason: 'Because', measures: 'Deleted', ...over }
    t.strictSame(
      assessmentFaults(body, BREACH, NOW).map(({ code }) => code),
      rules,
      what,
    )
  }
})

t.test('what may be recorded of telling the people (Art 34)', async (t) => {
  const table: readonly (readonly [what: string, breach: Breach, body: Partial<CommunicationBody>, rules: readonly string[]])[] = [
    ['told of a high risk', assessed('HIGH_RISK'), { told_at: NOW }, []],
    ['not told of a high risk, for a ground', assessed('HIGH_RISK'), { ground: 'RISK_REMOVED' }, []],
    ['neither told nor a ground', assessed('HIGH_RISK'), {}, ['ART_34']],
    ['told and a ground for not telling', assessed('HIGH_RISK'), { told_at: NOW, ground: 'PROTECTED_DATA' }, ['ART_34']],
    ['told of what was no high risk', assessed('RISK'), { told_at: NOW }, []],
    ['a ground where nobody had to be told', assessed('RISK'), { ground: 'PROTECTED_DATA' }, ['ART_34']],
    ['told in the future', assessed('HIGH_RISK'), { told_at: '2026-11-26T12:00:00.001Z' }, ['INSTANT']],
  ]
  for (const [what, breach, over, rules] of table)
    t.strictSame(
      communicationFaults({ what: 'A letter', ...over }, breach, NOW).map(({ code }) => code),
      rules,
      what,
    )
})

t.test('reminders come a day before the limit and after it, and stop with what is recorded', async (t) => {
  const overdue = { name: 'OVERDUE', dueAt: '2026-11-25T12:00:00.001Z' }
  t.strictSame(assessmentTimers(AWARE, AWARE), [{ name: 'REMIND', dueAt: '2026-11-24T12:00:00.000Z' }, overdue])
  t.strictSame(assessmentTimers(AWARE, '2026-11-24T12:00:00.000Z'), [overdue], 'where less than a day is left, the notice itself says so')
  t.strictSame(
    communicationTimers(NOW).map(({ dueAt }) => dueAt),
    ['2026-11-29T12:00:00.000Z', '2026-12-03T12:00:00.000Z'],
  )
  t.equal(reminderOf('OVERDUE', 'TO_ASSESS'), 'OVERDUE')
  t.equal(reminderOf('OVERDUE', 'TO_COMMUNICATE'), null)
  t.equal(reminderOf('COMMUNICATE/3', 'TO_COMMUNICATE'), 'COMMUNICATE')
  t.equal(reminderOf('COMMUNICATE/3', 'CLOSED'), null)
})
