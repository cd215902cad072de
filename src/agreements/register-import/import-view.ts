import type { Overlap } from '../model/overlap.ts'
import { type ColumnMapping, type DetectedColumn, detectColumns, type Field, NEEDED_FIELDS } from '../model/register-columns.ts'
import type { AskedField, CellAnswer } from './answers.ts'
import type { DateOrder } from './cells.ts'
import { datasetsOf } from './datasets.ts'
import type { OrganisationMatch } from './organisation-match.ts'
import type { RowStatus } from './plan.ts'
import { type CellRemark, shownCell } from './remarks.ts'
import type { RegisterRow } from './row.ts'
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
  readonly date_order: DateOrder
  readonly mapping: {
    readonly columns: ColumnMapping
    readonly partners: Readonly<Record<string, string | readonly string[] | null>>
    readonly answers: readonly CellAnswer[]
  }
  readonly missing_fields: readonly Field[]
  readonly open_partners: readonly OpenPartner[]
  /** How many names are open; those shown are the first of them. */
  readonly open_partners_total: number
  /** Cells that nobody could read, the first of them. */
  readonly questions: readonly OpenQuestion[]
  readonly questions_total: number
  /** Records of earlier imports that no line of this file names. */
  readonly gone: readonly GoneRecord[]
  readonly gone_total: number
  readonly counts: {
    readonly NEW: number
    readonly SAME: number
    readonly CHANGED: number
    readonly JOINED: number
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

/** A name that is not exactly known, with who could be meant. */
export interface OpenPartner {
  readonly text: string
  readonly orgs: readonly string[]
  readonly matches: readonly OrganisationMatch[]
  readonly rows: number
}

/** A cell that nobody could read, and the codes that answer it. */
export interface OpenQuestion {
  readonly field: AskedField
  readonly column: string | null
  readonly text: string
  readonly rows: number
  /** Without an answer its lines are refused. */
  readonly is_needed: boolean
  /** What its lines hold meanwhile; null: nothing. */
  readonly taken_for: string | null
  readonly choices: readonly string[]
}

export interface GoneRecord {
  readonly agreement: string
  readonly title: string
  readonly reference: string | null
}

/** The record that a line makes or would make, in our codes; null: not stated. */
export interface RecordView {
  readonly status: RegisterRow['standing']
  readonly effective_from: string | null
  readonly effective_to: string | null
  readonly review_due: string | null
  readonly signed_on: string | null
  readonly instrument_type: string | null
  readonly role: string | null
  readonly direction: RegisterRow['direction']
  readonly purpose: string | null
  readonly data_items: readonly string[]
  readonly data_subjects: readonly string[]
  readonly art6: readonly string[]
  readonly art9: readonly string[]
  readonly gateways: readonly string[]
  readonly methods: readonly string[]
  readonly frequency: string | null
  readonly special_category: boolean | null
  readonly dpia_required: boolean | null
  /** How many lines say what it shares. */
  readonly datasets: number
}

export interface RowView {
  readonly row: number
  readonly status: RowStatus
  readonly title: string | null
  readonly reference: string | null
  readonly parties: readonly string[]
  readonly record: RecordView
  /** The recognised cells as they stand, by field; long ones are cut. */
  readonly cells: Readonly<Partial<Record<Field, string>>>
  /** The record it is, made, or would replace. */
  readonly agreement: string | null
  readonly committed: boolean
  readonly undone: boolean
  readonly errors: readonly CellRemark[]
  readonly warnings: readonly CellRemark[]
  readonly organisations: StoredRow['plan']['organisations']
  readonly overlaps: readonly Overlap[]
}

/** Puts a stored import into the words of the API. Pure. */
export function importView(
  stored: StoredImport,
  counts: { readonly byStatus: Readonly<Record<string, number>>; readonly done: number; readonly undone: number; readonly open: number },
  page: {
    readonly rows: readonly StoredRow[]
    readonly hasMore: boolean
    readonly openPartners: readonly OpenPartner[]
    readonly openPartnersTotal: number
    readonly questions: readonly OpenQuestion[]
    readonly questionsTotal: number
    readonly gone: readonly GoneRecord[]
    readonly goneTotal: number
  },
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
    date_order: stored.dateOrder,
    mapping: { columns: stored.mapping, partners: partnerAnswers(stored.answers), answers: stored.answers },
    missing_fields: NEEDED_FIELDS.filter((field) => stored.mapping[field] === undefined),
    open_partners: page.openPartners,
    open_partners_total: page.openPartnersTotal,
    questions: page.questions,
    questions_total: page.questionsTotal,
    gone: page.gone,
    gone_total: page.goneTotal,
    counts: {
      NEW: count('NEW'),
      SAME: count('SAME'),
      CHANGED: count('CHANGED'),
      JOINED: count('JOINED'),
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
    title: plan.read.title || null,
    reference: plan.read.ref,
    parties: plan.row ? [own, ...plan.row.partners] : [],
    record: recordView(plan.read),
    cells: Object.fromEntries(Object.entries(plan.read.words).map(([field, text]) => [field, shownCell(text, CELL_SHOWN)])),
    agreement: agreementId ?? agreement,
    committed: doneAt !== null && undoneAt === null,
    undone: undoneAt !== null,
    errors,
    warnings,
    organisations,
    overlaps,
  }
}

/** Cells are shown whole where they are no essay. */
const CELL_SHOWN = 1000

function recordView(read: RegisterRow): RecordView {
  const { instrument_type, role } = read
  const datasets = datasetsOf(read)
  /** What all lines of the record say; of a member that holds one thing, null where they say different ones. */
  const all = (member: 'data_items' | 'data_subjects' | 'art6' | 'art9' | 'gateways' | 'methods') => [
    ...new Set(datasets.flatMap((dataset) => dataset[member])),
  ]
  const one = <M extends 'direction' | 'purpose' | 'frequency'>(member: M): RegisterRow[M] =>
    datasets.every((dataset) => dataset[member] === read[member]) ? read[member] : null
  const special = datasets.some((dataset) => dataset.special === true) ? true : read.special
  return {
    ...{ status: read.standing, effective_from: read.start, effective_to: read.expiry, review_due: read.review, signed_on: read.signed_on },
    ...{ instrument_type, role, direction: one('direction'), purpose: one('purpose'), frequency: one('frequency') },
    ...{ data_items: all('data_items'), data_subjects: all('data_subjects'), art6: all('art6'), art9: all('art9') },
    ...{ gateways: all('gateways'), methods: all('methods') },
    special_category: special,
    dpia_required: read.dpia === null && special === null ? null : read.dpia === true || special === true,
    datasets: datasets.length,
  }
}

/** The answers about partners, in the short form in which they may be sent. */
function partnerAnswers(answers: readonly CellAnswer[]): Readonly<Record<string, string | readonly string[] | null>> {
  return Object.fromEntries(
    answers.flatMap(({ field, text, answer }) => {
      if (field !== 'partners') return []
      if (answer === null || typeof answer === 'string') return [[text, answer]]
      const orgs = 'organisations' in answer ? answer.organisations : answer
      return [[text, orgs.length === 1 ? (orgs[0] ?? null) : orgs]]
    }),
  )
}
