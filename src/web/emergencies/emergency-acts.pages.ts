import type { FastifyRequest } from 'fastify'
import type { DecisionEvidenceService } from '../../decisions/history/decision-evidence.service.ts'
import { type CallPayload, evaluationsOf } from '../../decisions/history/decision-record.ts'
import type { BreachesService } from '../../disclosures/breaches.service.ts'
import type { EmergenciesService } from '../../disclosures/emergencies.service.ts'
import type { EmergencyView } from '../../disclosures/emergency.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { orThrow, type Refusal, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { mayCall } from '../access.pages.ts'
import type { Answers } from '../drafting/answers.ts'
import { choicesFrom } from '../drafting/choices.ts'
import { chosen, type FieldError, isKey, once, type Page, type Redirect } from '../forms.pages.ts'
import { answered, type Questions, questionsIn, refusedBeside } from '../questions.pages.ts'
import { labelled } from '../rendering.ts'
import type { RequestLists } from '../request-lists.ts'
import { stepsIn } from '../reviews/review-call.pages.ts'
import type { Web } from '../web.plugin.ts'
import { emergencyIn, LAST_STEP } from './emergencies.pages.ts'
import { ASSESSMENT, COMMUNICATION, recordQuestions, reviewQuestions } from './emergency-questions.ts'

export interface EmergencyActsOptions extends RequestLists {
  readonly records: Pick<DecisionEvidenceService, 'find'>
  readonly emergencies: Pick<EmergenciesService, 'own' | 'read' | 'record' | 'review'>
  readonly breaches: Pick<BreachesService, 'closedTo' | 'assess' | 'communicate'>
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly now: Clock
}

const BOTH_TOLD = 'It is recorded once and cannot be changed. Both organisations are told.'

