import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { parse as parseNow } from 'csv-parse/sync'
import { type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import { fieldsNamed } from '../model/register-columns.ts'

/** The most a register may be (a policy default): bytes of the file, and lines that hold something. */
export const CSV_BYTES_MAX = 5 * 1024 * 1024
export const CSV_ROWS_MAX = 5000
/** Empty lines among them. */
const CSV_LINES_MAX = 50_000
const CELL_CHARACTERS_MAX = 32_767
const COLUMNS_MAX = 200
/** So much is read before others have their turn. */
const PIECE_BYTES = 16 * 1024
/** What is looked at to find the separator. */
const SAMPLE_CHARACTERS = 20_000
const SAYS_SEPARATOR = /^\ufeff?sep=(.)\r?\n/i

export const SEPARATORS = [',', ';', '\t', '|'] as const
export type Separator = (typeof SEPARATORS)[number]

/** How a file is taken apart. */
export interface CsvReading {
  /** Undefined: found out. */
  readonly separator?: Separator | undefined
  readonly pause?: Pause
}

/** How the letters of a file are written. */
export type Encoding = 'utf-8' | 'windows-1252'

/** A line of the file with its number as a spreadsheet shows it; the first is 1. Empty lines are left out. */
export interface CsvLine {
  readonly row: number
  readonly cells: readonly string[]
}

/**
 * The text of an uploaded file. UTF-8 only, with or without a byte order mark.
 * @throws Refused 413 when it is too large, 422 when it is no UTF-8 text, saying what it looks like instead
 */
export function decodeCsv(bytes: Uint8Array, encoding: Encoding = 'utf-8'): string {
  if (bytes.byteLength > CSV_BYTES_MAX) throw tooLarge()
  const [first, second] = bytes
  if (first === 0x50 && second === 0x4b) throw unreadable('This is a spreadsheet file, not CSV. Save it as "CSV UTF-8" and send that.')
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw unreadable('The file is UTF-16 ("Unicode text"). Save it as "CSV UTF-8" and send that.')
  }
  if (encoding === 'windows-1252') return decodeWindows1252(bytes)
  if (!isUtf8(bytes)) {
    throw unreadable(
      `Line ${firstLineNotUtf8(bytes)} is not UTF-8. The file looks like Windows-1252, which Excel writes as "CSV (Comma delimited)": save it as "CSV UTF-8", or send it with encoding=windows-1252.`,
    )
  }
  return new TextDecoder('utf-8').decode(bytes)
}

/** What the bytes 80 to 9F stand for in Windows-1252, where ISO 8859-1 has nothing; five of them stand for nothing there either. */
const WINDOWS_1252 = '€\u0000‚ƒ„…†‡ˆ‰Š‹Œ\u0000Ž\u0000\u0000‘’“”•–—˜™š›œ\u0000žŸ'

/** By hand, since Node 20 decodes these bytes as ISO 8859-1. @see WHATWG Encoding, index windows-1252 */
function decodeWindows1252(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const text = latin.replaceAll(/[\u0080-\u009f]/g, (letter) => WINDOWS_1252[letter.charCodeAt(0) - 0x80] ?? '')
  if (text.includes('\u0000')) throw unreadable('The file is said to be Windows-1252 and holds bytes that are no letters there.')
  return text
}

/**
 * The lines of a CSV text (RFC 4180). Commas, semicolons, tabs or bars, whichever the header line uses; cells keep what they
 * say, formulas included, which nothing here ever runs.
 * @throws Refused 413 for too many bytes or lines, 422 for a quote that never closes and the like
 */
