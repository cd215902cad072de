import type { FastifyRequest } from 'fastify'
import type { Answer } from '../../assessments/made/content.ts'
import type { Question } from '../../assessments/made/questions.ts'
import type { AssessmentSheet, SheetService } from '../../assessments/made/sheet.service.ts'
import type { WritingService } from '../../assessments/made/writing.service.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import { answersIn, digestOf, type FormField, textOf } from '../drafting/answers.ts'
import { idOf, placed } from '../drafting/steps.pages.ts'
import { type FieldError, faultsOf, field, type Page, type Redirect } from '../forms.pages.ts'
import { refusedBeside } from '../questions.pages.ts'
import type { Web } from '../web.plugin.ts'
import { stepIn, stepPath } from './dpia-tasks.ts'
import { at, callFor, closedTo, paramsOf, sheetReader } from './sheets.pages.ts'

export interface SectionPagesOptions {
  readonly sheets: Pick<SheetService, 'read'>
  readonly writing: Pick<WritingService, 'answer'>
}

const OPERATION = 'answerAssessmentQuestion'

/** The seven steps of an assessment, each one page of its questions: every answer that was changed is given for itself, by the act of the API. */
export function sectionPages({ sheets, writing }: SectionPagesOptions) {
  const sheetOf = sheetReader(sheets)

  function sectionIn(request: FastifyRequest, sheet: AssessmentSheet) {
    const section = stepIn(paramsOf(request).step, sheet)
    if (!section) throw refused('NOT_FOUND', 'An assessment has no such step.')
    const next = sheet.sections[sheet.sections.indexOf(section) + 1]
    return {
      section,
      next: next ? stepPath(next.code) : '/check',
      questions: sheet.questions.filter((one) => one.section === section.code),
    }
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const sheet = await sheetOf(request)
    const { section, questions } = sectionIn(request, sheet)
    const changed = new Set(changedIn(request, questions, sheet))
    const asked = questions.map((question) => {
      const given = sheet.view.content.answers[question.key] ?? null
      const value = changed.has(question) ? answerIn(request, question) : given
      const fields = fieldsOf(question).map((one) => ({
        ...{ ...one, id: idOf(one), value: textOf(one.kind === 'radios' ? value?.choice : value?.text) },
      }))
      return { question, given, fields, was: digest(given) }
    })
    return {
      template: 'dpia/section.njk',
      title: `${section.step}. ${section.title}`,
      ...over,
      data: { sheet, section, asked, here: at(request), closed: closedTo(request, sheet, OPERATION) },
    }
  }

  async function saved(request: FastifyRequest): Promise<Page | Redirect> {
    const sheet = await sheetOf(request)
    const { questions, next } = sectionIn(request, sheet)
    const changed = changedIn(request, questions, sheet)
    const wrong = changed.flatMap((question) => [...conflictOf(request, question, sheet), ...brokenBy(request, question)])
    if (wrong.length > 0) return shown(request, { status: 422, errors: wrong })
    const errors: FieldError[] = []
    for (const question of changed) {
      const answer = answerIn(request, question)
      const done = await writing.answer(callFor(request, question.key), question.key, isEmpty(answer) ? null : answer)
      if (!done.ok) errors.push(...refusedBeside(done.refusal, fieldsOf(question)))
    }
    if (errors.length > 0) return shown(request, { status: 422, errors })
    return { to: at(request, field(request, 'then') === 'tasks' ? '' : next) }
  }

  return ({ page, form }: Web): void => {
    page('/assessments/:id/steps/:step', 'getAssessment', (request) => shown(request))
    form('/assessments/:id/steps/:step', OPERATION, saved)
  }
}

/** The fields of a question: a choice where there is one to make, and words. */
function fieldsOf({ key, text, choices }: Question): readonly FormField[] {
  const words: FormField = { name: key, label: text, kind: 'textarea', rows: 5, pointer: `/answers/${key}` }
  if (choices.length === 0) return [words]
  return [
    {
      ...{ name: `${key}-choice`, label: text, kind: 'radios', pointer: `/answers/${key}/choice` },
      choices: choices.map(({ code, label, text_label }) => ({ value: code, text: label, ...(text_label ? { hint: text_label } : {}) })),
    },
    { ...words, label: 'In words', rows: 4 },
  ]
}

/** What a form says to a question. */
function answerIn(request: FastifyRequest, question: Question): Answer {
  const said = answersIn((request.body ?? {}) as Readonly<Record<string, unknown>>, fieldsOf(question))
  return { text: textOf(said[question.key]), choice: textOf(said[`${question.key}-choice`]) || null }
}

const isEmpty = ({ text, choice }: Answer) => text === '' && choice === null
/** Names an answer, so that a page can tell whether it still says what it said when the page was opened. */
const digest = (answer: Answer | null) => digestOf({ text: (answer?.text ?? '').trim(), choice: answer?.choice ?? '' })
/** What an answer was when the page was opened. */
const was = (request: FastifyRequest, { key }: Question, now: string) => field(request, `was-${key}`) || now

/** The questions whose answers somebody changed on the page; what a colleague changed meanwhile is left as it is. */
function changedIn(request: FastifyRequest, questions: readonly Question[], { view }: AssessmentSheet): readonly Question[] {
  if (!request.body) return []
  return questions.filter((question) => {
    const now = digest(view.content.answers[question.key] ?? null)
    const typed = digest(answerIn(request, question))
    return typed !== was(request, question, now) && typed !== now
  })
}

/** A colleague changed the same answer meanwhile: both are shown before one of them goes. */
function conflictOf(request: FastifyRequest, question: Question, { view }: AssessmentSheet): FieldError[] {
  const now = view.content.answers[question.key] ?? null
  if (was(request, question, digest(now)) === digest(now)) return []
  const theirs = now?.text ? `They wrote: “${now.text}”.` : 'They took the answer out or chose another one.'
  const text = `A colleague changed this answer since you opened the page. ${theirs} Save once more to put yours in its place`
  return [{ field: question.key, text }]
}

/** What an answer breaks of the contract. */
function brokenBy(request: FastifyRequest, question: Question): FieldError[] {
  const faults: Fault[] = faultsOf(OPERATION, answerIn(request, question), (pointer) => pointer).map(({ field: pointer, text }) => ({
    ...{ pointer: pointer === '/choice' ? `/answers/${question.key}/choice` : `/answers/${question.key}`, detail: text },
  }))
  return placed(faults, fieldsOf(question), '', (sentence) => sentence)
}
