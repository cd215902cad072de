import { londonDay } from '../../platform/kernel/london-day.ts'
import { type CodeList, type CodeListEntry, isValidOn, textsIn } from '../../reference/code-list.ts'
import { withSpokenDays } from '../spoken-days.ts'
import type { Choice } from './answers.ts'

/** How the codes of a list are offered. */
export interface ChoiceOptions {
  /** Codes to offer first, under their own heading, where there are any. */
  readonly first?: { readonly heading: string; readonly codes: readonly string[] }
  /** The heading that a code stands under; absent: none. */
  readonly groupOf?: (code: string) => string
  readonly isOffered?: (entry: CodeListEntry) => boolean
}

/** The codes of a list as choices, with what each means, its law, and whether that was checked. */
export type ChoicesOf = (list: string, options?: ChoiceOptions) => readonly Choice[]

/** Choices from these lists: a code that has ended is not offered, as a draft may not say it. */
export function choicesFrom(lists: readonly CodeList[], now: number): ChoicesOf {
  const today = londonDay(now)
  // A draft asks for the same lists once a side of each flow: what stands beside a code is put into words once.
  const [usual, others] = [new Map<CodeListEntry, Choice>(), new Map<CodeListEntry, Choice>()]
  const inWords = (entry: CodeListEntry, isFirst: boolean): Choice => {
    const known = (isFirst ? usual : others).get(entry)
    if (known) return known
    const hint = hintOf(entry, isFirst)
    const choice = { value: entry.code, text: entry.label, isNarrower: entry.broader !== null, ...(hint === '' ? {} : { hint }) }
    ;(isFirst ? usual : others).set(entry, choice)
    return choice
  }
  return (name, { first, groupOf, isOffered = () => true } = {}) => {
    const entries = lists.find(({ list }) => list === name)?.entries ?? []
    const offered = entries.filter((entry) => isValidOn(today, null, entry.valid_to) && isOffered(entry))
    const asChoice = (entry: CodeListEntry): Choice => {
      const isFirst = first?.codes.includes(entry.code) ?? false
      const group = isFirst ? first?.heading : groupOf?.(entry.code)
      const choice = inWords(entry, isFirst)
      return group === undefined ? choice : { ...choice, group }
    }
    const choices = offered.map(asChoice)
    if (!first) return choices
    return [...choices.filter(({ group }) => group === first.heading), ...choices.filter(({ group }) => group !== first.heading)]
  }
}

/** The same choices for reading alone, where neither order nor headings are shown: those of a list are put together once. */
export function unsorted(choices: ChoicesOf): ChoicesOf {
  const known = new Map<string, readonly Choice[]>()
  return (list, { isOffered } = {}) => {
    if (isOffered) return choices(list, { isOffered })
    const found = known.get(list) ?? choices(list)
    known.set(list, found)
    return found
  }
}

/** The classes of data that the law guards more closely. */
const CLASSES: Readonly<Record<string, string>> = { SPECIAL: 'Special category data', CRIMINAL: 'Criminal offence data' }

/** What a code means and its law; of those that are offered first also where that law ends. */
function hintOf({ citation, verified, attributes, local }: CodeListEntry, isFirst: boolean): string {
  const text = (name: string) => (typeof attributes[name] === 'string' ? String(attributes[name]).replace(/\.$/, '') : '')
  const law = citation === null || verified ? (citation ?? '') : `${citation}, not yet checked against its source`
  const meaning = text('meaning') || text('note') || (CLASSES[text('class')] ?? '')
  return [law, meaning, isFirst ? text('limits') : '', local ? 'Added by an organisation' : ''].filter((one) => one !== '').join('. ')
}

const ITEM_GROUPS: Readonly<Record<string, string>> = {
  IDENTITY: 'Who somebody is',
  CONTACT: 'How to reach them',
  FAMILY: 'Family and household',
  HOUSING: 'Housing',
  FINANCE: 'Money',
  EMPLOYMENT: 'Work',
  HEALTH: 'Health (special category)',
  SOCIAL_CARE: 'Social care',
  EQUALITY: 'Ethnicity, beliefs and orientation (special category)',
  CRIMINAL: 'Crime (criminal offence data)',
  EDUCATION: 'Education',
  REGISTRATION: 'Births, deaths and marriages',
}

/** The heading of a data item. */
export function itemGroup(code: string): string {
  return ITEM_GROUPS[code.split('.')[0] ?? ''] ?? 'Other'
}

/** Data items in the order of their headings. */
export function byGroup(choices: readonly Choice[]): readonly Choice[] {
  const order = [...Object.values(ITEM_GROUPS), 'Other']
  return choices.toSorted((one, other) => order.indexOf(one.group ?? 'Other') - order.indexOf(other.group ?? 'Other'))
}

/** A sentence of a service with codes put into words: organisations by their names, codes of lists by their labels. */
export function wordsFor(lists: readonly CodeList[], nameOf: (org: string) => string | undefined) {
  const labels = new Map(lists.flatMap(({ entries }) => entries.map(({ code, label }) => [code, label] as const)))
  return (sentence: string): string =>
    withSpokenDays(sentence).replaceAll(
      /\b[A-Z][A-Z0-9]*(?:[_.][A-Z0-9]+)+\b|\b[A-Z]{2,}\b/g,
      (code) => nameOf(code) ?? (code.length > 3 ? labels.get(code) : undefined) ?? code,
    )
}

/** The laws that are usual for a purpose and for those that it is part of, nearest first. */
export function usualGatewaysIn(lists: readonly CodeList[]) {
  const purposes = new Map(lists.find(({ list }) => list === 'PURPOSE')?.entries.map((entry) => [entry.code, entry]))
  return (purpose: string): readonly string[] => {
    const found: string[] = []
    for (let at = purposes.get(purpose); at; at = at.broader === null ? undefined : purposes.get(at.broader))
      found.push(...textsIn(at.attributes['usual_gateways']))
    return [...new Set(found)]
  }
}
