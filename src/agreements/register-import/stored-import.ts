import type { AgreementStatus } from '../agreement.ts'
import type { Overlap } from '../model/overlap.ts'
import type { ColumnMapping } from '../model/register-columns.ts'
import type { CellAnswer } from './answers.ts'
import type { DateOrder } from './cells.ts'
import type { PartnerReading } from './organisation-match.ts'
import type { RowStatus } from './plan.ts'
import type { CellRemark } from './remarks.ts'
import type { RegisterRow } from './row.ts'

/** READY: a dry run. COMMITTING: some lines are in, the rest follows with the next call. */
export type ImportStatus = 'READY' | 'COMMITTING' | 'COMMITTED' | 'UNDONE'

export interface StoredImport {
  readonly id: string
  readonly org: string
  readonly status: ImportStatus
  /** SHA-256 of the file's text, hex. */
  readonly fileHash: string
  readonly header: readonly string[]
  /** The line with the headers, from 1; 0: there is none. */
  readonly headerRow: number
  readonly dateOrder: DateOrder
  readonly mapping: ColumnMapping
  /** What people said of cells that nobody could read, in this file or an earlier one. */
  readonly answers: readonly CellAnswer[]
  readonly rowVersion: string
  readonly uploadedAt: string
  readonly committedAt: string | null
  readonly undoneAt: string | null
}

/** An import as it stands in a list. */
export interface ListedImport extends Pick<StoredImport, 'id' | 'org' | 'status' | 'uploadedAt' | 'committedAt' | 'undoneAt'> {
  /** Below its headers. */
  readonly lines: number
}

/** What the dry run found for a line. */
export interface RowPlan {
  readonly status: RowStatus
  readonly key: string | null
  readonly hash: string | null
  /** The record it is or would replace. */
  readonly agreement: string | null
  readonly row: RegisterRow | null
  /** What was read, of a refused line too. */
  readonly read: RegisterRow
  readonly errors: readonly CellRemark[]
  readonly warnings: readonly CellRemark[]
  /** Names that are not exactly known, and whom they were taken for: the first of them. */
  readonly organisations: readonly Pick<PartnerReading, 'text' | 'orgs'>[]
  readonly overlaps: readonly Overlap[]
}

export interface StoredRow {
  readonly row: number
  readonly cells: readonly string[]
  readonly plan: RowPlan
  /** The record it made; null until it was committed. */
  readonly agreementId: string | null
  readonly replaced: ReplacedRecord | null
  readonly doneAt: string | null
  readonly undoneAt: string | null
}

/** A record that a changed line replaced, as it stood. */
export interface ReplacedRecord {
  readonly agreement: string
  readonly hash: string
  readonly importId: string
  readonly row: number
  /** Its status, its end and the status of its versions, to be put back. */
  readonly status: AgreementStatus
  readonly terminatedAt?: string | null
  readonly versions: readonly { readonly version: number; readonly status: string }[]
  readonly isWithdrawn: boolean
}

/** Which record a line of a register is at present. */
export interface ImportedRecordRow {
  readonly agreement: string
  readonly hash: string
  readonly actCount: number
  readonly importId: string
  readonly row: number
}
