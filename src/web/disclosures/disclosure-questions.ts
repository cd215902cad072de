import type { AskedDisclosure, DisclosureContent } from '../../disclosures/disclosure-request.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import {
  type Answers,
  type Choice,
  counted,
  type FormField,
  instantTyped,
  isYes,
  said,
  several,
  typedInstant,
} from '../drafting/answers.ts'
import { byGroup, type ChoicesOf, itemGroup } from '../drafting/choices.ts'
import { asChoice, choosable } from '../drafting/party-steps.pages.ts'
import type { Questions } from '../questions.pages.ts'

/** What the forms of a one-off disclosure ask: the regulator's form for one request, and what of the API the answers are. */

const NO_RESIDENT = 'Never write anything about a resident: no name, no case'
/** Lists of conditions, each with the heading that its codes stand under. */
const CONDITIONS: readonly (readonly [list: string, heading: string])[] = [
  ['ART9_CONDITION', 'Special category data: UK GDPR Art 9'],
  ['SCHEDULE_1_CONDITION', 'Special category and criminal offence data: DPA 2018 Schedule 1'],
  ['CRIMINAL_CONDITION', 'Criminal offence data: UK GDPR Art 10'],
  ['SCHEDULE_8_CONDITION', 'Law enforcement: DPA 2018 Schedule 8'],
]

/** Between whom, of a disclosure that is asked for; the two stay the same when it is put right. */
export interface Between {
  readonly provider: string
  readonly recipient: string
}

/** Who the other organisation is, and which way the data would go. */
export function partyFields(organisations: readonly RegisteredOrganisation[], org: string): readonly FormField[] {
  return [
    {
      ...{ name: 'direction', label: 'Who would disclose?', kind: 'radios', pointer: '/content/provider' },
      choices: [
        { value: 'DISCLOSE', text: 'We would: we were asked for it' },
        { value: 'RECEIVE', text: 'The other organisation: we need it' },
      ],
    },
    {
      ...{ name: 'partner', label: 'Which is the other organisation?', kind: 'select', pointer: '/content/recipient' },
      choices: choosable(organisations)
        .filter(({ code }) => code !== org)
        .map(asChoice),
    },
  ]
}

/** Between whom the answers say that it would be. */
export function betweenIn(answers: Answers, org: string): Between {
  const other = said(answers, 'partner') ?? ''
  return said(answers, 'direction') === 'RECEIVE' ? { provider: other, recipient: org } : { provider: org, recipient: other }
}

/** What would be disclosed, on which law, and until when. */
export function contentFields(of: ChoicesOf): readonly FormField[] {
  const fields: readonly FormField[] = [
    {
      name: 'purpose',
      label: 'What for?',
      kind: 'select',
      choices: of('PURPOSE'),
      hint: 'Exactly this is permitted, and nothing narrower or wider',
    },
    {
      ...{ name: 'data_items', label: 'What is to be disclosed?', kind: 'checkboxes', openGroups: [] },
      choices: byGroup(of('DATA_ITEM', { groupOf: itemGroup })),
    },
    { name: 'subject_count', label: 'About how many people?', kind: 'number' },
    {
      name: 'record_count',
      label: 'How many records at most?',
      kind: 'number',
      hint: 'Leave it empty for no limit. More than 100 are no one-off',
    },
    { name: 'necessity', label: 'Why is each of these necessary?', kind: 'textarea', rows: 4, hint: NO_RESIDENT },
    {
      name: 'legal_power',
      label: 'Which power lets the organisation disclose it?',
      kind: 'text',
      hint: 'For example, section 115 of the Crime and Disorder Act 1998',
    },
    {
      ...{ name: 'legal_compulsion', label: 'Is there an order or a statutory notice that compels it?', kind: 'text' },
      hint: 'Which. Leave it empty where there is none: then it may be refused',
    },
    {
      name: 'lawful_basis',
      label: 'On which lawful basis?',
      kind: 'select',
      choices: of('LAWFUL_BASIS'),
      hint: 'Of the organisation that would disclose. An exemption is none',
    },
    {
      ...{
        name: 'conditions',
        label: 'On which conditions, for special category or criminal offence data?',
        kind: 'checkboxes',
        openGroups: [],
      },
      choices: conditions(of),
    },
    {
      name: 'exemption',
      label: 'Which exemption is applied, if any?',
      kind: 'select',
      choices: of('EXEMPTION'),
      hint: 'It neither compels nor authorises',
    },
    { name: 'received_on', label: 'When was the request received?', kind: 'day' },
    {
      name: 'requester_position',
      label: 'Which post asks for it?',
      kind: 'text',
      hint: 'In the organisation that would receive: a post, not a name',
    },
    { name: 'verified_how', label: 'How was it checked that the request is genuine?', kind: 'textarea', rows: 2 },
    { name: 'senior_authorisation', label: 'Which senior post there authorised it, if any?', kind: 'text' },
    {
      name: 'tell_subject',
      label: 'Are the people told whose data it is: when, or why not?',
      kind: 'textarea',
      rows: 2,
      hint: NO_RESIDENT,
    },
    { name: 'retention', label: 'How long is it kept, and what becomes of it?', kind: 'textarea', rows: 2 },
    { name: 'security', label: 'How is it sent and kept safe?', kind: 'textarea', rows: 2 },
    { name: 'valid_from', label: 'From when may it be disclosed?', kind: 'instant', hint: 'Leave it empty for as soon as it is approved' },
    { name: 'valid_to', label: 'Until when may it be disclosed?', kind: 'instant', hint: 'London time, for example 27 3 2027 and 14:05' },
    { name: 'repeated', label: 'It may be disclosed more than once until then', kind: 'box', pointer: '/content/single_use' },
    { name: 'is_police_urgent', label: 'A police force needs it within a working day', kind: 'box' },
  ]
  return fields.map((one) => ({ pointer: `/content/${one.name}`, ...one }))
}

