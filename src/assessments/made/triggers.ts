import type { Fault } from '../../platform/kernel/refusal.ts'
import type { AssessedFacts, AssessedFlow } from './assessed-facts.ts'
import { digitalEconomyFlows, isAboutMany, isRegular, itemsOf, personalFlows } from './assessed-flows.ts'
import type { ScreeningCodes } from './codes.ts'
import type { ScreeningOutcome } from './content.ts'
import SCREENING from './screening.json' with { type: 'json' }
import { textFaults } from './written-text.ts'

/**
 * Screening (domain reference 4.1): what the flows themselves say for an assessment. It is proposed, and a person confirms or
 * overrules it. What each rule reads is data (`screening.json`), with its source. Pure.
 */

/** One thing that the flows show. */
export interface DerivedCriterion {
  /** WP248_CRITERION code. */
  readonly code: string
  /** In words for an officer. */
  readonly because: string
  /** Ids of the flows that show it, in their order. */
  readonly flows: readonly string[]
  readonly citation: string
}

/** One reason for an assessment that the flows give. */
export interface DerivedTrigger extends DerivedCriterion {
  /** DPIA_TRIGGER code. */
  readonly code: string
  /** Whether it says something only together with another criterion of WP248 than the one it stands for itself: (+) in 4.1. */
  readonly needs_another: boolean
  /** Whether it speaks for an assessment here: it needs no other criterion, or there is one. */
  readonly counts: boolean
}

/**
 * The triggers of 4.1 that the flows hit (DP-1), those that count first. Criteria of any flow count with a trigger of any other: one
 * assessment is about all of them (UK GDPR Art 35(1), last sentence).
 */
export function derivedTriggers(facts: AssessedFacts, codes: ScreeningCodes): readonly DerivedTrigger[] {
  const criteria = derivedCriteria(facts, codes).map(({ code }) => code)
  const found = SCREENING.triggers.flatMap(({ code, signs, because, citation, needs_another, stands_for }): DerivedTrigger[] => {
    const shown = shownBy(signs as Sign[], facts, codes)
    if (shown === null) return []
    const counts = !needs_another || criteria.some((criterion) => !(stands_for as string[]).includes(criterion))
    return [{ code, because: worded(because, shown.what), flows: shown.flows, citation, needs_another, counts }]
  })
  return found.toSorted((a, b) => Number(b.counts) - Number(a.counts))
}

/** The criteria of likely high risk that the flows show (WP248 rev.01, III.B.a; 4.1). */
export function derivedCriteria(facts: AssessedFacts, codes: ScreeningCodes): readonly DerivedCriterion[] {
  return SCREENING.criteria.flatMap(({ code, signs, because, citation }): DerivedCriterion[] => {
    const shown = shownBy(signs as Sign[], facts, codes)
    return shown === null ? [] : [{ code, because: worded(because, shown.what), flows: shown.flows, citation }]
  })
}

/**
 * Whether an assessment is to be made as far as the flows say: a trigger counts, two criteria of WP248 meet, or the Digital Economy
 * Act is relied on, whose shares always have one (DP-1, DP-2).
 */
export function speaksForAssessment(facts: AssessedFacts, codes: ScreeningCodes): boolean {
  return (
    digitalEconomyFlows(facts).length > 0 ||
    derivedTriggers(facts, codes).some(({ counts }) => counts) ||
    derivedCriteria(facts, codes).length >= SCREENING.criteria_needed
  )
}

/**
 * What is wrong with how somebody confirmed or overruled the proposal (DP-2): that none is needed always has its reasons, a share
 * under the Digital Economy Act is never screened out (Policy), and it was decided on what the flows say now.
 */
export function screeningFaults(
  { required, reasons, triggers }: Pick<ScreeningOutcome, 'required' | 'reasons' | 'triggers'>,
  derived: readonly DerivedTrigger[],
  facts: AssessedFacts,
): Fault[] {
  const faults: Fault[] = [...textFaults('/screening/reasons', 'The reasons', reasons)]
  if (!required) {
    const always = digitalEconomyFlows(facts)
    if (always.length > 0)
      faults.push({
        ...{ pointer: '/screening/required', code: 'ALWAYS_ASSESSED', citation: SCREENING.always_assessed.citation },
        detail: `${SCREENING.always_assessed.because} (${flowsNamed(always.map(({ id }) => id))}).`,
      })
    if ((reasons ?? '').trim() === '')
      faults.push({
        ...{ pointer: '/screening/reasons', code: 'REASONS_MISSING', citation: 'DP-2' },
        detail: `Say why no assessment is needed${derived.some(({ counts }) => counts) ? `, although: ${reasonsIn(derived)}` : ''}.`,
      })
  }
  const now = derived.map(({ code }) => code)
  const shown = new Set(triggers)
  if (shown.size !== now.length || now.some((code) => !shown.has(code)))
    faults.push({
      ...{ pointer: '/screening/triggers', code: 'SCREENING_OUT_OF_DATE', citation: 'DP-1' },
      detail: 'The flows have changed since this was decided: look at what speaks for an assessment once more.',
    })
  return faults
}

