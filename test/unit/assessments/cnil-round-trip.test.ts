import fc from 'fast-check'
import t from 'tap'
import type { CnilFile } from '../../../src/assessments/cnil/cnil-file.ts'
import { cnilFile } from '../../../src/assessments/cnil/cnil-file.ts'
import { differencesOf } from '../../../src/assessments/cnil/difference.ts'
import { carriedFor, exportOf } from '../../../src/assessments/cnil/exporting.ts'
import { contentOf, importedContent } from '../../../src/assessments/cnil/importing.ts'
import type { Json } from '../../../src/assessments/cnil/json.ts'
import { QUESTIONS, RISKS } from '../../../src/assessments/cnil/standard.ts'
import { carriedMembers, summaryOf } from '../../../src/assessments/cnil/summary.ts'
import { assessmentCodes } from '../../../src/assessments/made/codes.ts'
import type { AssessmentContent } from '../../../src/assessments/made/content.ts'
import { questionsOn } from '../../../src/assessments/made/questions.ts'
import { writtenFaults } from '../../../src/assessments/made/written-faults.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'
import { answer, cnilSample, evaluation } from '../../support/cnil-sample.ts'

// An assessment of the CNIL tool comes in and goes out again, and nothing is lost on the way.

const ORG = 'LBC_CAMDEN'
const WHOSE = { org: ORG, subjects: ['HOMELESS_APPLICANT'] }
const DAY = '2026-11-30'
function imported(file: CnilFile) {
  let last = 0
  return importedContent(file, { ...WHOSE, newId: () => `id-${++last}` })
}
const different = (before: CnilFile, after: CnilFile) => differencesOf(before as unknown as Json, after as unknown as Json)

t.test('what nobody changed comes out as it went in, and stands here in words of ours', async (t) => {
  const file = cnilSample()
  const { content, carried, unfinished, contradictions } = imported(file)
  t.same(different(file, exportOf(content, carried).file), [])
  t.same(contradictions, [])
  t.same(unfinished, [])
  t.equal(content.answers['need.aims']?.text, 'Words on 111\u00a0:\n- one')
  t.same(content.answers['consultation.people'], {
    ...{ choice: 'PEOPLE', text: 'Who was asked:\nTwelve riders\nWhat they said:\nThey want it.' },
  })
  t.match(content.answers['necessity.rights']?.text, /^How people use their rights of access and portability:\nWords on 223/)
  const [first] = content.risks
  t.match(first, {
    source: 'Staff; Attacker',
    harm_type: 'LOSS_OF_CONFIDENTIALITY',
    severity: 'SEVERE',
    likelihood: 'PROBABLE',
    affected_subjects: [],
  })
  t.match(
    first?.description,
    /^Impacts on people:\n- Discrimination\n- Phishing\nThreats:\n- Theft of data\n.*Why this likelihood:\nEasy to do$/s,
  )
  t.same(content.measures, [
    {
      ...{
        id: 'id-4',
        risk_id: 'id-1',
        measure: 'Ask for a second key',
        effect: 'REDUCED',
        approved: null,
        done_on: null,
        done_by: null,
        due: '2027-01-15',
      },
      ...{ left: { severity: 'SIGNIFICANT', likelihood: 'REMOTE' }, owner: { org: ORG, post: 'Head of keys' } },
    },
  ])
})

t.test('each question that both know is one that is asked here', async (t) => {
  const keys = new Set(questionsOn(DAY).questions.map(({ key }) => key))
  for (const { answers: key } of QUESTIONS) t.ok(key === null || keys.has(key), key ?? '')
})

t.test('nothing of it is an act here: no screening, no approval, no advice, whatever its status says', async (t) => {
  const { content } = imported(cnilSample({ pia: { status: 3 } }))
  t.equal(content.screening, null)
  t.equal(content.review, null)
  t.ok(content.measures.every(({ approved }) => approved === null))
})

t.test('what content gives back is not carried, and what is carried is said', async (t) => {
  const { content, carried } = imported(cnilSample())
  const written = JSON.stringify(carried.members)
  t.notMatch(written, 'Plain words on 212', 'plain words stand in the content alone')
  t.match(written, '<strong>111</strong>', 'HTML stays beside')
  t.match(written, 'Plain words on 112', 'and so does what is not asked here')
  const { inTheirForm, unshared } = carriedMembers(content, carried)
  t.ok((inTheirForm.get('answers')?.get('data.text') ?? 0) > 0)
  t.equal(unshared.get('comments')?.get('description'), 1)
  t.same(
    summaryOf(cnilSample()).answers_beside.map(({ reference }) => reference),
    ['112', '113', '222'],
  )
})

