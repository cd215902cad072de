import t from 'tap'
import { contentFaults } from '../../../src/assessments/made/completeness.ts'
import { conditionsOf, QUESTION_CONDITIONS } from '../../../src/assessments/made/conditions.ts'
import { NOTHING_WRITTEN } from '../../../src/assessments/made/content.ts'
import { isPrefillSource, prefilledAnswers } from '../../../src/assessments/made/prefill.ts'
import { asked, questionsOf, questionsOn } from '../../../src/assessments/made/questions.ts'
import { isDay } from '../../../src/platform/kernel/london-day.ts'
import { aFlow, codes, questions, TODAY, theFacts } from './made.ts'

t.test(
  'the questions follow the seven steps of the ICO template, each in its step, with why it is asked, an example and its source',
  async (t) => {
    t.same(
      questions.sections.map(({ step, code }) => `${step} ${code}`),
      ['1 NEED', '2 PROCESSING', '3 CONSULTATION', '4 NECESSITY', '5 RISKS', '6 MEASURES', '7 SIGN_OFF'],
    )
    const order = questions.questions.map(({ section }) => questions.sections.findIndex(({ code }) => code === section))
    t.same(
      order,
      order.toSorted((a, b) => a - b),
      'in the order of the steps',
    )
    t.ok(
      questions.sections.every(({ code }) => questions.questions.some(({ section }) => section === code)),
      'each step asks something',
    )
    const parts = new Set(questions.questions.filter(({ section }) => section === 'PROCESSING').map(({ part }) => part))
    t.same([...parts], ['Nature', 'Scope', 'Context', 'Purposes'])
    for (const { key, text, why, example, citation, choices } of questions.questions) {
      t.match(key, /^[a-z_]+\.[a-z_]+$/)
      t.ok(text.endsWith('?') || text.includes('? '), `${key}: asked as a question`)
      for (const words of [why, example]) t.ok(words.endsWith('.') && words.length > 30, `${key}: ${words}`)
      t.ok(citation.length > 5, key)
      t.ok(choices.length !== 1, `${key}: one choice is none`)
    }
    t.equal(new Set(questions.questions.map(({ key }) => key)).size, questions.questions.length)
  },
)

t.test('an edition holds from its day on and stays to be found by its name', async (t) => {
  t.equal(questionsOn('1999-01-01').edition, questions.edition)
  t.equal(questionsOf(questions.edition), questions)
  t.equal(questionsOf('1999-01-01'), undefined)
  t.ok(isDay(questions.edition))
})

t.test('a question that depends on something is asked where the agreement is like that, and nowhere else', async (t) => {
  const keys = (facts = theFacts()) => asked(questions, conditionsOf(facts, codes)).map(({ key }) => key)
  const conditional = questions.questions.filter(({ when }) => when !== null)
  t.same(new Set(conditional.map(({ when }) => when)), new Set(QUESTION_CONDITIONS), 'every condition is asked about')
  t.same(
    keys().filter((key) => conditional.some((one) => one.key === key)),
    [],
  )
  const abroad = theFacts({ flows: [aFlow({ countries: ['GB', 'IE'] })] })
  t.ok(keys(abroad).includes('necessity.transfers'))
  t.ok(keys(theFacts({ agents: [{ org: 'SUPPLIER', for: 'LBC_CAMDEN' }] })).includes('consultation.processors'))
  t.ok(keys(theFacts({ flows: [aFlow({ data_subjects: ['CHILD.LOOKED_AFTER'] })] })).includes('context.vulnerable'))
  t.ok(keys(theFacts({ flows: [aFlow({ category_grant: ['HEALTH'] })] })).includes('necessity.special'))
  t.notOk(keys(theFacts({ flows: [aFlow({ category_grant: ['HEALTH'], data_form: 'ANONYMOUS' })] })).includes('necessity.special'))
})

t.test('nobody writes again what the agreement says', async (t) => {
  t.ok(questions.questions.every(({ prefilled_from }) => prefilled_from.every(isPrefillSource)))
  const facts = theFacts({
    flows: [aFlow({ data_items: ['IDENTITY.NAME', 'HEALTH.DISABILITY'], frequency: 'DAILY' })],
    narrative: { benefits: 'Safer homes.', purpose: 'Find unsafe lets.' },
  })
  const names: Record<string, string> = { LBC_CAMDEN: 'Camden', LBC_HACKNEY: 'Hackney' }
  const answers = prefilledAnswers(facts, questions, codes, (org) => names[org] ?? org)
  t.equal(answers['need.aims']?.text, 'Find unsafe lets.')
  t.equal(
    answers['nature.sharing']?.text,
    'Camden discloses to Hackney: name and disability (about: landlord), identifiable, by API with mutual TLS.',
  )
  t.equal(answers['scope.data']?.text, 'Name; Disability (special category data).')
  t.equal(answers['scope.duration']?.text, 'Hackney keeps it for 365 days.')
  t.equal(answers['nature.source']?.text, 'It comes from what Camden holds.')
  t.equal(answers['scope.area']?.text, 'Nothing leaves the United Kingdom.')
  t.match(
    answers['need.why_assessed']?.text,
    /Special category or criminal offence data \(Disability\) flows regularly .*flow F1; UK GDPR Art 35\(3\)\(b\)/,
  )
  t.match(answers['necessity.basis']?.text, /^Camden relies on: .*Housing Act 1996 s208.* Hackney relies on: /)
  t.notOk('context.control' in answers, 'of what the agreement does not say nothing is written')
  t.ok(
    Object.values(answers).every(({ choice }) => choice === null),
    'and nothing is chosen for anybody',
  )
  const written = { ...NOTHING_WRITTEN, answers }
  t.same(
    contentFaults(written, facts, questions, codes, TODAY).filter(({ code }) => code?.startsWith('TEXT') || code?.startsWith('UNKNOWN')),
    [],
    'what is filled in can be saved',
  )
})

t.test('a text from more flows than an answer has room for is cut at the end of a line and says so', async (t) => {
  const flows = Array.from({ length: 200 }, (_, at) => aFlow({ id: `F${at}` }))
  const text = prefilledAnswers(theFacts({ flows }), questions, codes, (org) => org)['nature.sharing']?.text ?? ''
  t.ok(text.length <= 8_000 && text.length > 7_000)
  t.ok(text.endsWith('API with mutual TLS.\n… The agreement says the rest.'))
})
