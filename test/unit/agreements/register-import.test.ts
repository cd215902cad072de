import t from 'tap'
import { detectColumns, headerLine, proposedMapping } from '../../../src/agreements/model/register-columns.ts'
import REGISTER_FIELDS from '../../../src/agreements/model/register-fields.json' with { type: 'json' }
import type { CellAnswer } from '../../../src/agreements/register-import/answers.ts'
import { isFormula, readDay as readDayOf, readYesNo, splitList } from '../../../src/agreements/register-import/cells.ts'
import { codeMatch } from '../../../src/agreements/register-import/code-match.ts'
import { type DryRunFacts, dryRun } from '../../../src/agreements/register-import/dry-run.ts'
import { namedBases } from '../../../src/agreements/register-import/lawful-bases.ts'
import { organisationNames } from '../../../src/agreements/register-import/organisation-match.ts'
import { decodeCsv, readCsv } from '../../../src/agreements/register-import/read-csv.service.ts'
import { toRecord } from '../../../src/agreements/register-import/record.ts'
import { shippedOrganisations } from '../../../src/parties/shipped-organisations.service.ts'
import { localCodeOf, withLocalCodes } from '../../../src/reference/local-code.ts'
import { shippedCodeLists, shippedVocabularies } from '../../../src/reference/reference.service.ts'
import { UNSTATED } from '../../support/register-answers.ts'

const organisations = shippedOrganisations()
const names = await organisationNames(organisations)
const { lookup, like } = names
const vocabularies = shippedVocabularies()
const words = (name: string) => vocabularies.get(name) ?? new Map<string, string>()
const today = '2026-11-22'
const readDay = (cell: string, over = {}) => readDayOf(cell, { order: 'DMY', today, words: words('NO_END'), ...over })
const facts: DryRunFacts = {
  ...{
    lists: shippedCodeLists(),
    organisations,
    names,
    vocabularies,
    known: new Map(),
    named: new Map(),
    agreements: [],
    at: `${today}T12:00:00.000Z`,
  },
}

/** The dry run of a text, as the service does it. */
async function run(csv: string, over: Partial<DryRunFacts> & { org?: string } = {}, answers: readonly CellAnswer[] = []) {
  const lines = await readCsv(csv)
  const at = headerLine(lines.map(({ cells }) => cells))
  const header = lines[at]?.cells ?? []
  const mapping = proposedMapping(detectColumns(header))
  const { org = 'LBC_CAMDEN', ...others } = over
  const reading = await dryRun({ header, mapping, answers: [...UNSTATED, ...answers], org, dateOrder: 'DMY' }, { ...facts, ...others })
  const plans = lines.slice(at + 1).map((line) => ({ row: line.row, plan: reading.read(line) }))
  for (const { key, lines: several } of reading.several()) {
    const cells = lines.filter(({ row }) => several.includes(row)).map((line) => line.cells)
    const first = plans.find(({ row }) => row === several[0])
    if (first) first.plan = reading.join(key, cells)
  }
  return { plans, questions: reading.questions() }
}

t.test('days are read in the British order, as ISO, in words, and as spreadsheets count them', async (t) => {
  for (const [cell, day] of [
    ['01/04/2025', '2025-04-01'],
    ['1/4/2025', '2025-04-01'],
    ['31.12.2025', '2025-12-31'],
    ['2025-04-01', '2025-04-01'],
    ['2025-04-01 00:00:00', '2025-04-01'],
    ['1 June 2026', '2026-06-01'],
    ['01-Jun-26', '2026-06-01'],
    ['3rd Sept 2025', '2025-09-03'],
    ['45748', '2025-04-01'],
    ['45748.5', '2025-04-01'],
  ] as const) {
    t.equal(readDay(cell).value, day, cell)
  }
})

t.test('"TBC", "ongoing" and "n/a" are no day and say so; what is in no calendar is refused, never guessed', async (t) => {
  for (const cell of ['TBC', 'ongoing', 'n/a', 'N/A', 'tbc.', '-'])
    t.match(readDay(cell), { value: null, note: /no last day|no day/ }, cell)
  for (const cell of ['31/02/2025', '04/13/2025', '2025-02-30', 'soon', '99999', '1 Smarch 2025'])
    t.match(readDay(cell), { value: null, fault: /./ }, cell)
  t.same(readDay(''), { value: null })
})

t.test('lists part at semicolons and new lines, each entry once', async (t) => {
  t.same(splitList('Hackney; Islington\nHackney\r\n• the Met;; TBC'), ['Hackney', 'Islington', 'the Met'])
})

