import type { Answer } from '../../decisions/answer.ts'
import type { Obligation } from '../../decisions/evaluation/obligations.ts'
import type { RemedyChange } from '../../decisions/remedies/remedy.ts'
import type { DecisionBody } from '../../decisions/request-body.ts'
import { isDay, spokenDay, spokenInstant } from '../../platform/kernel/london-day.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { wordsFor } from '../drafting/choices.ts'
import { labelled } from '../rendering.ts'

// An answer of the decision service in words: its codes by their labels, organisations by their names, days as people say them.

/** Something to do with the data, and for whom. */
export interface ToDo {
  readonly text: string
  /** Who does it: PROVIDER, RECIPIENT, BOTH or AS_STATED. */
  readonly bearer: string
  readonly isAdvice: boolean
  readonly details: readonly { readonly name: string; readonly value: string }[]
}

/** One change of a remedy, and where it is made. */
export interface NextStep {
  readonly text: string
  readonly by: string
  readonly organisations: readonly string[]
  readonly href: string
  readonly linkText: string
}

/** Parameters of obligations by what they are called in a list; those that are left out say what the page says already. */
const PARAMETERS: Readonly<Record<string, readonly [name: string, list?: string]>> = {
  purpose: ['Purpose', 'PURPOSE'],
  fields: ['Data', 'DATA_ITEM'],
  days: ['Days'],
  rule: ['For how long'],
  date: ['Day'],
  methods: ['Ways of sending', 'METHOD'],
  min_encryption: ['Encryption', 'METHOD'],
  exception: ['Except', 'ONWARD_SHARING'],
  approver: ['Ask'],
  countries: ['Countries', 'COUNTRY'],
  categories: ['People', 'DATA_SUBJECT'],
  n: ['Smallest number shown'],
  register: ['Register of'],
  contact: ['Tell'],
  technique: ['Technique'],
  expires_at: ['Before'],
  ground: ['Ground', 'RESTRICTION_GROUND'],
  parties: ['Parties'],
  text: ['Condition'],
  by: ['Kept by'],
  due: ['By'],
  ref: ['Agreement'],
}

/** What has to be done with the data, each thing once, in the order in which the answer has them. Pure. */
export function toDosIn({ obligations }: Pick<Answer, 'obligations'>, lists: readonly CodeList[], nameOf: (org: string) => string): ToDo[] {
  const label = labelled(lists)
  const entries = new Map(lists.find(({ list }) => list === 'OBLIGATION')?.entries.map((one) => [one.code, one.attributes]))
  const spoken = (value: unknown, list: string | undefined): string => {
    if (Array.isArray(value)) return value.map((one) => spoken(one, list)).join(', ')
    if (typeof value === 'object' && value !== null)
      return Object.entries(value)
        .flatMap(([code, one]) => (one ? [`${label(list ?? '', code)}: ${spoken(one, undefined)}`] : []))
        .join('; ')
    const text = String(value)
    if (isDay(text)) return spokenDay(text)
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return spokenInstant(Date.parse(text))
    return list === undefined ? nameOf(text) : label(list, text)
  }
  return obligations.map(({ code, mandatory, parameters }: Obligation) => ({
    text: String(entries.get(code)?.['text'] ?? label('OBLIGATION', code)),
    bearer: String(entries.get(code)?.['bearer'] ?? 'BOTH'),
    isAdvice: !mandatory,
    details: Object.entries(PARAMETERS).flatMap(([member, [name, list]]) => {
      const value = parameters[member]
      const isNothing = value === null || value === undefined || (Array.isArray(value) && value.length === 0)
      return isNothing ? [] : [{ name, value: spoken(value, list) }]
    }),
  }))
}

/** Changes that whoever asked can make: they ask again. */
const OF_THE_QUESTION: readonly RemedyChange['kind'][] = [
  ...(['NARROW_REQUEST', 'USE_METHOD', 'USE_FORM', 'STATE_COUNT', 'CORRECT_BASIS', 'RECORD_CONSENT'] as const),
  ...(['USE_COUNTRY', 'ASK_WITHOUT_REFERENCE', 'WAIT'] as const),
]

/** What would make a refusal a permit, with where each change is made: at the question, or at the agreement. Pure. */
export function nextStepsIn(
  { remedies, agreement }: Pick<Answer, 'remedies' | 'agreement'>,
  asked: DecisionBody,
  lists: readonly CodeList[],
  nameOf: (org: string) => string | undefined,
): NextStep[][] {
  const inWords = wordsFor(lists, nameOf)
  const stepOf = ({ kind, text, by, organisations, values }: RemedyChange): NextStep => {
    const step = { text: inWords(text), by, organisations }
    if (OF_THE_QUESTION.includes(kind))
      return { ...step, href: `/may-i-share?${questionQuery(changed(asked, kind, values))}`, linkText: 'Change the question' }
    // An amendment may be of another agreement than the nearest: its words begin with which.
    const [, named = agreement ?? ''] = /^(?:Was needed at that time: )?Amend ([\w.-]+):/.exec(text) ?? []
    return { ...step, href: `/agreements/${encodeURIComponent(named)}`, linkText: `Open ${named}` }
  }
  return (remedies ?? []).map(({ changes }) => changes.map(stepOf))
}

/** The question with the change made, as far as its form asks for it. */
function changed(asked: DecisionBody, kind: RemedyChange['kind'], values: readonly string[]): DecisionBody {
  const without = (codes: readonly string[]) => codes.filter((code) => !values.includes(code))
  const [first] = values
  if (kind === 'NARROW_REQUEST')
    return { ...asked, data_items: without(asked.data_items), data_subjects: without(asked.data_subjects ?? []) }
  if (kind === 'USE_METHOD' && first) return { ...asked, method: first }
  if (kind === 'USE_COUNTRY' && first) return { ...asked, country: first }
  return asked
}

/** A question as the address of its form carries it. Pure. */
export function questionQuery(asked: DecisionBody): string {
  const { provider, recipient, purpose, data_items, data_subjects, method, country } = asked
  const one = { provider, recipient, purpose, method, country }
  return new URLSearchParams([
    ...Object.entries(one).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : [])),
    ...data_items.map((code): [string, string] => ['data_items', code]),
    ...(data_subjects ?? []).map((code): [string, string] => ['data_subjects', code]),
  ]).toString()
}
