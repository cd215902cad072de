import type { AssessedFacts, AssessedFlow } from './assessed-facts.ts'
import type { ScreeningCodes } from './codes.ts'
import SCREENING from './screening.json' with { type: 'json' }

/** Forms of data that are not personal data any more (3.4): nothing of them is assessed. */
const NOT_PERSONAL = new Set(['AGGREGATE', 'ANONYMOUS'])

/** The flows that carry personal data. */
export function personalFlows({ flows }: AssessedFacts): readonly AssessedFlow[] {
  return flows.filter(({ data_form }) => !NOT_PERSONAL.has(data_form))
}

/** Every data item that a flow carries: those it names, and those of the whole categories that it grants. */
export function itemsOf({ data_items, category_grant }: AssessedFlow, codes: Pick<ScreeningCodes, 'items'>): readonly string[] {
  const granted = [...codes.items.keys()].filter((item) => category_grant.some((category) => item.startsWith(`${category}.`)))
  return [...new Set([...data_items, ...granted])]
}

/** Whether data flows again and again (3.8): any frequency but once or on an event, none recorded included. */
export function isRegular({ frequency }: Pick<AssessedFlow, 'frequency'>): boolean {
  return frequency === null || !SCREENING.occasional.includes(frequency)
}

/** Whether more people than the scale allows are in it (DP-1, Policy); no limit recorded is no answer, and regular flows count by themselves. */
export function isAboutMany({ volume_limit }: Pick<AssessedFlow, 'volume_limit'>): boolean {
  return (volume_limit?.subjects ?? 0) > SCREENING.many_subjects
}

/** Flows that rest on a gateway of the Digital Economy Act 2017, whose shares always have an assessment (DP-2, Policy). */
export function digitalEconomyFlows({ flows }: AssessedFacts): readonly AssessedFlow[] {
  const isOfAct = (gateway: string) => SCREENING.always_assessed.gateways.some((prefix) => gateway.startsWith(prefix))
  return flows.filter(({ legal }) => [legal.provider, legal.recipient].some((side) => side?.gateways.some(isOfAct) ?? false))
}
