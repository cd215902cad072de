import type { FastifyRequest } from 'fastify'
import type { DecisionsService } from '../../decisions/decisions.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type BodyOf, contract } from '../../platform/http/openapi.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { isDay, londonDay, londonMorning } from '../../platform/kernel/london-day.ts'
import { mayCall } from '../access.pages.ts'
import { type Answers, answersIn, type FormField, said, several } from '../drafting/answers.ts'
import { byGroup, choicesFrom, itemGroup } from '../drafting/choices.ts'
import { asChoice, choosable } from '../drafting/party-steps.pages.ts'
import { type FieldError, faultsOf, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

/** The four questions of a practitioner, one a page, in their order. */
const FOUR = ['provider', 'recipient', 'purpose', 'data_items'] as const
const PLAIN: Readonly<Record<string, string>> = {
  provider: 'Who holds the information?',
  recipient: 'Who asks for it?',
  purpose: 'What is it for?',
  data_items: 'What kind of information is it?',
}

export interface QuestionOptions extends RequestLists {
  readonly decisions: Pick<DecisionsService, 'decide'>
  readonly now: () => Date
}

/** Where an answer is shown, for as long as the log keeps it. */
function answerPath(decisionId: string): string {
  return `/may-i-share/answers/${encodeURIComponent(decisionId)}`
}

/** What a form says where a choice was not made. */
const MISSING: Readonly<Record<string, string>> = {
  provider: 'Choose who would disclose',
  recipient: 'Choose who would receive',
  purpose: 'Choose what it is for',
  data_items: 'Tick at least one kind of data',
  data_subjects: 'Tick whom the data is about: a disclosure that is made now names them',
  method: 'Choose how it is sent: a disclosure that is made now names it',
  country: 'Choose the country: a disclosure that is made now names it',
}

/** The questions about a share, in codes alone: nobody is asked for the name of a resident, and there is no field to write one into. */
export function questionPages({ decisions, organisationsFor, listsFor, now }: QuestionOptions) {
  async function fieldsOf(request: FastifyRequest): Promise<{ readonly asked: FormField[]; readonly more: FormField[] }> {
    const [of, organisations] = [choicesFrom(await listsFor(request), now().getTime()), await organisationsFor(request)]
    const { org } = callerOf(request)
    const all = choosable(organisations).map(asChoice)
    const ownFirst = [...all.filter(({ value }) => value === org), ...all.filter(({ value }) => value !== org)]
    const items = byGroup(of('DATA_ITEM', { groupOf: itemGroup }))
    return {
      asked: [
        { name: 'provider', label: 'Who would disclose the data?', kind: 'select', choices: ownFirst },
        {
          ...{ name: 'recipient', label: 'Who would receive it?', kind: 'select', choices: ownFirst },
          hint: 'Your organisation is one of the two, or works for one of them as its processor',
        },
        {
          ...{ name: 'purpose', label: 'What for?', kind: 'select', choices: of('PURPOSE') },
          hint: 'The narrowest that fits. An indented one is part of the one above it',
        },
        { name: 'data_items', label: 'Which kinds of data?', kind: 'checkboxes', choices: items, openGroups: [] },
      ],
      more: [
        { name: 'data_subjects', label: 'Whom is the data about?', kind: 'checkboxes', choices: of('DATA_SUBJECT') },
        { name: 'method', label: 'How would it be sent?', kind: 'select', choices: of('METHOD') },
        { name: 'country', label: 'In which country would it be received or looked at?', kind: 'select', choices: of('COUNTRY') },
        { name: 'day', label: 'About which day do you ask?', kind: 'day', hint: 'Leave it empty to ask about now' },
      ],
    }
  }

  /** In the words of the contract; a simulation says of what it leaves open that it does. */
  const bodyOf = (answers: Answers, simulated: boolean): Readonly<Record<string, unknown>> => ({
    ...(simulated ? { data_subjects: null, method: null, country: null } : {}),
    ...{ provider: said(answers, 'provider') ?? '', recipient: said(answers, 'recipient') ?? '', purpose: said(answers, 'purpose') ?? '' },
    ...{ data_items: several(answers, 'data_items'), mode: 'SYSTEMATIC' },
    ...(several(answers, 'data_subjects').length > 0 ? { data_subjects: several(answers, 'data_subjects') } : {}),
    ...Object.fromEntries(['method', 'country'].flatMap((name) => (said(answers, name) === null ? [] : [[name, said(answers, name)]]))),
    ...(said(answers, 'day') === null ? {} : { at: instantOf(String(said(answers, 'day')), now()) }),
  })

  async function form(request: FastifyRequest, errors: readonly FieldError[] = []): Promise<Page> {
    const { asked, more } = await fieldsOf(request)
    const principal = callerOf(request)
    const query = request.query as Readonly<Record<string, unknown>>
    const given = { provider: principal.org, ...query, ...(request.body as Readonly<Record<string, unknown>> | undefined) }
    const answers = answersIn(given, [...asked, ...more])
    const filled = (fields: readonly FormField[]) => fields.map((one) => ({ ...one, value: answers[one.name] ?? '' }))
    return {
      template: 'sharing/ask.njk',
      title: 'May I share this?',
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: {
        ...{ asked: filled(asked), more: filled(more), mayDecide: mayCall(principal, 'decide') },
        use: String((given as Readonly<Record<string, unknown>>)['use'] ?? 'know'),
        isMore: more.some(({ name }) => [answers[name] ?? ''].flat().join('') !== '' || errors.some(({ field }) => field === name)),
      },
    }
  }

  /** A disclosure that is made now is a decision, anything else a simulation: the API takes both, and records which it was. */
  async function ask(request: FastifyRequest): Promise<Page | Redirect> {
    const { asked, more } = await fieldsOf(request)
    const typed = (request.body ?? {}) as Readonly<Record<string, unknown>>
    const caller = callerOf(request)
    const simulated = typed['use'] !== 'now' || !mayCall(caller, 'decide')
    const body = bodyOf(answersIn(typed, [...asked, ...more]), simulated)
    const errors = placed(faultsOf(simulated ? 'simulateDecision' : 'decide', body))
    if (errors.length > 0 || !isQuestion(body)) return form(request, errors)
    const done = await decisions.decide({ caller, bodies: [body], simulated, trace: null })
    if (!done.ok)
      return form(
        request,
        refusedWith(done.refusal, (pointer) => (pointer === '/at' ? 'day' : '')),
      )
    const [evaluation] = done.value.evaluations
    return { to: answerPath(evaluation?.answer.decision_id ?? '') }
  }

  /** One of the four; what was answered before is carried by the address. */
  async function oneOfFour(request: FastifyRequest, refused = false): Promise<Page> {
    const place = Number((request.params as { readonly place: string }).place)
    const name = FOUR[place - 1]
    const field = (await fieldsOf(request)).asked.find((one) => one.name === name)
    if (!field || name === undefined) throw new ProblemError(problem('NOT_FOUND', 'There is nothing at this address.'))
    const given: Readonly<Record<string, unknown>> = {
      ...(place === 1 ? { provider: callerOf(request).org } : {}),
      ...(request.query as Readonly<Record<string, unknown>>),
    }
    const carried = new URLSearchParams(
      FOUR.slice(0, place - 1).flatMap((one) => [given[one] ?? []].flat().map((value): [string, string] => [one, String(value)])),
    )
    const { hint: _, ...plain } = field
    return {
      template: 'sharing/one-of-four.njk',
      title: PLAIN[name] ?? '',
      ...(refused ? { status: 422, errors: [{ field: name, text: MISSING[name] ?? '' }] } : {}),
      data: {
        field: { ...plain, label: PLAIN[name], value: answersIn(given, [field])[name] ?? '' },
        ...{ place, count: FOUR.length, carried: [...carried], back: place === 1 ? '' : `/may-i-share/questions/${place - 1}?${carried}` },
      },
    }
  }

  /** On to the next question, or to the answer behind the last. */
  async function next(request: FastifyRequest): Promise<Page | Redirect> {
    const place = Number((request.params as { readonly place: string }).place)
    const typed = (request.body ?? {}) as Readonly<Record<string, unknown>>
    const pairs = FOUR.flatMap((one) => [typed[one] ?? []].flat().map((value): [string, string] => [one, String(value)]))
    const name = FOUR[place - 1]
    if (!pairs.some(([one, value]) => one === name && value !== '')) {
      request.query = Object.fromEntries(pairs.filter(([one]) => one !== name))
      return oneOfFour(request, true)
    }
    if (place < FOUR.length) return { to: `/may-i-share/questions/${place + 1}?${new URLSearchParams(pairs)}` }
    return ask(request)
  }

  return ({ page, form: taken }: Web): void => {
    // Whoever may ask and no more is asked four plain questions.
    page('/may-i-share', 'simulateDecision', async (request) =>
      mayCall(callerOf(request), 'searchDecisions') ? form(request) : { to: '/may-i-share/questions/1' },
    )
    page('/may-i-share/questions/:place', 'simulateDecision', (request) => oneOfFour(request))
    taken('/may-i-share/questions/:place', 'simulateDecision', next)
    taken('/may-i-share', 'simulateDecision', ask)
  }
}

/** A day as an instant of it: now where it is today; what is no day as it was typed, which the contract refuses. */
function instantOf(day: string, now: Date): string {
  if (!isDay(day)) return day
  return day === londonDay(now.getTime()) ? now.toISOString() : new Date(londonMorning(day)).toISOString()
}

/** What is wrong, once a field and in the words of the form. */
function placed(found: readonly FieldError[]): FieldError[] {
  const named = found.map(({ field, text }) => {
    if (field === 'at') return { field: 'day', text: 'Enter a day, for example 31 3 2027' }
    return { field, text: MISSING[field] ?? text }
  })
  return named.filter((one, index) => named.findIndex(({ field }) => field === one.field) === index)
}

function isQuestion(body: unknown): body is BodyOf<'simulateDecision'> {
  return contract.faultsOf('simulateDecision', body).length === 0
}
