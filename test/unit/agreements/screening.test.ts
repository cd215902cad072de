import t from 'tap'
import { SCREENING_QUESTIONS, type ScreeningAnswers, screen } from '../../../src/agreements/model/screening.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'

const NO = Object.fromEntries(SCREENING_QUESTIONS.map(({ name }) => [name, 'no'])) as unknown as ScreeningAnswers
const answers = (over: Partial<ScreeningAnswers>): ScreeningAnswers => ({ ...NO, personal: 'yes', ...over })

t.test('the kind of agreement follows from who decides what', async (t) => {
  t.equal(screen(answers({})).instrument_type, 'CONTROLLER_TO_CONTROLLER')
  t.equal(screen(answers({ instructions: 'yes', joint: 'yes' })).instrument_type, 'CONTROLLER_TO_PROCESSOR')
  t.equal(screen(answers({ joint: 'yes' })).instrument_type, 'JOINT_CONTROLLER')
  t.equal(screen(answers({ once: 'yes' })).instrument_type, 'DISCLOSURE_DECISION', 'one disclosure needs no agreement')
  t.equal(screen(answers({ personal: 'no', joint: 'yes' })).instrument_type, 'MOU_NON_PERSONAL')
  t.equal(screen(answers({ personal: 'unsure' })).instrument_type, 'CONTROLLER_TO_CONTROLLER', 'who is not sure treats data as personal')
})

t.test('not being sure lets nobody off an assessment', async (t) => {
  t.same(screen(answers({})).triggers, [])
  t.same(screen(answers({ sensitive: 'yes' })).triggers, [], 'sensitive data of a few, once in a while')
  t.same(screen(answers({ sensitive: 'yes', regular: 'unsure' })).triggers, ['ART35_3_B_LARGE_SCALE_SPECIAL_OR_CRIMINAL'])
  t.same(screen(answers({ vulnerable: 'unsure', matching: 'yes' })).triggers, ['ICO_TARGETING_CHILDREN_VULNERABLE', 'ICO_DATA_MATCHING'])
  t.same(screen(answers({ vulnerable: 'yes', personal: 'no' })).triggers, [], 'what is about nobody needs none')
})

t.test('a question that nobody could answer names whom to ask', async (t) => {
  t.same(
    screen(answers({ joint: 'unsure', matching: 'unsure' })).open.map(({ name, ask }) => [name, ask]),
    [
      ['joint', 'LEGAL'],
      ['matching', 'DPO'],
    ],
  )
})

t.test('every code that a screening names is in its list', async (t) => {
  const codes = (list: string) =>
    shippedCodeLists()
      .find((one) => one.list === list)
      ?.entries.map(({ code }) => code) ?? []
  const all = screen(answers({ sensitive: 'yes', regular: 'yes', vulnerable: 'yes', matching: 'yes' }))
  t.equal(all.triggers.length, 3)
  for (const trigger of all.triggers) t.ok(codes('DPIA_TRIGGER').includes(trigger), trigger)
  for (const over of [{}, { once: 'yes' }, { instructions: 'yes' }, { joint: 'yes' }, { personal: 'no' }] as const)
    t.ok(codes('INSTRUMENT_TYPE').includes(screen(answers(over)).instrument_type))
  for (const { ask } of SCREENING_QUESTIONS) t.ok(codes('GOV_ROLE').includes(ask))
})
