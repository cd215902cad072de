import type { AssessedFacts, AssessedFlow, AssessedLaw } from './assessed-facts.ts'
import { digitalEconomyFlows, isRegular, itemsOf, personalFlows } from './assessed-flows.ts'
import type { AssessmentCodes } from './codes.ts'
import { conditionsOf } from './conditions.ts'
import type { Answer } from './content.ts'
import { asked, type QuestionSet } from './questions.ts'
import SCREENING from './screening.json' with { type: 'json' }
import { derivedTriggers } from './triggers.ts'
import { ASSESSMENT_TEXT_MAX } from './written-text.ts'

/** The name of an organisation, as people know it. */
export type OrganisationNames = (org: string) => string

/**
 * With what the answers begin, by key of the question: what the agreement says already, in sentences, so that nobody writes it again
 * (WCAG 2.2, 3.3.7). Questions of which it says nothing are not among them; what is chosen is never chosen for anybody. Pure.
 */
export function prefilledAnswers(
  facts: AssessedFacts,
  questions: QuestionSet,
  codes: AssessmentCodes,
  names: OrganisationNames,
): Record<string, Answer> {
  const texts = asked(questions, conditionsOf(facts, codes)).map(({ key, prefilled_from }) => {
    const parts = prefilled_from.map((source) => textFrom(source, facts, codes, names)).filter((text) => text !== '')
    return [key, bounded([...new Set(parts)].join('\n\n'))] as const
  })
  return Object.fromEntries(texts.filter(([, text]) => text !== '').map(([key, text]) => [key, { text, choice: null }]))
}

/** From which parts of an agreement an answer can begin. */
export function isPrefillSource(source: string): boolean {
  return source in SOURCES || source.startsWith(NARRATIVE)
}

const NARRATIVE = 'narrative.'
type Source = (facts: AssessedFacts, codes: AssessmentCodes, names: OrganisationNames) => string

function textFrom(source: string, facts: AssessedFacts, codes: AssessmentCodes, names: OrganisationNames): string {
  if (source.startsWith(NARRATIVE)) return (facts.narrative[source.slice(NARRATIVE.length)] ?? '').trim()
  return SOURCES[source]?.(facts, codes, names) ?? ''
}

const SOURCES: Readonly<Record<string, Source>> = {
  screening: (facts, codes) =>
    [
      ...derivedTriggers(facts, codes)
        .filter(({ counts }) => counts)
        .map(({ because, flows, citation }) => `${because} (${flowsOf(flows)}; ${citation}).`),
      ...(digitalEconomyFlows(facts).length > 0 ? [`${SCREENING.always_assessed.because}.`] : []),
    ].join('\n'),
  parties: ({ parties }, codes, names) =>
    parties.map(({ org, role }) => `${names(org)} takes part as ${lower(codes.labelOf('PARTY_ROLE', role))}.`).join('\n'),
  agents: ({ agents }, _codes, names) => agents.map((agent) => `${names(agent.org)} acts for ${names(agent.for)}.`).join('\n'),
  'flows.sharing': (facts, codes, names) => eachFlow(facts, (flow) => sharing(flow, codes, names)),
  'flows.sources': (facts, _codes, names) => {
    const providers = unique(personalFlows(facts).flatMap((flow) => flow.providers))
    return providers.length === 0 ? '' : `It comes from what ${listed(providers.map(named(names)))} ${are(providers, 'holds', 'hold')}.`
  },
  'flows.purposes': (facts, codes, names) =>
    eachFlow(
      facts,
      ({ recipients, purpose }) =>
        `${listed(recipients.map(named(names)))} ${are(recipients, 'uses', 'use')} it to: ${codes.labelOf('PURPOSE', purpose)}.`,
    ),
  'flows.items': (facts, codes) =>
    eachFlow(facts, (flow) => {
      const labels = itemsOf(flow, codes).map((item) => `${codes.labelOf('DATA_ITEM', item)}${kindOf(item, codes)}`)
      return labels.length === 0 ? '' : `${labels.join('; ')}.`
    }),
  'flows.sensitive': (facts, codes) =>
    eachFlow(facts, (flow) => {
      const labels = itemsOf(flow, codes).filter((item) => kindOf(item, codes) !== '')
      return labels.length === 0 ? '' : `${labels.map((item) => `${codes.labelOf('DATA_ITEM', item)}${kindOf(item, codes)}`).join('; ')}.`
    }),
  'flows.people': (facts, codes) =>
    eachFlow(facts, ({ data_subjects }) => {
      const people = data_subjects.map((code) => codes.labelOf('DATA_SUBJECT', code))
      return people.length === 0 ? '' : `${people.join('; ')}.`
    }),
  'flows.vulnerable': (facts, codes) => {
    const isVulnerable = (code: string) => SCREENING.vulnerable.some((broader) => codes.subjects.isWithin(code, broader))
    const people = unique(personalFlows(facts).flatMap(({ data_subjects }) => data_subjects.filter(isVulnerable)))
    return people.length === 0 ? '' : `It is about: ${people.map((code) => codes.labelOf('DATA_SUBJECT', code)).join('; ')}.`
  },
  'flows.volume': (facts) =>
    eachFlow(facts, ({ volume_limit }) => {
      const limits = [
        ...(volume_limit?.subjects ? [`${volume_limit.subjects} people`] : []),
        ...(volume_limit?.records ? [`${volume_limit.records} records`] : []),
      ]
      return limits.length === 0 ? '' : `At most ${limits.join(' and ')} at a time.`
    }),
  'flows.frequency': (facts, codes) =>
    eachFlow(facts, (flow) =>
      flow.frequency === null ? '' : `${codes.labelOf('FREQUENCY', flow.frequency)}${isRegular(flow) ? ', regularly' : ''}.`,
    ),
  'flows.retention': (facts, _codes, names) =>
    eachFlow(facts, ({ retention_days, retention_rule, recipients }) => {
      const rule = [
        ...(retention_days === null ? [] : [`for ${retention_days} days`]),
        ...(retention_rule ? [`by the rule: ${retention_rule}`] : []),
      ]
      return rule.length === 0 ? '' : `${listed(recipients.map(named(names)))} ${are(recipients, 'keeps', 'keep')} it ${rule.join(', ')}.`
    }),
  'flows.methods': (facts, codes) =>
    eachFlow(facts, ({ methods }) =>
      methods.length === 0 ? '' : `It goes by: ${methods.map((code) => codes.labelOf('METHOD', code)).join('; ')}.`,
    ),
  'flows.countries': (facts, codes) =>
    eachFlow(facts, ({ countries }) => {
      const abroad = countries.filter((country) => country !== 'GB')
      if (countries.length === 0) return ''
      return abroad.length === 0
        ? 'Nothing leaves the United Kingdom.'
        : `It goes to: ${countries.map((country) => codes.labelOf('COUNTRY', country)).join('; ')}.`
    }),
  'flows.onward': (facts, codes) => eachFlow(facts, ({ onward }) => `Passing it on: ${lower(codes.labelOf('ONWARD_SHARING', onward))}.`),
  'flows.law': (facts, codes, names) => eachFlow(facts, (flow) => law(flow, codes, names)),
}

