import type { AskedEmergency, EmergencyView } from '../../disclosures/emergency.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import { type Choice, type FormField, instantTyped, isYes, said, several } from '../drafting/answers.ts'
import { byGroup, type ChoicesOf, itemGroup } from '../drafting/choices.ts'
import { asChoice, choosable } from '../drafting/party-steps.pages.ts'
import type { Questions } from '../questions.pages.ts'

/** What the forms of an emergency ask, and what of the API their answers are. */

const NO_RESIDENT = 'Never write anything about a resident: no name, no case'

/** Recording afterwards what was shared without asking the service (EM-6); `isForOthers`: whether somebody else may have shared it. */
export function recordQuestions(
  of: ChoicesOf,
  organisations: readonly RegisteredOrganisation[],
  { org, isForOthers }: { readonly org: string; readonly isForOthers: boolean },
): Questions {
  const fields: FormField[] = [
    {
      ...{ name: 'direction', label: 'Which way did the data go?', kind: 'radios', pointer: '/provider' },
      choices: [
        { value: 'DISCLOSE', text: 'We disclosed it' },
        { value: 'RECEIVE', text: 'We received it' },
      ],
    },
    {
      ...{ name: 'partner', label: 'To or from which other organisation?', kind: 'select', pointer: '/recipient' },
      choices: choosable(organisations)
        .filter(({ code }) => code !== org)
        .map(asChoice),
    },
    {
      ...{ name: 'happened_at', label: 'When was it shared?', kind: 'instant' },
      hint: 'London time, for example 27 3 2026 and 14:05. It can be recorded however late',
    },
    { name: 'ground', label: 'Which emergency was it?', kind: 'radios', choices: of('EMERGENCY_GROUND') },
    { name: 'purpose', label: 'What for?', kind: 'select', choices: of('PURPOSE') },
    {
      ...{ name: 'data_items', label: 'What was shared?', kind: 'checkboxes', openGroups: [] },
      choices: byGroup(of('DATA_ITEM', { groupOf: itemGroup })),
    },
    { name: 'justification', label: 'Why was it necessary at once?', kind: 'textarea', rows: 4, hint: NO_RESIDENT },
    { name: 'lawful_basis', label: 'On which lawful basis, if you know it?', kind: 'select', choices: of('LAWFUL_BASIS') },
    ...(isForOthers
      ? ([
          {
            ...{ name: 'actor', label: 'Who shared it, if it was somebody else?', kind: 'text' },
            hint: 'The name under which they sign in. Leave it empty where it was you. Neither of you reviews it',
          },
        ] satisfies FormField[])
      : []),
  ]
  return {
    fields,
    wanted: {
      direction: 'Select which way the data went',
      partner: 'Select the other organisation',
      happened_at: 'Enter the day and the time',
      ground: 'Select which emergency it was',
      purpose: 'Select what it was for',
      data_items: 'Select what was shared',
      justification: 'Say why it was necessary at once',
    },
    bodyOf(answers): AskedEmergency {
      const other = said(answers, 'partner') ?? ''
      const [provider, recipient] = said(answers, 'direction') === 'RECEIVE' ? [other, org] : [org, other]
      return {
        ...{ provider, recipient, purpose: said(answers, 'purpose') ?? '', data_items: several(answers, 'data_items') },
        ...{ ground: said(answers, 'ground') ?? '', justification: said(answers, 'justification') ?? '' },
        ...{ lawful_basis: said(answers, 'lawful_basis'), actor: said(answers, 'actor') },
        happened_at: instantTyped(said(answers, 'happened_at')) ?? '',
      }
    },
  }
}

/** What the review found (EM-5). */
export function reviewQuestions({ data_items }: EmergencyView, label: (list: string, code: string) => string): Questions {
  const outcome = (value: string, hint: string): Choice => ({ value, text: label('EMERGENCY_REVIEW_OUTCOME', value), hint })
  return {
    fields: [
      {
        ...{ name: 'outcome', label: 'Was it lawful to share this?', kind: 'radios' },
        choices: [
          outcome('JUSTIFIED', 'It was necessary and no more was shared than was needed. Nothing more follows'),
          outcome('JUSTIFIED_EXCESSIVE_DATA', 'Name below what was more than was needed'),
          outcome(
            'NOT_JUSTIFIED',
            'It may be a personal data breach: the data protection officer assesses it, within 72 hours from awareness',
          ),
        ],
      },
      { name: 'reason', label: 'Why do you find so?', kind: 'textarea', rows: 4, hint: NO_RESIDENT },
      {
        ...{ name: 'excessive_items', label: 'If too much was shared: what was not needed?', kind: 'checkboxes' },
        choices: data_items.map((code) => ({ value: code, text: label('DATA_ITEM', code) })),
      },
      {
        ...{ name: 'aware_at', label: 'If it was not justified: when did your organisation become aware of that?', kind: 'instant' },
        hint: 'The 72 hours run from then (UK GDPR Art 33). Leave it empty if that is now',
      },
      {
        ...{ name: 'dsa_needed', label: 'Does such sharing need an agreement?', kind: 'radios' },
        choices: [
          { value: 'yes', text: 'Yes', hint: 'A request for an agreement between the two is made at once' },
          { value: 'no', text: 'No' },
        ],
      },
    ],
    wanted: {
      outcome: 'Select what the review found',
      reason: 'Say why you find so',
      dsa_needed: 'Select whether such sharing needs an agreement',
    },
    bodyOf(answers) {
      const items = several(answers, 'excessive_items')
      return {
        ...{ outcome: said(answers, 'outcome') ?? '', dsa_needed: isYes(answers, 'dsa_needed'), reason: said(answers, 'reason') ?? '' },
        ...{ excessive_items: items.length > 0 ? items : null, aware_at: instantTyped(said(answers, 'aware_at')) },
      }
    },
  }
}

