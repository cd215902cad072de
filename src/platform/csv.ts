import { stringify } from 'csv-stringify/sync'
import { CSV_QUOTED, defuse } from './kernel/csv-cell.ts'
import { pauses } from './kernel/turns.ts'

/** The one way in which this service writes CSV. */

type Row = Readonly<Record<string, unknown>>
const ROWS_A_PIECE = 100

/**
 * CSV with a header line (RFC 4180), piece by piece, so that others are answered in between. A cell that holds any line break is
 * quoted, and every line of it that a spreadsheet would run is guarded (`csv-cell.ts`). Lists are joined with spaces; null is empty.
 */
export async function* csvPieces(columns: readonly string[], rows: readonly Row[]): AsyncGenerator<string> {
  const pause = pauses()
  yield written([columns])
  for (let from = 0; from < rows.length; from += ROWS_A_PIECE) {
    await pause()
    yield written(rows.slice(from, from + ROWS_A_PIECE).map((row) => columns.map((column) => cellOf(row[column]))))
  }
}

function written(lines: readonly (readonly string[])[]): string {
  return stringify(
    lines.map((cells) => cells.map(defuse)),
    { record_delimiter: 'windows', quoted_match: CSV_QUOTED },
  )
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(' ') : String(value)
}
