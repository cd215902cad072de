import type { Finding } from '../evaluation/candidates.ts'
import type { Outcome } from '../evaluation/evaluate.ts'
import type { Reason } from '../rules/reason.ts'
import type { RemedyProposal, WhatIf } from './remedy.ts'

/** Bounds of one search: evaluations to find, evaluations to check what was found, changed states followed at a time, sets found. */
export const SEARCH_LIMITS = { evaluations: 48, checks: 24, width: 4, found: 6 }

/** What is still refused once `chosen` has been made on a copy, and why. */
export interface Step {
  readonly chosen: readonly RemedyProposal[]
  readonly state: WhatIf
  readonly finding: Finding
  readonly reasons: readonly Reason[]
}

/** What a search asks. */
export interface SearchTools {
  tryOut(state: WhatIf): Outcome
  permits(outcome: Outcome): boolean
  propose(step: Step): readonly RemedyProposal[]
}

/**
 * Smallest sets of changes that permit, found by going on from what each change leaves. At every step the first reason that
 * anybody can answer must be answered by something, so only answers to it are tried: few evaluations reach far, and reasons
 * that show only after a change (`DATA_NOT_COVERED` hides all that would be tested next) are met as they show. Where nothing
 * leads on from one start the next is taken. Pure.
 */
export function search(starts: Iterable<Step>, tools: SearchTools): (readonly RemedyProposal[])[] {
  const within = budget(SEARCH_LIMITS.evaluations)
  for (const start of starts) {
    const found = searchFrom(start, tools, within)
    if (found.length > 0) return checked(found, start.state, tools)
  }
  return []
}

function searchFrom(start: Step, tools: SearchTools, within: Budget): (readonly RemedyProposal[])[] {
  const seen = new Set<string>()
  for (let level: readonly Step[] = [start]; level.length > 0; ) {
    const found: (readonly RemedyProposal[])[] = []
    const next: Step[] = []
    for (const step of level) {
      for (const proposal of answersTo(step, tools.propose(step))) {
        const chosen = [...step.chosen, proposal]
        if (seen.has(nameOf(chosen))) continue
        seen.add(nameOf(chosen))
        const state = proposal.apply(step.state)
        const outcome = within(() => tools.tryOut(state))
        if (outcome === null) return found
        if (tools.permits(outcome)) found.push(chosen)
        else next.push(...onwards(step, { chosen, state }, outcome, (own) => within(() => tools.tryOut(own))))
      }
    }
    if (found.length > 0) return found
    level = next.toSorted((a, b) => a.reasons.length - b.reasons.length).slice(0, SEARCH_LIMITS.width)
  }
  return []
}

/** Proposals for the first reason that has any, without those that would undo a change already made. */
function answersTo({ chosen, reasons }: Step, proposals: readonly RemedyProposal[]): readonly RemedyProposal[] {
  const open = proposals.filter((one) => !chosen.some((other) => other.touches === one.touches))
  const first = reasons.find(({ code }) => open.some((one) => one.answers.includes(code)))
  return first ? open.filter((one) => one.answers.includes(first.code)) : []
}

/** Where a search goes on from a refusal: under the same agreement, and only if the last change made a difference. */
function onwards(
  before: Step,
  { chosen, state }: Pick<Step, 'chosen' | 'state'>,
  outcome: Outcome,
  tryOut: (state: WhatIf) => Outcome | null,
): Step[] {
  if (outcome.decision !== 'DENY' || !outcome.nearest) return []
  const isOwn = (finding: Finding) => finding.agreement.id === state.agreement.id
  const own = isOwn(outcome.nearest)
    ? outcome
    : // Another agreement came nearer; the changes are about this one, and of others nothing may be told here.
      tryOut({ ...state, request: { ...state.request, agreement_ref: state.agreement.id } })
  if (own?.decision !== 'DENY' || !own.nearest || comparable(own.reasons) === comparable(before.reasons)) return []
  return [{ chosen, state, finding: own.nearest, reasons: own.reasons }]
}

/** What was found, each with no change that is not needed and no choice that does not permit, as far as it could be checked. */
function checked(found: readonly (readonly RemedyProposal[])[], start: WhatIf, tools: SearchTools): (readonly RemedyProposal[])[] {
  const within = budget(SEARCH_LIMITS.checks)
  const permits = (changes: readonly RemedyProposal[]) => {
    const outcome = within(() => tools.tryOut(changes.reduce((state, one) => one.apply(state), start)))
    return outcome && tools.permits(outcome)
  }
  const sets = new Map<string, readonly RemedyProposal[]>()
  for (const set of found.slice(0, SEARCH_LIMITS.found)) {
    const least = needed(set, permits)
    if (least === null) break
    sets.set(
      nameOf(least),
      least.map((one) => chosenWell(one, least, permits)),
    )
  }
  return [...sets.values()]
}

type Permits = (changes: readonly RemedyProposal[]) => boolean | null

/** The set without what is not needed; null: there was no time to know. */
function needed(set: readonly RemedyProposal[], permits: Permits): readonly RemedyProposal[] | null {
  if (set.length === 1) return set
  let least = set
  for (const one of set) {
    const without = least.filter((other) => other !== one)
    const isEnough = permits(without)
    if (isEnough === null) return null
    if (isEnough) least = without
  }
  return least
}

/** The change with those of its choices that permit together with the rest of its set. */
function chosenWell(one: RemedyProposal, set: readonly RemedyProposal[], permits: Permits): RemedyProposal {
  if (!one.choices) return one
  const values = one.choices.of
    .filter(({ apply }) => permits(set.map((other) => (other === one ? { ...one, apply } : other))) === true)
    .map(({ value }) => value)
  return { ...one, change: one.choices.words(values) }
}

type Budget = <T>(work: () => T) => T | null

/** Runs a number of evaluations and no more: null from then on. */
function budget(evaluations: number): Budget {
  let left = evaluations
  return (work) => {
    if (left <= 0) return null
    left -= 1
    return work()
  }
}

function nameOf(set: readonly RemedyProposal[]): string {
  return set
    .map(({ change: { kind, text } }) => `${kind} ${text}`)
    .toSorted()
    .join('\n')
}

function comparable(reasons: readonly Reason[]): string {
  return JSON.stringify(reasons)
}
