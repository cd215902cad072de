/**
 * Columns of the registers that organisations keep: what they call them, and what we call them.
 * Words: header (the cell of the first line), field (our name), mapping (which column holds which field).
 */

/** Fields of a register and the headers under which they are known, in plain letters and digits. */
export const FIELD_ALIASES = {
  /** The reference of the agreement here, in a register that was exported from here. */
  accord_ref: ['accord reference'],
  ref: [
    'ref',
    'reference',
    'ref no',
    'reference number',
    'isa ref',
    'dsa ref',
    'agreement ref',
    'agreement reference',
    'id',
    'agreement id',
    'no',
    'number',
    'isa number',
  ],
  title: [
    'title',
    'name',
    'name of agreement',
    'agreement',
    'agreement name',
    'agreement title',
    'isa name',
    'name of information share',
    'name of isa',
  ],
  service: ['service', 'directorate', 'department', 'service directorate', 'service area', 'business area', 'team', 'business function'],
  lead: ['lead officer', 'lead', 'owner', 'information asset owner', 'iao', 'contact', 'responsible officer', 'agreement owner'],
  partners: [
    'controller names',
    'organisation name',
    'name of organisation',
    'data recipient',
    'recipient',
    'recipient organisation',
    'partner names',
    'partner name',
    'who with',
    'partner',
    'partners',
    'partner s',
    'partner organisation',
    'partner organisations',
    'parties',
    'organisations',
    'shared with',
    'controllers',
    'data controllers',
    'other parties',
    'signatories',
    'third party',
    'third parties',
  ],
  role: ['our role', 'role', 'role of the council', 'our data protection role', 'controller or processor'],
  type: ['type', 'agreement type', 'type of agreement', 'document type', 'instrument', 'type of sharing'],
  purpose: ['purpose', 'purposes', 'purpose of sharing', 'reason for sharing', 'purpose of processing', 'objective'],
  data: [
    'data shared',
    'data',
    'data items',
    'information shared',
    'disclosed information',
    'categories of data',
    'records description',
    'what is shared',
    'dataset',
    'data source',
    'personal data shared',
  ],
  subjects: ['data subjects', 'subjects', 'categories of people', 'categories of individuals', 'whose data', 'individuals'],
  personal: ['personal', 'personal data', 'contains personal information', 'personal information'],
  special: [
    'special',
    'special category',
    'special category data',
    'contains special information',
    'sensitive',
    'special categories',
    'sensitive data',
  ],
  legal_basis: [
    'legal basis',
    'lawful basis',
    'legal basis for provision of data',
    'basis',
    'gdpr basis',
    'art 6 basis',
    'article 6',
    'article 6 basis',
    'condition for processing',
  ],
  power: [
    'statutory power',
    'power',
    'legal power',
    'legislation',
    'legal gateway',
    'gateway',
    'statutory gateway',
    'power or duty',
    'legal powers',
  ],
  direction: ['direction', 'in out', 'direction of flow', 'flow', 'sharing direction', 'one way two way'],
  method: ['method', 'transfer method', 'method of transfer', 'how shared', 'method of sharing', 'how is data shared'],
  frequency: ['frequency', 'how often', 'frequency of sharing'],
  dpia_ref: ['dpia ref', 'dpia', 'dpia reference', 'pia', 'pia ref', 'dpia number'],
  dpia_date: ['dpia date', 'date of dpia', 'pia date', 'dpia completed'],
  signed_on: ['date signed', 'signed', 'signed on', 'signature date', 'date of signature', 'signed date'],
  signed_by: ['signed by', 'signatory', 'signed off by', 'approved by'],
  start: ['start', 'start date', 'commencement', 'effective from', 'effective date', 'from', 'date started', 'commencement date'],
  expiry: ['expiry', 'expiry date', 'end', 'end date', 'expires', 'effective to', 'to', 'valid until', 'date ended'],
  review: ['review', 'review date', 'next review', 'review due', 'date of review', 'next review date', 'review dates'],
  retention: ['retention', 'retention period', 'retention id', 'how long kept', 'data retention'],
  location: ['location', 'location of document', 'document location', 'link', 'url', 'file location', 'where held'],
  status: ['status', 'state', 'current status'],
  notes: ['notes', 'note', 'comments', 'remarks', 'comment'],
} as const satisfies Record<string, readonly string[]>
export type Field = keyof typeof FIELD_ALIASES
export const FIELDS = Object.keys(FIELD_ALIASES) as readonly Field[]

