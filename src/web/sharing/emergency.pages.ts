import type { FastifyRequest } from 'fastify'
import type { DecisionsService } from '../../decisions/decisions.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { type BodyOf, contract } from '../../platform/http/openapi.ts'
import { mayCall } from '../access.pages.ts'
import { type Answers, answersIn, type FormField, said, several } from '../drafting/answers.ts'
import { byGroup, choicesFrom, itemGroup } from '../drafting/choices.ts'
import { asChoice, choosable } from '../drafting/party-steps.pages.ts'
import { type FieldError, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { answered, type Questions, questionsIn } from '../questions.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface EmergencyQuestionOptions extends RequestLists {
  readonly decisions: Pick<DecisionsService, 'decide'>
  readonly now: () => Date
}

/** Bases that can carry an emergency disclosure (domain reference, 6.6 EM-2), as whoever is asked in a hurry would say them. */
const BASES = [
  { value: '6(1)(d)', text: 'To protect somebody’s life', hint: 'UK GDPR Art 6(1)(d)' },
  { value: '6(1)(e)', text: 'It is our public task, for example safeguarding', hint: 'UK GDPR Art 6(1)(e)' },
  { value: '6(1)(c)', text: 'The law obliges us', hint: 'UK GDPR Art 6(1)(c)' },
]
const INCAPABLE = 'INCAPABLE'
const SAFEGUARDING = 'SAFEGUARDING'
const JUSTIFICATION_MIN = 30

/** In an emergency: five questions, and at once whether the glass may be broken. Whoever is not duty manager is told what one would be. */
export function emergencyQuestionPages({ decisions, organisationsFor, listsFor, now }: EmergencyQuestionOptions) {
  async function questionsFor(request: FastifyRequest): Promise<Questions> {
    const [of, organisations] = [choicesFrom(await listsFor(request), now().getTime()), await organisationsFor(request)]
    const caller = callerOf(request)
    const all = choosable(organisations).map(asChoice)
    const own = all.filter(({ value }) => value === caller.org)
    const ownFirst = [...own, ...all.filter(({ value }) => value !== caller.org)]
    const isDuty = isDutyManager(request)
    const fields: FormField[] = [
      { name: 'ground', label: 'What is happening?', kind: 'radios', choices: of('EMERGENCY_GROUND'), pointer: '/emergency/ground' },
      { name: 'provider', label: 'Who holds the information?', kind: 'select', choices: ownFirst },
      { name: 'recipient', label: 'Who needs it?', kind: 'select', choices: ownFirst },
      { name: 'purpose', label: 'What for?', kind: 'select', choices: of('PURPOSE') },
      {
        ...{ name: 'data_items', label: 'What do they need to know?', kind: 'checkboxes', openGroups: [] },
        ...{ hint: 'Only what is needed', choices: byGroup(of('DATA_ITEM', { groupOf: itemGroup })) },
      },
      ...(isDuty
        ? ([
            { name: 'data_subjects', label: 'Whom is it about?', kind: 'checkboxes', choices: of('DATA_SUBJECT') },
            { name: 'method', label: 'How will it be sent?', kind: 'select', choices: of('METHOD') },
          ] satisfies FormField[])
        : []),
      {
        ...{ name: 'justification', label: 'Why can it not wait?', kind: 'textarea', rows: 3, pointer: '/emergency/justification' },
        hint: `In ${JUSTIFICATION_MIN} characters or more. Never write anything about a resident: no name, no case`,
      },
      { name: 'lawful_basis', label: 'On which lawful basis?', kind: 'radios', choices: BASES },
      {
        ...{
          name: 'special',
          label: 'If it says something of health, origin, faith or sex life',
          kind: 'radios',
          pointer: '/emergency/art9',
        },
        choices: [
          { value: INCAPABLE, text: 'The person cannot agree, for example unconscious', hint: 'UK GDPR Art 9(2)(c)' },
          {
            ...{ value: SAFEGUARDING, text: 'It protects a child or an adult at risk' },
            hint: 'UK GDPR Art 9(2)(g), Data Protection Act 2018 Schedule 1 paragraph 18',
          },
        ],
      },
    ]
    return {
      fields,
      wanted: {
        ground: 'Select what is happening',
        provider: 'Choose who holds the information',
        recipient: 'Choose who needs it',
        purpose: 'Choose what it is for',
        data_items: 'Tick what they need to know',
        ...(isDuty ? { data_subjects: 'Tick whom it is about', method: 'Choose how it will be sent' } : {}),
        justification: 'Say why it cannot wait',
        lawful_basis: 'Select the lawful basis',
      },
      bodyOf: (answers) => bodyOf(answers, caller.sub, isLive(request, said(answers, 'provider'))),
    }
  }

  async function asking(request: FastifyRequest, questions: Questions, errors: readonly FieldError[] = []): Promise<Page> {
    const { org } = callerOf(request)
    const given = answersIn({ provider: org, ...(request.query as Readonly<Record<string, unknown>>) }, questions.fields)
    return {
      template: 'templates/questions.njk',
      title: 'Somebody is at risk now',
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: {
        back: { text: 'May I share this?', href: '/may-i-share' },
        lead: [
          'Do not wait for this service where a life depends on it: share what is needed, and record it afterwards.',
          isDutyManager(request)
            ? 'You are a duty manager: where it is permitted you may rely on it at once. Other people of your organisation review it within two working days.'
            : 'The answer says whether a duty manager of whoever holds the information may permit it now. It permits nothing by itself.',
        ],
        ...{ fields: questionsIn(request, questions.fields, given), button: 'See the answer' },
      },
    }
  }

  /** A statement of a duty manager of the provider is a decision; of anybody else a trial of what one would be answered. */
  async function ask(request: FastifyRequest): Promise<Page | Redirect> {
    const questions = await questionsFor(request)
    const caller = callerOf(request)
    const typed = (request.body ?? {}) as Readonly<Record<string, unknown>>
    const live = isLive(request, typeof typed['provider'] === 'string' ? typed['provider'] : null)
    const operation = live ? 'decide' : 'simulateDecision'
    const { body, errors } = answered(operation, request, questions)
    const short = [...(said(answersIn(typed, questions.fields), 'justification') ?? '')].length < JUSTIFICATION_MIN
    const found =
      errors.length > 0 || !short
        ? errors
        : [{ field: 'justification', text: `Say in ${JUSTIFICATION_MIN} characters or more why it cannot wait` }]
    if (found.length > 0 || !isQuestion(operation, body)) return asking(request, questions, found)
    const done = await decisions.decide({ caller, bodies: [body], simulated: !live, trace: null })
    if (!done.ok) return asking(request, questions, refusedWith(done.refusal))
    return { to: `/may-i-share/answers/${encodeURIComponent(done.value.evaluations[0]?.answer.decision_id ?? '')}` }
  }

  return ({ page, form }: Web): void => {
    page('/may-i-share/emergency', 'simulateDecision', async (request) => asking(request, await questionsFor(request)))
    form('/may-i-share/emergency', 'simulateDecision', ask)
  }
}

