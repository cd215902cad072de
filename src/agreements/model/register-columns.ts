/**
 * Columns of the registers that organisations keep: what they call them, and what we call them.
 * Words: header (the cell of the first line), field (our name), mapping (which column holds which field).
 */
import REGISTER_FIELDS from './register-fields.json' with { type: 'json' }

/** Fields of a register: what an export calls each, and the headers under which an import knows it, in plain letters and digits. */
export type Field = keyof typeof REGISTER_FIELDS
/** In the order of the columns of an export. */
export const FIELDS = Object.keys(REGISTER_FIELDS) as readonly Field[]

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
  FIELDS.flatMap((field) =>
    REGISTER_FIELDS[field].known_as.map((alias, rank): [string, { field: Field; rank: number }] => [alias, { field, rank }]),
  ),
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