/** Recording an emergency afterwards, saying what its review found, and what came of the breach that it may be. */
export function emergencyActPages({ records, emergencies, breaches, signOffs, organisationsFor, listsFor, now }: EmergencyActsOptions) {
  const read = async (request: FastifyRequest) => orThrow(await emergencies.read(callerOf(request), emergencyIn(request))).outcome
  const callFor = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: '*', emergencyId: emergencyIn(request) },
  })
  const at = (request: FastifyRequest) => `/emergencies/${emergencyIn(request)}`

  const toRecord = async (request: FastifyRequest): Promise<Questions> => {
    const of = choicesFrom(await listsFor(request), now().getTime())
    const isForOthers = mayCall(callerOf(request), 'getEmergency')
    return recordQuestions(of, await organisationsFor(request), { org: callerOf(request).org, isForOthers })
  }
  /** What was said to a decision that the address names: nobody types it again. */
  async function standing(request: FastifyRequest): Promise<Answers> {
    const decision = chosen(request, 'decision')
    if (!isKey(decision)) return {}
    const principal = callerOf(request)
    const { payload } = orThrow(await records.find(decision, principal, { wait: false })).record
    const [asked] = payload === null ? [] : evaluationsOf(JSON.parse(payload) as CallPayload)
    if (!asked?.request) return {}
    const { provider, recipient, purpose, data_items, lawful_basis, emergency } = asked.request
    const isTheirs = provider === principal.org
    return {
      ...{ direction: isTheirs ? 'DISCLOSE' : 'RECEIVE', partner: isTheirs ? recipient : provider, purpose, data_items },
      ...{ ground: emergency?.ground ?? '', justification: emergency?.justification ?? '', lawful_basis: lawful_basis ?? '' },
    }
  }
  async function recordPage(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { fields } = await toRecord(request)
    return {
      template: 'templates/questions.njk',
      title: 'Record an emergency',
      ...over,
      data: {
        back: mayCall(callerOf(request), 'listEmergencies')
          ? { text: 'Emergencies', href: '/emergencies' }
          : { text: 'May I share this?', href: '/may-i-share' },
        lead: [
          'In an emergency share what is necessary: nobody has to ask Accord first. Record it here afterwards.',
          'Other people of your organisation than whoever shared or recorded it review it within two working days.',
        ],
        ...{ fields: questionsIn(request, fields, await standing(request)), button: 'Record it' },
      },
    }
  }

  /** Why the reader cannot say what the review found; null: they can. */
  async function reviewClosed(request: FastifyRequest, { status, sign_off }: EmergencyView): Promise<string | null> {
    if (status === 'REVIEWED') return 'It is reviewed.'
    const steps = await stepsIn(signOffs, callerOf(request), sign_off)
    const last = steps.find(({ step }) => step.id === LAST_STEP)
    if (last?.may.includes('approve')) return null
    return last?.why ?? 'This is said by the organisation whose person acted, once its data protection officer has advised.'
  }
  /** Why the reader cannot record what is asked of a breach; null: they can. `isOpen`: whether it is still to be recorded. */
  const breachClosed = (isOpen: (one: EmergencyView) => boolean) => async (request: FastifyRequest, one: EmergencyView) =>
    isOpen(one) ? breaches.closedTo(callerOf(request), one.id) : 'There is nothing to record here now.'

  /** A page on which something is said of one emergency, once. */
  function saying<Id extends 'reviewEmergency' | 'recordBreachAssessment' | 'recordBreachCommunication'>(
    operation: Id,
    path: string,
    { title, ...words }: { readonly title: string; readonly button: string; readonly after: string },
    questionsOf: (request: FastifyRequest, one: EmergencyView) => Promise<Questions>,
    closedTo: (request: FastifyRequest, one: EmergencyView) => Promise<string | null>,
    act: (call: ReturnType<typeof callFor>, body: BodyOf<Id>) => Promise<Result<unknown, Refusal>>,
  ) {
    const shown = (request: FastifyRequest, one: EmergencyView, { fields }: Questions, closed: string | null): Page => ({
      template: 'emergencies/saying.njk',
      title,
      data: {
        ...{ one, closed, ...words, back: { text: 'The emergency', href: at(request) } },
        fields: questionsIn(request, fields),
      },
    })
    return ({ page, form }: Web): void => {
      page(path, operation, async (request) => {
        const one = await read(request)
        return shown(request, one, await questionsOf(request, one), await closedTo(request, one))
      })
      form(path, operation, async (request): Promise<Page | Redirect> => {
        const one = await read(request)
        const questions = await questionsOf(request, one)
        const again = (errors: readonly FieldError[]) => ({ ...shown(request, one, questions, null), status: 422, errors })
        const { body, errors } = answered(operation, request, questions)
        if (errors.length > 0) return again(errors)
        const done = await act(callFor(request), body)
        return done.ok ? { to: at(request) } : again(refusedBeside(done.refusal, questions.fields))
      })
    }
  }
  const review = saying(
    'reviewEmergency',
    '/emergencies/:id/review',
    {
      title: 'Say what the review found',
      ...{ button: 'Record what the review found', after: 'It is recorded once and stays on record.' },
    },
    async (request, one) => reviewQuestions(one, labelled(await listsFor(request))),
    reviewClosed,
    emergencies.review,
  )
  const assess = saying(
    'recordBreachAssessment',
    '/emergencies/:id/breach-assessment',
    { title: 'Record the breach assessment', button: 'Record the assessment', after: BOTH_TOLD },
    async () => ASSESSMENT,
    breachClosed(({ breach }) => breach?.state === 'TO_ASSESS'),
    breaches.assess,
  )
  const communicate = saying(
    'recordBreachCommunication',
    '/emergencies/:id/breach-communication',
    { title: 'Record how people were told of the breach', button: 'Record it', after: BOTH_TOLD },
    async () => COMMUNICATION,
    breachClosed(({ breach }) => breach?.assessment != null && !breach.communication),
    breaches.communicate,
  )

  return (web: Web): void => {
    const { page, form } = web
    page('/emergencies/new', 'recordEmergency', (request) => recordPage(request))
    form('/emergencies/new', 'recordEmergency', async (request): Promise<Page | Redirect> => {
      const questions = await toRecord(request)
      const { body, errors } = answered('recordEmergency', request, questions)
      if (errors.length > 0) return recordPage(request, { status: 422, errors })
      const done = await emergencies.record({ principal: callerOf(request), idempotency: once(request) }, body)
      const isReader = mayCall(callerOf(request), 'getEmergency')
      if (done.ok) return { to: `/emergencies/${done.value.outcome.id}${isReader ? '' : '/recorded'}` }
      return recordPage(request, { status: 422, errors: refusedBeside(done.refusal, questions.fields) })
    })

    // Whoever may read no emergencies is shown that theirs is recorded, and when it is reviewed.
    page('/emergencies/:id/recorded', 'recordEmergency', async (request) => {
      const id = emergencyIn(request)
      if (!isKey(id)) throw refused('NOT_FOUND', 'There is nothing at this address.')
      const { outcome: one } = orThrow(await emergencies.own(callerOf(request), id))
      return { template: 'emergencies/recorded.njk', title: 'Your emergency is recorded', data: { one } }
    })

    for (const one of [review, assess, communicate]) one(web)
  }
}
