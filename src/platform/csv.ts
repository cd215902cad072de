import { stringify } from 'csv-stringify/sync'
import { CSV_QUOTED, escapeFormulas } from './kernel/csv-cell.ts'
import { pauses } from './kernel/turns.ts'

/** The one way in which this service writes CSV. */

type Row = object
const ROWS_A_PIECE = 100

/**
 * CSV with a header line (RFC 4180), piece by piece, so that others are answered in between and rows that are still to be read
 * are held by nobody. A cell that holds any line break is quoted, and every line of it that a spreadsheet would run is guarded
 * (`csv-cell.ts`). Lists are joined with spaces; null is empty.
 *
 * @param headers what the columns are called where that is not their name
 */
export async function* csvPieces(
  columns: readonly string[],
  rows: Iterable<Row> | AsyncIterable<Row>,
  headers: readonly string[] = columns,
): AsyncGenerator<string> {
  const pause = pauses()
  yield written([headers])
  let piece: Row[] = []
  for await (const row of rows) {
    piece.push(row)
    if (piece.length < ROWS_A_PIECE) continue
    yield written(piece.map(cells))
    piece = []
    await pause()
  }
  if (piece.length > 0) yield written(piece.map(cells))

  function cells(row: Row): string[] {
    return columns.map((column) => cellOf((row as Readonly<Record<string, unknown>>)[column]))
  }
}

function written(lines: readonly (readonly string[])[]): string {
  return stringify(
    lines.map((cells) => cells.map(escapeFormulas)),
    { record_delimiter: 'windows', quoted_match: CSV_QUOTED },
  )
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(' ') : String(value)
}
