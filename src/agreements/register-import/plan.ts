import { type ReadRow, rowHash, sourceKey } from './row.ts'

/** NEW: not here yet. SAME: here as it is. CHANGED: here, and the register says something else now. REFUSED: not imported. */
export type RowStatus = 'NEW' | 'SAME' | 'CHANGED' | 'REFUSED'

/** What an earlier import left of a record. */
export interface KnownRecord {
  readonly agreement: string
  readonly hash: string
  /** Whether anybody has acted on it since. */
  readonly isTouched: boolean
}

export interface PlannedRow extends ReadRow {
  readonly status: RowStatus
  /** null: refused before it was known what it is. */
  readonly key: string | null
  readonly hash: string | null
  /** The record it is, or would replace. */
  readonly agreement: string | null
}

/**
 * What an import would do with each line, in order. A line that repeats an earlier one word for word is SAME; one that
 * contradicts an earlier one is refused, and so is a change of a record that somebody has acted on: it is changed here.
 */
export function plan(
  rows: readonly { readonly row: number; readonly read: ReadRow }[],
  known: ReadonlyMap<string, KnownRecord>,
): PlannedRow[] {
  const seen = new Map<string, { readonly row: number; readonly hash: string }>()
  return rows.map(({ row: number, read }) => {
    if (read.row === null) return { ...read, status: 'REFUSED', key: null, hash: null, agreement: null }
    const key = sourceKey(read.row)
    const hash = rowHash(read.row)
    const earlier = seen.get(key)
    const record = known.get(key)
    const agreement = record?.agreement ?? null
    const refuse = (detail: string): PlannedRow => ({
      ...read,
      row: null,
      status: 'REFUSED',
      key,
      hash,
      agreement,
      errors: [...read.errors, { column: null, cell: null, detail }],
    })
    if (earlier) {
      const again = `It repeats line ${earlier.row}`
      if (earlier.hash !== hash) return refuse(`${again} with other contents: only one of them can be right.`)
      return {
        ...read,
        status: 'SAME',
        key,
        hash,
        agreement,
        warnings: [...read.warnings, { column: null, cell: null, detail: `${again}.` }],
      }
    }
    seen.set(key, { row: number, hash })
    if (!record) return { ...read, status: 'NEW', key, hash, agreement: null }
    if (record.hash === hash) return { ...read, status: 'SAME', key, hash, agreement }
    if (record.isTouched) return refuse(`${record.agreement} has been worked on here since it was imported: change it here.`)
    return { ...read, status: 'CHANGED', key, hash, agreement }
  })
}
