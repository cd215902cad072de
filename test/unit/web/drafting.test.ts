import t from 'tap'
import { answersIn, counted, dayParts, digestOf, type FormField, inWords } from '../../../src/web/drafting/answers.ts'
import { permittedIn } from '../../../src/web/drafting/permitted.ts'

const row = (provider: string, recipient: string, over: object = {}) => ({
  ...{ provider, recipient, purpose: 'P', flow: 'F1', data_items: ['I'], data_subjects: [], methods: [], countries: ['GB'] },
  ...{ outcome: 'PERMIT' as const, needs_consent: false, reasons: [], obligations: [], ...over },
})

t.test('what a form says is read as it was typed, and what is no answer stays to be refused', async (t) => {
  const fields: FormField[] = [
    { name: 'text', label: 'Text', kind: 'textarea' },
    { name: 'many', label: 'Many', kind: 'checkboxes' },
    { name: 'from', label: 'From', kind: 'day' },
    { name: 'to', label: 'To', kind: 'day' },
  ]
  const answers = answersIn(
    { text: ' one\r\ntwo ', many: 'A', 'from-day': '1', 'from-month': '4', 'from-year': '2027', other: 'x' },
    fields,
  )
  t.strictSame(answers, { text: 'one\ntwo', many: ['A'], from: '2027-04-01', to: '' })
  t.equal(answersIn({ 'from-day': '31', 'from-year': '2027' }, fields)['from'], '2027--31', 'half a day is no day')
  t.strictSame(dayParts('2027--31'), { day: '31', month: '', year: '2027' }, 'and is shown as it was typed')
  t.strictSame([counted({ n: '12' }, 'n'), counted({ n: '1.5' }, 'n'), counted({ n: '' }, 'n')], [12, '1.5', null])
  t.strictSame(inWords({ name: 'from', label: 'From', kind: 'day' }, '2027-04-01'), ['1 April 2027'])
})

t.test('a section that says the same is the same, in whatever order its answers come', async (t) => {
  t.equal(digestOf({ a: '1', b: ['x', 'y'] }), digestOf({ b: ['x', 'y'], a: '1' }))
  t.not(digestOf({ a: '1', b: ['x', 'y'] }), digestOf({ a: '1', b: ['y', 'x'] }))
})

t.test('what a draft would permit is said in as few lines as will do', async (t) => {
  const mutual = ['A', 'B', 'C'].flatMap((from) => ['A', 'B', 'C'].filter((to) => to !== from).map((to) => row(from, to)))
  t.match(permittedIn(mutual), [{ isPermitted: true, among: ['A', 'B', 'C'] }])
  t.match(permittedIn(mutual.slice(1)), [{ among: [] }], 'one pair less is not each to each')
  const reason = { code: 'X', detail: 'd', text: 'No gateway', citation: 's1', remedy_role: null }
  t.match(permittedIn([row('A', 'C'), row('B', 'C'), row('A', 'D', { outcome: 'DENY', reasons: [reason] })]), [
    { isPermitted: true, pairs: [{ from: ['A', 'B'], to: ['C'] }] },
    { isPermitted: false, pairs: [{ from: ['A'], to: ['D'] }], reasons: [{ text: 'No gateway', citation: 's1' }] },
  ])
})
