import { evaluate, type Outcome } from '../evaluation/evaluate.ts'
import { requestedItems } from '../evaluation/facts.ts'
import type { DecisionRequest } from '../evaluation/request.ts'
import { withAgreement } from '../policy/overlay.ts'
import type { PolicyAgreement } from '../policy/policy.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { Change, Proposal, ProposalFacts, WhatIf } from './remedy.ts'
import { agreementProposals } from './remedy-agreement.ts'
import { requestProposals } from './remedy-request.ts'

/** The smallest changes that would turn a refusal into a permit. All of `changes` are needed. */
export interface Remedy {
  readonly changes: readonly Change[]
}

/** What was asked and refused, and on what. */
export interface Refused {
  readonly request: DecisionRequest
  readonly at: number
  readonly index: PolicyIndex
  readonly outcome: Extract<Outcome, { decision: 'DENY' }>
}

/** How much work is spent on one refusal: re-evaluations and remedies offered. */
export const REMEDY_LIMITS = { evaluations: 40, remedies: 6 }

/**
 * Remedies for a refusal, each tried out: it is offered only if the request, evaluated again with its changes made on a copy,
 * is permitted. One change first; two where no single one is enough; else the fewest that are left when what is not needed
 * is dropped. Pure, and bounded by `REMEDY_LIMITS`; it never touches the policy and never says what a caller may not know:
 * call it only for those who may know the nearest agreement.
 *
 * @param mayKnow whether the caller may know an agreement that a remedy would ride on
 */
export function remedies(refused: Refused, mayKnow: (agreement: PolicyAgreement) => boolean): Remedy[] {
  const { outcome, request, at, index } = refused
  const nearest = outcome.nearest
  if (!nearest || request.mode !== 'SYSTEMATIC') return []
  const candidates = proposals({ nearest, request, at, index, reasons: outcome.reasons })
  const start: WhatIf = { request, at, agreement: nearest.agreement }
  let left = REMEDY_LIMITS.evaluations
  const permits = (changes: readonly Proposal[]): boolean => {
    if (left <= 0) return false
    left -= 1
    const after = changes.reduce((state, proposal) => proposal.apply(state), start)
    const tried = evaluate(after.request, after.at, after.agreement === start.agreement ? index : withAgreement(index, after.agreement))
    return tried.decision === 'PERMIT' && tried.via === 'AGREEMENT' && mayKnow(tried.finding.agreement)
  }
  const found = smallest(candidates, permits)
  return found.slice(0, REMEDY_LIMITS.remedies).map((proposals_) => ({ changes: proposals_.map(({ change }) => change) }))
}

/**
 * Every change worth trying for these reasons, those the caller can make by itself first. Law is never guessed: no proposal
 * names a basis, a gateway or a condition that nobody recorded.
 */
function proposals(facts: ProposalFacts): Proposal[] {
  return [...requestProposals(facts, requestedItems(facts.request.data_items, facts.index.codes)), ...agreementProposals(facts)]
}

type Tried = readonly (readonly Proposal[])[]

function smallest(candidates: readonly Proposal[], permits: (changes: readonly Proposal[]) => boolean): Tried {
  const single = candidates.filter((one) => permits([one])).map((one) => [one])
  if (single.length > 0) return single
  const pairs = candidates.flatMap((one, position) =>
    candidates
      .slice(position + 1)
      .filter((other) => !clash(one, other))
      .map((other) => [one, other]),
  )
  // Each reason wants a change of its own, so a pair can only be enough where it answers every reason.
  const reasons = new Set(candidates.flatMap((one) => one.answers))
  const useful = pairs.filter((pair) => [...reasons].every((code) => pair.some((one) => one.answers.includes(code))))
  const enough = useful.filter((pair) => permits(pair))
  return enough.length > 0 ? enough : fewest(candidates, permits)
}

/** One change a reason, then each left out again that is not needed. */
function fewest(candidates: readonly Proposal[], permits: (changes: readonly Proposal[]) => boolean): Tried {
  const chosen: Proposal[] = []
  for (const one of candidates) {
    const isNew = one.answers.some((code) => !chosen.some((other) => other.answers.includes(code)))
    if (isNew && !chosen.some((other) => clash(one, other))) chosen.push(one)
  }
  if (chosen.length < 3 || !permits(chosen)) return []
  let needed: readonly Proposal[] = chosen
  for (const one of chosen) {
    const without = needed.filter((other) => other !== one)
    if (permits(without)) needed = without
  }
  return [needed]
}

/** Two ways of changing the same member undo one another. */
function clash(a: Proposal, b: Proposal): boolean {
  return a.touches === b.touches
}
