import type { AnsweredPartners, PartnerAnswer } from '../../parties/partner-answers.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { plainTerm } from '../../reference/vocabulary.ts'
import type { Field } from '../model/register-columns.ts'

/** What a person says of a cell that nobody could read, once for a whole file and for the organisation's next one. */
export interface CellAnswer {
  readonly field: AskedField
  /** The cell as the register has it; every way of writing it means the same. */
  readonly text: string
  /** What it means; null: it says nothing, or for a partner: leave it out. */
  readonly answer: AnswerValue
}

/** A code, several codes, or whom a name of a partner stands for. */
export type AnswerValue = string | readonly string[] | AnsweredPartners | null

/** An answer as it is sent: of a partner also a new body, or a group of bodies. */
export interface SentAnswer extends Omit<CellAnswer, 'answer'> {
  readonly answer: AnswerValue | PartnerAnswer
}

/** Whether an answer names a body that is to be proposed, or a group whose members are to be written down. */
export function isToBeMade(answer: SentAnswer['answer']): answer is PartnerAnswer {
  return answer !== null && typeof answer === 'object' && ('create' in answer || ('group' in answer && !('organisations' in answer)))
}

/** Columns whose cells are asked about, with the codes that answer, or the lists whose codes do. An organisation answers for a partner. */
export const ASKED_FIELDS = {
  partners: { codes: [] },
  status: { codes: ['ACTIVE', 'DRAFT', 'EXPIRED', 'TERMINATED'] },
  type: { lists: ['INSTRUMENT_TYPE'] },
  role: { codes: ['CONTROLLER', 'JOINT_CONTROLLER', 'PROCESSOR'] },
  direction: { codes: ['OUT', 'IN', 'BOTH'] },
  special: { codes: ['YES', 'NO'] },
  personal: { codes: ['YES', 'NO'] },
  dpia_ref: { codes: ['YES', 'NO'] },
  expiry: { codes: ['OPEN'] },
  frequency: { lists: ['FREQUENCY'] },
  legal_basis: { lists: ['LAWFUL_BASIS', 'ART9_CONDITION'] },
  /** Of no cell: what the lines are of agreements that are here, or stand in the file, already. */
  lines: { codes: ['ADD', 'REPLACE'] },
} as const satisfies Partial<Record<Field | 'lines', { readonly codes: readonly string[] } | { readonly lists: readonly string[] }>>
export type AskedField = keyof typeof ASKED_FIELDS
/** Those that stand in a column. */
export type CellField = Exclude<AskedField, 'lines'>

/** What no record can do without: without an answer the line is left out. */
const NEEDED: ReadonlySet<AskedField> = new Set<AskedField>(['partners', 'status', 'type', 'role', 'lines'])

/** Whether a line is refused until this is answered: a record holds it as a fact, and it was taken for nothing meanwhile. */
export function isNeeded({ field, takenFor }: { readonly field: AskedField; readonly takenFor: readonly string[] }): boolean {
  return NEEDED.has(field) && takenFor.length === 0
}

/** Whether an answer holds for the next file too: a choice about the lines of one file does not. */
export function isRemembered({ field }: Pick<CellAnswer, 'field'>): boolean {
  return field !== 'lines'
}

/** A longer cell is prose: it is kept in words and not asked about. */
export const ASKED_MAX = 300

/** The codes that answer a question about a column. */
export function choicesFor(field: AskedField, lists: readonly CodeList[]): readonly string[] {
  const asked: { readonly codes: readonly string[] } | { readonly lists: readonly string[] } = ASKED_FIELDS[field]
  const codesOf = (name: string) => lists.find(({ list }) => list === name)?.entries.map(({ code }) => code) ?? []
  return 'codes' in asked ? asked.codes : asked.lists.flatMap(codesOf)
}

/** What tells one question from another: however a cell is written it is the same, but "Signed?" asks something else than "Signed". */
export function askedTerm(text: string): string {
  const term = plainTerm(text)
  return text.includes('?') && !term.includes('?') ? `${term} ?` : term
}

/** Answers by column and term. */
export function answersByTerm(answers: readonly CellAnswer[]): (field: AskedField, text: string) => AnswerValue | undefined {
  const found = new Map(answers.map(({ field, text, answer }) => [`${field}|${askedTerm(text)}`, answer]))
  return (field, text) => found.get(`${field}|${askedTerm(text)}`)
}
