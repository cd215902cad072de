import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { RequestsService } from '../../requests/requests.service.ts'
import { type Answers, answersIn, type FormField, said, several } from '../drafting/answers.ts'
import { byGroup, choicesFrom, itemGroup } from '../drafting/choices.ts'
import { asChoice, choosable } from '../drafting/party-steps.pages.ts'
import { idOf, placed } from '../drafting/steps.pages.ts'
import { type FieldError, faultsOf, once, type Page, type Redirect } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface AskingPagesOptions extends RequestLists {
  readonly requests: Pick<RequestsService, 'ask'>
  readonly now: Clock
}

/** Asking another organisation for a share, or to be invited to an agreement that is known by its reference. */
export function askingPages({ requests, organisationsFor, listsFor, now }: AskingPagesOptions) {
  async function fieldsFor(request: FastifyRequest): Promise<FormField[]> {
    const of = choicesFrom(await listsFor(request), now().getTime())
    const organisations = choosable(await organisationsFor(request)).filter(({ code }) => code !== callerOf(request).org)
    return [
      {
        ...{ name: 'direction', label: 'Which way does the data go?', kind: 'radios', pointer: '/question/provider' },
        choices: [
          { value: 'RECEIVE', text: 'We want to receive it' },
          { value: 'DISCLOSE', text: 'We want to disclose it' },
        ],
      },
      {
        ...{ name: 'partner', label: 'From or to which other organisation?', kind: 'select', pointer: '/question/recipient' },
        choices: organisations.map(asChoice),
      },
      {
        ...{ name: 'purpose', label: 'What for?', kind: 'select', pointer: '/question/purpose', choices: of('PURPOSE') },
        hint: 'The narrowest that fits. An indented one is part of the one above it',
      },
      {
        ...{ name: 'data_items', label: 'What is to be shared?', kind: 'checkboxes', pointer: '/question/data_items', openGroups: [] },
        choices: byGroup(of('DATA_ITEM', { groupOf: itemGroup })),
      },
      {
        ...{ name: 'data_subjects', label: 'About whom?', kind: 'checkboxes', pointer: '/question/data_subjects' },
        choices: of('DATA_SUBJECT'),
      },
      {
        ...{ name: 'method', label: 'How would it get there?', kind: 'select', pointer: '/question/method' },
        choices: of('METHOD', { isOffered: ({ attributes }) => attributes['approvable'] !== false }),
      },
      {
        ...{ name: 'country', label: 'In which country would it be received?', kind: 'select', pointer: '/question/country' },
        choices: of('COUNTRY'),
      },
      {
        ...{ name: 'why', label: 'Why is it needed?', kind: 'textarea', rows: 4 },
        hint: 'For the officers who answer. Never write anything about a resident: no name, no case',
      },
      { name: 'needed_by', label: 'By which day is it needed?', kind: 'day', hint: 'Leave it empty where no day is set' },
      {
        ...{ name: 'join', label: 'Is there an agreement to be joined?', kind: 'text', pointer: '/join_agreement' },
        hint: 'Its reference, for example DSA-2026-000012. Whoever keeps it is then asked to invite the one of the two that is no party',
      },
    ]
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const fields = await fieldsFor(request)
    const typed = request.body as Readonly<Record<string, unknown>> | undefined
    // A refusal, or an agreement that comes near, leads here with what was asked.
    const query = request.query as Readonly<Record<string, unknown>>
    const [partner = ''] = [query['partner'] ?? ''].flat()
    const values = answersIn(typed ?? { country: 'GB', ...query, partner }, fields)
    return {
      template: 'requests/ask.njk',
      title: 'Ask for a share',
      ...over,
      data: { fields: fields.map((one) => ({ ...one, id: idOf(one), value: values[one.name] ?? '' })) },
    }
  }

  return ({ page, form }: Web): void => {
    page('/requests/new', 'askForShare', (request) => shown(request))
    form('/requests/new', 'askForShare', async (request): Promise<Page | Redirect> => {
      const fields = await fieldsFor(request)
      const answers = answersIn((request.body ?? {}) as Readonly<Record<string, unknown>>, fields)
      const principal = callerOf(request)
      const body = bodyOf(answers, principal.org)
      const missed = missing(answers)
      const errors = missed.length > 0 ? missed : placed(faultsAt(body), fields, '', (sentence) => sentence)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await requests.ask({ principal, idempotency: once(request) }, body as BodyOf<'askForShare'>)
      if (done.ok) return { to: `/requests/${done.value.outcome.id}` }
      const { errors: faults, detail } = done.refusal
      const refusedAt = placed(faults.length > 0 ? faults : [{ pointer: '', detail }], fields, '', (sentence) => sentence)
      return shown(request, { status: 422, errors: refusedAt })
    })
  }
}

/** What the form asks for, as the API takes it. */
function bodyOf(answers: Answers, org: string) {
  const other = said(answers, 'partner') ?? ''
  const [provider, recipient] = said(answers, 'direction') === 'DISCLOSE' ? [org, other] : [other, org]
  return {
    question: {
      ...{ provider, recipient, purpose: said(answers, 'purpose') ?? '' },
      ...{ data_items: several(answers, 'data_items'), data_subjects: several(answers, 'data_subjects') },
      ...{ method: said(answers, 'method') ?? '', country: said(answers, 'country') ?? '' },
    },
    ...{ why: said(answers, 'why') ?? '', needed_by: said(answers, 'needed_by'), join_agreement: said(answers, 'join') },
  }
}

/** Where a body breaks the contract; the field is the pointer. */
function faultsAt(body: unknown) {
  return faultsOf('askForShare', body, (pointer) => pointer).map(({ field: pointer, text: detail }) => ({ pointer, detail }))
}

/** What the form has not said, each beside its field. */
function missing(answers: Answers): FieldError[] {
  const wanted: readonly (readonly [name: string, text: string])[] = [
    ['direction', 'Select which way the data goes'],
    ['partner', 'Select the other organisation'],
    ['purpose', 'Select what it is for'],
    ['data_items', 'Select what is to be shared'],
    ['data_subjects', 'Select about whom'],
    ['method', 'Select how it would get there'],
    ['country', 'Select the country'],
    ['why', 'Say why it is needed'],
  ]
  return wanted.filter(([name]) => several(answers, name).join('') === '').map(([field, text]) => ({ field, text }))
}
