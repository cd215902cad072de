import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import type { FlowBody } from '../../agreements/drafting/draft-terms.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import { type Answers, type Choice, counted, type FormField, isYes, said, several, textOf } from './answers.ts'
import { byGroup, itemGroup } from './choices.ts'
import { type DraftContext, type Step, type StepDefinition, step } from './steps.pages.ts'

type Flow = DraftContext['draft']['terms']['flows'][number]

/** The flow that the address names. @throws Refused where the draft has none of this name */
export function flowOf({ draft, params }: Pick<DraftContext, 'draft' | 'params'>): Flow {
  const found = draft.terms.flows.find(({ id }) => id === params['flow'])
  if (!found) throw refused('NOT_FOUND', 'The draft has no flow of this name.')
  return found
}

/** The parties as choices of a flow, and with them all boroughs that sign. */
function partyChoices({ view, nameOf }: DraftContext): Choice[] {
  const parties = view.parties.filter(({ left_at, role }) => left_at === null && role !== 'OBSERVER')
  return [
    ...parties.map(({ org }) => ({ value: org, text: nameOf(org) })),
    { value: 'ALL_SIGNED_BOROUGHS', text: nameOf('ALL_SIGNED_BOROUGHS'), hint: 'Also those that join later' },
  ]
}

function purposeField({ choices }: DraftContext, name = 'purpose', label = 'For which purpose?'): FormField {
  return {
    name,
    label,
    kind: 'select',
    choices: choices('PURPOSE'),
    hint: 'The narrowest that fits. An indented one is part of the one above it',
  }
}

const betweenFields = (context: DraftContext): FormField[] => [
  { name: 'providers', label: 'Who sends?', kind: 'checkboxes', choices: partyChoices(context) },
  { name: 'recipients', label: 'Who receives?', kind: 'checkboxes', choices: partyChoices(context) },
  purposeField(context),
]
const betweenOf = (answers: Answers) => ({
  ...{ providers: several(answers, 'providers'), recipients: several(answers, 'recipients'), purpose: said(answers, 'purpose') },
})

/** The name of the next flow: F1, F2, as long as it is free. */
function nextFlow({ draft }: DraftContext): string {
  const taken = new Set(draft.terms.flows.map(({ id }) => id))
  let number = taken.size + 1
  while (taken.has(`F${number}`)) number += 1
  return `F${number}`
}

const add = step<'putDraftFlow'>({
  path: 'flows/new',
  operation: 'putDraftFlow',
  part: (context) => parts.flowPart(nextFlow(context)),
  partName: 'flows',
  members: () => [],
  title: () => 'Add a data flow',
  intro: () => [
    'A flow is what one or several organisations send to others for one purpose, under the same law. Where the law differs, for the police for example, add another flow.',
  ],
  fields: betweenFields,
  answers: () => ({ providers: [], recipients: [], purpose: '' }),
  body: (answers, context) => ({ id: nextFlow(context), ...betweenOf(answers) }),
  back: () => ({ path: 'flows', text: 'Data flows' }),
  next: (_context, { versions, draft_version }) => {
    const added = versions.find(({ version }) => version === draft_version)?.terms.flows.at(-1)
    return added ? `flows/${added.id}/data` : 'flows'
  },
})

/** What pages of one flow share: each changes some members and leaves the others as they are. */
export function flowStep(
  definition: Pick<StepDefinition<'putDraftFlow'>, 'title' | 'intro' | 'fields' | 'offers' | 'suggested'> & {
    readonly name: string
    answers(flow: Flow, context: DraftContext): Answers
    changes(answers: Answers, flow: Flow): { readonly [Member in keyof FlowBody]?: unknown }
    next(flow: Flow): string
  },
): Step {
  const { name, answers: answersOf, changes, next, ...page } = definition
  return step<'putDraftFlow'>({
    ...page,
    path: `flows/:flow/${name}`,
    operation: 'putDraftFlow',
    part: (context) => parts.flowPart(flowOf(context).id),
    partName: 'flows',
    members: (context) => [flowOf(context).id],
    answers: (context) => answersOf(flowOf(context), context),
    body: (answers, context) => ({ ...flowOf(context), ...changes(answers, flowOf(context)) }),
    back: (context) => ({ path: `flows/${flowOf(context).id}`, text: `Flow ${flowOf(context).id}` }),
    next: (context) => `flows/${flowOf(context).id}/${next(flowOf(context))}`.replace(/\/$/, ''),
  })
}

const between = flowStep({
  name: 'between',
  title: (context) => `Flow ${flowOf(context).id}: who, and what for`,
  fields: betweenFields,
  answers: ({ providers, recipients, purpose }) => ({ providers, recipients, purpose }),
  changes: betweenOf,
  next: () => 'data',
})

