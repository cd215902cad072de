import t from 'tap'
import type { CnilFile, CnilPia } from '../../../src/assessments/cnil/cnil-file.ts'
import { contradictionsIn } from '../../../src/assessments/cnil/contradictions.ts'
import { answer, attachment, cnilSample, evaluation } from '../../support/cnil-sample.ts'

// What an assessment of the CNIL tool says against itself is told with its place, and never put right.

const found = (changes: Partial<CnilFile> & { readonly pia?: Partial<CnilPia> }) =>
  contradictionsIn(cnilSample(changes)).map(({ pointer, detail }) => `${pointer}: ${detail}`)

t.test('an assessment that agrees with itself has none', async (t) => t.same(found({}), []))

t.test('each contradiction is named', async (t) => {
  const sample = cnilSample()
  const cases: readonly (readonly [Parameters<typeof found>[0], RegExp])[] = [
    [{ pia: { rejection_reason: 'Report incomplete' } }, /^\/pia\/rejection_reason: it is validated \(status 3\).*"Report incomplete"/],
    [{ pia: { rejected_reason: '<p>No</p>', status: '2' } }, /^\/pia\/rejected_reason: it is validated \(status 2\).*"No"/],
    [{ pia: { status: 1 } }, /^\/pia\/status: it was refused, and no reason is given/],
    [{ pia: { status: 1, rejection_reason: 'a', rejected_reason: 'b' } }, /two different reasons/],
    [{ pia: { updated_at: '2026-01-01T00:00:00.000Z' } }, /changed before it was made/],
    [{ pia: { dpo_status: 0 } }, /^\/pia\/dpo_status: it is validated, and the data protection officer advises against it/],
    [{ pia: { dpo_opinion: '<p> </p>' } }, /^\/pia\/dpo_opinion: it is validated without the advice/],
    [{ pia: { concerned_people_searched_opinion: false } }, /were not asked, and their opinion is given/],
    [{ pia: { concerned_people_searched_content: 'No time' } }, /were asked, and a reason for not asking/],
    [{ pia: { concerned_people_opinion: '' } }, /were asked, and their opinion is not given/],
    [{ answers: sample.answers?.slice(1) ?? [] }, /^\/answers: it is validated, and 1 of 36 questions have no answer: 111/],
    [{ answers: [...(sample.answers ?? []), answer('111', { text: 'again' })] }, /^\/answers\/36\/reference_to: is the second about 111/],
    [{ measures: [] }, /^\/answers\/21\/data\/list: names the measure "Encryption"/],
    [{ measures: [] }, /^\/evaluations\/1\/reference_to: evaluates a measure "101"/],
    [{ evaluations: [evaluation('3.1.[object Object]')] }, /a measure "\[object Object\]", which is not among the measures/],
    [
      { evaluations: [evaluation('1.1', { status: 1, evaluation_comment: 'Why' })] },
      /^\/evaluations\/0\/status: it is validated, and 1\.1 is still to be corrected/,
    ],
    [{ evaluations: [evaluation('1.1', { status: 1 })] }, /to be corrected, and it is not said why/],
    [{ evaluations: [evaluation('1.1', { status: 2 })] }, /to be improved, and the plan does not say how/],
    [{ evaluations: [evaluation('1.1', { action_plan_comment: 'Do it' })] }, /acceptable as it is, and there is a plan/],
    [{ evaluations: [evaluation('1.1', { estimated_implementation_date: 'soon' })] }, /estimated_implementation_date: is not a day/],
    [
      { evaluations: [evaluation('3.2', { gauges: { x: 4, y: 1 } })] },
      /^\/evaluations\/0\/gauges\/x: the severity of 3\.2 is 4 once the plan is done, and 3 before/,
    ],
    [{ comments: [{ pia_id: 8 }] }, /^\/comments\/0\/pia_id: belongs to assessment 8, and this is 7/],
    [{ attachments: [{ ...attachment('a.pdf', Buffer.from('a')), file: 'C:\\a.pdf' }] }, /bytes of "a.pdf" cannot be read/],
    [{ attachments: [{ name: 'gone.pdf', file: null }] }, /"gone.pdf" has no bytes, and no reason/],
  ]
  for (const [changes, expected] of cases)
    t.ok(
      found(changes).some((one) => expected.test(one)),
      `${expected} in ${found(changes).join('; ')}`,
    )
})

t.test('what is still being written need not be complete', async (t) => {
  t.same(found({ pia: { status: 0, dpo_opinion: '', dpo_status: null, concerned_people_opinion: '' }, answers: [] }), [
    '/evaluations/2/gauges/x: the severity of 3.2 is 2 once the plan is done, and 0 before',
    '/evaluations/2/gauges/y: the likelihood of 3.2 is 1 once the plan is done, and 0 before',
  ])
})

t.test('an attachment that was removed with a reason contradicts nothing', async (t) => {
  t.same(found({ attachments: [{ name: 'old.pdf', file: null, comment: 'Replaced by a newer one' }] }), [])
})
