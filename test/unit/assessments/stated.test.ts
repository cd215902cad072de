import t from 'tap'
import type { StatedAssessment } from '../../../src/assessments/assessment.ts'
import { NOTHING_WRITTEN } from '../../../src/assessments/made/content.ts'
import { type MadeAssessment, type SentVersion, statedBy } from '../../../src/assessments/made/made-assessment.ts'

const NOW = '2026-11-22T12:00:00.000Z'
const aMade = (over: Partial<MadeAssessment>): MadeAssessment => ({
  ...{
    id: 'a',
    assessment: 'A',
    agreement: 'A',
    state: 'DRAFT',
    version: 1,
    approved_version: null,
    first_approved_at: null,
    edition: 'e',
  },
  ...{ content: { ...NOTHING_WRITTEN, review: { due: '2027-11-20', kept_by: 'Manager' } }, writers: [], sign_off: null },
  ...{ consultation: null, reopened: null, begun_at: NOW, changed_at: NOW },
  ...over,
})
const sent = (residual: SentVersion['residual']): SentVersion => ({
  ...{ version: 1, sent_at: NOW, hash: '', residual, review_due: '2027-11-20', document: '{}' },
})
const approved: StatedAssessment = {
  required: true,
  status: 'APPROVED',
  residual: 'LOW',
  prior_consultation: null,
  review_due: '2027-01-01',
}
const open: StatedAssessment = { required: true, status: 'DRAFT', residual: null, prior_consultation: null, review_due: null }
const reopened = (reason: NonNullable<MadeAssessment['reopened']>['reason']) => ({ reason, note: '', at: NOW })

t.test('what decisions stand on of an assessment made here', async (t) => {
  const cases: readonly (readonly [string, Partial<MadeAssessment>, StatedAssessment, string | null])[] = [
    ['its state, while nothing is approved', { state: 'DPO_ADVICE_REQUESTED' }, open, 'DPO_ADVICE_REQUESTED'],
    ['its approval', { state: 'APPROVED', approved_version: 1 }, open, 'APPROVED'],
    ['that none is needed', { state: 'SCREENED_OUT' }, open, 'SCREENED_OUT'],
    ['what was approved before, while the next one is written', { state: 'IN_REVIEW', reopened: reopened('LAW_CHANGE') }, approved, null],
    ['nothing after an incident', { state: 'IN_REVIEW', reopened: reopened('INCIDENT') }, approved, 'IN_REVIEW'],
    [
      'nothing once what goes on has a high risk',
      { state: 'PRIOR_CONSULTATION', reopened: reopened('REVIEW_DATE') },
      approved,
      'PRIOR_CONSULTATION',
    ],
    ['nothing once what goes on is refused', { state: 'REJECTED', reopened: reopened('LAW_CHANGE') }, approved, 'REJECTED'],
    ['nothing once what was approved elsewhere is found too risky', { state: 'PRIOR_CONSULTATION' }, approved, 'PRIOR_CONSULTATION'],
    ['what was approved, where only a new version is too risky', { state: 'REJECTED', reopened: reopened('NEW_VERSION') }, approved, null],
  ]
  for (const [what, made, before, status] of cases) {
    const stated = statedBy(aMade(made), made.approved_version ? sent('LOW') : null, before)
    t.equal(stated?.status ?? null, status, what)
  }
})

t.test('a high risk that is left waits for the regulator, and passes once it may proceed', async (t) => {
  const at = (answer: NonNullable<MadeAssessment['consultation']>['answer'], state: MadeAssessment['state']) =>
    statedBy(
      aMade({
        ...{ state, approved_version: 1 },
        consultation: { version: 1, submitted_on: '2026-11-20', reference: 'IC', extended_on: null, due: '2027-01-15', answer },
      }),
      sent('HIGH'),
      open,
    )
  t.match(at(null, 'PRIOR_CONSULTATION'), { residual: 'HIGH', prior_consultation: 'PENDING' })
  t.match(at({ on: '2026-11-22', outcome: 'MAY_PROCEED', words: '' }, 'APPROVED'), { status: 'APPROVED', prior_consultation: 'COMPLETED' })
  t.match(at({ on: '2026-11-22', outcome: 'NOT_TO_PROCEED', words: '' }, 'REJECTED'), { prior_consultation: 'ADVICE_NOT_TO_PROCEED' })
})
