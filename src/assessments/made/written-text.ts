import type { Fault } from '../../platform/kernel/refusal.ts'

/** Characters of one text of an assessment. */
export const ASSESSMENT_TEXT_MAX = 8_000

/** What is wrong with a text as such: too long, or with half a character in it, which no record could keep as it was. */
export function textFaults(pointer: string, what: string, text: string | null, max = ASSESSMENT_TEXT_MAX): Fault[] {
  if (text === null) return []
  const length = [...text].length
  const faults: Fault[] = []
  if (length > max) faults.push({ pointer, detail: `${what} can have ${max} characters, and this has ${length}.`, code: 'TEXT_TOO_LONG' })
  if (/\p{Surrogate}/u.test(text)) faults.push({ pointer, detail: `${what} has a broken character in it.`, code: 'TEXT_BROKEN' })
  return faults
}

/** Whether nothing is said. */
export function isBlank(text: string | null | undefined): boolean {
  return text === null || text === undefined || text.trim() === ''
}