/** Without these a line is no record of an agreement. */
export const NEEDED_FIELDS: readonly Field[] = ['title', 'partners']

/** Which column, counted from 0, holds which field. */
export type ColumnMapping = Readonly<Partial<Record<Field, number>>>

/** A column of the file as it was found. */
export interface DetectedColumn {
  readonly column: number
  readonly header: string
  /** What it was taken for; null: nobody knows. */
  readonly field: Field | null
}

/** Registers often begin with a heading; the header line is looked for among so many lines. */
const HEADER_LINES = 10
const HEADERS_TO_KNOW = 2

const fieldOf = new Map(
  FIELDS.flatMap((field) => FIELD_ALIASES[field].map((alias, rank): [string, { field: Field; rank: number }] => [alias, { field, rank }])),
)

/** The field that a header names; what stands in brackets is left out where the whole is not known: "Start (dd/mm/yyyy)". */
function fieldNamed(header: string): { readonly field: Field; readonly rank: number } | undefined {
  return fieldOf.get(plain(header)) ?? fieldOf.get(plain(header.replaceAll(/\([^)]*\)|\[[^\]]*\]/g, ' ')))
}

/** How many different fields a line names as headers do. What stands in it twice ("No") is a value, no header. */
export function fieldsNamed(line: readonly string[]): number {
  const times = new Map<string, number>()
  for (const cell of line) times.set(plain(cell), (times.get(plain(cell)) ?? 0) + 1)
  return new Set(line.flatMap((cell) => (times.get(plain(cell)) === 1 ? (fieldNamed(cell)?.field ?? []) : []))).size
}

/**
 * The index of the header line: among the first lines that with most different fields known, at least two; else the first
 * that is not empty, unless a number or a day stands in it. -1: the file has none.
 */
export function headerLine(lines: readonly (readonly string[])[]): number {
  const known = lines.slice(0, HEADER_LINES).map(fieldsNamed)
  const most = Math.max(0, ...known)
  if (most >= HEADERS_TO_KNOW) return known.indexOf(most)
  const first = lines.findIndex((line) => line.some((cell) => cell.trim() !== ''))
  const isRecord = (lines[first] ?? []).some((cell) => /^\s*\d[\d/.: -]*\s*$/.test(cell))
  return isRecord ? -1 : first
}

/** Names for the columns of a file that has no header line. */
export function namelessColumns(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `Column ${index + 1}`)
}

/** What each column is taken for. Where several claim one field, that with its most usual name has it, the first of equal ones. */
export function detectColumns(header: readonly string[]): DetectedColumn[] {
  const named = header.map(fieldNamed)
  const best = new Map<Field, number>()
  for (const [column, found] of named.entries()) {
    const other = found && best.get(found.field)
    if (found && (other === undefined || found.rank < (named[other]?.rank ?? 0))) best.set(found.field, column)
  }
  return header.map((text, column) => {
    const field = named[column]?.field
    return { column, header: text, field: field !== undefined && best.get(field) === column ? field : null }
  })
}

/** The mapping that the detected columns propose. */
export function proposedMapping(columns: readonly DetectedColumn[]): ColumnMapping {
  return Object.fromEntries(columns.flatMap(({ field, column }) => (field === null ? [] : [[field, column]])))
}

/** Letters and digits in small, words apart by one blank: "Partner(s)" and "partners" read alike. */
export function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('(s)', 's')
    .replaceAll('&', ' and ')
    .replaceAll(/['’?*]/g, '')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
}
