import t from 'tap'
import { contentFaults } from '../../../src/assessments/made/completeness.ts'
import { conditionsOf } from '../../../src/assessments/made/conditions.ts'
import { type Answer, type AssessmentContent, NOTHING_WRITTEN } from '../../../src/assessments/made/content.ts'
import { asked } from '../../../src/assessments/made/questions.ts'
import { derivedTriggers } from '../../../src/assessments/made/triggers.ts'
import { answerFaults, measureFaults, RISKS_MAX, riskFaults, writtenFaults } from '../../../src/assessments/made/written-faults.ts'
import { aFlow, aMeasure, aRisk, codes, questions, TODAY, theFacts } from './made.ts'

const against = { questions, codes, today: TODAY }
const places = (faults: readonly { pointer: string; code?: string }[]) => faults.map(({ pointer, code }) => `${pointer} ${code}`)
const by = { org: 'LBC_CAMDEN', issuer: 'https://id.example', sub: 'ig' }

const complete = (facts = theFacts()): AssessmentContent => ({
  screening: {
    ...{ required: true, reasons: null, by, at: '2026-11-30T12:00:00Z' },
    triggers: derivedTriggers(facts, codes).map(({ code }) => code),
  },
  answers: Object.fromEntries(
    asked(questions, conditionsOf(facts, codes)).map(({ key, choices }): [string, Answer] => [
      key,
      { text: 'As agreed.', choice: choices[0]?.code ?? null },
    ]),
  ),
  risks: [aRisk()],
  measures: [aMeasure()],
  review: { due: '2027-11-30', kept_by: 'Head of housing needs' },
})
const missing = (over: Partial<AssessmentContent>, facts = theFacts()) =>
  places(contentFaults({ ...complete(facts), ...over }, facts, questions, codes, TODAY))

t.test('a complete assessment can be sent', async (t) => {
  t.same(missing({}), [])
  const withMore = theFacts({
    flows: [aFlow({ data_items: ['HEALTH.DISABILITY'], data_subjects: ['CHILD'], frequency: 'DAILY', countries: ['IE'] })],
  })
  t.same(missing({}, withMore), [])
})

t.test('of an empty one everything is named that is missing', async (t) => {
  const faults = contentFaults(NOTHING_WRITTEN, theFacts(), questions, codes, TODAY)
  const required = asked(questions, conditionsOf(theFacts(), codes)).filter(({ required: isRequired }) => isRequired)
  t.same(
    faults.map(({ pointer }) => pointer),
    [
      '/screening',
      ...required.map(({ key, choices }) => `/answers/${key}/${choices.length === 0 ? 'text' : 'choice'}`),
      '/risks',
      '/review',
    ],
  )
  t.ok(
    faults.every(({ citation }) => citation !== undefined),
    'each with the law that asks for it',
  )
})

t.test('an answer that says nothing is none, and some choices need words', async (t) => {
  const answers = (key: string, answer: Answer) => ({ answers: { ...complete().answers, [key]: answer } })
  t.same(missing(answers('context.control', { text: ' \n', choice: null })), ['/answers/context.control/text ANSWER_MISSING'])
  t.same(missing(answers('consultation.people', { text: '', choice: 'NOT_ASKED' })), ['/answers/consultation.people/text ANSWER_MISSING'])
  t.same(missing(answers('consultation.people', { text: 'They would be alarmed.', choice: 'NOT_ASKED' })), [])
  t.same(missing(answers('consultation.people', { text: 'We asked.', choice: null })), [
    '/answers/consultation.people/choice ANSWER_MISSING',
  ])
  t.same(missing(answers('consultation.outcome', { text: '', choice: 'FOLLOWED' })), [], 'this one speaks for itself')
})

t.test('a risk that is more than low has something done about it', async (t) => {
  t.same(missing({ measures: [] }), ['/risks/RISK1 MEASURE_MISSING'])
  t.same(missing({ measures: [], risks: [aRisk({ likelihood: 'REMOTE' })] }), [])
  t.same(missing({ measures: [aMeasure({ effect: 'ACCEPTED', left: null })] }), [], 'to accept it is one, with whoever answers for that')
  t.same(missing({ measures: [aMeasure({ approved: null })] }), [], 'approving it is for those who review')
})

t.test('what was to be done by now is done or has a new day, and the review is still to come', async (t) => {
  t.same(missing({ measures: [aMeasure({ due: '2026-11-29' })] }), ['/measures/M1/due MEASURE_OVERDUE'])
  t.same(missing({ measures: [aMeasure({ due: TODAY })] }), [])
  t.same(missing({ measures: [aMeasure({ due: '2026-11-29', done_on: '2026-11-20' })] }), [])
  t.same(missing({ review: { due: TODAY, kept_by: 'Head of housing needs' } }), ['/review/due REVIEW_PAST'])
})