t.test('formulas are recognised; a telephone number and a negative amount are none', async (t) => {
  for (const cell of ['=SUM(A1)', ' =cmd|x', '@SUM(1)', '+A1', '-A1+2', '-@x']) t.ok(isFormula(cell), cell)
  for (const cell of ['+44 20 7946 0000', '-5', 'a=b', '- a list']) t.notOk(isFormula(cell), cell)
})

t.test('A26: a yes or no with a remark is one; a remark that takes it back, and anything else, is asked', async (t) => {
  for (const [cell, value] of [
    ...[
      ['Y', true],
      ['yes', true],
      ['TRUE', true],
      ['x', true],
      ['No', false],
      ['0', false],
      ['', null],
      ['Yes (health)', true],
    ],
    ...[
      ['YES - Art 9', true],
      ['Yes: ethnicity, health', true],
      ['No (names only)', false],
      ['N/A', false],
      ['not known', null],
    ],
  ] as const)
    t.match(readYesNo(String(cell), words('YES_NO')), { value }, String(cell))
  for (const cell of ['maybe', 'Yes (but not for adults)', 'No - yes since 2024', 'Y/N', 'yesterday', 'no doubt']) {
    t.match(readYesNo(cell, words('YES_NO')), { value: null, asks: true }, cell)
  }
})

t.test('every alias is recognised and stands for one field only', async (t) => {
  const all = Object.entries(REGISTER_FIELDS).flatMap(([field, { known_as }]) => known_as.map((alias) => [alias, field] as const))
  t.equal(new Set(all.map(([alias]) => alias)).size, all.length)
  for (const [alias, field] of all) t.equal(detectColumns([alias.toUpperCase()])[0]?.field, field, alias)
  t.equal(
    detectColumns(['Partner(s)', 'Review date?', 'Colour'])
      .map(({ field }) => field)
      .join(),
    'partners,review,',
  )
  t.same(
    detectColumns(['Title', 'Name']).map(({ field }) => field),
    ['title', null],
    'two columns do not share a field',
  )
})

t.test('partners are known by code, name and alias; a title around the name changes nothing; others are suggested', async (t) => {
  for (const [text, org] of [
    ['LBC_HACKNEY', 'LBC_HACKNEY'],
    ['London Borough of Hackney', 'LBC_HACKNEY'],
    ['hackney council', 'LBC_HACKNEY'],
    ['LBTH', 'LBC_TOWER_HAMLETS'],
    ['the Met', 'MPS'],
    ['Hammersmith & Fulham', 'LBC_HAMMERSMITH_FULHAM'],
  ] as const) {
    t.same(lookup(text).orgs, [org], text)
  }
  t.equal(lookup('All London boroughs').orgs.length, 33)
  t.same(lookup('Hakney Councl').orgs, [])
  t.match(like('Hakney Councl'), [{ org: 'LBC_HACKNEY' }])
  t.ok(
    like('Hakney Councl').every(({ score }, index, all) => score < 1 && score <= (all[index - 1]?.score ?? 1)),
    'best first',
  )
  t.same(lookup('Qwxyz').orgs, [])
})

