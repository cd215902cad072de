import { canonicalJson, sha256Hex } from '../../audit/format/canonical-json.ts'
import { isAbsent, isFormula, type Reading, readDay, readText, readYesNo, splitList } from './cells.ts'
import { type CodeMatch, lawfulBases } from './code-match.ts'
import { type ColumnMapping, type Field, plain } from './columns.ts'
import type { PartnerLookup, PartnerReading } from './organisation-match.ts'

/** What a line says, in our codes where it names them word for word, else in its own words. */
export interface RegisterRow {
  readonly ref: string | null
  readonly title: string
  /** Codes of the other bodies, sorted; the importing one is not among them. */
  readonly partners: readonly string[]
  readonly instrument_type: string
  readonly standing: 'ACTIVE' | 'DRAFT' | 'TERMINATED'
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
  readonly dpia: boolean
  readonly signed_on: string | null
  readonly start: string | null
  readonly expiry: string | null
  readonly review: string | null
  /** The cells kept in words, by field. */
  readonly words: Readonly<Partial<Record<Field, string>>>
}

/** One thing to say about a cell. `column` is its header. */
export interface CellRemark {
  readonly column: string | null
  readonly cell: string | null
  readonly detail: string
}

/** A line as it was read. `row` is null where it cannot be imported; `errors` say why. */
export interface ReadRow {
  readonly row: RegisterRow | null
  readonly errors: readonly CellRemark[]
  readonly warnings: readonly CellRemark[]
  /** Partners whose name is not exactly one of the register's. */
  readonly organisations: readonly PartnerReading[]
}

/** What lines are read with. */
export interface RowContext {
  readonly header: readonly string[]
  readonly mapping: ColumnMapping
  readonly lookup: PartnerLookup
  readonly codes: CodeMatch
  /** What a person decided about names that nobody knew: a code, or null to leave it out. */
  readonly picks: Readonly<Record<string, string | null>>
  /** Code of the importing organisation. */
  readonly own: string
  /** Organisations that no longer exist. */
  readonly isGone: (org: string) => boolean
}

const TITLE_MAX = 300
const IN_WORDS: readonly Field[] = [
  'service',
  'lead',
  'purpose',
  'data',
  'subjects',
  'personal',
  'legal_basis',
  'power',
  'method',
  'frequency',
  'dpia_ref',
  'dpia_date',
  'signed_by',
  'retention',
  'location',
  'status',
  'notes',
  'type',
]

/** Reads one line. Pure; the same line with the same mapping and picks always reads the same. */
export function readRow(cells: readonly string[], context: RowContext): ReadRow {
  const { header, mapping, codes } = context
  const errors: CellRemark[] = []
  const warnings: CellRemark[] = []
  const cell = (field: Field) => (mapping[field] === undefined ? '' : (cells[mapping[field]] ?? '').trim())
  const remark = (field: Field, detail: string): CellRemark => ({
    column: mapping[field] === undefined ? null : (header[mapping[field]] ?? null),
    cell: cell(field) || null,
    detail,
  })
  const take = <T>(field: Field, read: (cell: string) => Reading<T>): T | null => {
    const { value, note, fault } = read(cell(field))
    if (fault) errors.push(remark(field, fault))
    if (note) warnings.push(remark(field, note))
    return value
  }
  if (cells.length > header.length && cells.slice(header.length).some((text) => text.trim() !== '')) {
    errors.push({
      column: null,
      cell: null,
      detail: `The line has ${cells.length} cells and the header ${header.length}: a quotation mark may be missing.`,
    })
  }
  cells.forEach((text, column) => {
    if (isFormula(text))
      warnings.push({ column: header[column] ?? null, cell: text, detail: 'Looks like a formula. It was kept as text and is never run.' })
  })
  const title = take('title', readText)
  if (title === null) errors.push(remark('title', 'The agreement has no title.'))
  else if (title.length > TITLE_MAX) errors.push(remark('title', `The title is longer than ${TITLE_MAX} characters.`))
  const { partners, organisations } = readPartners(cell('partners'), context, remark, { errors, warnings })
  const start = take('start', readDay)
  const expiry = take('expiry', readDay)
  if (start !== null && expiry !== null && expiry < start)
    errors.push(remark('expiry', `It ends on ${expiry}, before it starts on ${start}.`))
  const special = take('special', readYesNo)
  const listed = (list: string, field: Field): readonly string[] => {
    const found = codes.codes(list, commaList(cell(field)))
    if (found.unknown.length > 0)
      warnings.push(remark(field, `Kept in words, since no code has this name: ${found.unknown.slice(0, 5).join(', ')}.`))
    return found.codes
  }
  const legal = lawfulBases(cell('legal_basis'))
  const purposes = listed('PURPOSE', 'purpose')
  const row: RegisterRow = {
    ref: take('ref', readText),
    title: title ?? '',
    partners,
    instrument_type: instrumentType(cell('type'), take('personal', readYesNo)),
    standing: standing(cell('status')),
    purpose: purposes[0] ?? null,
    data_items: listed('DATA_ITEM', 'data'),
    data_subjects: listed('DATA_SUBJECT', 'subjects'),
    art6: legal.art6,
    art9: legal.art9,
    gateways: [
      ...new Set([
        ...codes.codes('GATEWAY', commaList(cell('power'))).codes,
        ...splitList(cell('power')).flatMap((part) => codes.gateways(part)),
      ]),
    ],
    direction: direction(cell('direction')),
    methods: listed('METHOD', 'method'),
    frequency: codes.codes('FREQUENCY', [cell('frequency')]).codes[0] ?? null,
    special,
    dpia: !isAbsent(cell('dpia_ref')) || !isAbsent(cell('dpia_date')),
    signed_on: take('signed_on', readDay),
    start,
    expiry,
    review: take('review', readDay),
    words: Object.fromEntries(IN_WORDS.flatMap((field) => (isAbsent(cell(field)) ? [] : [[field, cell(field)]]))),
  }
  return { row: errors.length > 0 ? null : row, errors, warnings, organisations }
}