/** What a flow can show. */
type Sign =
  | 'SENSITIVE'
  | 'SPECIAL'
  | 'REGULAR_OR_MANY'
  | 'MANY'
  | 'MATCHED'
  | 'VULNERABLE'
  | 'SERVICE'
  | 'BIOMETRIC'
  | 'GENETIC'
  | 'TRACKED'
  | 'MONITORED'

/** In which flows all the signs show, and what shows them, as people call it; null: in none. */
function shownBy(signs: readonly Sign[], facts: AssessedFacts, codes: ScreeningCodes) {
  const shown = personalFlows(facts).flatMap((flow) => {
    const found = signs.map((sign) => SIGNS[sign](flow, facts, codes))
    return found.every((what) => what !== null) ? [{ id: flow.id, what: found.flat() }] : []
  })
  if (shown.length === 0) return null
  return { flows: shown.map(({ id }) => id), what: [...new Set(shown.flatMap(({ what }) => what))] }
}

/** Whether a flow shows each sign: by what, or null where it does not. */
const SIGNS: Readonly<Record<Sign, (flow: AssessedFlow, facts: AssessedFacts, codes: ScreeningCodes) => readonly string[] | null>> = {
  SENSITIVE: (flow, _facts, codes) => items(flow, codes, (item) => classOf(item, codes).size > 0),
  SPECIAL: (flow, _facts, codes) => items(flow, codes, (item) => classOf(item, codes).has('SPECIAL')),
  REGULAR_OR_MANY: (flow) => (isRegular(flow) || isAboutMany(flow) ? [] : null),
  MANY: (flow) => (isAboutMany(flow) ? [] : null),
  MATCHED: (flow, facts, codes) => (isMatched(flow, facts, codes) ? [] : null),
  VULNERABLE: (flow, _facts, codes) => {
    const found = flow.data_subjects.filter((code) => SCREENING.vulnerable.some((broader) => codes.subjects.isWithin(code, broader)))
    return found.length === 0 ? null : found.map((code) => codes.labelOf('DATA_SUBJECT', code))
  },
  SERVICE: ({ purpose }, _facts, codes) =>
    isPurposeOf(purpose, SCREENING.service_decisions, codes) ? [codes.labelOf('PURPOSE', purpose)] : null,
  BIOMETRIC: (flow, _facts, codes) => items(flow, codes, (item) => kindsOf(item, codes).has('BIOMETRIC_ID')),
  GENETIC: (flow, _facts, codes) => items(flow, codes, (item) => kindsOf(item, codes).has('GENETIC')),
  TRACKED: (flow, _facts, codes) => items(flow, codes, (item) => SCREENING.tracking_items.includes(item)),
  MONITORED: (flow, _facts, codes) => items(flow, codes, (item) => SCREENING.monitoring_items.includes(item)),
}

function items(flow: AssessedFlow, codes: ScreeningCodes, isMeant: (item: string) => boolean): readonly string[] | null {
  const found = itemsOf(flow, codes).filter(isMeant)
  return found.length === 0 ? null : found.map((item) => codes.labelOf('DATA_ITEM', item))
}

/** An item that no list has is taken for a special one: nothing unread passes as ordinary. */
function classOf(item: string, codes: ScreeningCodes): ReadonlySet<string> {
  return codes.items.get(item)?.classes ?? new Set(['SPECIAL'])
}

function kindsOf(item: string, codes: ScreeningCodes): ReadonlySet<string> {
  return codes.items.get(item)?.specialKinds ?? new Set()
}

function isPurposeOf(purpose: string, broader: readonly string[], codes: ScreeningCodes): boolean {
  return broader.some((parent) => codes.purposes.isWithin(purpose, parent))
}

/** Several give into one flow, somebody gets the same kind of thing from several, or the purpose is one of comparing. */
function isMatched(flow: AssessedFlow, facts: AssessedFacts, codes: ScreeningCodes): boolean {
  if (isPurposeOf(flow.purpose, SCREENING.matching_purposes, codes)) return true
  const together = personalFlows(facts).filter(
    ({ purpose, recipients }) => purpose === flow.purpose && recipients.some((org) => flow.recipients.includes(org)),
  )
  const providers = new Set(together.flatMap((other) => other.providers))
  return providers.size > 1 || providers.has('ALL_SIGNED_BOROUGHS')
}

function worded(because: string, what: readonly string[]): string {
  return because.replace('{what}', what.join(', '))
}

function reasonsIn(derived: readonly DerivedTrigger[]): string {
  return derived
    .filter(({ counts }) => counts)
    .map(({ because, flows }) => `${because} (${flowsNamed(flows)})`)
    .join('; ')
}

function flowsNamed(ids: readonly string[]): string {
  return `${ids.length === 1 ? 'flow' : 'flows'} ${ids.join(', ')}`
}