t.test('A10: every usual way of writing articles names all of them, and a basis that is only denied is none', async (t) => {
  const named = (text: string) => namedBases(text, words('LAWFUL_BASIS'))
  for (const [text, ...codes] of [
    ['6(1)(c) and (e)', '6(1)(c)', '6(1)(e)'],
    ['Art 6(1)(e), 9(2)(g)', '6(1)(e)', '9(2)(g)'],
    ['6.1.e', '6(1)(e)'],
    ['6 1 e', '6(1)(e)'],
    ['6(1)c', '6(1)(c)'],
    ['6e', '6(1)(e)'],
    ['art6(1)e', '6(1)(e)'],
    ['6(1)(c)(e)', '6(1)(c)', '6(1)(e)'],
    ['Art. 6(1) c + e', '6(1)(c)', '6(1)(e)'],
    ['6(1)(c)&(e); 9(2)(b),(h)', '6(1)(c)', '6(1)(e)', '9(2)(b)', '9(2)(h)'],
    ['Articles 6(1)(e) and 9(2)(g)', '6(1)(e)', '9(2)(g)'],
    ['Article 6 1(e) – public task', '6(1)(e)'],
    ['Article 6(1)(e) and a public task', '6(1)(e)'],
    ['6(1)(e)/9(2)(h)', '6(1)(e)', '9(2)(h)'],
    ['recognised legitimate interest', '6(1)(ea)'],
    ['6(1)(ea)', '6(1)(ea)'],
    ['Public task', '6(1)(e)'],
    ['legal obligation & public task', '6(1)(c)', '6(1)(e)'],
    ['explicit consent', '9(2)(a)'],
    ['section 6(1)(a) of the Act'],
    ['contract monitoring'],
    ['Health and Social Care Act 2012'],
    ['6(2)(a)'],
  ] as const)
    t.same(named(text), { codes, denied: [], isDoubtful: false }, text)
  for (const [text, codes, denied] of [
    ['Public task (not consent)', ['6(1)(e)'], ['6(1)(a)']],
    ['6(1)(e). Not 9(2)(a).', ['6(1)(e)'], ['9(2)(a)']],
    ['We do not rely on 6(1)(a); we rely on 6(1)(e)', ['6(1)(e)'], ['6(1)(a)']],
    ['Art 6(1)(e) rather than consent', ['6(1)(e)'], ['6(1)(a)']],
    ['neither consent nor contract', [], ['6(1)(a)', '6(1)(b)']],
    ['not consent, public task', [], ['6(1)(a)', '6(1)(e)']],
  ] as const)
    t.same(named(text), { codes, denied, isDoubtful: false }, text)
  for (const text of [
    'consent is not relied on',
    'Public task, consent not required',
    '6(1)(a)-(c)',
    '6(1)(e) not (a)',
    'consent?',
    'Formerly consent',
  ])
    t.match(named(text), { codes: [], isDoubtful: true }, text)
})

t.test('gateways by citation', async (t) => {
  t.same(codeMatch(facts.lists).gateways('Section 115 of the Crime and Disorder Act 1998'), ['CDA1998_S115'])
  t.same(codeMatch(facts.lists).gateways('Crime and Disorder Act 1998'), [])
})

t.test('traps of real registers: a heading line, empty lines, cells over several lines, semicolons, a byte order mark', async (t) => {
  const csv =
    '\ufeffInformation sharing register\r\n\r\nRef;Title;Partners\r\n1;"A; and B";"Hackney\nIslington"\r\n;;\r\n2;"Say ""yes""";Brent\r\n'
  const { plans } = await run(csv)
  t.match(plans, [
    { row: 4, plan: { status: 'NEW', row: { title: 'A; and B', partners: ['LBC_HACKNEY', 'LBC_ISLINGTON'] } } },
    { row: 6, plan: { status: 'NEW', row: { title: 'Say "yes"', partners: ['LBC_BRENT'] } } },
  ])
})

t.test('each reason to refuse a line, by the column and the cell', async (t) => {
  const cases: readonly (readonly [string, string, string | null, RegExp])[] = [
    ['no title', 'Ref,Title,Partners\n1,,Hackney', 'Title', /no title/],
    ['a title that is too long', `Ref,Title,Partners\n1,${'a'.repeat(301)},Hackney`, 'Title', /longer/],
    ['no partner', 'Ref,Title,Partners\n1,A,', 'Partners', /no other organisation/],
    ['nobody but the importer', 'Ref,Title,Partners\n1,A,Camden', 'Partners', /no other organisation/],
    ['an unknown partner', 'Ref,Title,Partners\n1,A,Hakney', 'Partners', /Say who is meant/],
    ['a day in no calendar', 'Ref,Title,Partners,Start\n1,A,Hackney,31/02/2025', 'Start', /in no calendar/],
    ['an end before the start', 'Ref,Title,Partners,Start,End\n1,A,Hackney,01/04/2025,01/03/2025', 'End', /before it begins/],
    ['a cell too many', 'Ref,Title,Partners\n1,A,Hackney,B', null, /quotation mark may be missing/],
    ['the same reference with other contents', 'Ref,Title,Partners\n1,A,Hackney\n1,B,Hackney', null, /repeats line 2 with other contents/],
  ]
  for (const [name, csv, column, detail] of cases) {
    const last = (await run(csv)).plans.at(-1)?.plan
    t.match(last, { status: 'REFUSED', errors: [{ column, detail }] }, name)
    t.equal(last?.errors.length, 1, `${name} and nothing else`)
  }
})

t.test('a line that repeats another word for word is imported once', async (t) => {
  const { plans } = await run('Ref,Title,Partners\n1,A,Hackney\n1,A,"London Borough of Hackney "')
  t.same(
    plans.map(({ plan }) => plan.status),
    ['NEW', 'SAME'],
  )
})