/** The conditions of all lists, each code once. */
function conditions(of: ChoicesOf): readonly Choice[] {
  const found = new Map<string, Choice>()
  for (const [list, group] of CONDITIONS)
    for (const choice of of(list, { groupOf: () => group })) if (!found.has(choice.value)) found.set(choice.value, choice)
  return [...found.values()]
}

/** What the form says where one of its questions is not answered. */
const WANTED = {
  direction: 'Select who would disclose',
  partner: 'Select the other organisation',
  purpose: 'Select what it is for',
  data_items: 'Select what is to be disclosed',
  subject_count: 'Enter about how many people',
  necessity: 'Say why each of these is necessary',
  lawful_basis: 'Select the lawful basis',
  received_on: 'Enter the day on which the request was received',
  requester_position: 'Enter the post that asks',
  verified_how: 'Say how the request was checked',
  tell_subject: 'Say whether the people are told',
  retention: 'Say how long it is kept',
  security: 'Say how it is sent and kept safe',
  valid_to: 'Enter until when it may be disclosed',
}

/** The questions of a form; `between`: who the two are, by the answers. */
export function disclosureQuestions(
  fields: readonly FormField[],
  between: (answers: Answers) => Between,
  requestId: string | null = null,
): Questions {
  return {
    fields,
    wanted: WANTED,
    bodyOf: (answers) => ({ content: contentOf(answers, between(answers)), ...(requestId === null ? {} : { request_id: requestId }) }),
  }
}

function contentOf(answers: Answers, between: Between): AskedDisclosure {
  const text = (name: string) => said(answers, name) ?? ''
  return {
    ...between,
    ...{ purpose: text('purpose'), data_items: several(answers, 'data_items'), conditions: several(answers, 'conditions') },
    // What is no number stays as it was typed: the contract refuses it.
    ...{ subject_count: counted(answers, 'subject_count') as number, record_count: counted(answers, 'record_count') as number | null },
    ...{ received_on: text('received_on'), requester_position: text('requester_position'), verified_how: text('verified_how') },
    ...{ senior_authorisation: said(answers, 'senior_authorisation'), legal_compulsion: said(answers, 'legal_compulsion') },
    ...{ legal_power: said(answers, 'legal_power'), lawful_basis: text('lawful_basis'), exemption: said(answers, 'exemption') },
    ...{ necessity: text('necessity'), tell_subject: text('tell_subject'), retention: text('retention'), security: text('security') },
    ...{ is_police_urgent: isYes(answers, 'is_police_urgent'), single_use: !isYes(answers, 'repeated') },
    ...{ valid_from: instantTyped(said(answers, 'valid_from')), valid_to: instantTyped(said(answers, 'valid_to')) ?? '' },
  }
}

/** What stands in the form of one that is put right. */
export function standingIn(content: DisclosureContent): Answers {
  const { data_items, conditions, subject_count, record_count, is_police_urgent, single_use, valid_from, valid_to, ...texts } = content
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, value ?? ''])),
    ...{ data_items, conditions, subject_count: `${subject_count}`, record_count: record_count === null ? '' : `${record_count}` },
    ...{ repeated: single_use ? '' : 'yes', is_police_urgent: is_police_urgent ? 'yes' : '' },
    ...{ valid_from: typedInstant(valid_from), valid_to: typedInstant(valid_to) },
  }
}
