import type { Field } from '../model/register-columns.ts'

/** One thing to say about a cell. `column` is its header. */
export interface CellRemark {
  readonly column: string | null
  readonly cell: string | null
  readonly detail: string
}

/** What is said about one line: why it is refused, and what a person should look at. */
export interface Remarks {
  refuse(field: Field | null, detail: string, part?: string): void
  warn(field: Field | null, detail: string, part?: string): void
  readonly errors: () => CellRemark[]
  readonly warnings: () => CellRemark[]
}

/** So much is said about one cell; a remark names its part of a cell, never the whole of a long one. */
const REMARKS_MAX = 20
const CELL_SHOWN = 200

export function remarksOn(headerOf: (field: Field) => string | null, cellOf: (field: Field) => string): Remarks {
  const errors: CellRemark[] = []
  const warnings: CellRemark[] = []
  const remark = (field: Field | null, detail: string, part?: string): CellRemark => ({
    column: field === null ? null : headerOf(field),
    cell: field === null && part === undefined ? null : shownCell(part ?? (field === null ? '' : cellOf(field))),
    detail,
  })
  return {
    refuse: (...said) => void errors.push(remark(...said)),
    warn: (...said) => void warnings.push(remark(...said)),
    errors: () => bounded(errors),
    warnings: () => bounded(warnings),
  }
}

/** A cell as it is shown: cut where it is long; null where it is empty. */
export function shownCell(text: string, most = CELL_SHOWN): string | null {
  return text.length > most ? `${text.slice(0, most)}...` : text || null
}

/** The first so many remarks on each column, and how many more there are. */
function bounded(remarks: readonly CellRemark[]): CellRemark[] {
  const byColumn = new Map<string | null, CellRemark[]>()
  for (const remark of remarks) {
    const known = byColumn.get(remark.column)
    if (known) known.push(remark)
    else byColumn.set(remark.column, [remark])
  }
  return [...byColumn].flatMap(([column, all]) =>
    all.length <= REMARKS_MAX
      ? all
      : [...all.slice(0, REMARKS_MAX), { column, cell: null, detail: `${all.length - REMARKS_MAX} more remarks like these on this cell.` }],
  )
}