export async function readCsv(text: string, { separator, pause = async () => {} }: CsvReading = {}): Promise<CsvLine[]> {
  if (Buffer.byteLength(text, 'utf8') > CSV_BYTES_MAX) throw tooLarge()
  if (text.includes('\u0000') || text.includes('\ufffd'))
    throw unreadable('The text holds characters that were lost when it was saved. Save the register as "CSV UTF-8" again.')
  const lines: CsvLine[] = []
  let row = 0
  try {
    const options = { bom: true, delimiter: separator ?? delimiterOf(text), relax_column_count: true, skip_empty_lines: false, trim: true }
    for await (const cells of Readable.from(pieces(text, pause)).pipe(parse(options)) as AsyncIterable<string[]>) {
      row += 1
      if (row > CSV_LINES_MAX) throw tooManyLines(`${CSV_LINES_MAX} lines, empty ones among them`)
      if (cells.length > COLUMNS_MAX) throw unreadable(`Line ${row} has more than ${COLUMNS_MAX} columns.`)
      if (cells.every((cell) => cell.trim() === '') || (row === 1 && /^sep=/i.test(cells[0] ?? ''))) continue
      if (cells.some((cell) => cell.length > CELL_CHARACTERS_MAX))
        throw unreadable(`A cell in line ${row} holds more than ${CELL_CHARACTERS_MAX} characters.`)
      lines.push({ row, cells })
      if (lines.length > CSV_ROWS_MAX + 1) throw tooManyLines(`${CSV_ROWS_MAX} lines`)
      await pause()
    }
    return lines
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = (error as { readonly lines?: unknown }).lines
    const where = typeof line === 'number' ? `line ${line}` : 'the file'
    const why =
      error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quotation mark is opened and never closed' : 'a quotation mark stands where none may'
    throw unreadable(`The file is not well-formed CSV: in ${where} ${why}. Write a quotation mark within a cell twice.`)
  }
}

async function* pieces(text: string, pause: Pause): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'utf8')
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    yield bytes.subarray(start, start + PIECE_BYTES)
    await pause()
  }
}

/** Whether a line of a file is a record, or a column is one. */
export type Orientation = 'lines' | 'columns'

/**
 * The lines of a file whose records stand in columns, as if it had been written the usual way: line n is column n. Where nobody says
 * it, the first column must name more different fields than any line does.
 * @throws Refused (PAYLOAD_TOO_LARGE) for more columns than a record may have cells
 */
export function inLines(lines: readonly CsvLine[], orientation: Orientation | undefined): readonly CsvLine[] {
  if (orientation === 'lines') return lines
  const headers = lines.map(({ cells }) => cells[0] ?? '')
  const inFirst = fieldsNamed(headers)
  const isTurned = inFirst >= HEADERS_DOWN && inFirst > Math.max(0, ...lines.map(({ cells }) => fieldsNamed(cells)))
  if (orientation === undefined && !isTurned) return lines
  if (lines.length > COLUMNS_MAX) throw tooManyLines(`${COLUMNS_MAX} lines, each a field of its records`)
  const width = lines.reduce((most, { cells }) => Math.max(most, cells.length), 0)
  return Array.from({ length: width }, (_, column) => ({ row: column + 1, cells: lines.map(({ cells }) => cells[column] ?? '') })).filter(
    ({ cells }) => cells.some((cell) => cell.trim() !== ''),
  )
}

/** So many names of fields down a column are no chance. */
const HEADERS_DOWN = 3

/** SHA-256 of the file's text, hex. */
export async function hashOf(text: string, pause: Pause = async () => {}): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces(text, pause)) hash.update(piece)
  return hash.digest('hex')
}

/**
 * The separator under which a line names most columns that are known; of equal ones that which parts most lines alike. The
 * prose above a table has no say in it. `sep=;` in the first line says it, as spreadsheets do.
 */
function delimiterOf(text: string): string {
  const said = SAYS_SEPARATOR.exec(text)?.[1]
  if (said && SEPARATORS.includes(said as Separator)) return said
  const scores = SEPARATORS.map((delimiter) => {
    const lines = firstLines(text, delimiter)
    const counts = lines.map(({ length }) => length).filter((count) => count > 1)
    const alike = Math.max(0, ...counts.map((count) => counts.filter((other) => other === count).length * Math.min(count, 5)))
    return { delimiter, fields: Math.max(0, ...lines.slice(0, 10).map(fieldsNamed)), alike }
  })
  return scores.reduce((best, next) =>
    next.fields > best.fields || (next.fields === best.fields && next.alike > best.alike) ? next : best,
  ).delimiter
}

function firstLines(text: string, delimiter: string): string[][] {
  const sample = text.slice(0, SAMPLE_CHARACTERS)
  return parseNow(sample, {
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    trim: true,
    to: 20,
    skip_empty_lines: true,
    // The sample may end within a cell, and another separator makes quotation marks stand oddly.
    skip_records_with_error: true,
  })
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

function unreadable(detail: string): Refused {
  return refused('UNPROCESSABLE', detail)
}

function tooManyLines(most: string): Refused {
  return refused('PAYLOAD_TOO_LARGE', `The register has more than ${most}. Send it in parts.`)
}

function tooLarge(): Refused {
  return refused('PAYLOAD_TOO_LARGE', `The register is larger than ${CSV_BYTES_MAX / 1024 / 1024} MB. Send it in parts.`)
}