t.test('a risk is never smaller here than it was there', async (t) => {
  const rank = { MINIMAL: 1, SIGNIFICANT: 2, SEVERE: 3, REMOTE: 1, POSSIBLE: 2, PROBABLE: 3 } as Record<string, number>
  for (const gauge of [1, 2, 3, 4]) {
    const { content } = imported(
      cnilSample({
        answers: [
          ...(cnilSample().answers ?? []).filter(({ reference_to }) => !/32[56]/.test(String(reference_to))),
          answer(325, { gauge }),
          answer(326, { gauge }),
        ],
      }),
    )
    const [{ severity, likelihood } = { severity: '', likelihood: '' }] = content.risks
    t.ok((rank[severity] ?? 0) / 3 >= gauge / 4 && (rank[likelihood] ?? 0) / 3 >= gauge / 4, `${gauge}: ${severity}, ${likelihood}`)
  }
})

t.test('what was changed here comes out changed, and all else as it was', async (t) => {
  const file = cnilSample()
  const { content, carried } = imported(file)
  const [first, ...others] = content.risks
  if (!first) throw new Error('no risk')
  const answers = {
    ...content.answers,
    'need.aims': { text: 'Less <b>than</b> before\n\n& clear', choice: null },
    'consultation.people': { text: 'Why nobody was asked:\nNo time', choice: 'NOT_ASKED' },
  }
  const changed = { ...content, answers, risks: [{ ...first, severity: 'SIGNIFICANT' }, ...others] }
  const { file: out, leftOut } = exportOf(changed, carried)
  t.same(leftOut, [])
  t.same(Object.fromEntries(different(file, out).map(({ pointer, after }) => [pointer, after])), {
    '/pia/concerned_people_searched_opinion': 'false',
    '/pia/concerned_people_opinion': '""',
    '/pia/people_names': '""',
    '/pia/concerned_people_searched_content': '"No time"',
    '/answers/0/data/text': '"Less &lt;b&gt;than&lt;/b&gt; before<br /><br />&amp; clear"',
    '/answers/22/data/gauge': '2',
  })
  t.same(contentOf(out, carried.links, WHOSE), changed, 'and read again it says what it says here')
})

t.test('what the tool has no place for is said to be left out', async (t) => {
  const { content, carried } = imported(cnilSample())
  const [risk] = content.risks
  if (!risk) throw new Error('no risk')
  const more = {
    ...content,
    risks: [...content.risks, { ...risk, id: 'other', source: 'A flood' }],
    answers: { 'scope.area': { text: 'All of it', choice: null } },
  }
  t.same(exportOf(more, carried).leftOut, [
    'the answer to “Which area does it cover, and does data leave the United Kingdom?”: the tool asks nothing like it',
    'a risk from A flood: the tool has three risks and no other',
  ])
})

t.test('an assessment that was made here goes out in the form of the tool', async (t) => {
  const carried = carriedFor({ name: 'Made here', created_at: '2026-11-30T12:00:00.000Z', org: ORG })
  const made: AssessmentContent = {
    ...imported(cnilSample({ answers: [] })).content,
    risks: [],
    measures: [],
    answers: { 'scope.data': { text: 'Names', choice: null } },
  }
  const { file } = exportOf(made, carried)
  t.ok(cnilFile(file as unknown as Json).ok)
  t.match(file, { pia: { name: 'Made here', status: 0 }, answers: [{ reference_to: 121, data: { text: 'Names', gauge: null, list: [] } }] })
  t.equal(file.answers?.length, 1)
})

t.test('a question of a structure of its own is not taken for one of the tool', async (t) => {
  const questions = [
    { id: 111, title: 'sections.1.items.1.questions.1.title', answer_type: 'text' },
    { id: 121, title: 'How many lamps are there?', answer_type: 'text' },
  ]
  const file = cnilSample({ pia: { structure_data: { sections: [{ id: 1, items: [{ id: 1, questions }] }] } } })
  const { content, carried } = imported(file)
  t.ok(content.answers['need.aims'])
  t.equal(content.answers['scope.data'], undefined)
  t.same(different(file, exportOf(content, carried).file), [])
})

t.test('a text that is too long for an answer is named and carried whole', async (t) => {
  const file = cnilSample({ answers: [answer(121, { text: 'x'.repeat(8001) })] })
  const { content, carried, unfinished } = imported(file)
  t.equal(content.answers['scope.data'], undefined)
  t.match(unfinished[0], { kind: 'ANSWER', reference: 'answers.scope.data', missing: [/8001 characters/] })
  t.same(different(file, exportOf(content, carried).file), [])
})

t.test('a plan without a person, a day or an estimate is named with what it lacks, and counts for nothing', async (t) => {
  const { content, unfinished } = imported(
    cnilSample({
      evaluations: [evaluation('3.2', { action_plan_comment: 'Do it' }), evaluation('2.1.211', { action_plan_comment: 'And this' })],
    }),
  )
  t.same(content.measures, [])
  t.same(unfinished, [
    {
      kind: 'MEASURE',
      reference: '3.2',
      text: 'Do it',
      missing: ['what is left of the risk, less than there was', 'who does it', 'by when'],
    },
    {
      kind: 'MEASURE',
      reference: '2.1.211',
      text: 'And this',
      missing: ['which risk it is for', 'what is left of the risk', 'who does it', 'by when'],
    },
  ])
})

