import t from 'tap'
import { isFormula, readDay, readYesNo, splitList } from '../../../src/agreements/register-import/cells.ts'
import { codeMatch, lawfulBases } from '../../../src/agreements/register-import/code-match.ts'
import { detectColumns, FIELD_ALIASES, headerLine, proposedMapping } from '../../../src/agreements/register-import/columns.ts'
import { type DryRunFacts, dryRun } from '../../../src/agreements/register-import/dry-run.ts'
import { partnerLookup } from '../../../src/agreements/register-import/organisation-match.ts'
import { decodeCsv, readCsv } from '../../../src/agreements/register-import/read-csv.service.ts'
import { toRecord } from '../../../src/agreements/register-import/record.ts'
import { shippedOrganisations } from '../../../src/parties/parties.service.ts'
import { localCodeOf, withLocalCodes } from '../../../src/reference/local-code.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'

const organisations = shippedOrganisations()
const lookup = partnerLookup(organisations)
const facts: DryRunFacts = { lists: shippedCodeLists(), organisations, known: new Map(), agreements: [], at: '2026-11-22T12:00:00.000Z' }

/** The dry run of a text, as the service does it. */
function run(csv: string, over: Partial<DryRunFacts> = {}, picks: Readonly<Record<string, string | null>> = {}) {
  const lines = readCsv(csv)
  const at = headerLine(lines.map(({ cells }) => cells))
  const header = lines[at]?.cells ?? []
  return dryRun({ header, mapping: proposedMapping(detectColumns(header)), picks, org: 'LBC_CAMDEN' }, lines.slice(at + 1), {
    ...facts,
    ...over,
  })
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
  for (const cell of ['TBC', 'ongoing', 'n/a', 'N/A', 'tbc.', '-']) t.match(readDay(cell), { value: null, note: /not a date/ }, cell)
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

t.test('yes and no, and nothing else', async (t) => {
  t.same(
    ['Y', 'yes', 'TRUE', 'x', 'No', '0', ''].map((cell) => readYesNo(cell).value),
    [true, true, true, true, false, false, null],
  )
  t.match(readYesNo('maybe'), { value: null, note: /neither/ })
})

t.test('every alias is recognised and stands for one field only', async (t) => {
  const all = Object.entries(FIELD_ALIASES).flatMap(([field, aliases]) => aliases.map((alias) => [alias, field] as const))
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
  t.match(lookup('Hakney Councl'), { orgs: [], matches: [{ org: 'LBC_HACKNEY' }] })
  t.ok(
    lookup('Hakney Councl').matches.every(({ score }, index, all) => score < 1 && score <= (all[index - 1]?.score ?? 1)),
    'best first',
  )
  t.same(lookup('Qwxyz').orgs, [])
})

t.test('lawful bases by number and by name; gateways by citation', async (t) => {
  t.same(lawfulBases('Art 6(1)(e), 9(2)(g)'), { art6: ['6(1)(e)'], art9: ['9(2)(g)'] })
  t.same(lawfulBases('Public task').art6, ['6(1)(e)'])
  t.same(lawfulBases('recognised legitimate interest').art6, ['6(1)(ea)'])
  t.same(lawfulBases('explicit consent').art6, [])
  t.same(codeMatch(facts.lists).gateways('Section 115 of the Crime and Disorder Act 1998'), ['CDA1998_S115'])
  t.same(codeMatch(facts.lists).gateways('Crime and Disorder Act 1998'), [])
})

t.test('traps of real registers: a heading line, empty lines, cells over several lines, semicolons, a byte order mark', async (t) => {
  const csv =
    '\ufeffInformation sharing register\r\n\r\nRef;Title;Partners\r\n1;"A; and B";"Hackney\nIslington"\r\n;;\r\n2;"Say ""yes""";Brent\r\n'
  const { plans } = run(csv)
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
    ['an unknown partner', 'Ref,Title,Partners\n1,A,Hakney', 'Partners', /Did you mean Hackney/],
    ['a day in no calendar', 'Ref,Title,Partners,Start\n1,A,Hackney,31/02/2025', 'Start', /in no calendar/],
    ['an end before the start', 'Ref,Title,Partners,Start,End\n1,A,Hackney,01/04/2025,01/03/2025', 'End', /before it starts/],
    ['a cell too many', 'Ref,Title,Partners\n1,A,Hackney,B', null, /quotation mark may be missing/],
    ['the same reference with other contents', 'Ref,Title,Partners\n1,A,Hackney\n1,B,Hackney', null, /repeats line 2 with other contents/],
  ]
  for (const [name, csv, column, detail] of cases) {
    const last = run(csv).plans.at(-1)?.plan
    t.match(last, { status: 'REFUSED', errors: [{ column, detail }] }, name)
    t.equal(last?.errors.length, 1, `${name} and nothing else`)
  }
})

