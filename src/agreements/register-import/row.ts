import { plainTerm, type Vocabulary } from '../../reference/vocabulary.ts'
import { dayFaults } from '../model/dates.ts'
import { type ColumnMapping, FIELDS, type Field } from '../model/register-columns.ts'
import { type AnswerValue, ASKED_MAX, type CellField, isNeeded } from './answers.ts'
import {
  type DateOrder,
  type DayReading,
  isAbsent,
  isDoubted,
  isFormula,
  MONTH_WORDS,
  type Reading,
  readDay,
  readDirection,
  readTerm,
  readText,
  readYesNo,
  splitList,
} from './cells.ts'
import type { CodeMatch } from './code-match.ts'
import { isDenied, namedBases } from './lawful-bases.ts'
import { type PartnerContext, readPartners } from './partners-cell.ts'
import type { CellQuestion } from './questions.ts'
import { type CellRemark, remarksOn } from './remarks.ts'

/** What a line says, in our codes where it names them as a whole, else in its own words. null and empty: it does not say. */
export interface RegisterRow {
  readonly ref: string | null
  readonly title: string
  /** Codes of the other bodies, sorted; the importing one is not among them. */
  readonly partners: readonly string[]
  readonly instrument_type: string | null
  /** PARTY_ROLE of the importing body. */
  readonly role: string | null
  readonly standing: 'ACTIVE' | 'DRAFT' | 'TERMINATED' | null
  readonly purpose: string | null
  readonly data_items: readonly string[]
  readonly data_subjects: readonly string[]
  readonly art6: readonly string[]
  readonly art9: readonly string[]
  readonly gateways: readonly string[]
  readonly direction: 'IN' | 'OUT' | 'BOTH' | null
  readonly methods: readonly string[]
  readonly frequency: string | null
  readonly special: boolean | null
  /** Whether the register says that there is, or must be, an assessment. */
  readonly dpia: boolean | null
  readonly signed_on: string | null
  readonly start: string | null
  readonly expiry: string | null
  readonly review: string | null
  /** Every recognised cell that says something, as it stands, by field. */
  readonly words: Readonly<Partial<Record<Field, string>>>
  /** What nobody stated, so that the record holds what is usual until somebody does. */
  readonly not_stated?: readonly Field[]
  /** PARTY_ROLE of the others, where neither the type nor the own role says it of all of them. */
  readonly partner_roles?: readonly PartnerRole[]
  /** What further lines of the same agreement say of what is shared; absent: it has one line. */
  readonly datasets?: readonly Dataset[]
}

export interface PartnerRole {
  readonly org: string
  readonly role: string
}

/** What one line says of what is shared; the rest of a line is about the agreement. */
export interface Dataset extends Pick<RegisterRow, DatasetMember> {
  readonly words: RegisterRow['words']
}
export const DATASET_MEMBERS = [
  ...(['purpose', 'data_items', 'data_subjects', 'art6', 'art9', 'gateways', 'direction', 'methods', 'frequency', 'special'] as const),
] as const
export type DatasetMember = (typeof DATASET_MEMBERS)[number]

/** A line as it was read. `row` is null where it cannot be imported; `errors` say why, `read` what was read all the same. */
export interface ReadRow {
  readonly row: RegisterRow | null
  readonly read: RegisterRow
  readonly errors: readonly CellRemark[]
  readonly warnings: readonly CellRemark[]
  /** What a person has to say, or may confirm. */
  readonly questions: readonly CellQuestion[]
  /** Fields of which something was kept in words alone. */
  readonly inWords: ReadonlySet<Field>
}

/** What lines are read with. */
export interface RowContext extends PartnerContext {
  readonly header: readonly string[]
  readonly mapping: ColumnMapping
  readonly codes: CodeMatch
  readonly vocabularies: ReadonlyMap<string, Vocabulary>
  readonly dateOrder: DateOrder
  /** London local date. */
  readonly today: string
  /** Organisations that are processors and nothing else. */
  readonly isProcessor: (org: string) => boolean
}

const TITLE_MAX = 300
const REF_MAX = 300
/** Words that may stand beside the number of an assessment. */
const REFERENCE_WORDS = new Set([
  ...['dpia', 'pia', 'dpias', 'ref', 'reference', 'number', 'id', 'version', 'v', 'see', 'yes', 'and'],
  ...['completed', 'complete', 'approved', 'dated', 'signed', ...MONTH_WORDS],
])
/** More parts than this are prose, which no code has the name of. */
const PARTS_MAX = 200