function isDutyManager(request: FastifyRequest): boolean {
  const caller = callerOf(request)
  return permits(caller.roles, 'emergency:invoke') && mayCall(caller, 'decide')
}

/** The glass is the provider's to break. */
function isLive(request: FastifyRequest, provider: string | null): boolean {
  return isDutyManager(request) && callerOf(request).org === provider
}

function bodyOf(answers: Answers, sub: string, live: boolean): object {
  const special = said(answers, 'special')
  const subjects = several(answers, 'data_subjects')
  return {
    ...{ provider: said(answers, 'provider') ?? '', recipient: said(answers, 'recipient') ?? '', purpose: said(answers, 'purpose') ?? '' },
    ...{ data_items: several(answers, 'data_items'), data_subjects: subjects.length > 0 ? subjects : null },
    ...{ method: said(answers, 'method'), country: 'GB', mode: 'EMERGENCY', lawful_basis: said(answers, 'lawful_basis') },
    emergency: {
      ...{ ground: said(answers, 'ground'), justification: said(answers, 'justification') },
      // Live it is the caller; a trial says what a duty manager would be answered.
      ...(live ? {} : { actor: sub }),
      ...(special === INCAPABLE ? { art9: '9(2)(c)', subject_incapable: true } : {}),
      ...(special === SAFEGUARDING ? { art9: '9(2)(g)', sch1: ['SCH1_18'] } : {}),
    },
  }
}

function isQuestion(operation: 'decide' | 'simulateDecision', body: unknown): body is BodyOf<'simulateDecision'> {
  return contract.faultsOf(operation, body).length === 0
}
