import type { Caller } from '../identity/principal.ts'
import { mayAsk, mayKnow, type Share } from './caller.ts'
import { evaluate, type Outcome, type SharedBetween } from './evaluation/evaluate.ts'
import type { PolicyAgreement } from './policy/policy.ts'
import type { PolicyIndex } from './policy/policy-index.ts'
import { type DecisionBody, toDecisionRequest } from './request-body.ts'
import { reason } from './rules/reason.ts'
import type { DecisionRequest } from './rules/request.ts'

/**
 * A call, fixed in time: what a decision is a function of. Live, simulated and replayed decisions are all made from one, so
 * nothing here may read a clock, wait, or look at anything but what it is given.
 */
export interface Question {
  readonly caller: Caller
  readonly body: DecisionBody
  readonly simulated: boolean
  /** T: the instant the decision is for, milliseconds. */
  readonly at: number
  /** The instant of the call, milliseconds: what a caller may ask and know follows this, never the instant asked about. */
  readonly askedAt: number
}

/** On what it is decided: the policy asked, and the policy that says who the caller is; one and the same unless a past text is asked. */
export interface PolicyGrounds {
  readonly index: PolicyIndex
  readonly callers: PolicyIndex
  /** Of several questions of one call: what they have in common. */
  readonly shared?: SharedBetween
}

/** The request as the rules read it. Live, the actor of an emergency is the duty manager who calls, never what the body says. */
export function requestOf({ caller, body, simulated }: Question, grounds: PolicyGrounds): DecisionRequest {
  const isDutyManager = caller.clientId === null && caller.roles.includes('DUTY_MANAGER')
  // The glass is the provider's to break: its duty manager answers for the disclosure (6.10).
  const actor = isDutyManager && caller.org === body.provider ? caller.sub : null
  const request = toDecisionRequest(body, simulated ? { live: false } : { live: true, sub: actor })
  const { provider, recipient } = shareNow(body, grounds)
  return caller.org === provider || caller.org === recipient ? request : { ...request, calling_agent: caller.org }
}

/** A share by the names that its bodies have at present: a past text may know one by a name that was merged since. */
function shareNow(share: Share, { index, callers }: PolicyGrounds): Share {
  return index === callers ? share : { provider: callers.codeOf(share.provider), recipient: callers.codeOf(share.recipient) }
}

/** Decides one call. Pure: no clock, no I/O. A stranger is told nothing but that it is one. */
export function decideOn(asked: Question, grounds: PolicyGrounds): Outcome {
  const { refused } = asked.body
  if (refused) return { decision: 'DENY', reasons: [reason('INVALID_REQUEST', refused.detail)], agreement: null, nearest: null }
  const request = requestOf(asked, grounds)
  if (mayAsk(asked.caller.org, shareNow(request, grounds), asked.askedAt, grounds.callers))
    return evaluate(request, asked.at, withoutOthersOneOff(asked, request, grounds), grounds.shared)
  return {
    decision: 'DENY',
    reasons: [reason('CALLER_NOT_PARTY', 'The caller is neither party nor agent of one.')],
    agreement: null,
    nearest: null,
  }
}

/** A one-off decision on others' data is to the caller as if there were none: its state and scope cannot be found out by naming it. */
function withoutOthersOneOff(
  { caller, askedAt }: Question,
  { disclosure_decision_id: id }: DecisionRequest,
  on: PolicyGrounds,
): PolicyIndex {
  const { index, callers } = on
  const named = id === null ? undefined : index.disclosureDecision(id)
  return named && !mayAsk(caller.org, shareNow(named, on), askedAt, callers) ? { ...index, disclosureDecision: none } : index
}

function none(): undefined {}

/** Whether the caller may know an agreement: it stands in the text that was asked, or it acts under the present one. */
export function knowledgeOf({ caller, askedAt }: Question, { index, callers }: PolicyGrounds): (agreement: PolicyAgreement) => boolean {
  return (agreement) => {
    if (index === callers) return mayKnow(caller.org, agreement, askedAt)
    const present = callers.agreement(agreement.id)
    return (
      [...agreement.parties.keys()].some((org) => callers.codeOf(org) === caller.org) ||
      (present !== undefined && mayKnow(caller.org, present, askedAt))
    )
  }
}

/** The instant a live call is decided at and judged by: this node's clock, but never before the latest act of the revision. */
export function nowOn(index: PolicyIndex, clockMs: number): number {
  return Math.max(clockMs, index.head.instant)
}

/** The agreement that the leaf names: the one a permit rides on, or the one a refusal names. */
export function reliedOn(outcome: Outcome): string | null {
  if (outcome.decision === 'DENY') return outcome.agreement?.id ?? null
  return outcome.via === 'AGREEMENT' ? outcome.finding.agreement.id : null
}

/** The agreement whose prohibition an emergency overrode, for whoever reviews it (6.2 step 6). */
export function overriddenBy(outcome: Outcome): string | null {
  return outcome.decision === 'PERMIT' && outcome.via === 'BREAK_GLASS' ? (outcome.prohibitedBy?.id ?? null) : null
}