const data = flowStep({
  name: 'data',
  title: (context) => `Flow ${flowOf(context).id}: what, and about whom`,
  intro: () => [
    'Choose only what the purpose needs. Special category and criminal offence data need more law, which you are asked for next.',
  ],
  fields: ({ choices }) => [
    { name: 'data_items', label: 'What is shared?', kind: 'checkboxes', choices: byGroup(choices('DATA_ITEM', { groupOf: itemGroup })) },
    { name: 'data_subjects', label: 'About whom?', kind: 'checkboxes', choices: choices('DATA_SUBJECT') },
    { name: 'data_form', label: 'In which form?', kind: 'radios', choices: choices('DATA_FORM') },
    {
      ...{ name: 'category_grant', label: 'Which items are meant with everything that is narrower?', kind: 'checkboxes', openGroups: [] },
      choices: byGroup(choices('DATA_ITEM', { groupOf: itemGroup })),
      hint: 'Rarely needed: local codes that are narrower than an item are then covered too',
    },
  ],
  answers: ({ data_items, data_subjects, data_form, category_grant }) => ({ data_items, data_subjects, data_form, category_grant }),
  changes: (answers) => ({
    ...{ data_items: several(answers, 'data_items'), data_subjects: several(answers, 'data_subjects') },
    ...{ data_form: said(answers, 'data_form'), category_grant: several(answers, 'category_grant') },
  }),
  next: () => 'how',
})

const how = flowStep({
  name: 'how',
  title: (context) => `Flow ${flowOf(context).id}: how, and how often`,
  fields: ({ choices }) => [
    {
      name: 'methods',
      label: 'How does it get there?',
      kind: 'checkboxes',
      choices: choices('METHOD', { isOffered: ({ attributes }) => attributes['approvable'] !== false }),
    },
    { name: 'frequency', label: 'How often?', kind: 'radios', choices: choices('FREQUENCY') },
    {
      name: 'volume_subjects',
      label: 'About how many people at most, each time?',
      kind: 'number',
      pointer: '/volume_limit/subjects',
      hint: 'Leave it empty where no limit is agreed',
    },
    { name: 'volume_records', label: 'How many records at most, each time?', kind: 'number', pointer: '/volume_limit/records' },
    {
      ...{ name: 'countries', label: 'In which countries is it received or looked at?', kind: 'checkboxes', openGroups: [UNITED_KINGDOM] },
      choices: choices('COUNTRY', { first: { heading: UNITED_KINGDOM, codes: ['GB'] }, groupOf: () => 'Other countries' }),
    },
  ],
  answers: ({ methods, frequency, volume_limit, countries }) => ({
    ...{ methods, frequency: textOf(frequency), countries: countries.length === 0 ? ['GB'] : countries },
    ...{ volume_subjects: textOf(volume_limit?.subjects), volume_records: textOf(volume_limit?.records) },
  }),
  changes(answers, { transfers }) {
    const [subjects, records] = [counted(answers, 'volume_subjects'), counted(answers, 'volume_records')]
    const countries = several(answers, 'countries')
    return {
      ...{ methods: several(answers, 'methods'), frequency: said(answers, 'frequency'), countries },
      volume_limit: subjects === null && records === null ? null : { subjects, records },
      transfers: Object.fromEntries(Object.entries(transfers).filter(([country]) => countries.includes(country))),
    }
  },
  next: ({ countries }) => (countries.some((country) => country !== 'GB') ? 'abroad' : 'law-provider'),
})
const UNITED_KINGDOM = 'United Kingdom'

const abroadOf = ({ countries }: Flow) => countries.filter((country) => country !== 'GB')

const abroad = flowStep({
  name: 'abroad',
  title: (context) => `Flow ${flowOf(context).id}: safeguards abroad`,
  intro: (context) => (abroadOf(flowOf(context)).length === 0 ? ['The data stays in the United Kingdom: no safeguard is needed.'] : []),
  fields: (context) => {
    const names = new Map(context.choices('COUNTRY').map(({ value, text: name }) => [value, name]))
    return abroadOf(flowOf(context)).flatMap((country): FormField[] => [
      {
        name: `mechanism-${country}`,
        label: `${names.get(country) ?? country}: which safeguard?`,
        kind: 'select',
        choices: context.choices('TRANSFER_MECHANISM'),
        pointer: `/transfers/${country}`,
      },
      {
        name: `scope-${country}`,
        label: `${names.get(country) ?? country}: recipient and data are within the scope of the adequacy regulations`,
        kind: 'box',
      },
      {
        name: `test-${country}`,
        label: `${names.get(country) ?? country}: the data protection test was done`,
        kind: 'box',
        hint: 'UK GDPR Art 46(1A)',
      },
    ])
  },
  answers: (flow) =>
    Object.fromEntries(
      abroadOf(flow).flatMap((country) => {
        const found = flow.transfers[country]
        const yes = (is: boolean | undefined) => (is ? 'yes' : '')
        return [
          [`mechanism-${country}`, found?.mechanism ?? ''],
          [`scope-${country}`, yes(found?.scope_confirmed)],
          [`test-${country}`, yes(found?.dp_test_done)],
        ]
      }),
    ),
  changes: (answers, flow) => ({
    transfers: Object.fromEntries(
      abroadOf(flow).flatMap((country) => {
        const mechanism = said(answers, `mechanism-${country}`)
        const facts = { scope_confirmed: isYes(answers, `scope-${country}`), dp_test_done: isYes(answers, `test-${country}`) }
        return mechanism === null ? [] : [[country, { mechanism, ...facts }]]
      }),
    ),
  }),
  next: () => 'law-provider',
})

/** Who sends what to whom, how and how often. */
export const flowSteps: readonly Step[] = [add, between, data, how, abroad]