t.test('the hash is of what a line says, not of how it is written', async (t) => {
  const hash = async (csv: string) => (await run(csv)).plans[0]?.plan.hash
  t.equal(
    await hash('Ref,Title,Partners,Start\n1,A,Hackney; Brent,01/04/2025'),
    await hash('Partners;Ref;Title;Start\n"Brent\nHackney";1; A ;2025-04-01'),
  )
  t.not(await hash('Ref,Title,Partners\n1,A,Hackney'), await hash('Ref,Title,Partners\n1,B,Hackney'))
})

t.test('a formula stays the text it is', async (t) => {
  const { plans } = await run('Ref,Title,Partners,Notes\n1,=HYPERLINK(A1),Hackney,x')
  t.match(plans[0]?.plan, { status: 'NEW', row: { title: '=HYPERLINK(A1)' }, warnings: [{ column: 'Title', detail: /never run/ }] })
})

t.test('a name that a person decided about is taken as decided, or left out, however the next line writes it', async (t) => {
  const csv = 'Ref,Title,Partners\n1,A,Hakney; The Group\n2,B,HAKNEY'
  t.equal((await run(csv)).questions.length, 2)
  const answers: CellAnswer[] = [
    { field: 'partners', text: 'Hakney', answer: { organisations: ['LBC_HACKNEY'] } },
    { field: 'partners', text: 'The Group', answer: null },
  ]
  const { plans, questions } = await run(csv, {}, answers)
  t.match(plans, [
    { plan: { status: 'NEW', row: { partners: ['LBC_HACKNEY'] } } },
    { plan: { status: 'NEW', row: { partners: ['LBC_HACKNEY'] } } },
  ])
  t.same(questions, [])
})

t.test('a record carries flows only where purpose, data and direction are named in our codes, and no signature counts', async (t) => {
  const row = async (direction: string) => {
    const found = (
      await run(`Ref,Title,Partners,Purpose,Data shared,Direction,Legal basis\n1,A,Hackney,Homelessness,Name,${direction},public task`)
    ).plans[0]?.plan.row
    if (!found) throw new Error('the line was refused')
    return toRecord(found, { id: 'X', own: 'LBC_CAMDEN', today: '2026-11-22' })
  }
  t.same((await row('')).agreement.versions[0]?.terms.flows, [], 'two-way is never assumed')
  t.match((await row('Out')).agreement.versions[0]?.terms.flows, [
    { providers: ['LBC_CAMDEN'], recipients: ['LBC_HACKNEY'], legal: { provider: { art6: ['6(1)(e)'] }, recipient: { art6: [] } } },
  ])
  t.equal((await row('Two-way')).agreement.versions[0]?.terms.flows.length, 2)
  t.same((await row('Out')).agreement.signatures, [])
  t.same(
    (await row('Out')).claimed.map(({ org }) => org),
    ['LBC_CAMDEN', 'LBC_HACKNEY'],
  )
})

t.test('bytes that are no UTF-8 text are refused with what they look like', async (t) => {
  t.throws(() => decodeCsv(Buffer.from('a\nCaf\xe9', 'latin1')), /Line 2 is not UTF-8/)
  t.equal(decodeCsv(Buffer.from('Caf\xe9 \x80', 'latin1'), 'windows-1252'), 'Café €')
  t.throws(() => decodeCsv(Buffer.from('a\x81', 'latin1'), 'windows-1252'), /no letters there/)
  t.throws(() => decodeCsv(Buffer.from([0xff, 0xfe, 0x41, 0])), /UTF-16/)
  t.throws(() => decodeCsv(Buffer.from([0x50, 0x4b, 3, 4])), /spreadsheet file/)
  t.equal(decodeCsv(Buffer.from('Café')), 'Café')
})

t.test('a local code is read where its whole code stands, and takes no word of a register from what is shipped', async (t) => {
  const code = localCodeOf('LBC_CAMDEN', 'DEBT')
  const local = { list: 'PURPOSE' as const, code, owner_org: 'LBC_CAMDEN', label: 'Fraud', broader: 'HOMELESSNESS' }
  const match = codeMatch(withLocalCodes(facts.lists, [{ ...local, valid_from: '2026-11-22', valid_to: null }]))
  const without = codeMatch(facts.lists)
  for (const words of ['Fraud', 'Debt', 'HOMELESSNESS']) t.same(match.codes('PURPOSE', [words]), without.codes('PURPOSE', [words]), words)
  t.same(match.codes('PURPOSE', [code]), { codes: [code], unknown: [] })
})