/** The hash by which a line is known again: of what it says, not of how it is written. */
export function rowHash(row: RegisterRow): string {
  return sha256Hex(canonicalJson(row))
}

/** By what a record is known from one import to the next: its reference, else its title and partners. SHA-256, hex. */
export function sourceKey(row: RegisterRow): string {
  return sha256Hex(
    row.ref === null ? `title:${plain(row.title)}|${row.partners.join(',')}` : `ref:${row.ref.toLowerCase().replaceAll(/\s+/g, ' ')}`,
  )
}

function readPartners(
  cell: string,
  { lookup, picks, own, isGone }: RowContext,
  remark: (field: Field, detail: string) => CellRemark,
  { errors, warnings }: { readonly errors: CellRemark[]; readonly warnings: CellRemark[] },
): { partners: string[]; organisations: PartnerReading[] } {
  const read = splitList(cell).flatMap((text) => readOne(text, lookup))
  const partners = new Set<string>()
  const organisations: PartnerReading[] = []
  for (const reading of read) {
    const picked = picks[reading.text]
    if (picked === null) {
      warnings.push(remark('partners', `"${reading.text}" was left out, as decided.`))
      continue
    }
    const orgs = picked === undefined ? reading.orgs : [picked]
    if (orgs.length === 0) {
      organisations.push(reading)
      const near = reading.matches.slice(0, 3).map(({ name }) => name)
      errors.push(
        remark(
          'partners',
          `"${reading.text}" is not in the register.${near.length > 0 ? ` Did you mean ${near.join(', ')}?` : ''} Pick who is meant.`,
        ),
      )
    } else if (picked === undefined && reading.matches.length > 0) {
      organisations.push(reading)
      warnings.push(remark('partners', `"${reading.text}" was taken for ${reading.matches[0]?.name}.`))
    }
    for (const org of orgs) {
      if (isGone(org))
        warnings.push(remark('partners', `${org} no longer exists: its signature does not carry over to whoever took its place.`))
      if (org !== own) partners.add(org)
    }
  }
  if (partners.size === 0 && errors.every(({ column }) => column !== remark('partners', '').column)) {
    errors.push(remark('partners', 'It names no other organisation.'))
  }
  return { partners: [...partners].sort(), organisations }
}

/** Commas separate partners only where every part is a name that the register knows: some names hold a comma. */
function readOne(text: string, lookup: PartnerLookup): PartnerReading[] {
  const whole = lookup(text)
  if (whole.orgs.length > 0 || !text.includes(',')) return [whole]
  const parts = text.split(',').map((part) => lookup(part.trim()))
  return parts.every(({ orgs }) => orgs.length > 0) ? parts : [whole]
}

function commaList(cell: string): string[] {
  return splitList(cell.replaceAll(',', ';'))
}

function instrumentType(cell: string, isPersonal: boolean | null): string {
  const type = plain(cell)
  if (/tier 1/.test(type)) return 'TIER1_FRAMEWORK'
  if (/tier 2/.test(type)) return 'TIER2_PROTOCOL'
  if (/joint/.test(type)) return 'JOINT_CONTROLLER'
  if (/processing|processor|^dpa$/.test(type)) return 'CONTROLLER_TO_PROCESSOR'
  if (/mou|memorandum/.test(type) && isPersonal === false) return 'MOU_NON_PERSONAL'
  return 'CONTROLLER_TO_CONTROLLER'
}

function standing(cell: string): RegisterRow['standing'] {
  const text = plain(cell)
  if (/draft|develop|progress|pending|proposed|awaiting/.test(text)) return 'DRAFT'
  return /terminat|ended|closed|withdrawn|cancel|archiv|ceased/.test(text) ? 'TERMINATED' : 'ACTIVE'
}

function direction(cell: string): RegisterRow['direction'] {
  const text = plain(cell)
  if (/two way|both|2 way|bi|in and out|in out|mutual/.test(text)) return 'BOTH'
  if (/^(in|inbound|incoming|received|receive|to us)$/.test(text)) return 'IN'
  return /^(out|outbound|outgoing|sent|send|from us)$/.test(text) ? 'OUT' : null
}
