import { type Day, isDay } from '../../platform/kernel/london-day.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import type { AssessmentCodes } from './codes.ts'
import type { Answer, AssessmentContent, Measure, Risk } from './content.ts'
import { type QuestionSet, questionOf } from './questions.ts'
import { isBlank, textFaults } from './written-text.ts'

/** What cannot be saved in an assessment (domain reference 4.2, 4.3): what is missing can be saved, what nobody could read cannot. Pure. */

export const RISKS_MAX = 100
export const MEASURES_MAX = 300
/** Characters of what a risk comes from, and of a post. */
export const LINE_MAX = 500
/** People that one risk is about, by code. */
const SUBJECTS_MAX = 50

/** What a writing is looked at against. */
export interface WrittenAgainst {
  readonly questions: QuestionSet
  readonly codes: AssessmentCodes
  /** London day. */
  readonly today: Day
}

/** What is wrong with one answer; pointers `/answers/<key>/…`. */
export function answerFaults(key: string, { text, choice }: Answer, { questions }: Pick<WrittenAgainst, 'questions'>): Fault[] {
  const at = `/answers/${key}`
  const question = questionOf(questions, key)
  if (!question) return [fault(at, 'UNKNOWN_QUESTION', 'There is no such question in this edition.')]
  const isChoice = choice === null || question.choices.some(({ code }) => code === choice)
  const detail =
    question.choices.length === 0
      ? 'This question has nothing to choose from.'
      : `Choose one of ${question.choices.map(({ code }) => code).join(', ')}.`
  return [...(isChoice ? [] : [fault(`${at}/choice`, 'UNKNOWN_CHOICE', detail)]), ...textFaults(`${at}/text`, 'The answer', text)]
}

/** What is wrong with one risk; pointers `/risks/<id>/…`. */
export function riskFaults(risk: Risk, { codes }: Pick<WrittenAgainst, 'codes'>): Fault[] {
  const at = `/risks/${risk.id}`
  return [
    ...filled(`${at}/source`, 'What the risk comes from', risk.source, LINE_MAX),
    ...filled(`${at}/description`, 'The description of the risk', risk.description),
    ...known(`${at}/harm_type`, 'HARM_TYPE', risk.harm_type, codes),
    ...subjects(`${at}/affected_subjects`, risk.affected_subjects, codes),
    ...known(`${at}/likelihood`, 'LIKELIHOOD', risk.likelihood, codes),
    ...known(`${at}/severity`, 'SEVERITY', risk.severity, codes),
  ]
}

/** What is wrong with one measure, beside the risks that there are; pointers `/measures/<id>/…`. */
export function measureFaults(
  measure: Measure,
  risks: readonly Risk[],
  { codes, today }: Pick<WrittenAgainst, 'codes' | 'today'>,
): Fault[] {
  const at = `/measures/${measure.id}`
  const risk = risks.find(({ id }) => id === measure.risk_id)
  return [
    ...(risk ? [] : [fault(`${at}/risk_id`, 'UNKNOWN_RISK', 'There is no such risk in this assessment.')]),
    ...filled(`${at}/measure`, 'What is done', measure.measure),
    ...known(`${at}/effect`, 'MEASURE_EFFECT', measure.effect, codes),
    ...left(`${at}/left`, measure, risk, codes),
    ...filled(`${at}/owner/org`, 'The organisation that does it', measure.owner.org, LINE_MAX),
    ...filled(`${at}/owner/post`, 'The post that does it', measure.owner.post, LINE_MAX),
    ...day(`${at}/due`, 'by when it is done', measure.due),
    ...past(`${at}/done_on`, 'when it was done', measure.done_on, today),
    ...past(`${at}/approved/on`, 'when it was approved', measure.approved?.on ?? null, today),
    ...(measure.approved === null ? [] : filled(`${at}/approved/by`, 'Who approved it', measure.approved.by, LINE_MAX)),
  ]
}

/** What is wrong with who keeps it under review, and when; pointers `/review/…`. */
export function reviewFaults(review: AssessmentContent['review']): Fault[] {
  if (review === null) return []
  return [
    ...day('/review/due', 'when it is reviewed next', review.due),
    ...filled('/review/kept_by', 'Who keeps it under review', review.kept_by, LINE_MAX),
  ]
}

/** Lists that are longer than anybody reads. */
export function listFaults({ risks, measures }: Pick<AssessmentContent, 'risks' | 'measures'>): Fault[] {
  return [...many('/risks', 'risks', risks, RISKS_MAX), ...many('/measures', 'measures', measures, MEASURES_MAX)]
}