const one = async (column: string, cell: string, over: { org?: string; partner?: string } = {}, answers: readonly CellAnswer[] = []) => {
  const { plans, questions } = await run(`Ref,Title,Partners,${column}\n1,A,${over.partner ?? 'Hackney'},"${cell}"`, over, answers)
  const plan = plans[0]?.plan
  if (!plan) throw new Error('no line was read')
  return { plan, questions, record: plan.row && toRecord(plan.row, { id: 'X', own: over.org ?? 'LBC_CAMDEN', today }) }
}

t.test(
  'A2: how an agreement stands is read from whole words of a list; anything else is asked, and answered once for the file',
  async (t) => {
    for (const [cell, status] of [
      ['Live', 'ACTIVE'],
      ['In Force', 'ACTIVE'],
      ['DRAFT', 'DRAFT'],
      ['Awaiting sign-off', 'DRAFT'],
      ['Terminated', 'TERMINATED'],
      ['No longer in use', 'TERMINATED'],
      ['Expired', 'TERMINATED'],
    ] as const)
      t.equal((await one('Status', cell)).record?.agreement.status, status, cell)
    for (const cell of [
      'Suspended',
      'Amended 2024',
      'Active - review in progress',
      'Not terminated',
      'Live (to be closed)',
      'Friended',
      'Not yet live',
    ]) {
      const { plan, questions } = await one('Status', cell)
      t.match(plan, { status: 'REFUSED', errors: [{ column: 'Status', cell }] }, cell)
      t.match(questions, [{ field: 'status', text: cell, rows: 1 }], cell)
      const answered = await one('Status', cell, {}, [{ field: 'status', text: ` ${cell.toUpperCase()}`, answer: 'ACTIVE' }])
      t.equal(answered.record?.agreement.status, 'ACTIVE', `${cell}, answered`)
    }
    t.match((await one('Expiry,Status', '31/12/2030","Expired')).plan, {
      status: 'REFUSED',
      errors: [{ detail: /only one of them can be right/ }],
    })
    t.match((await one('Expiry,Status', '31/12/2020","Expired')).record?.agreement, {
      status: 'ACTIVE',
      versions: [{ effective_to: '2020-12-31' }],
    })
  },
)

t.test('A3: what a register does not state stays unstated: first day, last day, signature', async (t) => {
  const { record, plan } = await one('Notes', 'x')
  t.match(record?.agreement.versions[0], { effective_from: null, effective_to: null })
  t.same(
    record?.claimed.map(({ signed_at }) => signed_at),
    [null, null],
  )
  t.same(record?.agreement.terminated_at, null)
  t.match(plan.warnings.map(({ detail }) => detail).join(), /first day is not stated.*signature is not stated/)
  const { record: dated } = await one('Start Date (dd/mm/yyyy),Expiry Date (dd/mm/yyyy)', '01/04/2019","31/03/2022')
  t.match(dated?.agreement.versions[0], { effective_from: '2019-04-01', effective_to: '2022-03-31' })
  t.same(
    dated?.claimed.map(({ signed_at }) => signed_at),
    [null, null],
    'the first day is no day of signature',
  )
  t.equal((await one('Status', 'Terminated')).record?.agreement.terminated_at, null, 'nor today the day of an end')
})

t.test('A9: the direction is a whole word of a list, or one with the place it goes to', async (t) => {
  for (const [cell, direction] of [
    ['Outbound to Birmingham', 'OUT'],
    ['One way - out only', 'OUT'],
    ['Inbound from Bilston', 'IN'],
    ['Two-way', 'BOTH'],
    ['In/Out', 'BOTH'],
  ] as const)
    t.equal((await one('Direction', cell)).plan.row?.direction, direction, cell)
  for (const cell of [
    'Ability to share',
    'Outbound to Leeds and inbound from York',
    'Not outbound',
    'Outbound, later both',
    'Sent from us to them',
  ]) {
    const { plan, questions } = await one('Direction', cell)
    t.match(plan, { status: 'NEW', row: { direction: null }, warnings: [{ column: 'Direction', cell }] }, cell)
    t.match(questions, [{ field: 'direction', text: cell }], cell)
  }
})

