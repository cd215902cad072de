import { type AskedField, askedTerm, isNeeded } from './answers.ts'

/** A cell, or a part of one, that a person has to explain or may confirm. */
export interface CellQuestion {
  readonly field: AskedField
  /** As the line has it. */
  readonly text: string
  /** What it was taken for; empty: nothing. */
  readonly takenFor: readonly string[]
}

/** A question as the whole file asks it. */
export interface FileQuestion extends CellQuestion {
  readonly term: string
  /** How many lines ask it. */
  readonly rows: number
}

/** So many cells of one file are asked about; the others once these are answered. */
export const QUESTIONS_MAX = 5000

/** Collects what a file asks, each cell once however it is written. */
export function fileQuestions() {
  const byTerm = new Map<string, { question: CellQuestion; term: string; rows: number }>()
  return {
    add(questions: readonly CellQuestion[]): void {
      for (const question of questions) {
        const term = askedTerm(question.text)
        const key = `${question.field}|${term}`
        const known = byTerm.get(key)
        if (known) known.rows += 1
        else if (byTerm.size < QUESTIONS_MAX) byTerm.set(key, { question, term, rows: 1 })
      }
    },
    /** Those without which lines are refused first, those that were taken for something last; the most frequent first. */
    all(): FileQuestion[] {
      const rank = (question: CellQuestion) => (question.takenFor.length > 0 ? 2 : isNeeded(question) ? 0 : 1)
      return [...byTerm.values()]
        .map(({ question, term, rows }) => ({ ...question, term, rows }))
        .sort((a, b) => rank(a) - rank(b) || b.rows - a.rows || (a.term < b.term ? -1 : 1))
    },
  }
}
