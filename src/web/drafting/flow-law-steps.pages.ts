import { EMPTY_SIDE } from '../../agreements/empty-text.ts'
import { type Answers, counted, type FormField, isYes, said, several } from './answers.ts'
import { flowOf, flowStep, text } from './flow-steps.pages.ts'
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
    ...{ strictly_necessary: part3.strictly_necessary ? 'yes' : '', reuse_authority: text(part3.reuse_authority) },
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

const keeping = flowStep({
  name: 'keeping',
  title: (context) => `Flow ${flowOf(context).id}: keeping and passing on`,
  fields: ({ choices }) => [
    {
      name: 'retention_days',
      label: 'For how many days does the recipient keep it?',
      kind: 'number',
      hint: '365 is a year, 2190 are six years',
    },
    {
      name: 'retention_rule',
      label: 'Or by which rule?',
      kind: 'text',
      hint: 'Where days do not say it, for example until the child is 25',
    },
    { name: 'onward', label: 'May the recipient pass it on?', kind: 'radios', choices: choices('ONWARD_SHARING') },
  ],
  answers: ({ retention_days, retention_rule, onward }) => ({
    retention_days: text(retention_days),
    retention_rule: text(retention_rule),
    onward,
  }),
  changes: (answers) => ({
    ...{
      retention_days: counted(answers, 'retention_days'),
      retention_rule: said(answers, 'retention_rule'),
      onward: said(answers, 'onward'),
    },
  }),
  next: () => 'confidence',
})

const confidence = flowStep({
  name: 'confidence',
  title: (context) => `Flow ${flowOf(context).id}: confidence and new purposes`,
  fields: ({ choices }) => [
    {
      name: 'confidentiality',
      label: 'Why may it be shared although it was given in confidence?',
      kind: 'radios',
      choices: choices('CONFIDENTIALITY_BASIS'),
    },
    {
      name: 'exemptions',
      label: 'Which exemptions from the duties to inform people are relied on?',
      kind: 'checkboxes',
      choices: choices('EXEMPTION'),
      hint: 'None in most cases. An exemption is no lawful basis',
    },
    {
      name: 'ground',
      label: 'Was the data collected for this purpose?',
      kind: 'radios',
      choices: choices('COMPATIBILITY'),
      pointer: '/compatibility/ground',
      hint: 'Where not: on what ground may it be used for the new one (UK GDPR Art 8A)?',
    },
    {
      name: 'annex2',
      label: 'Condition of Annex 2',
      kind: 'select',
      choices: choices('ANNEX_2'),
      pointer: '/compatibility/annex2',
      hint: 'Only with that ground',
    },
    {
      name: 'collected_on_consent',
      label: 'The data was collected on consent',
      kind: 'box',
      pointer: '/compatibility/collected_on_consent',
    },
    {
      name: 'consent_unobtainable',
      label: 'Consent to the new purpose cannot reasonably be obtained',
      kind: 'box',
      pointer: '/compatibility/consent_unobtainable',
    },
    {
      name: 'assessed_at',
      label: 'When was this assessed?',
      kind: 'day',
      pointer: '/compatibility/assessed_at',
      hint: 'Only for a new purpose. For example 27 3 2027',
    },
  ],
  answers: ({ confidentiality, exemptions, compatibility: found }) => ({
    ...{ confidentiality: text(confidentiality), exemptions, ground: text(found?.ground), annex2: text(found?.annex2) },
    ...{ collected_on_consent: found?.collected_on_consent ? 'yes' : '', consent_unobtainable: found?.consent_unobtainable ? 'yes' : '' },
    assessed_at: text(found?.assessed_at).slice(0, 10),
  }),
  changes(answers, { compatibility: before }) {
    const ground = said(answers, 'ground')
    const assessed = said(answers, 'assessed_at')
    const compatibility = {
      ...{ new_purpose: ground !== 'SAME_PURPOSE', ground, annex2: said(answers, 'annex2') },
      ...{ collected_on_consent: isYes(answers, 'collected_on_consent'), consent_unobtainable: isYes(answers, 'consent_unobtainable') },
      // An instant stays one where its day is still the answer.
      assessed_at: assessed !== null && before?.assessed_at?.startsWith(assessed) ? before.assessed_at : assessed,
    }
    return {
      ...{ confidentiality: said(answers, 'confidentiality'), exemptions: several(answers, 'exemptions') },
      compatibility: ground === null ? null : compatibility,
    }
  },
  next: () => 'people',
})

const people = flowStep({
  name: 'people',
  title: (context) => `Flow ${flowOf(context).id}: objections, consent and restriction`,
  fields: ({ choices }) => [
    { name: 'honours_objection', label: 'A recorded objection stops the flow for that person', kind: 'box' },
    { name: 'consent_required', label: 'A consent must be named with every disclosure', kind: 'box' },
    {
      name: 'restriction_ground',
      label: 'On which ground does restricted data still go?',
      kind: 'select',
      choices: choices('RESTRICTION_GROUND'),
      pointer: '/restriction_override/ground',
      hint: 'Leave it empty where it does not (UK GDPR Art 18(2))',
    },
    { name: 'restriction_reason', label: 'Why does it still go?', kind: 'textarea', pointer: '/restriction_override/reason', rows: 3 },
    {
      name: 'standing_request_ref',
      label: 'Which standing request does a regular flow answer?',
      kind: 'text',
      hint: 'Only where the law obliges on request: its text and date, or where these are kept',
    },
  ],
  answers: ({ honours_objection, consent_required, restriction_override: override, standing_request_ref }) => ({
    ...{ honours_objection: honours_objection ? 'yes' : '', consent_required: consent_required ? 'yes' : '' },
    ...{
      restriction_ground: text(override?.ground),
      restriction_reason: text(override?.reason),
      standing_request_ref: text(standing_request_ref),
    },
  }),
  changes(answers) {
    const [ground, reason] = [said(answers, 'restriction_ground'), said(answers, 'restriction_reason')]
    return {
      ...{ honours_objection: isYes(answers, 'honours_objection'), consent_required: isYes(answers, 'consent_required') },
      restriction_override: ground === null && reason === null ? null : { ground: ground ?? '', reason: reason ?? '' },
      standing_request_ref: said(answers, 'standing_request_ref'),
    }
  },
  next: () => '',
})

/** The law of both sides of a flow, and what happens to the data then. */
export const flowLawSteps: readonly Step[] = [
  law('provider', 'those who send', 'law-recipient'),
  law('recipient', 'those who receive', 'keeping'),
  keeping,
  confidence,
  people,
]
