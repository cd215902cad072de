import { REOPENING_REASONS, reopens } from '../../assessments/made/reopening.ts'
import type { AssessmentSheet } from '../../assessments/made/sheet.service.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import { type Answers, type Choice, type FormField, said, several } from '../drafting/answers.ts'
import type { ChoicesOf } from '../drafting/choices.ts'
import { asChoice, choosable } from '../drafting/party-steps.pages.ts'
import type { Questions } from '../questions.pages.ts'

/** What the forms of an assessment ask, and what of the API their answers are. */

const text = (answers: Answers, name: string) => said(answers, name) ?? ''

/** Whether an assessment is needed: what the flows show is confirmed or overruled (DP-1, DP-2). */
export const SCREENING: Questions = {
  fields: [
    {
      ...{ name: 'required', label: 'Is an assessment needed?', kind: 'radios' },
      choices: [
        { value: 'yes', text: 'Yes' },
        { value: 'no', text: 'No', hint: 'Say below why none is needed. The reasons stay with the agreement' },
      ],
    },
    { name: 'reasons', label: 'Why? (needed where the answer is no)', kind: 'textarea', rows: 4 },
  ],
  wanted: { required: 'Select whether an assessment is needed' },
  bodyOf: (answers) => ({ required: said(answers, 'required') === 'yes', reasons: said(answers, 'reasons') }),
}

/** One risk to people (4.3). */
export function riskQuestions(of: ChoicesOf, subjects: readonly string[]): Questions {
  return {
    fields: [
      {
        ...{ name: 'description', label: 'What could happen to somebody?', kind: 'textarea', rows: 4 },
        hint: 'Think of the person and not of the council: what they could lose or suffer',
      },
      { name: 'source', label: 'What would it come from?', kind: 'text', hint: 'For example, a list sent to the wrong team' },
      { name: 'harm_type', label: 'Which kind of harm is it?', kind: 'select', choices: of('HARM_TYPE') },
      {
        ...{ name: 'affected_subjects', label: 'Whom would it harm?', kind: 'checkboxes', openGroups: [] },
        choices: grouped(of('DATA_SUBJECT'), subjects),
      },
      { name: 'likelihood', label: 'How likely is it, before anything is done about it?', kind: 'radios', choices: of('LIKELIHOOD') },
      { name: 'severity', label: 'How bad would it be?', kind: 'radios', choices: of('SEVERITY') },
    ],
    wanted: {
      description: 'Say what could happen',
      source: 'Say what it would come from',
      harm_type: 'Select the kind of harm',
      affected_subjects: 'Select whom it would harm',
      likelihood: 'Select how likely it is',
      severity: 'Select how bad it would be',
    },
    bodyOf: (answers) => ({
      ...{ source: text(answers, 'source'), description: text(answers, 'description'), harm_type: text(answers, 'harm_type') },
      ...{ affected_subjects: several(answers, 'affected_subjects') },
      ...{ likelihood: text(answers, 'likelihood'), severity: text(answers, 'severity') },
    }),
  }
}

/** The people of the agreement stand open, all others unfold. */
function grouped(offered: readonly Choice[], subjects: readonly string[]): readonly Choice[] {
  const choices = offered.map(({ hint: _hint, ...choice }) => choice)
  const own = choices.filter(({ value }) => subjects.includes(value))
  const others = choices.filter(({ value }) => !subjects.includes(value))
  if (own.length === 0) return choices
  return [...own, ...others.map((one) => ({ ...one, group: 'Other people' }))]
}

/** What is done about a risk, by whom and by when (4.3). */
export function measureQuestions(
  of: ChoicesOf,
  { view }: Pick<AssessmentSheet, 'view'>,
  organisations: readonly RegisteredOrganisation[],
  parties: readonly string[],
): Questions {
  const known = choosable(organisations)
  const owners = [...known.filter(({ code }) => parties.includes(code)), ...known.filter(({ code }) => !parties.includes(code))]
  const at = (name: string, pointer: string) => ({ name, pointer })
  const fields: FormField[] = [
    {
      ...{ name: 'risk_id', label: 'Against which risk?', kind: 'select' },
      choices: view.content.risks.map(({ id, description }, index) => ({
        value: id,
        text: `Risk ${index + 1}: ${shortened(description)}`,
      })),
    },
    { name: 'measure', label: 'What is done?', kind: 'textarea', rows: 4 },
    { name: 'effect', label: 'What does it do to the risk?', kind: 'radios', choices: of('MEASURE_EFFECT') },
    {
      ...at('left_likelihood', '/left/likelihood'),
      ...{ label: 'If it is reduced: how likely is it then?', kind: 'radios', choices: of('LIKELIHOOD') },
    },
    {
      ...at('left_severity', '/left/severity'),
      ...{ label: 'If it is reduced: how bad would it be then?', kind: 'radios', choices: of('SEVERITY') },
    },
    { ...at('org', '/owner/org'), label: 'Which organisation does it?', kind: 'select', choices: owners.map(asChoice) },
    {
      ...at('post', '/owner/post'),
      label: 'Which post does it?',
      kind: 'text',
      hint: 'A post and not a name, for example Systems manager',
    },
    { name: 'due', label: 'By when?', kind: 'day', hint: 'For example, 31 3 2027' },
    {
      ...at('approved_by', '/approved/by'),
      ...{ label: 'Which post has approved it?', kind: 'text' },
      hint: 'Leave it empty where nobody has yet: until then it does not make the risk smaller',
    },
    { ...at('approved_on', '/approved/on'), label: 'If it is approved: when was that?', kind: 'day' },
  ]
  return {
    fields,
    wanted: {
      risk_id: 'Select against which risk it is',
      measure: 'Say what is done',
      effect: 'Select what it does to the risk',
      org: 'Select which organisation does it',
      post: 'Enter which post does it',
      due: 'Enter by when it is done',
    },
    bodyOf(answers) {
      const left = { likelihood: text(answers, 'left_likelihood'), severity: text(answers, 'left_severity') }
      const approved = { by: text(answers, 'approved_by'), on: text(answers, 'approved_on') }
      return {
        ...{ risk_id: text(answers, 'risk_id'), measure: text(answers, 'measure'), effect: text(answers, 'effect') },
        // A radio that was chosen cannot be taken back: what is left is said of a reduced risk alone.
        left: said(answers, 'effect') === 'REDUCED' ? left : null,
        approved: `${approved.by}${approved.on}` === '' ? null : approved,
        ...{ owner: { org: text(answers, 'org'), post: text(answers, 'post') }, due: text(answers, 'due') },
      }
    },
  }
}

