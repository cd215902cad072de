import t from 'tap'
import { answersIn, counted, dayParts, digestOf, type FormField, inWords } from '../../../src/web/drafting/answers.ts'
import { findingsIn } from '../../../src/web/drafting/findings.ts'
import { permittedIn } from '../../../src/web/drafting/permitted.ts'

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
  t.strictSame(dayParts('2027--31'), { day: '31', month: '', year: '2027', time: '' }, 'and is shown as it was typed')
  t.strictSame(dayParts('2027-04-01T09:30'), { day: '1', month: '4', year: '2027', time: '09:30' })
  t.strictSame([counted({ n: '12' }, 'n'), counted({ n: '1.5' }, 'n'), counted({ n: '' }, 'n')], [12, '1.5', null])
  t.strictSame(inWords({ name: 'from', label: 'From', kind: 'day' }, '2027-04-01'), ['1 April 2027'])
})

t.test('a section that says the same is the same, in whatever order its answers come', async (t) => {
  t.equal(digestOf({ a: '1', b: ['x', 'y'] }), digestOf({ b: ['x', 'y'], a: '1' }))
  t.not(digestOf({ a: '1', b: ['x', 'y'] }), digestOf({ a: '1', b: ['y', 'x'] }))
})

t.test('what a draft would permit is said flow by flow, what is permitted first, and every pair is counted', async (t) => {
  const group = (over: object) => ({
    ...{ flow: 'F1', purpose: 'P', data_items: ['I'], countries: ['GB'], outcome: 'PERMIT' as const, needs_consent: false },
    ...{ reasons: [], pair_count: 6, between: [{ from: ['A', 'B', 'C'], to: ['C', 'B', 'A'] }], ...over },
  })
  const reason = { code: 'X', text: 'No gateway', citation: 's1', remedy_role: null }
  const refused = group({ outcome: 'DENY', reasons: [reason], pair_count: 2, between: [{ from: ['A', 'B'], to: ['D'] }] })
  t.match(permittedIn([refused, group({}), group({ flow: 'F2' })]), [
    {
      ...{ flow: 'F1', permitted: 6, refused: 2 },
      answers: [
        { isPermitted: true, between: [{ isMutual: true }] },
        { isPermitted: false, between: [{ from: ['A', 'B'], to: ['D'], isMutual: false }], reasons: [{ text: 'No gateway' }] },
      ],
    },
    { flow: 'F2', permitted: 6, refused: 0 },
  ])
  t.match(permittedIn([group({ between: [{ from: ['A', 'B', 'C'], to: ['B', 'C', 'D'] }] })]), [
    { answers: [{ between: [{ isMutual: false }] }] },
  ])
})

t.test('what many parties or flows have in common is one thing to do, with who is concerned and one place to mend it', async (t) => {
  const orgs = ['A', 'B', 'C']
  const facts = {
    view: { parties: orgs.map((org) => ({ org })) },
    draft: { terms: { flows: [{ id: 'F1' }, { id: 'F2' }] } },
  } as unknown as Parameters<typeof findingsIn>[1]
  const contact = (index: number, name: string) => ({ pointer: `/parties/${index}/contacts/${name}`, detail: 'x' })
  const found = [
    ...[0, 1, 2].flatMap((index) => [contact(index, 'dpo'), contact(index, 'ig')]),
    contact(2, 'sar'),
    { pointer: '/parties/1/org', detail: 'B is not confirmed in the register.' },
    { pointer: '/terms/flows/0/legal/provider/gateways', detail: 'Flow F1: L was not checked.' },
    { pointer: '/terms/flows/1/legal/provider/gateways', detail: 'Flow F2: L was not checked.' },
    { pointer: '/terms/flows/1/retention_days', detail: 'Flow F2: retention in days is not filled in.' },
    { pointer: '/effective_to', detail: 'The last day is not filled in.' },
  ]
  t.strictSame(findingsIn(found, facts), [
    {
      ...{ title: 'Parties and their contacts', path: 'parties' },
      lines: [
        { text: 'Contacts are missing: data protection officer and information governance.', orgs: ['A', 'B'] },
        { text: 'Contacts are missing: data protection officer, information governance and subject access requests.', orgs: ['C'] },
        { text: 'not confirmed in the register.', orgs: ['B'] },
      ],
    },
    { title: 'Flows F1 and F2: The law of those who send', path: 'flows', lines: [{ text: 'L was not checked.', orgs: [] }] },
    {
      ...{ title: 'Flow F2: Keeping and passing on', path: 'flows/F2/keeping' },
      lines: [{ text: 'retention in days is not filled in.', orgs: [] }],
    },
    { title: 'First and last day', path: 'dates', lines: [{ text: 'The last day is not filled in.', orgs: [] }] },
  ])
  const document = (flow: string, ...lacking: readonly string[]) => ({
    ...{ pointer: '/apd', detail: `Flow ${flow}: and so on` },
    of: lacking.map((org) => ({ org, detail: `${org} has no appropriate policy document for S.` })),
  })
  t.match(findingsIn([document('F1', 'A', 'B'), document('F2', 'B', 'C')], facts), [
    { path: 'policy-documents', lines: [{ text: 'no appropriate policy document for S.', orgs: ['A', 'B', 'C'] }] },
  ])
  t.match(findingsIn([contact(1, 'dpo')], facts), [{ path: 'parties/B/contacts', lines: [{ orgs: ['B'] }] }])
})
