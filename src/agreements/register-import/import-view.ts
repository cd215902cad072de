import type { Overlap } from '../finding/overlap.ts'
import { type ColumnMapping, type DetectedColumn, detectColumns, type Field, NEEDED_FIELDS } from './columns.ts'
import type { PartnerReading } from './organisation-match.ts'
import type { RowStatus } from './plan.ts'
import type { CellRemark } from './row.ts'
import type { ImportStatus, StoredImport, StoredRow } from './stored-import.ts'

/** An import can be taken back for so long after it was committed (Policy). */
export const UNDO_HOURS = 24

/** An import as the API shows it, with some of its lines. */
export interface ImportView {
  readonly id: string
  readonly org: string
  readonly status: ImportStatus
  readonly row_version: string
  readonly file_hash: string
  readonly header_row: number
  readonly columns: readonly DetectedColumn[]
  readonly mapping: { readonly columns: ColumnMapping; readonly partners: Readonly<Record<string, string | null>> }
  readonly missing_fields: readonly Field[]
  readonly open_partners: StoredImport['openPartners']
  readonly counts: {
    readonly NEW: number
    readonly SAME: number
    readonly CHANGED: number
    readonly REFUSED: number
    readonly committed: number
    readonly undone: number
    readonly open: number
  }
  readonly uploaded_at: string
  readonly committed_at: string | null
  readonly undo_until: string | null
  readonly undone_at: string | null
  readonly rows: readonly RowView[]
  /** The line after which the next page begins; null: these were the last. */
  readonly next_after: number | null
}

export interface RowView {
  readonly row: number
  readonly status: RowStatus
  readonly title: string | null
  readonly reference: string | null
  readonly parties: readonly string[]
  /** The record it is, made, or would replace. */
  readonly agreement: string | null
  readonly committed: boolean
  readonly undone: boolean
  readonly errors: readonly CellRemark[]
  readonly warnings: readonly CellRemark[]
  readonly organisations: readonly PartnerReading[]
  readonly overlaps: readonly Overlap[]
}

/** Puts a stored import into the words of the API. Pure. */
export function importView(
  stored: StoredImport,
  counts: { readonly byStatus: Readonly<Record<string, number>>; readonly done: number; readonly undone: number; readonly open: number },
  page: { readonly rows: readonly StoredRow[]; readonly hasMore: boolean },
): ImportView {
  const count = (status: RowStatus) => counts.byStatus[status] ?? 0
  return {
    id: stored.id,
    org: stored.org,
    status: stored.status,
    row_version: stored.rowVersion,
    file_hash: stored.fileHash,
    header_row: stored.headerRow,
    columns: detectColumns(stored.header),
    mapping: { columns: stored.mapping, partners: stored.picks },
    missing_fields: NEEDED_FIELDS.filter((field) => stored.mapping[field] === undefined),
    open_partners: stored.openPartners,
    counts: {
      NEW: count('NEW'),
      SAME: count('SAME'),
      CHANGED: count('CHANGED'),
      REFUSED: count('REFUSED'),
      committed: counts.done,
      undone: counts.undone,
      open: counts.open,
    },
    uploaded_at: stored.uploadedAt,
    committed_at: stored.committedAt,
    undo_until: stored.committedAt === null ? null : new Date(Date.parse(stored.committedAt) + UNDO_HOURS * 3_600_000).toISOString(),
    undone_at: stored.undoneAt,
    rows: page.rows.map((row) => rowView(row, stored.org)),
    next_after: page.hasMore ? (page.rows.at(-1)?.row ?? null) : null,
  }
}

function rowView({ row, plan, agreementId, doneAt, undoneAt }: StoredRow, own: string): RowView {
  const { status, errors, warnings, organisations, overlaps, agreement } = plan
  return {
    row,
    status,
    title: plan.row?.title ?? null,
    reference: plan.row?.ref ?? null,
    parties: plan.row ? [own, ...plan.row.partners] : [],
    agreement: agreementId ?? agreement,
    committed: doneAt !== null && undoneAt === null,
    undone: undoneAt !== null,
    errors,
    warnings,
    organisations,
    overlaps,
  }
}
