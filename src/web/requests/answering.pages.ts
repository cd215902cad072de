import type { FastifyRequest } from 'fastify'
import type { OverlapService } from '../../agreements/finding/overlap.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { AnsweringService } from '../../requests/answering.service.ts'
import type { RequestsService } from '../../requests/requests.service.ts'
import { choicesFrom } from '../drafting/choices.ts'
import { type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface AnsweringPagesOptions extends Pick<RequestLists, 'listsFor'> {
  readonly requests: Pick<RequestsService, 'open'>
  readonly answering: AnsweringService
  readonly overlaps: Pick<OverlapService, 'ask'>
  readonly now: Clock
}

/** What an officer answers to a request, and whether the keeper of an agreement invites whoever asks to join it. */
export function answeringPages({ requests, answering, overlaps, listsFor, now }: AnsweringPagesOptions) {
  const idOf = (request: FastifyRequest) => (request.params as { readonly id: string }).id
  const callFor = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: '*', requestId: idOf(request) },
  })

  async function answerPage(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const { request: one, acts } = orThrow(await requests.open(principal, idOf(request)))
    const { provider, recipient, purpose } = one.question
    const near = acts.includes('answer') ? await overlaps.ask(principal, { parties: [provider, recipient], purpose, categories: [] }) : []
    const kinds = choicesFrom(await listsFor(request), now().getTime())('INSTRUMENT_TYPE', {
      isOffered: ({ code }) => !['DISCLOSURE_DECISION', 'EMERGENCY_RECORD'].includes(code),
    })
    return {
      template: 'requests/answer.njk',
      title: 'Answer the request',
      ...over,
      data: { one, near, kinds, isOpen: acts.includes('answer'), form: request.body ?? {} },
    }
  }

  async function joiningPage(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { request: one, acts } = orThrow(await requests.open(callerOf(request), idOf(request)))
    return {
      template: 'requests/joining.njk',
      title: 'Invite the organisation or decline',
      ...over,
      data: { one, isOpen: acts.includes('invite'), form: request.body ?? {} },
    }
  }

  return ({ page, form }: Web): void => {
    page('/requests/:id/answer', 'answerShareRequest', (request) => answerPage(request))
    form('/requests/:id/answer', 'answerShareRequest', async (request): Promise<Page | Redirect> => {
      const body = answerOf(request)
      const missed = missingAnswer(request)
      const errors = missed.length > 0 ? missed : faultsOf('answerShareRequest', body)
      if (errors.length > 0) return answerPage(request, { status: 422, errors })
      const done = await answering.answer(callFor(request), body as BodyOf<'answerShareRequest'>)
      if (done.ok) return { to: `/requests/${idOf(request)}` }
      return answerPage(request, { status: 422, errors: refusedWith(done.refusal, memberAt) })
    })
    page('/requests/:id/joining', 'answerJoining', (request) => joiningPage(request))
    form('/requests/:id/joining', 'answerJoining', async (request): Promise<Page | Redirect> => {
      const body = { outcome: field(request, 'outcome'), reason: field(request, 'reason') || null, role: field(request, 'role') || null }
      const missed = missingJoining(request)
      const errors = missed.length > 0 ? missed : faultsOf('answerJoining', body)
      if (errors.length > 0) return joiningPage(request, { status: 422, errors })
      const done = await answering.join(callFor(request), body as BodyOf<'answerJoining'>)
      // Whoever declined need not know of the request any more.
      if (done.ok) return { to: body.outcome === 'DECLINED' ? '/requests' : `/requests/${idOf(request)}` }
      return joiningPage(request, { status: 422, errors: refusedWith(done.refusal, memberAt) })
    })
  }
}

/** What the form answers: an agreement is named where one is to be joined or is drafted already, a title and a kind where a draft begins. */
function answerOf(request: FastifyRequest) {
  const choice = field(request, 'answer')
  const answer = choice === 'DRAFT_THERE' ? 'DRAFT_BEGUN' : choice
  const named = choice === 'DRAFT_THERE' || choice === 'JOIN_AGREEMENT' ? { agreement: field(request, 'agreement') || null } : {}
  const begun =
    choice === 'DRAFT_BEGUN' ? { title: field(request, 'title') || null, instrument_type: field(request, 'instrument_type') || null } : {}
  return { answer, reason: field(request, 'reason') || null, ...named, ...begun }
}

function missingAnswer(request: FastifyRequest): FieldError[] {
  const answer = field(request, 'answer')
  if (answer === '') return [{ field: 'answer', text: 'Select what the request comes to' }]
  const isNamed = answer === 'DRAFT_THERE' || answer === 'JOIN_AGREEMENT'
  if (isNamed && field(request, 'agreement') === '') return [{ field: 'agreement', text: 'Enter the reference of the agreement' }]
  if (answer === 'REFUSED' && field(request, 'reason') === '') return [{ field: 'reason', text: 'Say why you refuse' }]
  return []
}

function missingJoining(request: FastifyRequest): FieldError[] {
  const outcome = field(request, 'outcome')
  if (outcome === '') return [{ field: 'outcome', text: 'Select whether it is invited' }]
  if (outcome === 'INVITED' && field(request, 'role') === '') return [{ field: 'role', text: 'Select the part that it would take' }]
  if (outcome === 'DECLINED' && field(request, 'reason') === '') return [{ field: 'reason', text: 'Say why you decline' }]
  return []
}
