import type { Field } from './columns.ts'
import { changedCells, notStated, type ReadRow, type RegisterRow, rowHash, sourceKey, withoutBlanks } from './row.ts'
import type { NamedRecord } from './same-record.ts'

/** NEW: not here yet. SAME: here as it is. CHANGED: here, and the register says something else now. REFUSED: not imported. */
export type RowStatus = 'NEW' | 'SAME' | 'CHANGED' | 'REFUSED'

/** What an earlier import left of a record. */
export interface KnownRecord {
  readonly agreement: string
  readonly hash: string
  /** What its line said. */
  readonly row: RegisterRow | null
  /** Whether anybody has acted on it since. */
  readonly isTouched: boolean
}

export interface PlannedRow extends Omit<ReadRow, 'inWords'> {
  readonly status: RowStatus
  /** null: refused before it was known what it is. */
  readonly key: string | null
  readonly hash: string | null
  /** The record it is, or would replace. */
  readonly agreement: string | null
}

/** Nothing is left to be said of a line that is the record as it stands. */
const SETTLED = { errors: [], warnings: [], questions: [] } as const

/**
 * What an import would do with each line, in order. A line that repeats an earlier one word for word is SAME; one that
 * contradicts an earlier one is refused, and so is a change of a record that somebody has acted on: it is changed here.
 */
export function planner(
  known: ReadonlyMap<string, KnownRecord>,
  headerOf: (field: Field) => string | null,
): (row: number, read: ReadRow, named: NamedRecord | null) => PlannedRow {
  const seen = new Map<string, { readonly row: number; readonly hash: string }>()
  const keyOf = new Map([...known].map(([key, { agreement }]) => [agreement, key]))
  return (number, { inWords: _, ...read }, named) => {
    const ownKey = named === null ? undefined : keyOf.get(named.agreement)
    if (named?.differs.length === 0) {
      const besides = named.beside.map((column) => ({
        column,
        cell: null,
        detail: `Not taken from a file: change ${named.agreement} here.`,
      }))
      const settled = { ...SETTLED, warnings: besides, row: read.read, key: ownKey ?? null, hash: null, agreement: named.agreement }
      return { ...read, ...settled, status: 'SAME' }
    }
    if (named !== null && ownKey === undefined) {
      const differs = named.differs.map((field) => headerOf(field) ?? field).join(', ')
      const detail = `${named.agreement} stands here and says otherwise in ${differs}: change it here.`
      const errors = [...read.errors, { column: headerOf('accord_ref'), cell: named.agreement, detail }]
      return { ...read, errors, row: null, status: 'REFUSED', key: null, hash: null, agreement: named.agreement }
    }
    // A line that is refused still says that its record has not gone from the register.
    if (read.row === null)
      return {
        ...{ ...read, status: 'REFUSED', hash: null, agreement: null },
        key: ownKey ?? (read.read.ref === null ? null : sourceKey(read.read)),
      }
    const key = ownKey ?? sourceKey(read.row)
    const record = known.get(key)
    const row = record?.row ? withoutBlanks(read.row, record.row) : read.row
    const hash = rowHash(row)
    const earlier = seen.get(key)
    const unstated = notStated(row).map((detail) => ({ column: null, cell: null, detail }))
    const planned = { ...read, warnings: [...read.warnings, ...unstated], row, read: row, key, hash, agreement: record?.agreement ?? null }
    const refuse = (detail: string): PlannedRow => ({
      ...planned,
      row: null,
      status: 'REFUSED',
      errors: [...read.errors, { column: null, cell: null, detail }],
    })
    const warned = (detail: string) => [...planned.warnings, { column: null, cell: null, detail }]
    if (earlier) {
      const again = `It repeats line ${earlier.row}`
      if (earlier.hash !== hash) return refuse(`${again} with other contents: only one of them can be right.`)
      return { ...planned, status: 'SAME', warnings: warned(`${again}.`) }
    }
    seen.set(key, { row: number, hash })
    if (row.start !== null && row.expiry !== null && row.expiry < row.start)
      return refuse(`It would end on ${row.expiry}, before it starts on ${row.start}: what this line leaves blank is as it was.`)
    if (!record) return { ...planned, status: 'NEW' }
    const kept = record.row && named === null ? changedCells(row, read.row).map((field) => headerOf(field as Field) ?? field) : []
    const warnings = kept.length > 0 ? warned(`Blank here, so left as it was: ${kept.join(', ')}.`) : planned.warnings
    if (record.hash === hash) return { ...planned, status: 'SAME', warnings }
    if (record.isTouched) return refuse(`${record.agreement} has been worked on here since it was imported: change it here.`)
    const changed = record.row ? changedCells(row, record.row).map((field) => headerOf(field as Field) ?? field) : []
    const detail = `It replaces ${record.agreement}. Other than before: ${changed.join(', ') || 'how it is read'}.`
    return { ...planned, status: 'CHANGED', warnings: [...warnings, { column: null, cell: null, detail }] }
  }
}
