import { EMPTY_SIDE } from '../../agreements/empty-text.ts'
import { type Answers, type FormField, isYes, said, several, textOf } from './answers.ts'
import { flowOf, flowStep } from './flow-steps.pages.ts'
import { flowUseSteps } from './flow-use-steps.pages.ts'
import type { DraftContext, Step } from './steps.pages.ts'

type SideName = 'provider' | 'recipient'
type Side = DraftContext['draft']['terms']['flows'][number]['legal']['provider']

const USUAL = 'Usual for this purpose'
const NO_LAW = 'A processor: it acts on instructions and has no law of its own'

/** The laws that are usual for the purpose of a flow, and those that it names already. */
function usualGateways(context: DraftContext, name: SideName): readonly string[] {
  const { purpose, legal } = flowOf(context)
  const named = legal[name]?.gateways ?? []
  return [...new Set([...named, ...context.usualGateways(purpose)])]
}

function sideFields(context: DraftContext, name: SideName): FormField[] {
  const { choices } = context
  const at = (member: string) => `/legal/${name}/${member}`
  const regimes = choices('REGIME', { isOffered: ({ code }) => code === 'UK_GDPR' || code === 'PART_3' })
  const first = { heading: USUAL, codes: usualGateways(context, name) }
  const many = (member: keyof Side, list: string, label: string, hint?: string, isOpen = false): FormField => ({
    ...{ name: member, label, kind: 'checkboxes', pointer: at(member), ...(hint === undefined ? {} : { hint }) },
    ...(isOpen ? { choices: choices(list) } : { choices: choices(list, { groupOf: () => 'Show all' }), openGroups: [] }),
  })
  return [
    {
      ...{ name: 'regime', label: 'Which law governs this side?', kind: 'radios', pointer: at('regime') },
      choices: name === 'recipient' ? [...regimes, { value: 'NONE', text: NO_LAW }] : regimes,
      hint: 'Part 3 is for the police and other competent authorities, for law enforcement alone',
    },
    many('art6', 'LAWFUL_BASIS', 'Lawful basis', 'For a public body nearly always: public task', true),
    {
      ...{ name: 'gateways', label: 'Statutory power or duty (gateway)', kind: 'checkboxes', pointer: at('gateways'), openGroups: [USUAL] },
      choices: choices('GATEWAY', { first, groupOf: () => 'Show all other laws' }),
      hint: 'The Act that lets or makes this side share',
    },
    many(
      'art9',
      'ART9_CONDITION',
      'Condition for special category data (Art 9)',
      'Only where health, ethnicity, beliefs or the like are shared',
    ),
    many(
      'sch1',
      'SCHEDULE_1_CONDITION',
      'Condition of Schedule 1 (Data Protection Act 2018)',
      'Goes with conditions (b), (g), (h), (i) and (j) of Art 9',
    ),
    many(
      'criminal',
      'CRIMINAL_CONDITION',
      'Condition for criminal offence data (Art 10)',
      'Only where convictions, allegations or the like are shared',
    ),
    many('annex1', 'ANNEX_1_CONDITION', 'Condition of Annex 1', 'Only with recognised legitimate interest'),
    {
      name: 'sch8',
      label: 'Part 3: condition of Schedule 8',
      kind: 'checkboxes',
      choices: choices('SCHEDULE_8_CONDITION', { groupOf: () => 'Show all' }),
      openGroups: [],
      pointer: at('part3/sch8'),
      hint: 'Only under Part 3, for sensitive processing',
    },
    {
      name: 'strictly_necessary',
      label: 'Part 3: sensitive processing is strictly necessary',
      kind: 'box',
      pointer: at('part3/strictly_necessary'),
      hint: 'DPA 2018 s35(5)',
    },
    {
      name: 'reuse_authority',
      label: 'Part 3: which law lets the data be used for another purpose?',
      kind: 'text',
      pointer: at('part3/reuse_authority'),
      hint: 'DPA 2018 s36. Leave it empty where the purpose is the same',
    },
    {
      name: 'not_in_task',
      label: 'A public authority that does not act in its public task here',
      kind: 'box',
      pointer: at('performing_task'),
      hint: 'Rare: DPA 2018 s7(2)',
    },
  ]
}

