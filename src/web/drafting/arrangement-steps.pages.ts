import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { dpiaPart } from '../../agreements/drafting/record-parts.service.ts'
import { type Answers, isYes, said, several, textOf } from './answers.ts'
import { type Step, step, toTasks } from './steps.pages.ts'

const YES_NO = [
  { value: 'yes', text: 'Yes' },
  { value: 'no', text: 'No' },
]

const joint = step<'putDraftJointControllerArrangement'>({
  ...toTasks,
  path: 'joint-controllers',
  operation: 'putDraftJointControllerArrangement',
  part: () => parts.jointControllerArrangementPart,
  partName: 'joint_controller_arrangement',
  at: () => '/joint_controller_arrangement',
  title: () => 'Arrangement of the joint controllers',
  intro: () => ['Joint controllers agree between them who does what, and make the essence of it available to people (UK GDPR Art 26).'],
  fields: () => [
    {
      name: 'responsibilities',
      label: 'Who does what?',
      kind: 'textarea',
      hint: 'Who informs people, who answers their requests, who reports a breach',
    },
    { name: 'contact_point', label: 'Where do people turn to?', kind: 'text', hint: 'A team or a mailbox, not a person' },
    { name: 'essence_url', label: 'Where can people read its essence?', kind: 'text', hint: 'An address on the web' },
  ],
  answers: ({ draft: { terms } }) => ({ responsibilities: '', contact_point: '', essence_url: '', ...terms.joint_controller_arrangement }),
  body: (answers) => ({
    joint_controller_arrangement: everyOneEmpty(answers)
      ? null
      : Object.fromEntries(['responsibilities', 'contact_point', 'essence_url'].map((name) => [name, said(answers, name) ?? ''])),
  }),
})

const processorContract = step<'putDraftProcessorContract'>({
  ...toTasks,
  path: 'processor-contract',
  operation: 'putDraftProcessorContract',
  part: () => parts.processorContractPart,
  partName: 'processor_contract',
  at: () => '/processor_contract',
  title: () => 'What the contract with the processor says',
  intro: () => [
    'A controller may use a processor only under a contract with these clauses (UK GDPR Art 28(3)). Have the contract beside you.',
  ],
  fields: ({ choices, organisations }) => [
    { name: 'clauses', label: 'Which clauses does the contract have?', kind: 'checkboxes', choices: choices('ART28_CLAUSE') },
    {
      ...{ name: 'approved_sub_processors', label: 'Which sub-processors are authorised?', kind: 'checkboxes' },
      choices: organisations.map(({ code, short_name }) => ({ value: code, text: short_name, group: 'Organisations of the register' })),
      openGroups: [],
    },
  ],
  answers({ draft: { terms }, choices }) {
    const { processor_contract: contract } = terms
    if (!contract) return { clauses: [], approved_sub_processors: [] }
    const clauses = choices('ART28_CLAUSE').map(({ value }) => value)
    return {
      clauses: clauses.filter((clause) => !contract.missing.includes(clause)),
      approved_sub_processors: contract.approved_sub_processors,
    }
  },
  body: (answers) => ({
    processor_contract: everyOneEmpty(answers)
      ? null
      : { clauses: several(answers, 'clauses'), approved_sub_processors: several(answers, 'approved_sub_processors') },
  }),
})

const assessment = step<'putDraftDpia'>({
  ...toTasks,
  path: 'assessment',
  operation: 'putDraftDpia',
  part: () => dpiaPart,
  partName: 'dpia',
  title: () => 'Data protection impact assessment',
  intro: ({ view: { dpia } }) =>
    dpia.made_here
      ? ['The assessment is made here. Whether it is required, how far it is, which risk is left and when it is reviewed are said there.']
      : [
          'Assess the risks here, and the screening, the advice and the approval are kept with the agreement. What the agreement says already is filled in.',
          'Where it is assessed elsewhere, state below whether an assessment is required, or that a screening found none to be needed, and how far it is. Your data protection officer advises on both.',
          'Where one is required, nothing is permitted under the agreement until it is approved. Nobody approves it on this page: an assessment that was made elsewhere is recorded with its file and the advice on it, and a second person of your organisation confirms it.',
        ],
  besides: ({ view: { id, dpia } }) => {
    if (dpia.made_here) return [{ href: `/assessments/${dpia.made_here}`, text: 'Go on with the assessment' }]
    const at = `/agreements/${encodeURIComponent(id)}/assessment`
    return [
      { href: `${at}/begin`, text: 'Assess the risks here (DPIA)' },
      {
        href: at,
        text: dpia.elsewhere.length > 0 ? 'See the assessment that is recorded' : 'Record an assessment that was made elsewhere',
      },
    ]
  },
  isReadOnly: ({ view: { dpia } }) => dpia.made_here !== null,
  fields: ({ choices, view: { dpia } }) => [
    { name: 'required', label: 'Is an assessment required?', kind: 'radios', choices: YES_NO },
    {
      name: 'status',
      label: 'Where does it stand?',
      kind: 'select',
      choices: choices('DPIA_STATE', { isOffered: ({ code }) => code !== 'APPROVED' || dpia.status === code }),
      hint: 'Screened out: a screening found that none is required',
    },
    { name: 'residual', label: 'Which risk remains?', kind: 'select', choices: choices('OVERALL_RISK') },
    {
      name: 'prior_consultation',
      label: 'Was the Information Commissioner consulted?',
      kind: 'select',
      choices: choices('PRIOR_CONSULTATION'),
      hint: 'Needed where a high risk remains (UK GDPR Art 36)',
    },
    { name: 'review_due', label: 'When is it due for review?', kind: 'day', hint: 'For example 27 3 2027' },
  ],
  answers: ({ view: { dpia } }) => ({
    ...{ required: dpia.required ? 'yes' : 'no', status: dpia.status, residual: textOf(dpia.residual) },
    ...{ prior_consultation: textOf(dpia.prior_consultation), review_due: textOf(dpia.review_due) },
  }),
  body: (answers) => ({
    ...{ required: isYes(answers, 'required'), status: said(answers, 'status'), residual: said(answers, 'residual') },
    ...{ prior_consultation: said(answers, 'prior_consultation'), review_due: said(answers, 'review_due') },
  }),
})

function everyOneEmpty(answers: Answers): boolean {
  return Object.values(answers).every((value) => value.length === 0)
}

/** What rests on papers beside the agreement: who does what among joint controllers, the contract with a processor, the assessment. */
export const arrangementSteps: readonly Step[] = [joint, processorContract, assessment]
