import type { Day } from '../../platform/kernel/london-day.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import type { AssessmentCodes } from './codes.ts'
import { conditionsOf } from './conditions.ts'
import type { AssessmentContent, Measure, Risk } from './content.ts'
import { asked, type Question, type QuestionSet } from './questions.ts'
import { overallOf } from './risks.ts'
import { derivedTriggers, screeningFaults } from './triggers.ts'
import { writtenFaults } from './written-faults.ts'
import { isBlank } from './written-text.ts'

/**
 * What keeps an assessment from being sent for review (domain reference 4.2, UK GDPR Art 35(7)), each named by pointer: every
 * question that is asked has its answer, there are risks, what is more than low has something done about it, and all that is written
 * can be read. What is left of the risk keeps nothing back: it is for those who advise and accept. Pure.
 *
 * @param today London day
 */
export function contentFaults(
  content: AssessmentContent,
  facts: AssessedFacts,
  questions: QuestionSet,
  codes: AssessmentCodes,
  today: Day,
): Fault[] {
  return [
    ...screening(content, facts, codes),
    ...asked(questions, conditionsOf(facts, codes)).flatMap((question) => unanswered(question, content)),
    ...unassessed(content),
    ...content.risks.flatMap((risk) => untreated(risk, content.measures, codes)),
    ...content.measures.flatMap((measure) => overdue(measure, today)),
    ...unreviewed(content, today),
    ...writtenFaults(content, { questions, codes, today }),
  ]
}

function screening({ screening: outcome }: AssessmentContent, facts: AssessedFacts, codes: AssessmentCodes): Fault[] {
  if (outcome === null)
    return [
      missing('/screening', 'SCREENING_MISSING', 'Nobody has confirmed yet whether an assessment is needed.', 'UK GDPR Art 35(1); DP-1'),
    ]
  return screeningFaults(outcome, derivedTriggers(facts, codes), facts)
}

function unanswered({ key, text, required, choices, citation }: Question, { answers }: AssessmentContent): Fault[] {
  const pointer = `/answers/${key}`
  const answer = answers[key]
  if (!required && (answer === undefined || (isBlank(answer.text) && answer.choice === null))) return []
  if (choices.length === 0)
    return isBlank(answer?.text) ? [missing(`${pointer}/text`, 'ANSWER_MISSING', `"${text}" is not answered.`, citation)] : []
  const chosen = choices.find(({ code }) => code === answer?.choice)
  if (!chosen) return [missing(`${pointer}/choice`, 'ANSWER_MISSING', `"${text}" is not answered: choose one.`, citation)]
  if (!chosen.needs_text || !isBlank(answer?.text)) return []
  const words = chosen.text_label === null ? '' : ` Say: ${chosen.text_label.charAt(0).toLowerCase()}${chosen.text_label.slice(1)}.`
  return [missing(`${pointer}/text`, 'ANSWER_MISSING', `"${text}": "${chosen.label}" needs words besides.${words}`, citation)]
}

function unassessed({ risks }: AssessmentContent): Fault[] {
  if (risks.length > 0) return []
  return [missing('/risks', 'RISK_MISSING', 'No risk to people is described: no share is without any.', 'UK GDPR Art 35(7)(c)')]
}

/** ICO template, step 6: measures for what is medium or high. One that accepts the risk is one too, with whoever answers for it. */
function untreated(risk: Risk, measures: readonly Measure[], codes: AssessmentCodes): Fault[] {
  const overall = overallOf(risk.likelihood, risk.severity, codes)
  if (overall === 'LOW' || measures.some(({ risk_id }) => risk_id === risk.id)) return []
  const detail = `Nothing is planned about a risk that is ${overall.toLowerCase()}: ${shortened(risk.description)}`
  return [missing(`/risks/${risk.id}`, 'MEASURE_MISSING', detail, 'UK GDPR Art 35(7)(d)')]
}

/** A plan whose day has passed is none. */
function overdue({ id, due, done_on }: Measure, today: Day): Fault[] {
  if (done_on !== null || due >= today) return []
  return [
    missing(
      `/measures/${id}/due`,
      'MEASURE_OVERDUE',
      `This was to be done by ${due}: say that it is done, or by when it will be.`,
      'UK GDPR Art 35(7)(d)',
    ),
  ]
}

/** Who keeps it under review and when it is reviewed next (ICO template, step 7): a day that is still to come. */
function unreviewed({ review }: AssessmentContent, today: Day): Fault[] {
  const citation = 'UK GDPR Art 35(11)'
  if (review === null)
    return [missing('/review', 'REVIEW_MISSING', 'Nobody is named who reviews it, nor a day on which that is due.', citation)]
  if (review.due > today) return []
  return [missing('/review/due', 'REVIEW_PAST', `The review was due on ${review.due}: say on which day to come it is.`, citation)]
}

function missing(pointer: string, code: string, detail: string, citation: string): Fault {
  return { pointer, detail, code, citation, remedy_role: 'IG_OFFICER' }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
