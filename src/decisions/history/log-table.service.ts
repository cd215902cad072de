import { stringify } from 'csv-stringify/sync'

/** Rows as text for other programs. */

/**
 * CSV with a header line (RFC 4180). A value that a spreadsheet would take for a formula is prefixed with an apostrophe, so
 * that opening the file runs nothing (OWASP, CSV injection). Lists are joined with spaces; null is empty.
 */
export function toCsv(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  const cell = (value: unknown) => (Array.isArray(value) ? value.join(' ') : value === null || value === undefined ? '' : String(value))
  return stringify(
    rows.map((row) => columns.map((column) => cell(row[column]))),
    { header: true, columns: [...columns], escape_formulas: true, record_delimiter: 'windows' },
  )
}

/** One JSON object a line. @see https://github.com/ndjson/ndjson-spec */
export function toJsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