t.test('A10: what names no basis for certain is kept in words, asked, and recorded as no basis', async (t) => {
  for (const cell of ['Health and Social Care Act 2012', 'consent is not relied on', '6(1)(a)-(c)']) {
    const { plan, questions } = await one('Lawful basis', cell)
    t.match(plan, { status: 'NEW', row: { art6: [], art9: [] }, warnings: [{ column: 'Lawful basis' }] }, cell)
    t.match(questions, [{ field: 'legal_basis', text: cell }])
    const answered = await one('Lawful basis', cell, {}, [{ field: 'legal_basis', text: cell, answer: ['6(1)(e)', '9(2)(h)'] }])
    t.match(answered.plan.row, { art6: ['6(1)(e)'], art9: ['9(2)(h)'] })
  }
  t.match((await one('Lawful basis', 'Public task (not consent)')).plan, {
    row: { art6: ['6(1)(e)'] },
    warnings: [{ detail: /6\(1\)\(a\) is not relied on/ }],
  })
})

t.test('A11: an instant is the day it was in London, and a last day is over at the midnight after it', async (t) => {
  t.match(readDay('2025-03-31T23:00:00Z'), { value: '2025-04-01', note: /in London/ })
  t.match(readDay('2026-06-30T23:00:00Z'), { value: '2026-07-01' })
  t.match(readDay('2025-12-31T23:00:00Z'), { value: '2025-12-31' })
  t.match(readDay('2025-04-01T00:30:00+02:00'), { value: '2025-03-31' })
  t.equal((await one('Status,Expiry', 'Terminated","31/03/2024')).record?.agreement.terminated_at, '2024-03-31T23:00:00.000Z')
  t.same(
    (await one('Date signed', '01/07/2024')).record?.claimed.map(({ signed_at }) => signed_at),
    ['2024-06-30T23:00:00.000Z', '2024-06-30T23:00:00.000Z'],
  )
})

t.test('A12: what can only lie behind us is refused ahead of us, and two figures of such a year lie in the past', async (t) => {
  t.match((await one('Date signed', '01/12/2027')).plan, { status: 'REFUSED', errors: [{ column: 'Date signed', detail: /lies ahead/ }] })
  t.match((await one('DPIA date', '01/12/2027')).plan, { status: 'REFUSED', errors: [{ detail: /lies ahead/ }] })
  t.equal((await one('Date signed', '12/05/98')).plan.row?.signed_on, '1998-05-12')
  t.equal((await one('Date signed', '12/05/27')).plan.row?.signed_on, '1927-05-12')
  t.equal((await one('Start', '12/05/98')).plan.row?.start, '1998-05-12', 'the nearest of the two centuries')
  t.equal((await one('Expiry', '31/03/45')).plan.row?.expiry, '2045-03-31')
})

t.test('A14: every recognised cell is kept with the line', async (t) => {
  const { plans } = await run(
    'Ref,Title,Partners,Service,Lead officer,DPIA ref,Location,Notes\nA-1,One,Hackney,Housing,Housing lead,DPIA-7,https://files.example/isa.pdf,Ask legal first',
  )
  t.match(plans[0]?.plan.row?.words, {
    ...{
      service: 'Housing',
      lead: 'Housing lead',
      dpia_ref: 'DPIA-7',
      location: 'https://files.example/isa.pdf',
      notes: 'Ask legal first',
    },
  })
})

t.test('A16, A17: the header line is the one that names most fields, and it decides the separator', async (t) => {
  const lines = await readCsv('Title,Who held,Class held,Class sent\nOne,Hackney,Personal,Personal\nTwo,Islington,Personal,Personal\n')
  t.equal(headerLine(lines.map(({ cells }) => cells)), 0)
  t.equal(
    headerLine([
      ['1', 'DRR1', '2014-04-02'],
      ['2', 'DRR2', '2014-05-01'],
    ]),
    -1,
    'a file that begins with a record has none',
  )
  for (const separator of [';', '\t', '|', ',']) {
    for (const prose of ['Housing, adults and children: our agreements', 'Ours; theirs; both', 'a|b|c|d']) {
      const read = await readCsv(
        `${prose}\n${['Ref', 'Title', 'Partners'].join(separator)}\n${['A-1', 'One', 'Hackney'].join(separator)}\n`,
      )
      t.same(read[1]?.cells, ['Ref', 'Title', 'Partners'], `${prose} before ${JSON.stringify(separator)}`)
    }
  }
  t.same((await readCsv('sep=;\nRef;Title;Partners\n'))[0]?.cells, ['Ref', 'Title', 'Partners'])
  t.same((await readCsv('"Key", "Row"\n1, "A, B" \n'))[1]?.cells, ['1', 'A, B'], 'blanks around quotation marks, as spreadsheets read them')
  t.same(
    detectColumns(['Controllers', 'Controller names']).map(({ field }) => field),
    [null, 'partners'],
    'names before identifiers',
  )
})

