/** The law that an assessed share relies on: what the code lists say of it, and what of that has changed since (DP-6). Pure. */
import { stableJson } from '../../platform/kernel/stable-json.ts'
import type { AssessedFacts, AssessedLaw } from './assessed-facts.ts'
import type { AssessmentCodes } from './codes.ts'

/** A code that a flow relies on. */
interface ReliedOn {
  readonly list: string
  readonly code: string
}

/** What the lists said of one on a day. */
export interface ReliedLaw extends ReliedOn {
  readonly citation: string | null
  /** What rules read of it: whom it lets disclose to whom, for what, under which conditions. */
  readonly effect: Readonly<Record<string, unknown>>
}

const LAW_LISTS: Readonly<Record<keyof AssessedLaw, string>> = {
  ...{ art6: 'LAWFUL_BASIS', gateways: 'GATEWAY', art9: 'ART9_CONDITION', sch1: 'SCHEDULE_1_CONDITION', criminal: 'CRIMINAL_CONDITION' },
}

/** Members that explain, translate or vouch for a law and change nothing of it: a word set right in them opens no assessment again. */
const EXPLAINING: ReadonlySet<string> = new Set([
  ...['meaning', 'preconditions', 'note', 'limits', 'unverified_part', 'dpv', 'adequacy_part3_verified'],
])

/** Law that its flows rely on and countries that they reach, each once, in the order in which they name them. */
export function reliedOn({ flows }: AssessedFacts): ReliedOn[] {
  const all = flows.flatMap(({ legal, countries }) => [
    ...[legal.provider, legal.recipient].flatMap((law) =>
      Object.entries(LAW_LISTS).flatMap(([part, list]) => (law?.[part as keyof AssessedLaw] ?? []).map((code) => ({ list, code }))),
    ),
    ...countries.map((code) => ({ list: 'COUNTRY', code })),
  ])
  return [...new Map(all.map((one) => [`${one.list} ${one.code}`, one])).values()]
}

/** What the lists say now of the law that its flows rely on: kept with a version, so that a later edition of them can be told from it. */
export function reliedLaw(facts: AssessedFacts, codes: AssessmentCodes): ReliedLaw[] {
  return reliedOn(facts).map(({ list, code }) => ({
    ...{ list, code, citation: codes.citationOf(list, code) },
    effect: Object.fromEntries(Object.entries(codes.attributesOf(list, code)).filter(([member]) => !EXPLAINING.has(member))),
  }))
}

/** What is another law under the same code: another citation, or another effect. In words. */
export function changedLaw(then: readonly ReliedLaw[], codes: AssessmentCodes): string[] {
  return then.flatMap(({ list, code, citation, effect }) => {
    if (!codes.has(list, code)) return []
    const attributes = codes.attributesOf(list, code)
    const effects = [...new Set([...Object.keys(effect), ...Object.keys(attributes)])].filter((member) => !EXPLAINING.has(member))
    const changed = [
      ...(citation === codes.citationOf(list, code) ? [] : ['citation']),
      ...effects.filter((member) => said(effect[member]) !== said(attributes[member])),
    ]
    const what = changed.map((member) => member.replaceAll('_', ' ')).join(', ')
    return changed.length === 0 ? [] : [`${codes.labelOf(list, code)} (${code}) says something else now: ${what}`]
  })
}

/** An effect as it is compared: what is not said is nothing, and the order of a list says nothing. */
function said(effect: unknown): string {
  return Array.isArray(effect) ? stableJson(effect.map((one) => stableJson(one)).toSorted()) : stableJson(effect ?? null)
}
