import { addDays, isDay, londonDay } from '../../platform/kernel/london-day.ts'
import { plainTerm, type Vocabulary } from '../../reference/vocabulary.ts'

/**
 * What a cell says. `note`: how it was read, for a person to look at. `fault`: it cannot be read, so the line is refused.
 * `asks`: no term that is known; a person says what it means, once for the file.
 */
export interface Reading<T> {
  readonly value: T | null
  readonly note?: string
  readonly fault?: string
  readonly asks?: true
}

/** In which order a date of figures has its parts; said for a whole file. */
export const DATE_ORDERS = ['DMY', 'MDY', 'YMD'] as const
export type DateOrder = (typeof DATE_ORDERS)[number]

/** How the days of one column are read. */
export interface DayReading {
  readonly order: DateOrder
  /** London local date of the import. */
  readonly today: string
  /** Words of NO_END. */
  readonly words: Vocabulary
  /** The day can only lie behind us: a signature, an assessment that was made. */
  readonly isPast?: boolean
}

/** Ways of saying that there is nothing to say yet. */
const ABSENT = new Set([
  ...['', 'tbc', 'tba', 'tbd', 'to be confirmed', 'to be agreed', 'n a', 'na', 'not applicable', 'none', 'unknown'],
  ...['not known', '?'],
])
/** Years that the contract of the API knows. */
const YEARS = { from: '1900', to: '8999' }
/** Excel counts days from here (it takes 1900 for a leap year, so the count is right from March 1900 on). */
const EXCEL_DAY_ZERO = '1899-12-30'
const EXCEL_SERIAL = { from: 20_000, to: 80_000 }
const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'],
]
/** Names of months as dates are written with them. */
export const MONTH_WORDS: readonly string[] = MONTHS.flatMap((month) => [month, month.slice(0, 3)])
const TIME = /[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]m)?\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?$/i

/** Whether the cell says nothing. */
export function isAbsent(cell: string): boolean {
  const text = cell.trim()
  return /^[-–—.]*$/.test(text) || ABSENT.has(plainTerm(text))
}

/**
 * A London day: figures in the order of the file, ISO, "1 June 2026", or the number that a spreadsheet keeps; a time beside
 * it is read over, an instant is turned into the day it was in London. Words for "no end" are no day and say so; a day that
 * is in no calendar is a fault, never guessed at.
 */
export function readDay(cell: string, reading: DayReading): Reading<string> {
  const text = cell.normalize('NFKC').trim()
  if (text === '') return { value: null }
  const word = isDoubted(text) ? undefined : reading.words.get(plainTerm(text))
  if (word === 'OPEN') return { value: null, note: `"${text}": no last day.` }
  if (word !== undefined || isAbsent(text)) return { value: null, note: `"${text}" names no day: not stated.` }
  const time = TIME.exec(text)
  if (time && !isTime(time)) return { value: null, fault: `"${text}" holds a time that is on no clock.` }
  const found = time ? withTime(text, text.slice(0, time.index).trim(), time, reading) : date(text, reading)
  if (found.value === null) return found
  if (found.value.slice(0, 4) < YEARS.from || found.value.slice(0, 4) > YEARS.to)
    return { value: null, fault: `"${text}" is in the year ${Number(found.value.slice(0, 4))}, which cannot be meant.` }
  if (reading.isPast && found.value > reading.today)
    return { value: null, fault: `"${text}" lies ahead: it can only have been before today.` }
  return found
}

function isTime([, hour, minute, second = '0', half]: RegExpExecArray): boolean {
  return Number(hour) <= (half ? 12 : 23) && Number(minute) <= 59 && Number(second) <= 59
}

/** A time without an offset is London's own, so the day stands; with one it is an instant. */
function withTime(text: string, day: string, time: RegExpExecArray, reading: DayReading): Reading<string> {
  const found = date(day, reading)
  const [, hour = '', minute, second = '00', half, zone] = time
  if (found.value === null || zone === undefined) return found.fault ? { value: null, fault: `"${text}" cannot be read as a date.` } : found
  const hours = half ? (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0) : Number(hour)
  const offset = /^[a-z]/i.test(zone) ? 'Z' : zone.replace(/^(...)(\d\d)$/, '$1:$2')
  const ms = Date.parse(`${found.value}T${String(hours).padStart(2, '0')}:${minute}:${second}${offset}`)
  if (Number.isNaN(ms)) return { value: null, fault: `"${text}" cannot be read as a date.` }
  const value = londonDay(ms)
  return value === found.value ? found : { value, note: `"${text}" is an instant: in London it was ${value}.` }
}

function date(text: string, reading: DayReading): Reading<string> {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text)
  if (iso) return fromParts(iso[3], Number(iso[2]), iso[1], text, reading)
  const figures = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})$/.exec(text)
  if (figures && reading.order === 'YMD') return fromParts(figures[3], Number(figures[2]), figures[1], text, reading)
  if (figures && reading.order === 'MDY') return fromParts(figures[2], Number(figures[1]), figures[3], text, reading)
  if (figures) return fromParts(figures[1], Number(figures[2]), figures[3], text, reading)
  const spoken = /^(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ -]([a-z]{3,9})\.?[ ,-]+(\d{4}|\d{2})$/i.exec(text)
  if (spoken) return fromParts(spoken[1], monthOf(spoken[2]), spoken[3], text, reading)
  const monthFirst = /^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$/i.exec(text)
  if (monthFirst) return fromParts(monthFirst[2], monthOf(monthFirst[1]), monthFirst[3], text, reading)
  if (/^\d{5}(?:\.\d+)?$/.test(text)) return fromSerial(Math.floor(Number(text)), text)
  return { value: null, fault: `"${text}" cannot be read as a date. Write it as dd/mm/yyyy.` }
}