/** Reads one line. Pure; the same line with the same mapping and answers always reads the same. */
export function readRow(cells: readonly string[], context: RowContext): ReadRow {
  const { header, mapping, codes, answerTo, today } = context
  const cell = (field: Field) => (mapping[field] === undefined ? '' : (cells[mapping[field]] ?? '').normalize('NFC').trim())
  const remarks = remarksOn((field) => (mapping[field] === undefined ? null : (header[mapping[field]] ?? null)), cell)
  const questions: CellQuestion[] = []
  const inWords = new Set<Field>()
  const words = (name: string): Vocabulary => context.vocabularies.get(name) ?? new Map()

  const take = <T>(field: Field, { value, note, fault }: Reading<T>): T | null => {
    if (fault) remarks.refuse(field, fault)
    if (note) remarks.warn(field, note)
    return value
  }
  const day = (field: Field, isPast = false) => {
    const reading: DayReading = { order: context.dateOrder, today, words: words('NO_END'), isPast }
    return take(field, readDay(cell(field), reading))
  }
  /** What a cell means: as its vocabulary says, else as a person answered, else it is asked. */
  const meaning = <T>(
    field: CellField,
    read: Reading<T>,
    fromAnswer: (answer: AnswerValue) => T | null,
    isSaid = 'It is not known what this means',
  ): T | null => {
    const answer = answerTo(field, cell(field))
    if (answer !== undefined && cell(field) !== '') return fromAnswer(answer)
    if (!read.asks) return take(field, read)
    inWords.add(field)
    if (cell(field).length <= ASKED_MAX) questions.push({ field, text: cell(field), takenFor: [] })
    if (isNeeded({ field, takenFor: [] })) remarks.refuse(field, `${isSaid}. Say what it stands for.`)
    else remarks.warn(field, `${isSaid}: kept in words and left open. Say what it stands for.`)
    return null
  }
  const code = (answer: AnswerValue) => (typeof answer === 'string' ? answer : null)
  const yes = (answer: AnswerValue) => (answer === 'YES' ? true : answer === 'NO' ? false : null)
  const listed = (list: string, field: Field): readonly string[] => {
    const found = codes.codes(list, commaList(cell(field)))
    if (found.unknown.length > 0) {
      inWords.add(field)
      remarks.warn(field, `Kept in words, since no code has this name: ${found.unknown.slice(0, 5).join(', ').slice(0, 200)}.`)
    }
    return found.codes
  }

  if (cells.slice(header.length).some((text) => text.trim() !== ''))
    remarks.refuse(null, `The line has ${cells.length} cells and the header ${header.length}: a quotation mark may be missing.`)
  for (const [column, text] of cells.entries()) {
    if (isFormula(text)) remarks.warn(fieldAt(mapping, column), 'Looks like a formula. It was kept as text and is never run.', text)
  }
  const title = take('title', readText(cell('title')))
  if (title === null) remarks.refuse('title', 'The agreement has no title.')
  else if (title.length > TITLE_MAX) remarks.refuse('title', `The title is longer than ${TITLE_MAX} characters.`)
  const ref = take('ref', readText(cell('ref')))
  if (ref !== null && ref.length > REF_MAX) remarks.refuse('ref', `The reference is longer than ${REF_MAX} characters.`)
  const partners = readPartners(cell('partners'), context, remarks, questions)
  const [start, expiry, signed_on] = [day('start'), day('expiry'), day('signed_on', true)]
  for (const { detail } of dayFaults(start, expiry, '/expiry')) remarks.refuse('expiry', detail)
  if (!isAbsent(cell('dpia_date'))) day('dpia_date', true)
  const said = meaning('status', readTerm(cell('status'), words('STATUS')), code)
  const standing = standingFromStatus(said, expiry, today, (detail) => remarks.refuse('status', detail))
  const isPersonal = meaning('personal', readYesNo(cell('personal'), words('YES_NO')), yes)
  const type = meaning('type', readType(cell('type'), words('TYPE'), isPersonal), code)
  const bases = basesOf()
  function basesOf(): readonly string[] {
    const text = cell('legal_basis')
    if (isAbsent(text)) return []
    const named = namedBases(text, words('LAWFUL_BASIS'))
    if (named.denied.length > 0)
      remarks.warn('legal_basis', `It says that ${named.denied.join(', ')} is not relied on; that was not taken for a basis.`)
    const isOpen = named.isDoubtful || named.codes.length === 0
    const read: Reading<readonly string[]> = isOpen ? { value: null, asks: true } : { value: named.codes }
    return (
      meaning(
        'legal_basis',
        read,
        (answer) => (Array.isArray(answer) ? answer : typeof answer === 'string' ? [answer] : null),
        'It names no lawful basis that is certain',
      ) ?? []
    )
  }
  const purposes = listed('PURPOSE', 'purpose')
  const read: RegisterRow = {
    ...{ ref, title: title ?? '', partners, instrument_type: type, standing, start, expiry, signed_on },
    role: meaning('role', readTerm(cell('role'), words('ROLE')), code),
    purpose: purposes[0] ?? null,
    data_items: listed('DATA_ITEM', 'data'),
    data_subjects: listed('DATA_SUBJECT', 'subjects'),
    art6: bases.filter((basis) => !basis.startsWith('9(')),
    art9: bases.filter((basis) => basis.startsWith('9(')),
    gateways: gatewaysOf(),
    direction: meaning(
      'direction',
      readDirection(cell('direction'), words('DIRECTION'), (name) => context.lookup(name).orgs.includes(context.own)),
      code,
    ) as RegisterRow['direction'],
    methods: listed('METHOD', 'method'),
    frequency: meaning('frequency', frequencyOf(), code),
    special: meaning('special', readYesNo(cell('special'), words('YES_NO')), yes),
    dpia: isAbsent(cell('dpia_date')) ? meaning('dpia_ref', assessmentOf(cell('dpia_ref'), words('YES_NO')), yes) : true,
    review: day('review'),
    words: Object.fromEntries(FIELDS.flatMap((field) => (cell(field) === '' ? [] : [[field, cell(field)]]))),
  }
  function gatewaysOf(): string[] {
    const parts = partsOf(splitList(cell('power')))
    if (parts.some(isDenied)) remarks.warn('power', 'Kept in words: a power that is denied or doubted was not taken for one.')
    return [...new Set([...codes.codes('GATEWAY', commaList(cell('power'))).codes, ...parts.flatMap((part) => codes.gateways(part))])]
  }
  function frequencyOf(): Reading<string> {
    const [known] = codes.codes('FREQUENCY', [cell('frequency')]).codes
    return known ? { value: known } : readTerm(cell('frequency'), words('FREQUENCY'))
  }
  const errors = remarks.errors()
  return { row: errors.length > 0 ? null : read, read, errors, warnings: remarks.warnings(), questions, inWords }
}