function answersOfSide(side: Side | null): Answers {
  const { regime, art6, gateways, art9, sch1, criminal, annex1, part3, performing_task } = side ?? EMPTY_SIDE
  return {
    ...{ regime: side === null ? 'NONE' : regime, art6, gateways, art9, sch1, criminal, annex1, sch8: part3.sch8 },
    ...{ strictly_necessary: part3.strictly_necessary ? 'yes' : '', reuse_authority: textOf(part3.reuse_authority) },
    not_in_task: performing_task ? '' : 'yes',
  }
}

function sideOf(answers: Answers): unknown {
  if (answers['regime'] === 'NONE') return null
  const many = (['art6', 'gateways', 'art9', 'sch1', 'criminal', 'annex1'] as const).map((name) => [name, several(answers, name)])
  return {
    ...{ regime: said(answers, 'regime'), performing_task: !isYes(answers, 'not_in_task'), ...Object.fromEntries(many) },
    part3: {
      ...{ sch8: several(answers, 'sch8'), strictly_necessary: isYes(answers, 'strictly_necessary') },
      reuse_authority: said(answers, 'reuse_authority'),
    },
  }
}

/** Another side of the draft to begin with, as the address names it (`?as=F1.provider`); undefined: none. */
function sideToCopy({ draft, query }: DraftContext): Side | null | undefined {
  const [, id, name] = /^([A-Za-z0-9._-]{1,40})\.(provider|recipient)$/.exec(String(query['as'] ?? '')) ?? []
  return draft.terms.flows.find((flow) => flow.id === id)?.legal[name === 'recipient' ? 'recipient' : 'provider']
}

const OFFERED_MAX = 20
const NAMED_MAX = 6

/** Other sides of the draft whose law is recorded: what is the same is not typed twice. */
function otherSides(context: DraftContext, name: SideName): readonly { readonly href: string; readonly text: string }[] {
  const here = flowOf(context).id
  const recorded = context.draft.terms.flows.flatMap(({ id, legal }) =>
    (['provider', 'recipient'] as const)
      .filter((side) => (legal[side]?.art6.length ?? 0) > 0 && !(id === here && side === name))
      .map((side) => ({ href: `?as=${id}.${side}`, text: `those who ${side === 'provider' ? 'send' : 'receive'} in flow ${id}` })),
  )
  return recorded.slice(0, OFFERED_MAX)
}

const law = (name: SideName, heading: string, next: string) =>
  flowStep({
    name: `law-${name}`,
    title: (context) => `Flow ${flowOf(context).id}: the law of ${heading}`,
    intro(context) {
      const flow = flowOf(context)
      const orgs = flow[name === 'provider' ? 'providers' : 'recipients'].map(context.nameOf)
      const more = orgs.length > NAMED_MAX ? ` and ${orgs.length - NAMED_MAX} more` : ''
      return [`Each side relies on its own law. This is that of ${orgs.slice(0, NAMED_MAX).join(', ')}${more}.`]
    },
    fields: (context) => sideFields(context, name),
    answers: ({ legal }) => answersOfSide(legal[name]),
    offers: (context) => otherSides(context, name),
    suggested(context) {
      const side = sideToCopy(context)
      return side === undefined ? undefined : answersOfSide(side)
    },
    changes: (answers, { legal }) => ({ legal: { ...legal, [name]: sideOf(answers) } }),
    next: () => next,
  })

/** The law of both sides of a flow, and what may be done with the data then. */
export const flowLawSteps: readonly Step[] = [
  law('provider', 'those who send', 'law-recipient'),
  law('recipient', 'those who receive', 'keeping'),
  ...flowUseSteps,
]
