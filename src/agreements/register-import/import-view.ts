import { detectColumns, NEEDED_FIELDS } from '../model/register-columns.ts'
import type { AskedField, CellAnswer } from './answers.ts'
import { datasetsOf } from './datasets.ts'
import type { OrganisationMatch } from './organisation-match.ts'
import type { RowStatus } from './plan.ts'
import { shownCell } from './remarks.ts'
import type { RegisterRow } from './row.ts'
import type { ListedImport, StoredImport, StoredRow } from './stored-import.ts'

/** An import can be taken back for so long after it was committed (Policy). */
export const UNDO_HOURS = 24

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

/** An import as the API shows it, with some of its lines. */
export type ImportView = ReturnType<typeof importView>

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
) {
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
    // How many names are open; those shown are the first of them. So with the questions, and the records that no line names.
    open_partners_total: page.openPartnersTotal,
    questions: page.questions,
    questions_total: page.questionsTotal,
    gone: page.gone,
    gone_total: page.goneTotal,
    counts: {
      ...{ NEW: count('NEW'), SAME: count('SAME'), CHANGED: count('CHANGED'), JOINED: count('JOINED'), REFUSED: count('REFUSED') },
      ...{ committed: counts.done, undone: counts.undone, open: counts.open },
    },
    uploaded_at: stored.uploadedAt,
    committed_at: stored.committedAt,
    undo_until: undoUntil(stored.committedAt),
    undone_at: stored.undoneAt,
    rows: page.rows.map((row) => rowView(row, stored)),
    next_after: page.hasMore ? (page.rows.at(-1)?.row ?? null) : null,
  }
}

function undoUntil(committedAt: string | null): string | null {
  return committedAt === null ? null : new Date(Date.parse(committedAt) + UNDO_HOURS * 3_600_000).toISOString()
}

/** An import in a list, in the words of the API. Pure. */
export function listedView({ id, org, status, lines, uploadedAt, committedAt, undoneAt }: ListedImport) {
  return {
    ...{ id, org, status, lines, uploaded_at: uploadedAt, committed_at: committedAt },
    ...{ undo_until: undoUntil(committedAt), undone_at: undoneAt },
  }
}

function rowView({ row, plan, cells, agreementId, doneAt, undoneAt }: StoredRow, { org: own, mapping }: StoredImport) {
  const read = new Set(Object.values(mapping))
  const { status, errors, warnings, organisations, overlaps, agreement } = plan
  return {
    row,
    status,
    title: plan.read.title || null,
    reference: plan.read.ref,
    parties: plan.row ? [own, ...plan.row.partners] : [],
    record: recordView(plan.read),
    cells: Object.fromEntries(Object.entries(plan.read.words).map(([field, text]) => [field, shownCell(text, CELL_SHOWN) ?? ''])),
    unread: cells.flatMap((text, column) => {
      const cell = read.has(column) ? null : shownCell(text, UNREAD_SHOWN)
      return cell === null ? [] : [{ column, cell }]
    }),
    // The record it is, made, or would replace.
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
/** Of a cell that is not brought in, enough to know it by. */
const UNREAD_SHOWN = 80

/** The record that a line makes or would make, in our codes; null: not stated. */
function recordView(read: RegisterRow) {
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