t.test('a line that repeats another word for word is imported once', async (t) => {
  const { plans } = run('Ref,Title,Partners\n1,A,Hackney\n1,A,"London Borough of Hackney "')
  t.same(
    plans.map(({ plan }) => plan.status),
    ['NEW', 'SAME'],
  )
})

t.test('the hash is of what a line says, not of how it is written', async (t) => {
  const hash = (csv: string) => run(csv).plans[0]?.plan.hash
  t.equal(
    hash('Ref,Title,Partners,Start\n1,A,Hackney; Brent,01/04/2025'),
    hash('Partners;Ref;Title;Start\n"Brent\nHackney";1; A ;2025-04-01'),
  )
  t.not(hash('Ref,Title,Partners\n1,A,Hackney'), hash('Ref,Title,Partners\n1,B,Hackney'))
})

t.test('a formula stays the text it is', async (t) => {
  const { plans } = run('Ref,Title,Partners,Notes\n1,=HYPERLINK(A1),Hackney,x')
  t.match(plans[0]?.plan, { status: 'NEW', row: { title: '=HYPERLINK(A1)' }, warnings: [{ column: 'Title', detail: /never run/ }] })
})

t.test('a name that a person decided about is taken as decided, or left out', async (t) => {
  const csv = 'Ref,Title,Partners\n1,A,Hakney; The Group'
  t.equal(run(csv).openPartners.length, 2)
  t.match(run(csv, {}, { Hakney: 'LBC_HACKNEY', 'The Group': null }).plans[0]?.plan, { status: 'NEW', row: { partners: ['LBC_HACKNEY'] } })
})

t.test('a record carries flows only where purpose, data and direction are named in our codes, and no signature counts', async (t) => {
  const row = (direction: string) => {
    const found = run(
      `Ref,Title,Partners,Purpose,Data shared,Direction,Legal basis\n1,A,Hackney,Homelessness,Name,${direction},public task`,
    ).plans[0]?.plan.row
    if (!found) throw new Error('the line was refused')
    return toRecord(found, { id: 'X', own: 'LBC_CAMDEN', today: '2026-11-22' })
  }
  t.same(row('').agreement.versions[0]?.terms.flows, [], 'two-way is never assumed')
  t.match(row('Out').agreement.versions[0]?.terms.flows, [
    { providers: ['LBC_CAMDEN'], recipients: ['LBC_HACKNEY'], legal: { provider: { art6: ['6(1)(e)'] }, recipient: { art6: [] } } },
  ])
  t.equal(row('Two-way').agreement.versions[0]?.terms.flows.length, 2)
  t.same(row('Out').agreement.signatures, [])
  t.same(
    row('Out').claimed.map(({ org }) => org),
    ['LBC_CAMDEN', 'LBC_HACKNEY'],
  )
})

t.test('bytes that are no UTF-8 text are refused with what they look like', async (t) => {
  t.throws(() => decodeCsv(Buffer.from('a\nCaf\xe9', 'latin1')), /Line 2 is not UTF-8/)
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