const codes = assessmentCodes(shippedCodeLists(), DAY)
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    '',
    'Plain words',
    '<p>a</p><p>b</p>',
    'a &amp; b',
    'a & b',
    '<ul><li>x</li></ul>',
    '<script>x</script>',
    'a\n\nb',
    'Threats:\n- x',
  ),
)
const maybe = <One>(one: fc.Arbitrary<One>) => fc.option(one, { nil: null })
const unknown = fc.dictionary(
  fc.constantFrom('progress', 'lock_version', '__proto__', 'constructor', 'x/y~z', 'user_pias'),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
)
const withUnknown = <One extends object>(one: fc.Arbitrary<One>) => fc.tuple(one, unknown).map(([known, more]) => ({ ...more, ...known }))
const id = fc.oneof(fc.nat(200), fc.nat(200).map(String))
const gauge = maybe(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }).map(String)))
const references = [
  ...QUESTIONS.map(({ reference }) => reference),
  ...RISKS.flatMap(({ item }) => [1, 2, 3, 4, 5, 6].map((n) => item.replace('.', '') + n)),
  '999',
]
const partial = <One extends object>(model: { [Name in keyof One]: fc.Arbitrary<One[Name]> }, requiredKeys: (keyof One)[] = []) =>
  withUnknown(fc.record(model as never, { requiredKeys: requiredKeys as never[] }) as fc.Arbitrary<object>)
const answers = fc.array(
  partial(
    {
      id,
      pia_id: id,
      reference_to: fc.constantFrom(...references).chain((one) => fc.constantFrom<string | number>(one, Number(one))),
      data: maybe(
        partial({ text: maybe(text), gauge, list: maybe(fc.array(fc.oneof(text, fc.constant({ display: 'x' })), { maxLength: 3 })) }),
      ),
    },
    ['reference_to'],
  ),
  { maxLength: 25 },
)
const evaluations = fc.array(
  partial(
    {
      id,
      reference_to: fc.constantFrom('1.1', '2.1.211', '3.1.101', '3.1.[object Object]', '3.2', '3.3', '3.4'),
      status: fc.integer({ min: 0, max: 3 }),
      gauges: maybe(partial({ x: gauge, y: gauge })),
      action_plan_comment: maybe(text),
      person_in_charge: maybe(text),
      estimated_implementation_date: maybe(
        fc.constantFrom('', '2027-01-15', '2027-07-01T00:00:00.000Z', '2027-07-01T23:30:00.000Z', 'soon'),
      ),
    },
    ['reference_to'],
  ),
  { maxLength: 8 },
)
const pia = partial({
  ...{ id, status: maybe(fc.integer({ min: 0, max: 4 })), name: maybe(text), dpo_opinion: maybe(text), people_names: maybe(text) },
  ...{ concerned_people_searched_opinion: maybe(fc.oneof(fc.boolean(), fc.constantFrom(0, 1))), concerned_people_opinion: maybe(text) },
  ...{ concerned_people_searched_content: maybe(text), rejection_reason: maybe(text) },
})
const files = partial({ pia, answers: maybe(answers), evaluations: maybe(evaluations), revisions: fc.array(fc.jsonValue()) }, ['pia'])

t.test('whatever a file holds, what is read of it can be saved here, and it comes out as it went in', async () => {
  fc.assert(
    fc.property(files, (value) => {
      const read = cnilFile(value as Json)
      if (!read.ok) throw new Error(JSON.stringify(read.refusal))
      const { content, carried } = imported(read.value)
      const faults = writtenFaults(content, { questions: questionsOn(DAY), codes, today: DAY })
      if (faults.length > 0) throw new Error(JSON.stringify(faults))
      const again = JSON.parse(JSON.stringify({ content, carried })) as { content: AssessmentContent; carried: typeof carried }
      const found = different(read.value, exportOf(again.content, again.carried).file)
      if (found.length > 0) throw new Error(JSON.stringify(found))
    }),
    { numRuns: 500 },
  )
})

t.test('whatever is answered here instead, the export read again says it', async (t) => {
  const line = fc.stringMatching(/^[a-z<>&'"]{1,8}( [a-z<>&;]{1,8}){0,2}$/)
  const words = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'))
  const key = fc.constantFrom('need.aims', 'scope.data', 'necessity.basis', 'nature.use')
  fc.assert(
    fc.property(files, fc.dictionary(key, words), (value, changes) => {
      const { content, carried } = imported(value as unknown as CnilFile)
      const answers = {
        ...content.answers,
        ...Object.fromEntries(Object.entries(changes).map(([name, text]) => [name, { text, choice: null }])),
      }
      const { file } = exportOf({ ...content, answers }, carried)
      t.strictSame(contentOf(file, carried.links, WHOSE).answers, answers)
    }),
    { numRuns: 200 },
  )
})
