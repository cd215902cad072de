import type { FastifyRequest } from 'fastify'
import type { BreachesService } from '../../disclosures/breaches.service.ts'
import type { EmergenciesService } from '../../disclosures/emergencies.service.ts'
import type { EmergencyView } from '../../disclosures/emergency.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { choicesFrom } from '../drafting/choices.ts'
import { once, type Page, type Redirect } from '../forms.pages.ts'
import { answered, type Questions, questionsIn, refusedBeside } from '../questions.pages.ts'
import { labelled } from '../rendering.ts'
import type { RequestLists } from '../request-lists.ts'
import { stepsIn } from '../reviews/review-call.pages.ts'
import type { Web } from '../web.plugin.ts'
import { emergencyIn, LAST_STEP } from './emergencies.pages.ts'
import { ASSESSMENT, COMMUNICATION, recordQuestions, reviewQuestions } from './emergency-questions.ts'

export interface EmergencyActsOptions extends RequestLists {
  readonly emergencies: Pick<EmergenciesService, 'read' | 'record' | 'review'>
  readonly breaches: Pick<BreachesService, 'closedTo' | 'assess' | 'communicate'>
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly now: Clock
}

/** Recording an emergency afterwards, saying what its review found, and what came of the breach that it may be. */
export function emergencyActPages({ emergencies, breaches, signOffs, organisationsFor, listsFor, now }: EmergencyActsOptions) {
  const read = async (request: FastifyRequest) => orThrow(await emergencies.read(callerOf(request), emergencyIn(request))).outcome
  const callFor = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: '*', emergencyId: emergencyIn(request) },
  })
  const at = (request: FastifyRequest) => `/emergencies/${emergencyIn(request)}`

  const toRecord = async (request: FastifyRequest): Promise<Questions> => {
    const of = choicesFrom(await listsFor(request), now().getTime())
    return recordQuestions(of, await organisationsFor(request), callerOf(request).org)
  }
  const toReview = async (request: FastifyRequest): Promise<Questions> =>
    reviewQuestions(await read(request), labelled(await listsFor(request)))

  async function recordPage(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { fields } = await toRecord(request)
    return {
      template: 'templates/questions.njk',
      title: 'Record an emergency',
      ...over,
      data: {
        back: { text: 'Emergencies', href: '/emergencies' },
        lead: [
          'In an emergency share what is necessary: nobody has to ask Accord first. Record it here afterwards.',
          'Other people of your organisation than whoever shared or recorded it review it within two working days.',
        ],
        ...{ fields: questionsIn(request, fields), button: 'Record it' },
      },
    }
  }

  /** A page on which something is said of one emergency. */
  function sayingOf(title: string, button: string, after: string, fieldsOf: (request: FastifyRequest) => Promise<Questions>) {
    return async (request: FastifyRequest, closed: string | null, over: Partial<Page> = {}): Promise<Page> => {
      const one = await read(request)
      const { fields } = await fieldsOf(request)
      return {
        template: 'emergencies/saying.njk',
        title,
        ...over,
        data: {
          ...{ one, closed, button, after, back: { text: 'The emergency', href: at(request) } },
          fields: questionsIn(request, fields),
        },
      }
    }
  }
  const reviewPage = sayingOf(
    'Say what the review found',
    'Record what the review found',
    'It is recorded once and stays on record.',
    toReview,
  )
  const assessPage = sayingOf(
    'Record the breach assessment',
    'Record the assessment',
    'It is recorded once and cannot be changed. Both organisations are told.',
    async () => ASSESSMENT,
  )
  const communicatePage = sayingOf(
    'Record how people were told of the breach',
    'Record it',
    'It is recorded once and cannot be changed. Both organisations are told.',
    async () => COMMUNICATION,
  )

  /** Why the reader cannot say what the review found; null: they can. */
  async function reviewClosed(request: FastifyRequest): Promise<string | null> {
    const one = await read(request)
    if (one.status === 'REVIEWED') return 'It is reviewed.'
    const steps = await stepsIn(signOffs, callerOf(request), one.sign_off)
    const last = steps.find(({ step }) => step.id === LAST_STEP)
    if (last?.may.includes('approve')) return null
    return last?.why ?? 'This is said by the organisation whose person acted, once its data protection officer has advised.'
  }
  /** Why the reader cannot record what is asked of a breach; null: they can. `isOpen`: whether it is still to be recorded. */
  const breachClosed = async (request: FastifyRequest, isOpen: (one: EmergencyView) => boolean): Promise<string | null> => {
    const one = await read(request)
    return isOpen(one) ? breaches.closedTo(callerOf(request), one.id) : 'There is nothing to record here now.'
  }
  const assessClosed = (request: FastifyRequest) => breachClosed(request, ({ breach }) => breach?.state === 'TO_ASSESS')
  const communicateClosed = (request: FastifyRequest) =>
    breachClosed(request, ({ breach }) => breach?.assessment != null && !breach.communication)

  return ({ page, form }: Web): void => {
    page('/emergencies/new', 'recordEmergency', (request) => recordPage(request))
    form('/emergencies/new', 'recordEmergency', async (request): Promise<Page | Redirect> => {
      const questions = await toRecord(request)
      const { body, errors } = answered('recordEmergency', request, questions)
      if (errors.length > 0) return recordPage(request, { status: 422, errors })
      const done = await emergencies.record({ principal: callerOf(request), idempotency: once(request) }, body)
      if (done.ok) return { to: `/emergencies/${done.value.outcome.id}` }
      return recordPage(request, { status: 422, errors: refusedBeside(done.refusal, questions.fields) })
    })

    page('/emergencies/:id/review', 'reviewEmergency', async (request) => reviewPage(request, await reviewClosed(request)))
    form('/emergencies/:id/review', 'reviewEmergency', async (request): Promise<Page | Redirect> => {
      const questions = await toReview(request)
      const { body, errors } = answered('reviewEmergency', request, questions)
      if (errors.length > 0) return reviewPage(request, null, { status: 422, errors })
      const done = await emergencies.review(callFor(request), body)
      if (done.ok) return { to: at(request) }
      return reviewPage(request, null, { status: 422, errors: refusedBeside(done.refusal, questions.fields) })
    })

    page('/emergencies/:id/breach-assessment', 'recordBreachAssessment', async (request) =>
      assessPage(request, await assessClosed(request)),
    )
    form('/emergencies/:id/breach-assessment', 'recordBreachAssessment', async (request): Promise<Page | Redirect> => {
      const { body, errors } = answered('recordBreachAssessment', request, ASSESSMENT)
      if (errors.length > 0) return assessPage(request, null, { status: 422, errors })
      const done = await breaches.assess(callFor(request), body)
      if (done.ok) return { to: at(request) }
      return assessPage(request, null, { status: 422, errors: refusedBeside(done.refusal, ASSESSMENT.fields) })
    })

    page('/emergencies/:id/breach-communication', 'recordBreachCommunication', async (request) =>
      communicatePage(request, await communicateClosed(request)),
    )
    form('/emergencies/:id/breach-communication', 'recordBreachCommunication', async (request): Promise<Page | Redirect> => {
      const { body, errors } = answered('recordBreachCommunication', request, COMMUNICATION)
      if (errors.length > 0) return communicatePage(request, null, { status: 422, errors })
      const done = await breaches.communicate(callFor(request), body)
      if (done.ok) return { to: at(request) }
      return communicatePage(request, null, { status: 422, errors: refusedBeside(done.refusal, COMMUNICATION.fields) })
    })
  }
}
