import type { FastifyRequest } from 'fastify'
import { DISCLOSURE_COLUMNS, disclosureLine } from '../../disclosures/disclosure-line.ts'
import { isUndecided } from '../../disclosures/disclosure-request.ts'
import type { DisclosureRequestsService } from '../../disclosures/disclosure-requests.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { RequestsService } from '../../requests/requests.service.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { type Answers, answersIn, type FormField } from '../drafting/answers.ts'
import { choicesFrom } from '../drafting/choices.ts'
import { chosen, faultsOf, field, isKey, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { everyRow, fileAt, READ_AT_ONCE, sendCsv } from '../list-files.pages.ts'
import { answered, questionsIn, refusedBeside } from '../questions.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import { stepsIn } from '../reviews/review-call.pages.ts'
import { isDecidable } from '../reviews/steps.ts'
import type { Web } from '../web.plugin.ts'
import { betweenIn, contentFields, disclosureQuestions, partyFields, standingIn } from './disclosure-questions.ts'

export interface DisclosurePagesOptions extends RequestLists {
  readonly oneOffs: DisclosureRequestsService
  readonly requests: Pick<RequestsService, 'open'>
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly now: Clock
}

const PAGE = 50
const STATES = ['OPEN', 'RETURNED', 'APPROVED', 'REFUSED', 'WITHDRAWN'] as const

/** One-off disclosures: asked for, put right and withdrawn; what those who decide said, and until when one permits. */
export function disclosurePages({ oneOffs, requests, signOffs, organisationsFor, listsFor, now }: DisclosurePagesOptions) {
  const idOf = (request: FastifyRequest) => (request.params as { readonly id: string }).id
  const at = (request: FastifyRequest) => `/disclosures/${idOf(request)}`
  const callFor = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: '*', disclosureId: idOf(request) },
  })
  const read = async (request: FastifyRequest) => orThrow(await oneOffs.read(callerOf(request), idOf(request))).outcome
  const fieldsFor = async (request: FastifyRequest) => contentFields(choicesFrom(await listsFor(request), now().getTime()))

  const narrowed = (request: FastifyRequest) => {
    const before = chosen(request, 'before')
    return { before: isKey(before) ? before : undefined, status: STATES.find((one) => one === chosen(request, 'state')) }
  }

  async function listed(request: FastifyRequest): Promise<Page> {
    const { before, status } = narrowed(request)
    const found = await oneOffs.list(callerOf(request), { status, before, limit: PAGE })
    return {
      template: 'disclosures/list.njk',
      title: 'One-off disclosures',
      data: {
        list: found.disclosures,
        next: found.next_before,
        status,
        states: STATES,
        csv: fileAt('/disclosures.csv', { state: status, before }),
      },
    }
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const one = await read(request)
    return {
      template: 'disclosures/disclosure.njk',
      title: 'One-off disclosure',
      ...over,
      data: {
        ...{ one, isDecidable, reason: field(request, 'reason') },
        steps: await stepsIn(signOffs, principal, one.sign_off),
        isOver: instantOf(one.content.valid_to) <= now().getTime(),
        mayChange: isUndecided(one) && one.asked_by_org === principal.org,
        isUndecided: isUndecided(one),
      },
    }
  }

  /** The request for a share that was answered with a one-off, as the address or the form names it. */
  const requestOf = (request: FastifyRequest) => {
    const key = field(request, 'request') || chosen(request, 'request')
    return isKey(key) ? key : null
  }

  /** What a request for a share asks already, or the address of an answer. */
  async function askedIn(request: FastifyRequest, fields: readonly FormField[]): Promise<Answers> {
    const key = requestOf(request)
    const found = key === null ? undefined : await requests.open(callerOf(request), key)
    if (!found?.ok) return answersIn(request.query as Readonly<Record<string, unknown>>, fields)
    const { provider, recipient, purpose, data_items } = found.value.request.question
    const isTheirs = provider === callerOf(request).org
    return { direction: isTheirs ? 'DISCLOSE' : 'RECEIVE', partner: isTheirs ? recipient : provider, purpose, data_items }
  }

  async function askQuestions(request: FastifyRequest) {
    const { org } = callerOf(request)
    const fields = [...partyFields(await organisationsFor(request), org), ...(await fieldsFor(request))]
    return disclosureQuestions(fields, (answers) => betweenIn(answers, org), requestOf(request))
  }

  async function askPage(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { fields } = await askQuestions(request)
    return {
      template: 'templates/questions.njk',
      title: 'Ask for a one-off disclosure',
      ...over,
      data: {
        back: { text: 'One-off disclosures', href: '/disclosures' },
        lead: [
          'One disclosure about particular people, decided by itself. Codes, numbers and posts only: no name of a resident is asked for or belongs here.',
          'The organisation that would disclose decides within two working days: its information asset owner, its data protection officer, then an authorised disclosure officer. Nobody who asked decides.',
        ],
        ...{ fields: questionsIn(request, fields, await askedIn(request, fields)), button: 'Ask for it' },
        hidden: { request: requestOf(request) ?? '' },
      },
    }
  }

  async function revisionQuestions(request: FastifyRequest) {
    const { content } = await read(request)
    const { provider, recipient } = content
    return { content, ...disclosureQuestions(await fieldsFor(request), () => ({ provider, recipient })) }
  }

  async function revisionPage(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const one = await read(request)
    const { content, fields } = await revisionQuestions(request)
    const mayChange = isUndecided(one) && one.asked_by_org === callerOf(request).org
    return {
      template: 'disclosures/revision.njk',
      title: 'Put the disclosure right',
      ...over,
      data: {
        ...{ one, back: { text: 'The disclosure', href: at(request) }, button: 'Send it again' },
        fields: questionsIn(request, fields, standingIn(content)),
        after: 'What was approved of it so far holds no longer: it is decided anew.',
        closed: mayChange ? null : 'It is put right by the organisation that asked for it, until it is decided.',
      },
    }
  }

  return ({ page, form, file }: Web): void => {
    page('/disclosures', 'listDisclosures', listed)
    file('/disclosures.csv', 'listDisclosures', async (request, reply) => {
      const { before: from, status } = narrowed(request)
      const rows = everyRow(from, async (before) => {
        const found = await oneOffs.list(callerOf(request), { status, before, limit: READ_AT_ONCE })
        return { rows: found.disclosures.map(disclosureLine), next: found.next_before }
      })
      return sendCsv(reply, 'disclosures.csv', DISCLOSURE_COLUMNS, rows)
    })
    page('/disclosures/new', 'askForDisclosure', (request) => askPage(request))
    form('/disclosures/new', 'askForDisclosure', async (request): Promise<Page | Redirect> => {
      const questions = await askQuestions(request)
      const { body, errors } = answered('askForDisclosure', request, questions)
      if (errors.length > 0) return askPage(request, { status: 422, errors })
      const done = await oneOffs.ask({ principal: callerOf(request), idempotency: once(request) }, body)
      if (done.ok) return { to: `/disclosures/${done.value.outcome.id}` }
      return askPage(request, { status: 422, errors: refusedBeside(done.refusal, questions.fields) })
    })

    page('/disclosures/:id', 'getDisclosure', (request) => shown(request))
    page('/disclosures/:id/revision', 'reviseDisclosure', (request) => revisionPage(request))
    form('/disclosures/:id/revision', 'reviseDisclosure', async (request): Promise<Page | Redirect> => {
      const questions = await revisionQuestions(request)
      const { body, errors } = answered('reviseDisclosure', request, questions)
      if (errors.length > 0) return revisionPage(request, { status: 422, errors })
      const done = await oneOffs.revise(callFor(request), body)
      if (done.ok) return { to: at(request) }
      return revisionPage(request, { status: 422, errors: refusedBeside(done.refusal, questions.fields) })
    })

    page('/disclosures/:id/withdrawal', 'withdrawDisclosure', (request) => shown(request))
    form('/disclosures/:id/withdrawal', 'withdrawDisclosure', async (request): Promise<Page | Redirect> => {
      const body: BodyOf<'withdrawDisclosure'> = { reason: field(request, 'reason') }
      const errors = body.reason === '' ? [{ field: 'reason', text: 'Say why you withdraw it' }] : faultsOf('withdrawDisclosure', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await oneOffs.withdraw(callFor(request), body)
      return done.ok ? { to: at(request) } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}