/** The first words of a text. */
export function shortened(words: string): string {
  return words.length > 80 ? `${words.slice(0, 79)}…` : words
}

/** Who keeps it under review, and until when (4.4). */
export const REVIEW: Questions = {
  fields: [
    {
      name: 'due',
      label: 'When is it reviewed next?',
      kind: 'day',
      hint: 'For example, 31 3 2027. After that day nothing is permitted on it',
    },
    { name: 'kept_by', label: 'Which post keeps it under review?', kind: 'text' },
  ],
  wanted: { due: 'Enter when it is reviewed next', kept_by: 'Enter which post keeps it under review' },
  bodyOf: (answers) => ({ due: text(answers, 'due'), kept_by: text(answers, 'kept_by') }),
}

export const DONE: Questions = {
  fields: [{ name: 'done_on', label: 'When was it done?', kind: 'day', hint: 'Today or before' }],
  wanted: { done_on: 'Enter when it was done' },
  bodyOf: (answers) => ({ done_on: text(answers, 'done_on') }),
}

/** Why it is opened again (DP-6). */
export const REOPENING: Questions = {
  fields: [
    {
      ...{ name: 'reason', label: 'Why is it opened again?', kind: 'radios' },
      choices: REOPENING_REASONS.map((code) => ({
        ...{ value: code, text: reopens(code).label },
        ...(reopens(code).stops_sharing ? { hint: 'Nothing is shared on it from now on, until its next version is accepted' } : {}),
      })),
    },
    { name: 'note', label: 'What happened?', kind: 'textarea', rows: 4, hint: 'Never write anything about a resident: no name, no case' },
  ],
  wanted: { reason: 'Select why it is opened again', note: 'Say what happened' },
  bodyOf: (answers) => ({ reason: text(answers, 'reason'), note: text(answers, 'note') }),
}

/** The consultation of the regulator: put before it, extended, answered (UK GDPR Art 36; DP-5). */
export const CONSULTATION: Questions = {
  fields: [
    { name: 'submitted_on', label: 'When was it put before the Information Commissioner?', kind: 'day' },
    { name: 'reference', label: 'Under which reference does the Commissioner keep it?', kind: 'text' },
  ],
  wanted: { submitted_on: 'Enter when it was put before the Commissioner', reference: 'Enter the reference' },
  bodyOf: (answers) => ({ submitted_on: text(answers, 'submitted_on'), reference: text(answers, 'reference') }),
}
export const EXTENSION: Questions = {
  fields: [{ name: 'extended_on', label: 'When did the Commissioner say that it needs six more weeks?', kind: 'day' }],
  wanted: { extended_on: 'Enter when the Commissioner said so' },
  bodyOf: (answers) => ({ extended_on: text(answers, 'extended_on') }),
}
export const ANSWER: Questions = {
  fields: [
    { name: 'on', label: 'When did the Commissioner answer?', kind: 'day' },
    {
      ...{ name: 'outcome', label: 'What did it come to?', kind: 'radios' },
      choices: [
        { value: 'MAY_PROCEED', text: 'The share may go ahead' },
        { value: 'NOT_TO_PROCEED', text: 'It must not go ahead as it is', hint: 'Nothing is shared on it' },
      ],
    },
    { name: 'words', label: 'The answer in words', kind: 'textarea', rows: 6 },
  ],
  wanted: { on: 'Enter when the Commissioner answered', outcome: 'Select what it came to', words: 'Enter the answer in words' },
  bodyOf: (answers) => ({ on: text(answers, 'on'), outcome: text(answers, 'outcome'), words: text(answers, 'words') }),
}
