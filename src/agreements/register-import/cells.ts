import { addDays, isDay } from '../../platform/kernel/london-day.ts'

/** What a cell says. `note`: why it was read like this, for a person to look at. `fault`: it cannot be read. */
export interface Reading<T> {
  readonly value: T | null
  readonly note?: string
  readonly fault?: string
}

/** Ways of saying that there is nothing to say yet. */
const ABSENT = new Set([
  '',
  'tbc',
  'tba',
  'tbd',
  'to be confirmed',
  'to be agreed',
  'ongoing',
  'on going',
  'n/a',
  'na',
  'not applicable',
  'none',
  'unknown',
  'not known',
  '-',
  '--',
  '?',
  'pending',
])

/** Excel counts days from here (it takes 1900 for a leap year, so the count is right from March 1900 on). */
const EXCEL_DAY_ZERO = '1899-12-30'
const EXCEL_SERIAL = { from: 20_000, to: 80_000 }
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Whether the cell says nothing. */
export function isAbsent(cell: string): boolean {
  return ABSENT.has(cell.trim().toLowerCase().replace(/\.$/, ''))
}

/**
 * A day: `dd/mm/yyyy` (the British order, always), ISO, "1 June 2026", or the number that a spreadsheet keeps. "TBC" and
 * the like are no day and say so; a day that is in no calendar is a fault, never guessed at.
 */
export function readDay(cell: string): Reading<string> {
  const text = cell.trim()
  if (text === '') return { value: null }
  if (isAbsent(text)) return { value: null, note: `"${text}" is not a date: left empty.` }
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/.exec(text)
  if (iso) return day(iso[1] ?? '', text)
  const british = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})$/.exec(text)
  if (british) return fromParts(british[1], Number(british[2]), british[3], text)
  const spoken = /^(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?[ ,-]+(\d{4}|\d{2})$/i.exec(text)
  if (spoken) return fromParts(spoken[1], MONTHS.indexOf((spoken[2] ?? '').slice(0, 3).toLowerCase()) + 1, spoken[3], text)
  if (/^\d{5}(?:\.\d+)?$/.test(text)) return fromSerial(Math.floor(Number(text)), text)
  return { value: null, fault: `"${text}" cannot be read as a date. Write it as dd/mm/yyyy.` }
}

function fromParts(date: string | undefined, month: number, year: string | undefined, text: string): Reading<string> {
  const isShort = (year ?? '').length === 2
  const found = day(`${isShort ? '20' : ''}${year}-${String(month).padStart(2, '0')}-${(date ?? '').padStart(2, '0')}`, text)
  return isShort && found.value !== null ? { ...found, note: `"${text}" was read as ${found.value}.` } : found
}

function fromSerial(serial: number, text: string): Reading<string> {
  if (serial < EXCEL_SERIAL.from || serial > EXCEL_SERIAL.to)
    return { value: null, fault: `"${text}" is not the number of a day that can be meant.` }
  const value = addDays(EXCEL_DAY_ZERO, serial)
  return { value, note: `"${text}" is a day as spreadsheets count them: ${value}.` }
}

function day(value: string, text: string): Reading<string> {
  return isDay(value) ? { value } : { value: null, fault: `"${text}" is in no calendar.` }
}

/** Yes or no; anything else is left open and said so. */
export function readYesNo(cell: string): Reading<boolean> {
  const text = cell.trim().toLowerCase()
  if (text === '') return { value: null }
  if (/^(y|yes|true|1|x|✓)$/.test(text)) return { value: true }
  if (/^(n|no|false|0|none|n\/a)$/.test(text)) return { value: false }
  return { value: null, note: `"${cell.trim()}" is neither yes nor no: left open.` }
}

/** A text; "TBC" and the like are none. */
export function readText(cell: string): Reading<string> {
  const text = cell.trim()
  if (text === '') return { value: null }
  return isAbsent(text) ? { value: null, note: `"${text}" was read as empty.` } : { value: text }
}

/** Several in one cell, apart by semicolons or new lines. */
export function splitList(cell: string): string[] {
  return [...new Set(cell.split(/[;\r\n]+/).map((part) => part.replace(/^[\s•*·-]+/, '').trim()))].filter((part) => !isAbsent(part))
}

/** Whether a spreadsheet would run the cell as a formula. Here it stays text and is never evaluated. */
export function isFormula(cell: string): boolean {
  return /^\s*(?:=|@|\+(?!\d)|-(?=[A-Za-z(@=]))/.test(cell)
}