t.test('A22: a type is named as a whole, and nobody is taken for the controller unsaid', async (t) => {
  const processor = {
    ...organisations[0],
    code: 'PROC_ANALYTICS',
    legal_name: 'Analytics Ltd',
    short_name: 'Analytics',
    type: 'PROCESSOR_ONLY',
    aliases: [],
  }
  const all = [...organisations, processor as (typeof organisations)[number]]
  const over = { organisations: all, names: await organisationNames(all) }
  const roles = async (csv: string, org: string, answers: readonly CellAnswer[] = []) => {
    const { plans } = await run(csv, { ...over, org }, answers)
    const row = plans[0]?.plan.row
    return row
      ? toRecord(row, { id: 'X', own: org, today }).agreement.parties.map(({ org: party, role }) => `${party} ${role}`)
      : plans[0]?.plan.errors
  }
  t.same(await roles('Ref,Title,Partners,Type\n1,A,Camden,DPA', 'PROC_ANALYTICS'), ['PROC_ANALYTICS PROCESSOR', 'LBC_CAMDEN CONTROLLER'])
  t.same(await roles('Ref,Title,Partners,Type\n1,A,Analytics,DPA', 'LBC_CAMDEN'), ['LBC_CAMDEN CONTROLLER', 'PROC_ANALYTICS PROCESSOR'])
  t.match(await roles('Ref,Title,Partners,Type\n1,A,Hackney,DPA', 'LBC_CAMDEN'), [{ detail: /Which role you have .* is not stated/ }])
  t.same(await roles('Ref,Title,Partners,Type\n1,A,Hackney,DPA', 'LBC_CAMDEN', [{ field: 'role', text: 'dpa', answer: 'PROCESSOR' }]), [
    ...['LBC_CAMDEN PROCESSOR', 'LBC_HACKNEY CONTROLLER'],
  ])
  t.same(await roles('Ref,Title,Partners,Type,Our role\n1,A,Hackney,DPA,Data processor', 'LBC_CAMDEN'), [
    'LBC_CAMDEN PROCESSOR',
    'LBC_HACKNEY CONTROLLER',
  ])
  for (const cell of [
    'Controller to controller (law enforcement processing)',
    'Not joint: two controllers',
    'Data Sharing (joint strategic needs)',
  ])
    t.match((await one('Type', cell)).questions, [{ field: 'type', text: cell }], cell)
  const dea = 'DEA information sharing agreement'
  t.match((await one('Type', dea)).questions, [{ field: 'role', text: dea }], 'a type that does not name the role asks for it')
  t.equal((await one('Type', dea, {}, [{ field: 'role', text: dea, answer: 'CONTROLLER' }])).record?.agreement.instrument_type, 'DEA_ISA')
  const several = 'Ref,Title,Partners,Type,Our role\n1,A,Hackney; Analytics,DPA,Controller'
  t.match(
    await roles(several, 'LBC_CAMDEN'),
    [{ detail: /Which role LBC_HACKNEY has/ }],
    'of several partners nobody is taken for the processor',
  )
  t.same(await roles(several, 'LBC_CAMDEN', [{ field: 'role', text: 'LBC_HACKNEY', answer: 'CONTROLLER' }]), [
    ...['LBC_CAMDEN CONTROLLER', 'LBC_HACKNEY CONTROLLER', 'PROC_ANALYTICS PROCESSOR'],
  ])
})

t.test('A24: a record holds nothing that a draft could not hold', async (t) => {
  const { record } = await one('Data shared', 'x'.repeat(25_500))
  const section = record?.agreement.versions[0]?.terms.narrative.necessity_proportionality ?? ''
  t.equal(section.length, 20_000)
  t.match(section, /whole cell is in the provenance\]$/)
  for (const cell of ['01/04/0025', '01/04/1899', '9000-01-01'])
    t.match((await one('Start', cell)).plan, { status: 'REFUSED', errors: [{ detail: /cannot be meant/ }] }, cell)
})

t.test('A26: a reference is an assessment, a no is none, and other words are asked', async (t) => {
  for (const [cell, required] of [
    ['DPIA-7', true],
    ['Yes', true],
    ['https://files.example/dpia', true],
    ['Not required', false],
    ['No', false],
    ['', false],
  ] as const)
    t.equal((await one('DPIA ref', cell)).record?.agreement.dpia.required, required, cell)
  t.match((await one('DPIA ref', 'Being written')).questions, [{ field: 'dpia_ref', text: 'Being written' }])
})

