import type { Cells } from '../model/record-cells.ts'
import type { ColumnMapping, Field } from '../model/register-columns.ts'
import type { ReadRow, RegisterRow } from './row.ts'
import { CELL_OF, plainReference } from './row-sameness.ts'

/** A line and what stands here under the reference that it names (`accord_ref`). */
export interface NamedRecord {
  readonly agreement: string
  /** What the line says otherwise than the record; none: it is the record as it stands. */
  readonly differs: readonly Field[]
  /** Headers of what an export writes besides, and no import reads, where the line says otherwise. */
  readonly beside: readonly string[]
}

/** What a line is known by, whatever else of it is read. */
const KNOWN_BY: ReadonlySet<Field> = new Set<Field>(['accord_ref', 'ref', 'title', 'partners'])

/** The cells of a line that differ from the record that it names, and those by which it is known; the others blank. */
export function onlyWhatDiffers(cells: readonly string[], mapping: ColumnMapping, { differs }: Pick<NamedRecord, 'differs'>): string[] {
  const columns = new Map((Object.entries(mapping) as [Field, number][]).map(([field, column]) => [column, field]))
  return cells.map((cell, column) => {
    const field = columns.get(column)
    return field === undefined || KNOWN_BY.has(field) || differs.includes(field) ? cell : ''
  })
}

/** Whether two cells are the same but for blanks and the form of letters. */
export function sameWords(one: string, other: string): boolean {
  return squeezed(one) === squeezed(other)
}

/**
 * The cells of a line that say something else than those of a record. A cell is the same where its words are, and where both are
 * wholly read and mean the same: a spreadsheet writes days and names in its own way. A blank says nothing.
 */
export function differingCells(line: ReadRow, record: ReadRow, cells: Cells): Field[] {
  const said = Object.entries(line.read.words) as [Field, string][]
  return said.flatMap(([field, text]) => (isSame(field, text) ? [] : [field]))

  function isSame(field: Field, text: string): boolean {
    if (sameWords(text, cells[field] ?? '')) return true
    if (field === 'accord_ref' || field === 'ref') return plainReference(text) === plainReference(cells[field] ?? '')
    const members = MEMBERS.get(field) ?? []
    const isRead = !line.inWords.has(field) && !record.inWords.has(field)
    return isRead && members.length > 0 && members.some(isStated) && members.every(isEqual)
  }
  function isStated(member: keyof RegisterRow): boolean {
    const value = line.read[member]
    return Array.isArray(value) ? value.length > 0 : value !== null
  }
  function isEqual(member: keyof RegisterRow): boolean {
    return JSON.stringify(inOrder(line.read[member])) === JSON.stringify(inOrder(record.read[member]))
  }
}

/** The members of a row that a cell is read into. */
const MEMBERS = new Map<Field, (keyof RegisterRow)[]>([['partners', ['partners']]])
for (const [member, field] of Object.entries(CELL_OF)) MEMBERS.set(field, [...(MEMBERS.get(field) ?? []), member as keyof RegisterRow])

function squeezed(text: string): string {
  return text.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
}

function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted() : value
}