function sharing(flow: AssessedFlow, codes: AssessmentCodes, names: OrganisationNames): string {
  const items = itemsOf(flow, codes).map((item) => lower(codes.labelOf('DATA_ITEM', item)))
  const people = flow.data_subjects.map((code) => lower(codes.labelOf('DATA_SUBJECT', code)))
  const methods = flow.methods.map((code) => codes.labelOf('METHOD', code))
  const form = lower(codes.labelOf('DATA_FORM', flow.data_form))
  return [
    `${listed(flow.providers.map(named(names)))} ${are(flow.providers, 'discloses', 'disclose')} to ${listed(flow.recipients.map(named(names)))}`,
    `: ${listed(items)}`,
    people.length === 0 ? '' : ` (about: ${people.join(', ')})`,
    `, ${form}`,
    methods.length === 0 ? '' : `, by ${methods.join(' or ')}`,
    '.',
  ].join('')
}

function law({ providers, recipients, legal }: AssessedFlow, codes: AssessmentCodes, names: OrganisationNames): string {
  const side = (orgs: readonly string[], relied: AssessedLaw | null, what: string) => {
    const laws = relied === null ? [] : lawsOf(relied, codes)
    return laws.length === 0 ? '' : `${listed(orgs.map(named(names)))} ${what} on: ${laws.join('; ')}.`
  }
  return [
    side(providers, legal.provider, are(providers, 'relies', 'rely')),
    side(recipients, legal.recipient, are(recipients, 'relies', 'rely')),
  ]
    .filter((text) => text !== '')
    .join(' ')
}

/** What one side relies on, as an officer would cite it. */
function lawsOf({ art6, gateways, art9, sch1, criminal }: AssessedLaw, codes: AssessmentCodes): string[] {
  const cited = (list: string) => (code: string) => {
    const citation = codes.citationOf(list, code)
    return citation === null ? codes.labelOf(list, code) : `${codes.labelOf(list, code)} (${citation})`
  }
  return unique([
    ...art6.map(cited('LAWFUL_BASIS')),
    ...gateways.map(cited('GATEWAY')),
    ...art9.map(cited('ART9_CONDITION')),
    ...sch1.map(cited('SCHEDULE_1_CONDITION')),
    ...criminal.map(cited('CRIMINAL_CONDITION')),
  ])
}

/** One line for each flow of which there is something to say, with its id where there are several. */
function eachFlow(facts: AssessedFacts, text: (flow: AssessedFlow) => string): string {
  const flows = personalFlows(facts)
  return flows
    .map((flow) => [flow.id, text(flow)] as const)
    .filter(([, said]) => said !== '')
    .map(([id, said]) => (flows.length === 1 ? said : `Flow ${id}: ${said}`))
    .join('\n')
}

function kindOf(item: string, codes: AssessmentCodes): string {
  const classes = codes.items.get(item)?.classes
  if (classes?.has('CRIMINAL')) return ' (criminal offence data)'
  return classes === undefined || classes.has('SPECIAL') ? ' (special category data)' : ''
}

function named(names: OrganisationNames) {
  return (org: string) => (org === 'ALL_SIGNED_BOROUGHS' ? 'every London borough that has signed' : names(org))
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** The verb for one or several. */
function are(subjects: readonly string[], one: string, several: string): string {
  return subjects.length === 1 ? one : several
}

/** A label inside a sentence: in lower case, unless it begins with an abbreviation. */
function lower(label: string): string {
  return /^\p{Lu}[\p{Ll} ]/u.test(label) ? `${label.charAt(0).toLowerCase()}${label.slice(1)}` : label
}

function flowsOf(ids: readonly string[]): string {
  return `${ids.length === 1 ? 'flow' : 'flows'} ${ids.join(', ')}`
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}

const CUT = '\n… The agreement says the rest.'

/** A text that can be saved as it is: cut at the end of a line where an agreement has more flows than an answer has room. */
function bounded(text: string): string {
  if ([...text].length <= ASSESSMENT_TEXT_MAX) return text
  const room = [...text].slice(0, ASSESSMENT_TEXT_MAX - CUT.length).join('')
  const end = room.lastIndexOf('\n')
  return `${end > 0 ? room.slice(0, end) : room}${CUT}`
}
