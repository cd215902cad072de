import type { FastifyRequest } from 'fastify'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { ConsultingService } from '../../assessments/made/consulting.service.ts'
import type { AssessmentCall } from '../../assessments/made/made-kind.service.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import type { AssessmentSheet, SheetService } from '../../assessments/made/sheet.service.ts'
import type { WritingService } from '../../assessments/made/writing.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { BodyOf, OperationId } from '../../platform/http/openapi.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { orThrow, type Refusal, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import type { Answers } from '../drafting/answers.ts'
import { choicesFrom } from '../drafting/choices.ts'
import { chosen, type FieldError, field, isKey, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { answered, type Questions, questionsIn, refusedBeside } from '../questions.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'
import { ANSWER, CONSULTATION, DONE, EXTENSION, measureQuestions, REOPENING, REVIEW, riskQuestions, SCREENING } from './dpia-questions.ts'
import { stepPath } from './dpia-tasks.ts'
import { at, callFor, closedTo, paramsOf, sheetReader } from './sheets.pages.ts'

export interface DpiaActsOptions extends RequestLists {
  readonly writing: WritingService
  readonly reviewing: Pick<ReviewingService, 'reopen' | 'list'>
  readonly consulting: ConsultingService
  readonly sheets: Pick<SheetService, 'read'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly now: Clock
}

type Done = Promise<Result<unknown, Refusal>>

/** A page on which something is said of an assessment. */
interface Saying<Id extends OperationId> {
  readonly operation: Id
  /** Within the address of the assessment. */
  readonly path: string
  readonly title: string
  readonly button: string
  readonly lead?: readonly string[]
  /** Where it leads to, within the assessment; absent: to its tasks. */
  readonly leadsTo?: string
  readonly questions: (request: FastifyRequest, sheet: AssessmentSheet) => Questions | Promise<Questions>
  /** What stands there already. */
  readonly standing?: (request: FastifyRequest, sheet: AssessmentSheet) => Answers
  /** Why there is nothing to say for the reader; absent: as of whatever is written. */
  readonly closed?: (request: FastifyRequest, sheet: AssessmentSheet) => string | null
  readonly act: (call: AssessmentCall, body: BodyOf<Id>, request: FastifyRequest) => Done
}

/** Where the lists of risks and of measures stand. */
const [RISKS, MEASURES, LAST] = [stepPath('RISKS'), stepPath('MEASURES'), stepPath('SIGN_OFF')]

/** What is said of an assessment: its screening, risks, measures and next review, re-opening, and the consultation of the regulator. */
export function dpiaActPages({ writing, reviewing, consulting, sheets, drafting, organisationsFor, listsFor, now }: DpiaActsOptions) {
  const sheetOf = sheetReader(sheets)

  function saying<Id extends OperationId>({ operation, path, questions, closed, standing, act, ...words }: Saying<Id>) {
    const shown = async (request: FastifyRequest, sheet: AssessmentSheet, over: Partial<Page> = {}): Promise<Page> => ({
      template: 'dpia/saying.njk',
      title: words.title,
      ...over,
      data: {
        ...{ sheet, operation, lead: words.lead, button: words.button, here: at(request) },
        back: { text: 'Back', href: at(request, words.leadsTo ?? '') },
        closed: over.errors ? null : closed ? closed(request, sheet) : closedTo(request, sheet, operation),
        fields: questionsIn(request, (await questions(request, sheet)).fields, standing?.(request, sheet)),
      },
    })
    return ({ page, form }: Web): void => {
      page(`/assessments/:id${path}`, operation, async (request) => shown(request, await sheetOf(request)))
      form(`/assessments/:id${path}`, operation, async (request): Promise<Page | Redirect> => {
        const sheet = await sheetOf(request)
        const asked = await questions(request, sheet)
        const again = (errors: readonly FieldError[]) => shown(request, sheet, { status: 422, errors })
        const { body, errors } = answered(operation, request, asked)
        if (errors.length > 0) return again(errors)
        const done = await act(callFor(request), body, request)
        return done.ok ? { to: at(request, words.leadsTo ?? '') } : again(refusedBeside(within(done.refusal), asked.fields))
      })
    }
  }

  /** A page that asks once more before something is taken out. */
  function dropping(
    operation: OperationId,
    path: string,
    { title, leadsTo }: { readonly title: string; readonly leadsTo: string },
    what: (request: FastifyRequest, sheet: AssessmentSheet) => string,
    act: (call: AssessmentCall, request: FastifyRequest) => Done,
  ) {
    const shown = async (request: FastifyRequest, errors: readonly FieldError[] = []): Promise<Page> => {
      const sheet = await sheetOf(request)
      const data = { sheet, what: what(request, sheet), here: at(request), leadsTo, closed: closedTo(request, sheet, operation) }
      return { template: 'dpia/drop.njk', title, data, ...(errors.length > 0 ? { status: 422, errors } : {}) }
    }
    return ({ page, form }: Web): void => {
      page(`/assessments/:id${path}`, operation, (request) => shown(request))
      form(`/assessments/:id${path}`, operation, async (request): Promise<Page | Redirect> => {
        const done = await act(callFor(request), request)
        return done.ok ? { to: at(request, leadsTo) } : shown(request, refusedWith(done.refusal))
      })
    }
  }

  const choicesFor = async (request: FastifyRequest) => choicesFrom(await listsFor(request), now().getTime())
  const toRisk = async (request: FastifyRequest, { subjects }: AssessmentSheet) => riskQuestions(await choicesFor(request), subjects)
  const toMeasure = async (request: FastifyRequest, sheet: AssessmentSheet) =>
    measureQuestions(await choicesFor(request), sheet, await organisationsFor(request), sheet.parties)
  const riskIn = (request: FastifyRequest, { view }: AssessmentSheet) => named(view.content.risks, paramsOf(request).risk)
  const measureIn = (request: FastifyRequest, { view }: AssessmentSheet) => named(view.content.measures, paramsOf(request).measure)
  const ofConsultation = (isOpen: (sheet: AssessmentSheet) => boolean) => (_request: FastifyRequest, sheet: AssessmentSheet) => {
    if (!sheet.isKeptHere) return 'The organisation that keeps the text of the agreement consults the Information Commissioner.'
    return isOpen(sheet) ? null : 'There is nothing to record here now.'
  }

  const acts = [
    saying({
      ...{ operation: 'screenAssessment', path: '/screening', title: 'Say whether an assessment is needed', button: 'Save' },
      questions: () => SCREENING,
      standing: (_request, { view, isSuggested }) => {
        const { screening } = view.content
        if (!screening) return isSuggested ? { required: 'yes' } : {}
        return { required: screening.required ? 'yes' : 'no', reasons: screening.reasons ?? '' }
      },
      act: writing.screen,
    }),
    saying({
      ...{ operation: 'addAssessmentRisk', path: '/risks/new', title: 'Add a risk', button: 'Add the risk', leadsTo: RISKS },
      questions: toRisk,
      act: (call, body) => writing.risk(call, null, body),
    }),
    saying({
      ...{ operation: 'changeAssessmentRisk', path: '/risks/:risk', title: 'Change a risk', button: 'Save the risk', leadsTo: RISKS },
      questions: toRisk,
      standing: (request, sheet) => ({ ...riskIn(request, sheet) }),
      act: (call, body, request) => writing.risk(call, paramsOf(request).risk, body),
    }),
    dropping(
      'dropAssessmentRisk',
      '/risks/:risk/drop',
      { title: 'Take out a risk', leadsTo: RISKS },
      (request, sheet) => riskIn(request, sheet).description,
      (call, request) => writing.dropRisk(call, paramsOf(request).risk),
    ),
    saying({
      ...{ operation: 'addAssessmentMeasure', path: '/measures/new', title: 'Add a measure', button: 'Add the measure', leadsTo: MEASURES },
      questions: toMeasure,
      standing: (request) => ({ risk_id: chosen(request, 'risk') }),
      act: (call, body) => writing.measure(call, null, body),
    }),
    saying({
      ...{ operation: 'changeAssessmentMeasure', path: '/measures/:measure', title: 'Change a measure' },
      ...{ button: 'Save the measure', leadsTo: MEASURES },
      questions: toMeasure,
      standing: (request, sheet) => {
        const { left, approved, owner, ...measure } = measureIn(request, sheet)
        return {
          ...{ risk_id: measure.risk_id, measure: measure.measure, effect: measure.effect, due: measure.due, ...owner },
          ...{ left_likelihood: left?.likelihood ?? '', left_severity: left?.severity ?? '' },
          ...{ approved_by: approved?.by ?? '', approved_on: approved?.on ?? '' },
        }
      },
      act: (call, body, request) => writing.measure(call, paramsOf(request).measure, body),
    }),
    dropping(
      'dropAssessmentMeasure',
      '/measures/:measure/drop',
      { title: 'Take out a measure', leadsTo: MEASURES },
      (request, sheet) => measureIn(request, sheet).measure,
      (call, request) => writing.dropMeasure(call, paramsOf(request).measure),
    ),
    saying({
      ...{ operation: 'doAssessmentMeasure', path: '/measures/:measure/done', title: 'Say that a measure is done' },
      ...{ button: 'Record it', leadsTo: '/map' },
      questions: () => DONE,
      closed: (request, sheet) => {
        const { owner, done_on } = measureIn(request, sheet)
        if (done_on !== null) return 'It is done.'
        return owner.org === callerOf(request).org || sheet.isKeptHere ? null : 'The organisation that does it says when it is done.'
      },
      act: (call, body, request) => writing.doMeasure(call, paramsOf(request).measure, body),
    }),
    saying({
      ...{ operation: 'setAssessmentReview', path: '/next-review', title: 'Say when it is reviewed next', button: 'Save', leadsTo: LAST },
      questions: () => REVIEW,
      standing: (_request, { view }) => ({ ...view.content.review }),
      act: writing.review,
    }),
    saying({
      ...{ operation: 'reopenAssessment', path: '/reopening', title: 'Open the assessment again', button: 'Open it again' },
      lead: [
        'Its next version is written, advised on and accepted anew. What was accepted holds until its review, unless there was an incident.',
      ],
      questions: () => REOPENING,
      closed: (request, { view, controllers, isKeptHere }) => {
        if (view.approved_version === null && view.state !== 'REJECTED')
          return 'It has not been accepted yet: return it, and change what is wrong.'
        if (isKeptHere || controllers.includes(callerOf(request).org)) return null
        return 'The organisation that keeps the text opens it again; any controller does after an incident.'
      },
      act: reviewing.reopen,
    }),
    saying({
      ...{ operation: 'consultOnAssessment', path: '/consultation', title: 'Record that the Information Commissioner is consulted' },
      ...{
        button: 'Record it',
        lead: ['Accord sends nothing: put it before the Commissioner yourself, then record it here. Eight weeks run from then.'],
      },
      questions: () => CONSULTATION,
      closed: ofConsultation(({ view }) => view.consultation === null && view.versions.at(-1)?.residual === 'HIGH'),
      act: consulting.begin,
    }),
    saying({
      ...{
        operation: 'extendAssessmentConsultation',
        path: '/consultation/extension',
        title: 'Record that the Commissioner needs more time',
      },
      button: 'Record it',
      questions: () => EXTENSION,
      closed: ofConsultation(({ view: { consultation } }) => consultation !== null && !consultation.extended_on && !consultation.answer),
      act: consulting.extend,
    }),
    saying({
      ...{ operation: 'answerAssessmentConsultation', path: '/consultation/answer', title: 'Record what the Commissioner answered' },
      button: 'Record the answer',
      questions: () => ANSWER,
      closed: ofConsultation(({ view: { consultation } }) => consultation !== null && !consultation.answer),
      act: consulting.answer,
    }),
  ]

  /** Beginning one, from the page of an agreement. */
  const agreementId = (request: FastifyRequest) => (request.params as { readonly id: string }).id
  async function toBegin(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page | Redirect> {
    const { outcome: agreement } = orThrow(await drafting.read(callerOf(request), agreementId(request), undefined))
    const { made_here } = agreement.dpia
    if (made_here) return { to: `/assessments/${made_here}` }
    const isKept = agreement.owner_org === callerOf(request).org
    const like = field(request, 'like')
    const { assessments } = await reviewing.list(callerOf(request), {})
    const others = assessments.map(({ id, title, agreement }) => ({
      value: id,
      text: `${title ?? ''} (${agreement})`.trim(),
      selected: id === like,
    }))
    const choices = others.length > 0 ? [{ value: '', text: 'No other' }, ...others] : []
    return { template: 'dpia/begin.njk', title: 'Assess the risks (DPIA)', ...over, data: { agreement, isKept, others: choices } }
  }

  return (web: Web): void => {
    for (const one of acts) one(web)
    web.page('/agreements/:id/assessment/begin', 'beginAssessment', (request) => toBegin(request))
    web.form('/agreements/:id/assessment/begin', 'beginAssessment', async (request): Promise<Page | Redirect> => {
      const call = { principal: callerOf(request), idempotency: once(request) }
      const like = field(request, 'like')
      if (like !== '' && !isKey(like)) return toBegin(request, { status: 422, errors: [{ field: 'like', text: 'Select one of the list' }] })
      const done = await writing.begin(call, { agreement: agreementId(request), like: like === '' ? null : like })
      return done.ok
        ? { to: `/assessments/${done.value.outcome.id}` }
        : toBegin(request, { status: 422, errors: refusedWith(done.refusal, (pointer) => (pointer === '/like' ? 'like' : '')) })
    })
  }
}

/** One of a list by its key. @throws Refused where there is none */
function named<One extends { readonly id: string }>(list: readonly One[], key: string): One {
  const found = list.find(({ id }) => id === key)
  if (!found) throw refused('NOT_FOUND', 'There is nothing with this key in the assessment.')
  return found
}

/** What was refused with its places in the body: the rules name risks and measures by where they stand in the whole, and what is left of a risk as one. */
function within({ errors, ...refusal }: Refusal): Refusal {
  const placeOf = (pointer: string) =>
    pointer.replace(/^\/(risks|measures)\/[^/]+|^\/(screening|review)(?=\/)/, '').replace(/^\/left$/, '/left/likelihood')
  return { ...refusal, errors: errors.map((one) => ({ ...one, pointer: placeOf(one.pointer) })) }
}