/** All that cannot be saved of a content. */
export function writtenFaults(content: AssessmentContent, against: WrittenAgainst): Fault[] {
  const { answers, risks, measures, screening, review } = content
  return [
    ...textFaults('/screening/reasons', 'The reasons', screening?.reasons ?? null),
    ...Object.entries(answers).flatMap(([key, answer]) => answerFaults(key, answer, against)),
    ...listFaults(content),
    ...risks.flatMap((risk) => riskFaults(risk, against)),
    ...measures.flatMap((measure) => measureFaults(measure, risks, against)),
    ...reviewFaults(review),
  ]
}

/** What is left of a risk (4.3): said where it is reduced and only there, not more than there was, and not all of it. */
function left(at: string, { effect, left: after }: Measure, risk: Risk | undefined, codes: AssessmentCodes): Fault[] {
  if (effect !== 'REDUCED')
    return after === null ? [] : [fault(at, 'LEFT_NOT_ASKED', 'Only a measure that reduces a risk says what is left of it.')]
  if (after === null) return [fault(at, 'LEFT_MISSING', 'Say how likely and how severe the risk is once this is done.')]
  const unknown = [
    ...known(`${at}/likelihood`, 'LIKELIHOOD', after.likelihood, codes),
    ...known(`${at}/severity`, 'SEVERITY', after.severity, codes),
  ]
  if (unknown.length > 0 || !risk) return unknown
  const likelier = isHigher(after.likelihood, risk.likelihood, codes.scale('LIKELIHOOD'))
  const worse = isHigher(after.severity, risk.severity, codes.scale('SEVERITY'))
  const same = after.likelihood === risk.likelihood && after.severity === risk.severity
  return [
    ...(likelier ? [fault(`${at}/likelihood`, 'LEFT_HIGHER', 'The risk cannot be likelier than it was before.')] : []),
    ...(worse ? [fault(`${at}/severity`, 'LEFT_HIGHER', 'The risk cannot be more severe than it was before.')] : []),
    ...(same ? [fault(at, 'NOT_REDUCED', 'As much is left as there was: then the risk is accepted, and not reduced.')] : []),
  ]
}

function isHigher(after: string, before: string, scale: readonly string[]): boolean {
  return scale.includes(before) && scale.indexOf(after) > scale.indexOf(before)
}

function subjects(at: string, affected: readonly string[], codes: AssessmentCodes): Fault[] {
  if (affected.length === 0) return [fault(at, 'VALUE_MISSING', 'Say whom it would harm.')]
  if (affected.length > SUBJECTS_MAX) return [fault(at, 'TOO_MANY', `It can name ${SUBJECTS_MAX} kinds of people.`)]
  return affected.flatMap((code, index) => known(`${at}/${index}`, 'DATA_SUBJECT', code, codes))
}

function known(pointer: string, list: string, code: string, codes: AssessmentCodes): Fault[] {
  return codes.has(list, code) ? [] : [fault(pointer, 'UNKNOWN_CODE', `This is no code of the list ${list}.`)]
}

function filled(pointer: string, what: string, text: string, max?: number): Fault[] {
  return isBlank(text) ? [fault(pointer, 'VALUE_MISSING', `${what} is not said.`)] : textFaults(pointer, what, text, max)
}

function day(pointer: string, what: string, value: string): Fault[] {
  return isDay(value) ? [] : [fault(pointer, 'NOT_A_DAY', `Say ${what} as a day that exists, for example 2027-03-31.`)]
}

function past(pointer: string, what: string, value: string | null, today: Day): Fault[] {
  if (value === null) return []
  const faults = day(pointer, what, value)
  return faults.length > 0 || value <= today ? faults : [fault(pointer, 'DAY_TO_COME', `${value} has not come yet.`)]
}

function many(pointer: string, what: string, all: readonly { readonly id: string }[], max: number): Fault[] {
  return [
    ...(all.length > max ? [fault(pointer, 'TOO_MANY', `An assessment can have ${max} ${what}, and this has ${all.length}.`)] : []),
    ...(new Set(all.map(({ id }) => id)).size === all.length
      ? []
      : [fault(pointer, 'GIVEN_TWICE', `Two of the ${what} have the same id.`)]),
  ]
}

function fault(pointer: string, code: string, detail: string): Fault {
  return { pointer, detail, code }
}
