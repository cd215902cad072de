import t from 'tap'
import { type StepOfWeek, type WeekOfWork, weeklyLetter } from '../../../src/notifications/mail/week.ts'

const MONDAY = '2026-11-30'
const foot = { why: 'you chose it', opens: 'you sign in first', change: 'Change it.', reference: 'REFERENCE' }
const letter = (week: Partial<WeekOfWork>) =>
  weeklyLetter(
    { toDo: [], measures: [], waiting: [], due: [], ...week },
    {
      org: 'LBC_HACKNEY',
      day: MONDAY,
      nameOf: (code) => (code === 'LBC_HACKNEY' ? 'Hackney' : code),
      linkOf: (path) => `https://accord.example/${path}`,
    },
    foot,
  )
const step = (over: Partial<StepOfWeek> = {}): StepOfWeek => ({
  ...{ subject: { type: 'agreement', id: 'DSA-2026-AAAAAA' }, signOff: 'ONE', org: 'LBC_HACKNEY', role: 'DPO', due: '2026-12-03' },
  ...over,
})

t.test('a week in which there is nothing is no letter', async (t) => {
  t.equal(letter({}), undefined)
})

t.test('each part says how much it holds, and names references, roles and days', async (t) => {
  const { text } =
    letter({
      toDo: [step(), step({ role: 'LEGAL', due: null })],
      measures: [{ assessment: 'TWO', agreement: 'DSA-2026-CCCCCC', due: '2026-12-10' }],
      due: [{ agreement: 'DSA-2026-BBBBBB', kind: 'ASSESSMENT_REVIEW', day: '2026-11-29' }],
    }) ?? {}
  t.match(
    text,
    'To do (2)\n - DSA-2026-AAAAAA: the data protection officer of Hackney, by 3 December 2026\n   https://accord.example/reviews/ONE\n',
  )
  t.match(text, ' - DSA-2026-AAAAAA: the legal officer of Hackney\n')
  t.match(
    text,
    'Measures of assessments to do (1)\n - DSA-2026-CCCCCC: a measure of its assessment, by 10 December 2026\n   https://accord.example/assessments/TWO/map\n',
  )
  t.match(text, 'Due in the next 90 days (1)\n - DSA-2026-BBBBBB: DPIA review due, 29 November 2026 (overdue)\n')
  t.notMatch(text, /Waiting for others/)
})

t.test('a long part is cut, and says how much more there is', async (t) => {
  const { text = '' } = letter({ waiting: Array.from({ length: 33 }, () => step()) }) ?? {}
  t.match(text, 'Waiting for others (33)')
  t.equal(text.match(/^ - DSA-2026-AAAAAA/gm)?.length, 20)
  t.match(text, ' - and 13 more, in the service')
})
