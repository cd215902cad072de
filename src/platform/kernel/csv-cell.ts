/** Cells of a CSV file that somebody will open in a spreadsheet, which runs what begins like a formula. Pure. */

/** Whatever some reader takes for the end of a line. */
const BREAK = '\\r\\n|[\\n\\v\\f\\r\\x85\\u2028\\u2029]'
/** Formula signs, in their wide and small forms too (OWASP, CSV injection); a tab moves what follows into a cell of its own. */
const SIGN = '[=+\\-@\\t\\uFF1D\\uFF0B\\uFF0D\\uFF20\\uFE66\\uFE62\\uFE63\\uFE6B]'
/** What a reader may skip before a sign: blanks, marks that cannot be seen, control characters. */
const SKIPPED = '(?:(?![\\t\\n\\v\\f\\r\\x85\\u2028\\u2029])[\\p{Z}\\p{C}\\p{M}\\p{Default_Ignorable_Code_Point}])'
/** The beginning of a line that would run. */
const RUNS = `${SKIPPED}*(?:${SIGN})`
const UNGUARDED = new RegExp(`(^|${BREAK})(?='*${RUNS})`, 'gu')
const GUARDED = new RegExp(`(^|${BREAK})'(?='*${RUNS})`, 'gu')
/** A cell whose first line is empty: some readers take what follows the break for its beginning. */
const BEGINS_EMPTY = new RegExp(`^'*(?:${BREAK})`, 'u')

/**
 * The cell with an apostrophe before each of its lines that a spreadsheet would run: it then reads as text. One that is guarded
 * already, by itself or by chance, gets one more, so that `unescapeFormulas` gives back what it was.
 */
export function escapeFormulas(cell: string): string {
  const guarded = cell.replaceAll(UNGUARDED, "$1'")
  return BEGINS_EMPTY.test(guarded) ? `'${guarded}` : guarded
}

/** The cell without the apostrophes of `escapeFormulas`: `unescapeFormulas(escapeFormulas(cell))` is the cell, whatever it holds. */
export function unescapeFormulas(cell: string): string {
  const begun = BEGINS_EMPTY.test(cell) && cell.startsWith("'") ? cell.slice(1) : cell
  return begun.replaceAll(GUARDED, '$1')
}

/** Whether a cell has to stand in quotation marks for every reader to take it as one (RFC 4180): it holds any line break. */
export const CSV_QUOTED = /[\n\v\f\r\x85\u2028\u2029]|^\s|\s$/
