import type { CnilFile, Id } from './cnil-file.ts'
import { isObject, type Json } from './json.ts'
import STANDARD from './standard.json' with { type: 'json' }

/** A question of the tool that is answered with a text; `answers` is the key of the question here that asks it too, null where none does. */
export interface StandardQuestion {
  readonly reference: string
  readonly label: string
  readonly answers: string | null
}

/** One of the three risks that the tool has, by the number of its item. */
export interface StandardRisk {
  readonly item: string
  readonly label: string
  /** HARM_TYPE code. */
  readonly harm_type: string
}

export const QUESTIONS: readonly StandardQuestion[] = STANDARD.questions
export const RISKS: readonly StandardRisk[] = STANDARD.risks
/** SEVERITY and LIKELIHOOD codes of the steps 1 to 4 of the tool. */
export const STEPS = { severity: STANDARD.severity, likelihood: STANDARD.likelihood } as const
export type Scale = keyof typeof STEPS

/** Questions of one risk, each answered with a list, or with a step and the reason for it. */
export const ASKED_OF_A_RISK = { impacts: '1', threats: '2', sources: '3', measures: '4', severity: '5', likelihood: '6' } as const

/** The number of a question of a risk: `3.2` and the severity is 325. */
export function riskQuestion(item: string, asked: keyof typeof ASKED_OF_A_RISK): string {
  return item.replace('.', '') + ASKED_OF_A_RISK[asked]
}

/** All questions that the tool asks, by number. */
export const ALL_REFERENCES: readonly string[] = [
  ...QUESTIONS.map(({ reference }) => reference),
  ...RISKS.flatMap(({ item }) =>
    (Object.keys(ASKED_OF_A_RISK) as (keyof typeof ASKED_OF_A_RISK)[]).map((asked) => riskQuestion(item, asked)),
  ),
]

/** A number, as it is compared: `121` and `"121"` are one. */
export function referenceOf(id: Id | undefined): string {
  return String(id ?? '')
}

/**
 * What a question number means in a file: an assessment may have been made with questions of its own (a structure), which reuse the
 * numbers. True where the number asks what the tool asks by itself. Pure.
 */
export function standardReferences({ pia }: CnilFile): (reference: string) => boolean {
  const own = pia.structure_data
  if (!isObject(own)) return () => true
  const asked = new Map(questionsIn(own, 0).map(({ id, title }) => [referenceOf(id), title]))
  return (reference) => {
    const title = asked.get(reference)
    // A structure names what it takes over by the key of the tool's own text, and writes out what it asks anew.
    return title === undefined || /^sections\.\d\.items\.\d\.questions\.\d{1,2}\.title$/.test(title)
  }
}

function questionsIn(value: Json, depth: number): { readonly id: Id; readonly title: string }[] {
  if (depth > 8 || typeof value !== 'object' || value === null) return []
  const inside = Object.values(value).flatMap((part: Json) => questionsIn(part, depth + 1))
  if (!isObject(value)) return inside
  const { id, title } = value
  const isQuestion = (typeof id === 'number' || typeof id === 'string') && typeof title === 'string' && 'answer_type' in value
  return isQuestion ? [{ id, title }, ...inside] : inside
}
