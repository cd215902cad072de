import fc from 'fast-check'
import t from 'tap'
import { relaxes, type StatedAssessment, stricterOf } from '../../src/assessments/assessment.ts'

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

t.test('what counts before a second person has confirmed it never relaxes, and stops whatever would be stopped in the end', async (t) => {
  const day = fc.constantFrom('2026-06-30', '2026-12-31', '2027-06-30')
  const anyStated: fc.Arbitrary<StatedAssessment> = fc.record({
    required: fc.boolean(),
    status: fc.constantFrom('DRAFT', 'IN_REVIEW', 'REJECTED', 'APPROVED'),
    residual: fc.constantFrom(null, 'LOW', 'HIGH'),
    prior_consultation: fc.constantFrom(null, 'PENDING', 'COMPLETED'),
    review_due: fc.option(day, { nil: null }),
  })
  fc.assert(
    fc.property(anyStated, anyStated, (before, said) => {
      const after = { ...said, required: true }
      const counts = stricterOf(before, after)
      t.notOk(relaxes(before, counts), JSON.stringify([before, after, counts]))
      if (before.required && after.status !== 'APPROVED') t.equal(counts.status, after.status)
      if (before.required && before.status !== 'APPROVED') t.not(counts.status, 'APPROVED', 'nobody approves alone')
      if (!before.required && after.status === 'APPROVED') t.same(counts, before)
    }),
    { numRuns: 500 },
  )
})