/** EXPIRED is no status of its own: it has ended by its last day, which must then lie behind us. */
export function standingFromStatus(
  said: string | null,
  expiry: string | null,
  today: string,
  refuse: (detail: string) => void,
): RegisterRow['standing'] {
  if (said !== 'EXPIRED') return said as RegisterRow['standing']
  if (expiry === null) return 'TERMINATED'
  if (expiry >= today) refuse(`It is said to have expired, and its last day is ${expiry}: only one of them can be right.`)
  return 'ACTIVE'
}

function readType(cell: string, vocabulary: Vocabulary, isPersonal: boolean | null): Reading<string> {
  if (isPersonal === false && ['mou', 'memorandum of understanding'].includes(plainTerm(cell))) return { value: 'MOU_NON_PERSONAL' }
  return readTerm(cell, vocabulary)
}

/** A yes, a no, or a reference, which stands for an assessment that was made; other words, beside a number too, are asked. */
function assessmentOf(cell: string, vocabulary: Vocabulary): Reading<boolean> {
  const read = readYesNo(cell, vocabulary)
  if (vocabulary.get(plainTerm(cell)) === 'UNKNOWN' && !isAbsent(cell)) return { value: null, asks: true }
  return read.asks && !isDoubted(cell) && cell.split(/\s+/).every((word) => isOfReference(word)) && /\d|:\/\//.test(cell)
    ? { value: true }
    : read
}

/** What a reference is made of: numbers, with whatever is joined to them, addresses, and the words that stand beside them. */
function isOfReference(word: string): boolean {
  return /\d|:\/\//.test(word) || REFERENCE_WORDS.has(plainTerm(word)) || /^[-–—/,;:.&()]+$/.test(word)
}

function fieldAt(mapping: ColumnMapping, column: number): Field | null {
  return FIELDS.find((field) => mapping[field] === column) ?? null
}

function commaList(cell: string): string[] {
  return partsOf(splitList(cell.replaceAll(',', ';')))
}

function partsOf(parts: string[]): string[] {
  return parts.length > PARTS_MAX ? [] : parts
}
