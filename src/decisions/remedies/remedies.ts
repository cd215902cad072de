import type { Finding } from '../evaluation/candidates.ts'
import { evaluate, type Outcome } from '../evaluation/evaluate.ts'
import { withAgreement } from '../policy/overlay.ts'
import type { PolicyAgreement } from '../policy/policy.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import { requestedItems } from '../rules/facts.ts'
import type { DecisionRequest } from '../rules/request.ts'
import type { ProposalFacts, RemedyChange, RemedyProposal, WhatIf } from './remedy.ts'
import { agreementProposals } from './remedy-agreement.ts'
import { oneOffRemedy } from './remedy-one-off.ts'
import { askWithoutReference, requestProposals } from './remedy-request.ts'
import { SEARCH_LIMITS, type Step, search } from './remedy-search.ts'
import { waitProposals } from './remedy-time.ts'

/** The smallest changes that would turn a refusal into a permit. All of `changes` are needed. */
export interface Remedy {
  readonly changes: readonly RemedyChange[]
}

/** What was asked and refused, and on what. */
export interface RefusedQuestion {
  readonly request: DecisionRequest
  readonly at: number
  /** The instant of the call, milliseconds: before it nothing can be changed any more. */
  readonly askedAt: number
  /** Whether a text of the past was asked, which nobody can change either. */
  readonly isPastText: boolean
  readonly index: PolicyIndex
  readonly outcome: Extract<Outcome, { decision: 'DENY' }>
}

/** Other agreements that are looked at for an amendment, at most. */
const OTHERS_MAX = 4

/** Who asks about this moment by its own clock, or by the time the question took, does not ask about the past. */
const MOMENT_MS = 60_000

/** How much work is spent on one refusal: re-evaluations in all, and remedies offered. */
export const REMEDY_LIMITS = { evaluations: SEARCH_LIMITS.evaluations + SEARCH_LIMITS.checks + OTHERS_MAX, remedies: SEARCH_LIMITS.found }

/**
 * Remedies for a refusal, each tried out: it is offered only if the request, evaluated again with its changes made on a copy,
 * is permitted, and is not permitted where one of them is left out. What shows only once another fault is gone is gone on
 * from. Pure, and bounded by `REMEDY_LIMITS`; it never touches the policy and never says what a caller may not know:
 * call it only for those who may know the nearest agreement.
 *
 * @param mayKnow whether the caller may know an agreement that a remedy would ride on
 */
export function remedies(refused: RefusedQuestion, mayKnow: (agreement: PolicyAgreement) => boolean): Remedy[] {
  const { outcome, request, at, askedAt, index } = refused
  const { nearest } = outcome
  const [first] = outcome.reasons
  if (first?.code === 'ADHOC_SCOPE_EXCEEDED') return ofOne(oneOffRemedy(request, at, index))
  if (first?.code === 'NO_AGREEMENT') return ofOne(withoutReference(refused, mayKnow))
  if (!nearest || request.mode !== 'SYSTEMATIC') return []
  const isPast = at < askedAt - MOMENT_MS || refused.isPastText
  const tryOut = (after: WhatIf) => {
    const isChanged = after.agreement !== index.agreement(after.agreement.id)
    return evaluate(after.request, after.at, isChanged ? withAgreement(index, after.agreement) : index)
  }
  const found = search(startsFrom(refused, nearest, mayKnow), {
    tryOut,
    permits: (tried) => tried.decision === 'PERMIT' && tried.via === 'AGREEMENT' && mayKnow(tried.finding.agreement),
    propose: ({ state, finding, reasons }) =>
      proposals({ nearest: finding, request: state.request, at: state.at, askedAt, isPast, index, reasons }),
  })
  return found.map((changes) => ({ changes: changes.map(({ change }) => change) }))
}

/** Whether a refusal that weighed no agreement was for something named in the question, which its caller may be told more about. */
export function isRemediable({ reasons: [first] }: RefusedQuestion['outcome'], agreementRef: string | null): boolean {
  return first?.code === 'ADHOC_SCOPE_EXCEEDED' || (first?.code === 'NO_AGREEMENT' && agreementRef !== null)
}

function ofOne(changes: readonly RemedyChange[]): Remedy[] {
  return changes.length > 0 ? [{ changes }] : []
}

/** A reference that is of no agreement between the two hides one that permits. */
function withoutReference({ request, at, index }: RefusedQuestion, mayKnow: (agreement: PolicyAgreement) => boolean): RemedyChange[] {
  const tried = evaluate({ ...request, agreement_ref: null }, at, index)
  const isPermitted = tried.decision === 'PERMIT' && tried.via === 'AGREEMENT' && mayKnow(tried.finding.agreement)
  return isPermitted ? [askWithoutReference(request)] : []
}

/**
 * The nearest agreement; and where it has no flow for the share, so that an amendment is all that could help, others between
 * the two that lack nothing but the flow: which of them comes nearest says nothing about which one is to be amended.
 */
function* startsFrom({ request, at, index, outcome }: RefusedQuestion, nearest: Finding, mayKnow: (agreement: PolicyAgreement) => boolean) {
  const stepFrom = (finding: Finding, reasons: Step['reasons']): Step => ({
    chosen: [],
    state: { request, at, agreement: finding.agreement },
    finding,
    reasons,
  })
  yield stepFrom(nearest, outcome.reasons)
  if (nearest.flow !== null || request.agreement_ref !== null) return
  const others = index.between(request.provider, request.recipient).filter((one) => one.id !== nearest.agreement.id && mayKnow(one))
  for (const { id } of others.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, OTHERS_MAX)) {
    const own = evaluate({ ...request, agreement_ref: id }, at, index)
    if (own.decision === 'DENY' && own.nearest?.flow === null && own.reasons.length === 1) yield stepFrom(own.nearest, own.reasons)
  }
}

/**
 * Every change worth trying for these reasons, those the caller can make by itself first. Law is never guessed: no proposal
 * names a basis, a gateway or a condition that nobody recorded. The past is as it was: what the agreement lacked then is said
 * as such, and counts only from when somebody does it.
 */
function proposals(facts: ProposalFacts): RemedyProposal[] {
  const ofRequest = requestProposals(facts, requestedItems(facts.request.data_items, facts.index.codes))
  const ofAgreement = agreementProposals(facts)
  return [...ofRequest, ...waitProposals(facts), ...(facts.isPast ? ofAgreement.map(lackedThen) : ofAgreement)]
}

function lackedThen(proposal: RemedyProposal): RemedyProposal {
  const { change } = proposal
  return { ...proposal, change: { ...change, text: `Was needed at that time: ${change.text}` } }
}
