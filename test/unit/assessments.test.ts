import t from 'tap'
import { relaxes, type StatedAssessment } from '../../src/assessments/assessment.ts'

const stated: StatedAssessment = {
  required: true,
  status: 'APPROVED',
  residual: 'HIGH',
  prior_consultation: 'COMPLETED',
  review_due: '2026-12-31',
}

t.test('an assessment is relaxed by whatever could let a share go on that it stops, and by nothing else', async (t) => {
  const cases: readonly (readonly [string, Partial<StatedAssessment>, Partial<StatedAssessment>, boolean])[] = [
    ['the same', {}, {}, false],
    ['no longer required', {}, { required: false }, true],
    ['required from now on', { required: false }, { required: true }, false],
    ['not required before or after', { required: false }, { required: false, review_due: null }, false],
    ['approved', { status: 'IN_REVIEW' }, {}, true],
    ['no longer approved', {}, { status: 'IN_REVIEW' }, false],
    ['a later review', {}, { review_due: '2027-01-01' }, true],
    ['no review', {}, { review_due: null }, true],
    ['an earlier review', {}, { review_due: '2026-06-30' }, false],
    ['a review where there was none', { review_due: null }, {}, false],
    ['a smaller risk', {}, { residual: 'LOW' }, true],
    ['a greater risk', { residual: 'LOW' }, {}, false],
    ['the regulator has been consulted', { prior_consultation: 'REQUIRED' }, {}, true],
    ['the regulator must be consulted', {}, { prior_consultation: 'REQUIRED' }, false],
  ]
  for (const [title, before, after, expected] of cases) t.equal(relaxes({ ...stated, ...before }, { ...stated, ...after }), expected, title)
})
