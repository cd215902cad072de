import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { dpiaPart } from '../../agreements/drafting/record-parts.service.ts'
import { type Answers, counted, type FormField, isYes, said, several } from './answers.ts'
import { type DraftContext, type Step, step } from './steps.pages.ts'

const TASKS = { path: '', text: 'Tasks' }
const toTasks = { back: () => TASKS, next: () => '' }
const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value))

/** What the agreement is called and is, and its reviews: one part of the API on two pages, each leaving the other's answers as they are. */
const detailsOf = ({ view }: DraftContext) => ({
  ...{ title: view.title, instrument_type: view.instrument_type, review_due: view.review_due, review_policy: view.review_policy },
  ...{ review_grace_days: view.review_grace_days, review_cycle_months: view.review_cycle_months },
})

const title = step<'putDraftDetails'>({
  ...toTasks,
  path: 'title',
  operation: 'putDraftDetails',
  part: () => parts.detailsPart,
  partName: 'details',
  members: () => ['title', 'instrument_type'],
  title: () => 'Title and kind of agreement',
  fields: ({ choices }) => [
    {
      ...{ name: 'title', label: 'Title', kind: 'text' },
      hint: 'What a colleague would search for: the subject first, for example Missing children in north London',
    },
    {
      ...{ name: 'instrument_type', label: 'Kind of agreement', kind: 'radios' },
      choices: choices('INSTRUMENT_TYPE', { isOffered: ({ code }) => !['DISCLOSURE_DECISION', 'EMERGENCY_RECORD'].includes(code) }),
    },
  ],
  answers: ({ view }) => ({ title: view.title, instrument_type: view.instrument_type }),
  body: (answers, context) => ({
    ...detailsOf(context),
    title: said(answers, 'title') ?? '',
    instrument_type: said(answers, 'instrument_type'),
  }),
})

const review = step<'putDraftDetails'>({
  ...toTasks,
  path: 'review',
  operation: 'putDraftDetails',
  part: () => parts.detailsPart,
  partName: 'details',
  members: () => ['review_due', 'review_policy', 'review_grace_days', 'review_cycle_months'],
  title: () => 'Reviews',
  intro: () => ['Every party is reminded 90, 60, 30 and 7 days before a review is due.'],
  fields: ({ choices }) => [
    {
      name: 'review_due',
      label: 'When is the first review due?',
      kind: 'day',
      hint: 'Within a year of the first day, for example 27 3 2027',
    },
    { name: 'review_cycle_months', label: 'Months between reviews', kind: 'number', hint: '12 is usual; 6 where the data is sensitive' },
    { name: 'review_policy', label: 'What happens when a review is missed?', kind: 'radios', choices: choices('REVIEW_POLICY') },
    {
      name: 'review_grace_days',
      label: 'Days of grace before sharing stops',
      kind: 'number',
      hint: 'Only where a missed review stops sharing. 60 is usual',
    },
  ],
  answers: ({ view }) => ({
    ...{ review_due: text(view.review_due), review_cycle_months: text(view.review_cycle_months) },
    ...{ review_policy: view.review_policy, review_grace_days: text(view.review_grace_days) },
  }),
  body: (answers, context) => ({
    ...detailsOf(context),
    ...{ review_due: said(answers, 'review_due'), review_cycle_months: counted(answers, 'review_cycle_months') },
    ...{ review_policy: said(answers, 'review_policy'), review_grace_days: counted(answers, 'review_grace_days') },
  }),
})

const dates = step<'putDraftDates'>({
  ...toTasks,
  path: 'dates',
  operation: 'putDraftDates',
  part: () => parts.datesPart,
  partName: 'dates',
  title: () => 'First and last day',
  intro: () => [
    'Sharing under the agreement is permitted from the first day to the last, both included, once it has been approved and signed.',
  ],
  fields: () => [
    {
      name: 'effective_from',
      label: 'First day',
      kind: 'day',
      hint: 'Leave time for approval and signatures: six weeks or more. For example 27 3 2027',
    },
    { name: 'effective_to', label: 'Last day', kind: 'day', hint: 'For example 26 3 2030' },
  ],
  answers: ({ draft }) => ({ effective_from: text(draft.effective_from), effective_to: text(draft.effective_to) }),
  body: (answers) => ({ effective_from: said(answers, 'effective_from'), effective_to: said(answers, 'effective_to') }),
})

const commencement = step<'putDraftCommencement'>({
  ...toTasks,
  path: 'commencement',
  operation: 'putDraftCommencement',
  part: () => parts.commencementPart,
  partName: 'commencement',
  title: () => 'When it begins to bind',
  fields: ({ choices }) => [
    { name: 'rule', label: 'From when may two parties share?', kind: 'radios', choices: choices('COMMENCEMENT_RULE') },
    { name: 'n', label: 'How many parties must have signed?', kind: 'number', hint: 'Only where enough parties have to sign' },
  ],
  answers: ({ draft: { terms } }) => ({ rule: terms.commencement.rule, n: text('n' in terms.commencement ? terms.commencement.n : null) }),
  body: (answers) => ({ rule: said(answers, 'rule'), ...(said(answers, 'n') === null ? {} : { n: counted(answers, 'n') }) }),
})