t.test('flows that changed after the screening are looked at once more', async (t) => {
  const now = theFacts({ flows: [aFlow({ data_subjects: ['CHILD'] })] })
  t.same(missing({ screening: complete().screening }, now), ['/screening/triggers SCREENING_OUT_OF_DATE'])
})

t.test('an answer is to a question of this edition, with one of its choices, and no longer than a text can be', async (t) => {
  const faults = (key: string, answer: Answer) => places(answerFaults(key, answer, against))
  t.same(faults('need.aims', { text: 'x'.repeat(8_000), choice: null }), [])
  t.same(faults('need.aims', { text: 'x'.repeat(8_001), choice: null }), ['/answers/need.aims/text TEXT_TOO_LONG'])
  t.same(faults('need.aims', { text: '\ud800', choice: null }), ['/answers/need.aims/text TEXT_BROKEN'])
  t.same(faults('need.aims', { text: '', choice: 'YES' }), ['/answers/need.aims/choice UNKNOWN_CHOICE'])
  t.same(faults('consultation.people', { text: '', choice: 'PERHAPS' }), ['/answers/consultation.people/choice UNKNOWN_CHOICE'])
  t.same(faults('consultation.people', { text: '', choice: null }), [], 'what is missing can be saved')
  t.same(faults('no.such', { text: 'x', choice: null }), ['/answers/no.such UNKNOWN_QUESTION'])
})

t.test('a risk has codes of the lists, and says whom it harms', async (t) => {
  const faults = (over: Parameters<typeof aRisk>[0]) => places(riskFaults(aRisk(over), against))
  t.same(faults({}), [])
  t.same(faults({ harm_type: 'BOREDOM', likelihood: 'CERTAIN', severity: '' }), [
    '/risks/RISK1/harm_type UNKNOWN_CODE',
    '/risks/RISK1/likelihood UNKNOWN_CODE',
    '/risks/RISK1/severity UNKNOWN_CODE',
  ])
  t.same(faults({ affected_subjects: [] }), ['/risks/RISK1/affected_subjects VALUE_MISSING'])
  t.same(faults({ affected_subjects: ['CHILD', 'NOBODY'] }), ['/risks/RISK1/affected_subjects/1 UNKNOWN_CODE'])
  t.same(faults({ source: ' ', description: '' }), ['/risks/RISK1/source VALUE_MISSING', '/risks/RISK1/description VALUE_MISSING'])
})

t.test('a measure is of a risk that there is, and leaves less of it than there was', async (t) => {
  const faults = (over: Parameters<typeof aMeasure>[0]) => places(measureFaults(aMeasure(over), [aRisk()], against))
  t.same(faults({}), [])
  t.same(faults({ risk_id: 'RISK9' }), ['/measures/M1/risk_id UNKNOWN_RISK'])
  t.same(faults({ left: null }), ['/measures/M1/left LEFT_MISSING'])
  t.same(faults({ effect: 'ELIMINATED' }), ['/measures/M1/left LEFT_NOT_ASKED'])
  t.same(faults({ left: { likelihood: 'PROBABLE', severity: 'MINIMAL' } }), ['/measures/M1/left/likelihood LEFT_HIGHER'])
  t.same(faults({ left: { likelihood: 'POSSIBLE', severity: 'SEVERE' } }), ['/measures/M1/left NOT_REDUCED'])
  t.same(faults({ left: { likelihood: 'NEVER', severity: 'SEVERE' } }), ['/measures/M1/left/likelihood UNKNOWN_CODE'])
  t.same(faults({ owner: { org: 'LBC_CAMDEN', post: '' } }), ['/measures/M1/owner/post VALUE_MISSING'])
  t.same(faults({ due: '2026-02-30' }), ['/measures/M1/due NOT_A_DAY'])
  t.same(faults({ done_on: '2026-12-01' }), ['/measures/M1/done_on DAY_TO_COME'])
  t.same(faults({ approved: { by: 'SIRO', on: '2026-12-01' } }), ['/measures/M1/approved/on DAY_TO_COME'])
})

t.test('lists are bounded, and no id stands twice', async (t) => {
  const risks = Array.from({ length: RISKS_MAX + 1 }, (_, at) => aRisk({ id: `RISK${at}` }))
  t.same(places(writtenFaults({ ...complete(), risks, measures: [] }, against)), ['/risks TOO_MANY'])
  t.same(places(writtenFaults({ ...complete(), measures: [aMeasure(), aMeasure()] }, against)), ['/measures GIVEN_TWICE'])
})
