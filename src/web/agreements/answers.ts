import { BINDING_LABELS, FLOW_LABELS, HEAD_LABELS, NARRATIVE_LABELS, SIDE_LABELS } from '../../agreements/model/field-labels.ts'

/** The text of an agreement as people read it: sections of answers, each named by its JSON pointer into the text. Pure. */

/** What an answer says, as a template shows it: codes of a list (`ORG`: organisations), a text, a day, or parts with their own words. */
export type Said =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'codes'; readonly list: string; readonly codes: readonly string[] }
  | { readonly kind: 'text' | 'day'; readonly text: string }
  | { readonly kind: 'parts'; readonly parts: readonly { readonly label: string; readonly said: Said }[] }

export interface Answer {
  /** JSON pointer into the text. */
  readonly part: string
  readonly label: string
  /** The organisation that the answer is about; absent: the label says it all. */
  readonly org?: string
  readonly said: Said
}

export interface Section {
  /** In addresses. */
  readonly key: string
  readonly title: string
  /** Of the whole section. */
  readonly part: string
  /** Those that say something. */
  readonly answers: readonly Answer[]
  /** The others, by their labels. */
  readonly empty: readonly string[]
}

/** The code list that a member's codes are of; what is not here is text. */
const LISTS: Readonly<Record<string, string>> = {
  ...{ providers: 'ORG', recipients: 'ORG', owner_org: 'ORG', org: 'ORG', for: 'ORG' },
  ...{ instrument_type: 'INSTRUMENT_TYPE', role: 'PARTY_ROLE', capacities: 'PARTY_CAPACITY', amendment_policy: 'AMENDMENT_POLICY' },
  ...{ purpose: 'PURPOSE', purposes: 'PURPOSE', data_items: 'DATA_ITEM', data_subjects: 'DATA_SUBJECT', category_grant: 'DATA_ITEM' },
  ...{ data_form: 'DATA_FORM', methods: 'METHOD', countries: 'COUNTRY', mechanism: 'TRANSFER_MECHANISM', frequency: 'FREQUENCY' },
  ...{ annex2: 'ANNEX_2', confidentiality: 'CONFIDENTIALITY_BASIS', exemptions: 'EXEMPTION', onward: 'ONWARD_SHARING' },
  ...{ regime: 'REGIME', art6: 'LAWFUL_BASIS', annex1: 'ANNEX_1_CONDITION', gateways: 'GATEWAY', art9: 'ART9_CONDITION' },
  ...{ sch1: 'SCHEDULE_1_CONDITION', criminal: 'CRIMINAL_CONDITION', sch8: 'SCHEDULE_8_CONDITION', rule: 'COMMENCEMENT_RULE' },
  ...{ compatibility: 'COMPATIBILITY', restriction_override: 'RESTRICTION_GROUND' },
}

/** What members below those that have a label of their own are called. */
const INNER: Readonly<Record<string, string>> = {
  ...{ org: 'organisation', for: 'acts for', contract_ref: 'contract', valid_from: 'from', valid_to: 'to', rule: 'rule' },
  ...{ n: 'signatures needed', sch8: 'Schedule 8 condition', annex2: 'Annex 2 condition' },
}

type Members = Readonly<Record<string, unknown>>

/** The sections of a text, in the order in which people read it. */
export function sectionsOf(text: Members): readonly Section[] {
  const terms = members(text['terms'])
  return [
    section('about', 'About the agreement', '', answersOf(text, HEAD_LABELS, '')),
    section(
      'parties',
      'Parties',
      '/parties',
      list(text['parties']).map(({ org, ...party }, i) => ({
        ...{ part: `/parties/${i}`, label: 'Party', org: String(org) },
        said: saidOf('party', party),
      })),
    ),
    section(
      'words',
      'Purpose and safeguards in words',
      '/terms/narrative',
      answersOf(members(terms['narrative']), NARRATIVE_LABELS, '/terms/narrative'),
    ),
    ...list(terms['flows']).map((flow, i) => flowSection(flow, i)),
    section('binding', 'How it binds', '/terms', answersOf(terms, BINDING_LABELS, '/terms')),
  ]
}

function flowSection(flow: Members, index: number): Section {
  const part = `/terms/flows/${index}`
  const legal = members(flow['legal'])
  const sides = (['provider', 'recipient'] as const).flatMap((side) =>
    answersOf(members(legal[side]), SIDE_LABELS, `${part}/legal/${side}`).map((answer) => ({
      ...answer,
      label: `${capital(side)}: ${answer.label.charAt(0).toLowerCase()}${answer.label.slice(1)}`,
    })),
  )
  return section(`flow-${index + 1}`, `Flow ${String(flow['id'])}`, part, [...answersOf(flow, FLOW_LABELS, part), ...sides])
}

function section(key: string, title: string, part: string, found: readonly Answer[]): Section {
  const says = ({ said }: Answer) => said.kind !== 'nothing'
  return { key, title, part, answers: found.filter(says), empty: found.filter((one) => !says(one)).map(({ label }) => label) }
}

function answersOf(from: Members, labels: Readonly<Record<string, string>>, at: string): Answer[] {
  return Object.entries(labels).map(([name, label]) => ({ part: `${at}/${name}`, label: capital(label), said: saidOf(name, from[name]) }))
}

/** What the value of a member says. */
export function saidOf(name: string, value: unknown): Said {
  if (value === null || value === undefined || value === '') return { kind: 'nothing' }
  if (typeof value === 'boolean') return { kind: 'text', text: value ? 'Yes' : 'No' }
  if (typeof value === 'string' || typeof value === 'number') return saidWord(name, String(value))
  if (Array.isArray(value)) {
    if (value.length === 0) return { kind: 'nothing' }
    const codes = value.filter((one): one is string => typeof one === 'string')
    if (codes.length === value.length) return { kind: 'codes', list: LISTS[name] ?? '', codes }
    return { kind: 'parts', parts: value.map((one, i) => ({ label: `${i + 1}`, said: saidOf(name, one) })) }
  }
  const parts = Object.entries(value)
    .map(([inner, one]) => ({ label: labelOf(inner), said: saidOf(inner === 'ground' ? name : inner, one) }))
    .filter(({ said }) => said.kind !== 'nothing')
  // Boxes that nobody ticked say nothing by themselves.
  return parts.length === 0 || Object.values(value).every((one) => one === false || saidOf('', one).kind === 'nothing')
    ? { kind: 'nothing' }
    : { kind: 'parts', parts }
}

function saidWord(name: string, text: string): Said {
  const code = LISTS[name]
  if (code !== undefined && !/\s/.test(text)) return { kind: 'codes', list: code, codes: [text] }
  return { kind: /^\d{4}-\d\d-\d\d$/.test(text) ? 'day' : 'text', text }
}

/** What a member inside an answer is called: one of those above, else its name in words. */
function labelOf(name: string): string {
  const known: Readonly<Record<string, string>> = { ...FLOW_LABELS, ...SIDE_LABELS, ...INNER }
  return capital(known[name] ?? name.replaceAll('_', ' '))
}

function capital(label: string): string {
  return label.charAt(0).toUpperCase() + label.slice(1)
}

function members(value: unknown): Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Members) : {}
}

function list(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.map(members) : []
}
