import { isUtf8 } from 'node:buffer'
import { CsvError, parse } from 'csv-parse/sync'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'

/** The most a register may be (a policy default): bytes of the file, and lines that hold something. */
export const CSV_BYTES_MAX = 5 * 1024 * 1024
export const CSV_ROWS_MAX = 5000
const CELL_CHARACTERS_MAX = 32_767
const COLUMNS_MAX = 200

/** A line of the file with its number as a spreadsheet shows it; the first is 1. Empty lines are left out. */
export interface CsvLine {
  readonly row: number
  readonly cells: readonly string[]
}

/**
 * The text of an uploaded file. UTF-8 only, with or without a byte order mark.
 * @throws ProblemError 413 when it is too large, 422 when it is no UTF-8 text, saying what it looks like instead
 */
export function decodeCsv(bytes: Uint8Array): string {
  if (bytes.byteLength > CSV_BYTES_MAX) throw tooLarge()
  const [first, second] = bytes
  if (first === 0x50 && second === 0x4b) throw refused('This is a spreadsheet file, not CSV. Save it as "CSV UTF-8" and send that.')
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw refused('The file is UTF-16 ("Unicode text"). Save it as "CSV UTF-8" and send that.')
  }
  if (!isUtf8(bytes)) {
    throw refused(
      `Line ${firstLineNotUtf8(bytes)} is not UTF-8. The file looks like Windows-1252, which Excel writes as "CSV (Comma delimited)": save it as "CSV UTF-8" and send that.`,
    )
  }
  return new TextDecoder('utf-8').decode(bytes)
}

/**
 * The lines of a CSV text (RFC 4180). Commas, semicolons or tabs, whichever the first lines use; cells keep what they
 * say, formulas included, which nothing here ever runs.
 * @throws ProblemError 413 for too many bytes or lines, 422 for a quote that never closes and the like
 */
export function readCsv(text: string): CsvLine[] {
  if (Buffer.byteLength(text, 'utf8') > CSV_BYTES_MAX) throw tooLarge()
  if (text.includes('\u0000') || text.includes('\ufffd'))
    throw refused('The text holds characters that were lost when it was saved. Save the register as "CSV UTF-8" again.')
  const lines = parsed(text, delimiterOf(text))
    .map((cells, index) => ({ row: index + 1, cells }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
  if (lines.length > CSV_ROWS_MAX + 1)
    throw new ProblemError(problem('PAYLOAD_TOO_LARGE', `The register has more than ${CSV_ROWS_MAX} lines. Send it in parts.`))
  for (const { row, cells } of lines) {
    if (cells.length > COLUMNS_MAX) throw refused(`Line ${row} has more than ${COLUMNS_MAX} columns.`)
    if (cells.some((cell) => cell.length > CELL_CHARACTERS_MAX))
      throw refused(`A cell in line ${row} holds more than ${CELL_CHARACTERS_MAX} characters.`)
  }
  return lines
}

function parsed(text: string, delimiter: string): string[][] {
  try {
    return parse(text, { bom: true, delimiter, relax_column_count: true, skip_empty_lines: false })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = (error as { readonly lines?: unknown }).lines
    const where = typeof line === 'number' ? `line ${line}` : 'the file'
    const why =
      error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quotation mark is opened and never closed' : 'a quotation mark stands where none may'
    throw refused(`The file is not well-formed CSV: in ${where} ${why}. Write a quotation mark within a cell twice.`)
  }
}

/** The separator that the first line uses most, outside quotation marks. */
function delimiterOf(text: string): string {
  const unquoted = text.slice(0, 20_000).replaceAll(/"(?:[^"]|"")*"/g, '')
  const first = unquoted.split(/\r\n|\r|\n/).find((line) => /[,;\t]/.test(line)) ?? ''
  const count = (separator: string) => first.split(separator).length
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best))
}

function firstLineNotUtf8(bytes: Uint8Array): number {
  let line = 1
  let start = 0
  for (let index = 0; index <= bytes.length; index += 1) {
    if (index < bytes.length && bytes[index] !== 0x0a) continue
    if (!isUtf8(bytes.subarray(start, index))) return line
    line += 1
    start = index + 1
  }
  return line
}

function refused(detail: string): ProblemError {
  return new ProblemError(problem('UNPROCESSABLE', detail))
}

function tooLarge(): ProblemError {
  return new ProblemError(problem('PAYLOAD_TOO_LARGE', `The register is larger than ${CSV_BYTES_MAX / 1024 / 1024} MB. Send it in parts.`))
}