/** The whole name of a month or its usual short form; 0: none. */
function monthOf(word = ''): number {
  const name = word.toLowerCase()
  return MONTHS.findIndex((month) => name === month || name === month.slice(0, 3) || (name === 'sept' && month === 'september')) + 1
}

function fromParts(date: string | undefined, month: number, year = '', text: string, { today, isPast }: DayReading): Reading<string> {
  if (year.length > 2) return day(year, month, date, text)
  // Two figures stand for the year that is nearest; of a day that can only be past, for one that is.
  const century = (base: number) => String(base + Number(year))
  const [recent, earlier] = [day(century(2000), month, date, text), day(century(1900), month, date, text)]
  const isAhead = isPast ? (recent.value ?? '') > today : Number(century(2000)) - Number(today.slice(0, 4)) > 50
  const found = isAhead ? earlier : recent
  return found.value === null ? found : { ...found, note: `"${text}" was read as ${found.value}.` }
}

function fromSerial(serial: number, text: string): Reading<string> {
  if (serial < EXCEL_SERIAL.from || serial > EXCEL_SERIAL.to)
    return { value: null, fault: `"${text}" is not the number of a day that can be meant.` }
  const value = addDays(EXCEL_DAY_ZERO, serial)
  return { value, note: `"${text}" is a day as spreadsheets count them: ${value}.` }
}

function day(year: string, month: number, date: string | undefined, text: string): Reading<string> {
  const value = `${year}-${String(month).padStart(2, '0')}-${(date ?? '').padStart(2, '0')}`
  return isDay(value) ? { value } : { value: null, fault: `"${text}" is in no calendar.` }
}

/** Whether a cell says no more than a blank: nothing, or words for "not known". */
export function isUnknown(cell: string, vocabulary?: Vocabulary): boolean {
  return isAbsent(cell) || vocabulary?.get(plainTerm(cell)) === 'UNKNOWN'
}

/** A question mark is a doubt, whatever stands before it. */
export function isDoubted(text: string): boolean {
  return /\?./s.test(text.trim()) || /[^?]\?/s.test(text.trim())
}

/** What a whole cell means in a vocabulary. What is not in it is asked, never guessed from a part. */
export function readTerm(cell: string, vocabulary: Vocabulary): Reading<string> {
  const text = cell.trim()
  if (text === '') return { value: null }
  const value = isDoubted(text) ? undefined : vocabulary.get(plainTerm(text))
  if (value !== undefined) return { value }
  return isAbsent(text) ? { value: null, note: `"${text}" says nothing: left open.` } : { value: null, asks: true }
}

/**
 * Which way data goes. "Outbound to X" is outbound, as "inbound from X" is inbound, where nothing else of X is a direction.
 * @param isOwn whether a name is that of the organisation whose register it is: nothing goes out to it
 */
export function readDirection(cell: string, vocabulary: Vocabulary, isOwn: (name: string) => boolean = () => false): Reading<string> {
  const whole = readTerm(cell, vocabulary)
  if (!whole.asks) return whole
  const words = plainTerm(cell).split(' ')
  const at = words.findIndex((word) => word === 'to' || word === 'from')
  const value = at > 0 ? vocabulary.get(words.slice(0, at).join(' ')) : undefined
  const fits = value === (words[at] === 'to' ? 'OUT' : 'IN')
  const rest = words.slice(at + 1)
  return fits && !rest.some((word) => vocabulary.has(word) || DOUBTS.has(word)) && !isOwn(rest.join(' ')) && !cell.includes('?')
    ? { value: value ?? null }
    : whole
}

/** Words that turn or limit what stands beside them; "us" and the like are whoever writes the register: then it goes the other way round. */
const DOUBTS = new Set([
  ...['not', 'no', 'never', 'but', 'except', 'unless', 'until', 'formerly', 'previously', 'was', 'some', 'only'],
  ...['both', 'and', 'or', 'yes', 'from', 'to', 'us', 'we', 'our', 'ourselves', 'here', 'back'],
])

/** Yes or no, also with a remark: "Yes (health)" is a yes. A remark that takes it back, and anything else, is asked. */
export function readYesNo(cell: string, vocabulary: Vocabulary): Reading<boolean> {
  const whole = readTerm(cell, vocabulary)
  const yes = (value: string | null) => (value === 'YES' ? true : value === 'NO' ? false : null)
  if (!whole.asks)
    return whole.value === 'UNKNOWN'
      ? { value: null, note: `"${cell.trim()}": not known, left open.` }
      : { ...whole, value: yes(whole.value) }
  const [, head = '', remark = ''] = /^([^(:;,–—-]+?)\s*(?:[(:;,]|\s[-–—])\s*(.+)$/s.exec(cell.trim()) ?? []
  const value = yes(vocabulary.get(plainTerm(head)) ?? null)
  const takesBack = plainTerm(remark)
    .split(' ')
    .some((word) => TAKES_BACK.has(word) || (vocabulary.has(word) && !/^\d+$/.test(word)))
  return value === null || takesBack || cell.includes('?') ? { value: null, asks: true } : { value }
}

/** Words of a remark that turn or limit what it stands beside. */
const TAKES_BACK = new Set([
  ...['not', 'never', 'but', 'unless', 'until', 'except', 'some', 'partly', 'was', 'were', 'formerly', 'previously', 'draft', 'awaiting'],
])

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
