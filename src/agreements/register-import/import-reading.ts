import type { Organisation } from '../../parties/organisation.ts'
import { type Fault, refused } from '../../platform/kernel/refusal.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { type ColumnMapping, FIELDS, namelessColumns } from '../model/register-columns.ts'
import { askedTerm, type CellAnswer, choicesFor, isToBeMade, type SentAnswer } from './answers.ts'
import type { DateOrder } from './cells.ts'

/** So many answers are kept with an import. */
export const ANSWERS_MAX = 10_000
const ERRORS_SHOWN = 100

/** How a file is read: which column holds what, and what people say of cells that nobody could read. Absent: as before. */
export interface ImportReading {
  readonly columns?: ColumnMapping | undefined
  /** Answers about partners in short: a code, several, or null to leave the name out. */
  readonly partners?: Readonly<Record<string, string | readonly string[] | null>> | undefined
  readonly answers?: readonly SentAnswer[] | undefined
  /** The line with the headers, from 1; 0: the file has none. */
  readonly header_row?: number | undefined
  readonly date_order?: DateOrder | undefined
}

/** Every answer that was sent, those about partners in short among them. */
export function answersOf({ partners = {}, answers = [] }: ImportReading): SentAnswer[] {
  const short = Object.entries(partners).map(
    ([text, meant]): SentAnswer => ({
      field: 'partners',
      text,
      answer: meant === null ? null : { organisations: typeof meant === 'string' ? [meant] : meant },
    }),
  )
  return [...short, ...answers]
}

/** Answers with the bodies that the named ones are by now: a body may have been merged since. */
export function answersAsNow(answers: readonly CellAnswer[], current: (code: string) => string): CellAnswer[] {
  return answers.map((one) => {
    const { answer } = one
    if (one.field !== 'partners' || answer === null) return one
    if (typeof answer === 'string') return { ...one, answer: current(answer) }
    return 'organisations' in answer
      ? { ...one, answer: { ...answer, organisations: [...new Set(answer.organisations.map(current))] } }
      : { ...one, answer: answer.map(current) }
  })
}

/** The answers that name what is there already. */
export function plainAnswers(reading: ImportReading): CellAnswer[] {
  return answersOf(reading).flatMap(({ answer, ...given }) => (isToBeMade(answer) ? [] : [{ ...given, answer }]))
}

/** Of several answers to one question the last. */
export function lastOfEach(answers: readonly CellAnswer[]): CellAnswer[] {
  return [...new Map(answers.map((answer) => [`${answer.field}|${askedTerm(answer.text)}`, answer])).values()].slice(-ANSWERS_MAX)
}

/** @throws Refused for columns that are not there or taken twice, and for answers that answer nothing */
export function checkReading(
  header: readonly string[],
  { columns, answers }: { readonly columns: ColumnMapping; readonly answers: readonly CellAnswer[] },
  { organisations, lists }: { readonly organisations: readonly Pick<Organisation, 'code'>[]; readonly lists: readonly CodeList[] },
): void {
  const known = new Set(organisations.map(({ code }) => code))
  const used = new Map<number, string>()
  const errors: Fault[] = []
  for (const field of FIELDS) {
    const column = columns[field]
    if (column === undefined) continue
    const pointer = `/columns/${field}`
    if (column >= header.length) errors.push({ pointer, detail: `the file has ${header.length} columns` })
    else if (used.has(column)) errors.push({ pointer, detail: `column ${column} is taken for ${used.get(column)} already` })
    used.set(column, field)
  }
  for (const { field, text, answer } of answers) {
    const pointer = field === 'partners' ? `/partners/${text.replaceAll('~', '~0').replaceAll('/', '~1')}` : `/answers/${field}`
    const codes = answer === null ? [] : typeof answer === 'string' ? [answer] : 'organisations' in answer ? answer.organisations : answer
    const allowed = field === 'partners' ? known : new Set(choicesFor(field, lists))
    for (const code of codes) {
      if (!allowed.has(code))
        errors.push({
          pointer,
          detail: field === 'partners' ? `${code} is not in the register` : `"${text}": ${code} is no answer to this`,
        })
    }
  }
  if (errors.length > 0) throw refused('UNPROCESSABLE', 'The file cannot be read like this.', errors.slice(0, ERRORS_SHOWN))
}

/** The headers of a line; names made up for the columns where there is none. @throws Refused 422 for a line that holds nothing */
export function headerOf(
  lines: readonly { readonly row: number; readonly cells: readonly string[] }[],
  headerRow: number,
): readonly string[] {
  if (lines.length === 0 && headerRow === 0) throw refused('UNPROCESSABLE', 'The file holds no line at all.')
  if (headerRow === 0) return namelessColumns(lines.reduce((most, { cells }) => Math.max(most, cells.length), 0))
  const found = lines.find(({ row }) => row === headerRow)
  if (!found)
    throw refused('UNPROCESSABLE', `Line ${headerRow} holds nothing, so no headers.`, [
      { pointer: '/header_row', detail: 'names an empty line' },
    ])
  return found.cells
}