const changes = step<'putDraftAmendmentPolicy'>({
  ...toTasks,
  path: 'changes',
  operation: 'putDraftAmendmentPolicy',
  part: () => parts.amendmentPolicyPart,
  partName: 'amendment_policy',
  title: () => 'How changes are agreed',
  fields: ({ choices }) => [
    {
      name: 'amendment_policy',
      label: 'When the text is changed later, who signs again?',
      kind: 'radios',
      choices: choices('AMENDMENT_POLICY'),
    },
    { name: 'notice_days', label: 'Days of notice', kind: 'number', hint: 'Only with a notice period. 28 is usual' },
  ],
  answers({ draft: { terms } }) {
    const [, policy = '', days = ''] = /^([A-Z_]+)(?:\((\d+)\))?$/.exec(terms.narrative.amendment_policy ?? '') ?? []
    return { amendment_policy: policy, notice_days: days }
  },
  body: (answers) => ({
    amendment_policy: said(answers, 'amendment_policy'),
    ...(said(answers, 'notice_days') === null ? {} : { notice_days: counted(answers, 'notice_days') }),
  }),
})

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
  intro: () => [
    'State here whether an assessment (DPIA) is required, or that a screening found none to be needed, and how far it is. Your data protection officer advises on both.',
    'Where one is required, nothing is permitted under the agreement until it is approved. Nobody approves it on this page: an assessment that was made elsewhere is recorded with its file and the advice on it, and a second person of your organisation confirms it.',
  ],
  besides: ({ view: { id, dpia } }) => [
    {
      href: `/agreements/${encodeURIComponent(id)}/assessment`,
      text: dpia.elsewhere.length > 0 ? 'See the assessment that is recorded' : 'Record an assessment that was made elsewhere',
    },
  ],
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
    ...{ required: dpia.required ? 'yes' : 'no', status: dpia.status, residual: text(dpia.residual) },
    ...{ prior_consultation: text(dpia.prior_consultation), review_due: text(dpia.review_due) },
  }),
  body: (answers) => ({
    ...{ required: isYes(answers, 'required'), status: said(answers, 'status'), residual: said(answers, 'residual') },
    ...{ prior_consultation: said(answers, 'prior_consultation'), review_due: said(answers, 'review_due') },
  }),
})

const YES_NO = [
  { value: 'yes', text: 'Yes' },
  { value: 'no', text: 'No' },
]

function everyOneEmpty(answers: Answers): boolean {
  return Object.values(answers).every((value) => value.length === 0)
}

type NarrativeName = Exclude<keyof DraftContext['draft']['terms']['narrative'], 'amendment_policy'>

/** Sections in words, a page for those that belong together. */
const NARRATIVE: readonly {
  readonly path: string
  readonly title: string
  readonly asked: readonly (readonly [NarrativeName, string, string])[]
}[] = [
  {
    path: 'why',
    title: 'What the sharing is for',
    asked: [
      ['purpose', 'What will the sharing achieve?', 'Two or three sentences that a resident would understand'],
      ['benefits', 'Who is better off, and how?', 'The people concerned first, then the organisations'],
    ],
  },
  {
    path: 'need',
    title: 'Why it is needed',
    asked: [
      ['alternatives', 'Why can it not be achieved otherwise?', 'With less data, with consent, with data that names nobody'],
      ['necessity_proportionality', 'Why is each kind of data needed?', 'Say for each why the purpose fails without it'],
    ],
  },
  {
    path: 'quality',
    title: 'Quality of the data',
    asked: [
      ['data_quality', 'How is the data kept right?', 'Who checks it before it is sent, and how a correction reaches everybody'],
      ['automated_decisions', 'Does a computer decide about people with it?', 'Write None, or which decisions and with what safeguards'],
    ],
  },
  {
    path: 'people',
    title: 'What people are told, and their rights',
    asked: [
      ['privacy_information', 'Who tells people, and how?', 'Privacy notices, and who is not told and why'],
      ['rights_handling', 'Who answers requests and complaints?', 'Access, correction, objection; within which time'],
      ['foi', 'How are requests for information handled?', 'Freedom of information: who is asked first, and what is published'],
    ],
  },
  {
    path: 'security',
    title: 'Security and breaches',
    asked: [
      ['security', 'How is the data kept safe?', 'On its way and where it is kept: access, encryption, vetting, training'],
      ['breach_handling', 'What happens when something goes wrong?', 'Who tells whom, within how many hours'],
    ],
  },
  {
    path: 'end',
    title: 'What happens at the end',
    asked: [
      ['retention_disposal', 'How is data disposed of?', 'When it is no longer needed, and at the end of the agreement'],
      ['termination', 'How can a party leave?', 'Notice, return of data, what goes on to bind'],
    ],
  },
]

const narrative = NARRATIVE.map(({ path, title: heading, asked }) =>
  step<'putDraftNarrative'>({
    ...toTasks,
    path,
    operation: 'putDraftNarrative',
    part: () => parts.narrativePart,
    partName: 'narrative',
    members: () => asked.map(([name]) => name),
    title: () => heading,
    fields: (): FormField[] => asked.map(([name, label, hint]) => ({ name, label, hint, kind: 'textarea', rows: 6 })),
    answers: ({ draft: { terms } }) => Object.fromEntries(asked.map(([name]) => [name, terms.narrative[name] ?? ''])),
    body(answers, { draft: { terms } }) {
      const { amendment_policy: _apart, ...written } = terms.narrative
      const all = { ...written, ...Object.fromEntries(asked.map(([name]) => [name, said(answers, name)])) }
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
    },
  }),
)

/** What a draft says besides its parties and flows, section by section. */
export const textSteps: readonly Step[] = [title, ...narrative, dates, review, commencement, changes, joint, processorContract, assessment]