t.test('A28: dates, ends and references are read by what they say', async (t) => {
  t.equal(readDay('01/04/2025 00:00').value, '2025-04-01')
  t.equal(readDay('1 April 2025').value, '2025-04-01')
  t.equal(readDay('Tuesday 1 April 2025').value, '2025-04-01')
  t.equal(readDay('April 1, 2025').value, '2025-04-01')
  t.equal(readDay('04/01/2025', { order: 'MDY' }).value, '2025-04-01')
  t.equal(readDay('25/04/01', { order: 'YMD' }).value, '2025-04-01')
  for (const cell of ['Indefinite', 'No end date', 'Rolling', 'Ongoing', 'Annually', 'Until further notice'])
    t.match(readDay(cell), { value: null, note: /./ }, cell)
  for (const cell of ['1 Junk 2025', '2025-04-01T99:99', '01/04/2025 24:61', '1 Mayor 2025'])
    t.match(readDay(cell), { value: null, fault: /./ }, cell)
  const keys = async (ref: string) => (await run(`Ref,Title,Partners\n${ref},A,Hackney`)).plans[0]?.plan
  const [capital, small] = [await keys('R-É1'), await keys('r-e\u0301 1'.replace(' ', ''))]
  t.equal(small?.key, capital?.key)
  t.equal(small?.hash, capital?.hash)
})

t.test('A15: a blank takes nothing back of what an earlier file said, and the line says so', async (t) => {
  const first = (await run('Ref,Title,Partners,Status,Expiry\n1,A,Hackney,Terminated,31/03/2024')).plans[0]?.plan
  if (!first?.key || !first.hash) throw new Error('the line was refused')
  const known = new Map([[first.key, { agreement: 'X', hash: first.hash, row: first.row, isTouched: false }]])
  t.match((await run('Ref,Title,Partners,Status,Expiry\n1,A,Hackney,,', { known })).plans[0]?.plan, {
    ...{ status: 'SAME', row: { standing: 'TERMINATED', expiry: '2024-03-31' } },
    warnings: [{}, {}, { detail: /Blank here, so left as it was: Status, Expiry/ }],
  })
  t.match(
    (await run('Ref,Title,Partners\n1,A,Hackney', { known })).plans[0]?.plan,
    { status: 'SAME' },
    'a column that is gone says nothing either',
  )
  const changed = (await run('Ref,Title,Partners,Status\n1,A,Hackney,Live', { known })).plans[0]?.plan
  t.equal(changed?.status, 'CHANGED')
  t.match(changed?.warnings.at(-1), { detail: /It replaces X. Other than before: Status/ })
})

t.test(
  'A2, A9, A26: a question mark, a remark that takes something back, and the importer as the one that data goes to are asked about',
  async (t) => {
    for (const [column, cell] of [
      ...['Signed?', 'not live', 'Live (pilot)', 'inactive', 'to be terminated', 'Ended 2024', 'Active/expired'].map((said) => [
        'Status',
        said,
      ]),
      ...['Outbound to us', 'Sent to Camden', 'Out?', 'Out (not in)', 'Outbound to Hackney and back', 'council to partner'].map((said) => [
        'Direction',
        said,
      ]),
      ...['Yes?', 'Y (N for adults)', 'yes - none', 'Yes; pending', 'No - only some', 'Yes (draft)'].map((said) => [
        'Special category',
        said,
      ]),
    ] as [string, string][])
      t.match((await one(column, cell)).questions, [{ text: cell }], `${column}: ${cell}`)
    for (const [cell, direction] of [
      ['sent to us', 'IN'],
      ['sent from us', 'OUT'],
      ['Outbound to Hackney', 'OUT'],
      ['received from Hackney', 'IN'],
    ] as const)
      t.equal((await one('Direction', cell)).plan.read.direction, direction, cell)
    t.match((await one('Start', '１/４/2025')).plan.read, { start: '2025-04-01' }, 'wide figures are figures')
    t.match((await run('Ref,Title,Partners\n1,A,Hackney?')).questions, [{ field: 'partners', text: 'Hackney?', takenFor: ['LBC_HACKNEY'] }])
    const answers: CellAnswer[] = [{ field: 'status', text: 'Signed?', answer: 'DRAFT' }]
    t.equal((await one('Status', 'Signed', {}, answers)).plan.row?.standing, 'ACTIVE', 'what a doubt means is not what the word means')
    t.equal((await one('Status', 'signed ?', {}, answers)).plan.row?.standing, 'DRAFT')
  },
)
