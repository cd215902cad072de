/**
 * Columns of the registers that organisations keep: what they call them, and what we call them.
 * Words: header (the cell of the first line), field (our name), mapping (which column holds which field).
 */

/** Fields of a register and the headers under which they are known, in plain letters and digits. */
export const FIELD_ALIASES = {
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
  type: ['type', 'agreement type', 'type of agreement', 'document type', 'instrument'],
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

const fieldOf = new Map<string, Field>(FIELDS.flatMap((field) => FIELD_ALIASES[field].map((alias): [string, Field] => [alias, field])))

/** The index of the header line: the first in which two headers are known, else the first that is not empty. -1: none. */
export function headerLine(lines: readonly (readonly string[])[]): number {
  const known = lines.slice(0, HEADER_LINES).findIndex((line) => line.filter((cell) => fieldOf.has(plain(cell))).length >= HEADERS_TO_KNOW)
  return known >= 0 ? known : lines.findIndex((line) => line.some((cell) => cell.trim() !== ''))
}

/** What each column is taken for. Where two columns claim one field the first has it. */
export function detectColumns(header: readonly string[]): DetectedColumn[] {
  const taken = new Set<Field>()
  return header.map((text, column) => {
    const field = fieldOf.get(plain(text)) ?? null
    if (field === null || taken.has(field)) return { column, header: text, field: null }
    taken.add(field)
    return { column, header: text, field }
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
