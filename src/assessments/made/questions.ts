import type { Day } from '../../platform/kernel/london-day.ts'
import { isValidOn } from '../../reference/code-list.ts'
import type { QuestionCondition } from './conditions.ts'
import QUESTIONS from './questions.json' with { type: 'json' }

/**
 * The questions of an assessment, in the seven steps of the ICO template (domain reference 4.2): data with citations, in editions by
 * day. An edition is never changed once it has been asked: a version keeps the questions as they were. Pure.
 */

/** One step of the template. */
export interface QuestionSection {
  readonly code: 'NEED' | 'PROCESSING' | 'CONSULTATION' | 'NECESSITY' | 'RISKS' | 'MEASURES' | 'SIGN_OFF'
  /** As the template numbers it. */
  readonly step: number
  readonly title: string
  /** What the step is for, for somebody who has never done one. */
  readonly lead: string
  readonly citation: string
}

/** An answer that can be chosen. */
export interface QuestionChoice {
  readonly code: string
  readonly label: string
  /** Whether it needs words besides. */
  readonly needs_text: boolean
  /** What the words are to say, where it is not what the question asks; null: nothing else. */
  readonly text_label: string | null
}

/** One question. */
export interface Question {
  /** Stays the same from edition to edition as long as the question means the same. */
  readonly key: string
  readonly section: QuestionSection['code']
  /** The group inside its step, for example Nature; null: the step has none. */
  readonly part: string | null
  readonly text: string
  /** Why we ask. */
  readonly why: string
  /** A worked example of a share between boroughs; the organisations and cases in it are made up. */
  readonly example: string
  /** Empty: it is answered in words alone. */
  readonly choices: readonly QuestionChoice[]
  readonly required: boolean
  /** Asked only where this holds of the agreement; null: always. */
  readonly when: QuestionCondition | null
  readonly citation: string
  /** From which parts of the agreement the answer begins (`prefill.ts`), in this order. */
  readonly prefilled_from: readonly string[]
}

/** What was asked on a day. */
export interface QuestionSet {
  readonly edition: string
  readonly valid_from: Day | null
  readonly valid_to: Day | null
  readonly source: string
  /** Whether somebody checked it against its source. */
  readonly verified: boolean
  /** What of them was not checked; absent: all was. */
  readonly unverified_part?: string
  readonly sections: readonly QuestionSection[]
  readonly questions: readonly Question[]
}

const EDITIONS = QUESTIONS.editions as readonly QuestionSet[]

/** The questions that are asked on a London day: the newest edition that has begun. @throws RangeError where none has, which no release ships */
export function questionsOn(day: Day): QuestionSet {
  const found = EDITIONS.findLast(({ valid_from, valid_to }) => isValidOn(day, valid_from, valid_to))
  if (!found) throw new RangeError(`no questions on ${day}`)
  return found
}

/** The questions of an edition; undefined: there is no such edition. */
export function questionsOf(edition: string): QuestionSet | undefined {
  return EDITIONS.find((one) => one.edition === edition)
}

/** The questions that are asked where these conditions hold, in their order. */
export function asked({ questions }: QuestionSet, conditions: ReadonlySet<QuestionCondition>): readonly Question[] {
  return questions.filter(({ when }) => when === null || conditions.has(when))
}

/** The question of a key; undefined: there is none. */
export function questionOf({ questions }: QuestionSet, key: string): Question | undefined {
  return questions.find((question) => question.key === key)
}

/** What a key asks, in the words of the newest edition that has it; the key itself where none has. */
export function askedBy(key: string): string {
  return EDITIONS.map((edition) => questionOf(edition, key)?.text).findLast((text) => text !== undefined) ?? key
}

/** The step in which a question stands, in whichever edition it was asked last; undefined: in none. */
export function stepAsking(key: string): QuestionSection['code'] | undefined {
  return EDITIONS.findLast((edition) => questionOf(edition, key))?.questions.find((question) => question.key === key)?.section
}