/** What the assessment of a breach found (UK GDPR Art 33). */
export const ASSESSMENT: Questions = {
  fields: [
    {
      ...{ name: 'finding', label: 'What did the assessment find?', kind: 'radios' },
      choices: [
        { value: 'NO_BREACH', text: 'It was no personal data breach', hint: 'UK GDPR Art 4(12). Nothing more follows' },
        {
          value: 'RISK_UNLIKELY',
          text: 'A breach that is unlikely to be a risk to people',
          hint: 'It is documented and not notified (Art 33(5))',
        },
        { value: 'RISK', text: 'A breach that is likely to be a risk to people', hint: 'The regulator is told first (Art 33(1))' },
        {
          ...{ value: 'HIGH_RISK', text: 'A breach that is likely to be a high risk to people' },
          hint: 'The regulator is told first, and the people too without undue delay (Art 34(1))',
        },
      ],
    },
    { name: 'reason', label: 'Its facts and effects, and why you find so', kind: 'textarea', rows: 4, hint: NO_RESIDENT },
    { name: 'measures', label: 'What was done about it?', kind: 'textarea', rows: 3, hint: 'Needed unless it is no breach' },
    {
      ...{ name: 'notified_at', label: 'If it is a risk: when was the regulator told?', kind: 'instant' },
      hint: 'Accord tells the regulator nothing: report it to the Information Commissioner yourself, then record it here',
    },
    { name: 'regulator_reference', label: 'Under which reference does the regulator keep it?', kind: 'text' },
    {
      ...{ name: 'late_reason', label: 'If it was told after the 72 hours: why?', kind: 'textarea', rows: 2 },
      hint: 'Leave it empty where it was in time',
    },
  ],
  wanted: { finding: 'Select what the assessment found', reason: 'Say what happened and why you find so' },
  bodyOf: (answers) => ({
    ...{ finding: said(answers, 'finding') ?? '', reason: said(answers, 'reason') ?? '', measures: said(answers, 'measures') },
    ...{ notified_at: instantTyped(said(answers, 'notified_at')), regulator_reference: said(answers, 'regulator_reference') },
    late_reason: said(answers, 'late_reason'),
  }),
}

const TOLD = 'TOLD'

/** How the people were told, or why they need not be (UK GDPR Art 34). */
export const COMMUNICATION: Questions = {
  fields: [
    {
      ...{ name: 'ground', label: 'Were the people told whose data it is?', kind: 'radios' },
      choices: [
        { value: TOLD, text: 'Yes' },
        {
          value: 'PROTECTED_DATA',
          text: 'No: nobody can read the data',
          hint: 'UK GDPR Art 34(3)(a), for example because it is encrypted',
        },
        { value: 'RISK_REMOVED', text: 'No: the high risk was removed', hint: 'Art 34(3)(b)' },
        {
          ...{ value: 'DISPROPORTIONATE_EFFORT', text: 'No: it would take a disproportionate effort' },
          hint: 'Art 34(3)(c): a public communication took its place',
        },
      ],
    },
    { name: 'told_at', label: 'If they were: when?', kind: 'instant' },
    {
      ...{ name: 'what', label: 'How were they told and of what, or what was done in its place?', kind: 'textarea', rows: 4 },
      hint: NO_RESIDENT,
    },
  ],
  wanted: { ground: 'Select whether they were told', what: 'Say how they were told, or what was done in its place' },
  bodyOf(answers) {
    const ground = said(answers, 'ground')
    return {
      ...{ told_at: instantTyped(said(answers, 'told_at')), ground: ground === TOLD ? null : ground },
      what: said(answers, 'what') ?? '',
    }
  },
}
