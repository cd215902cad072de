import { type Answer, toAnswer } from './answer.ts'
import { decideOn, knowledgeOf, nowOn, type PolicyGrounds, type Question, requestOf } from './decide.ts'
import type { DecisionCall } from './decision-call.ts'
import { type Evaluation, evaluationId } from './decision-entry.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import type { PermitPolicy } from './evaluation/expiry.ts'
import type { PolicyAgreement } from './policy/policy.ts'
import { isRemediable, remedies } from './remedies/remedies.ts'
import type { SpareTime } from './remedies/spare-time.ts'
import { type DecisionBody, namedIn } from './request-body.ts'

/** What answers are made with, besides the policy. */
export interface Answering {
  readonly permits: PermitPolicy
  /** Time that may be spent on courtesies such as remedies. */
  readonly spare: SpareTime
}

/** What is asked, and what the rules say of it. */
interface Decided {
  readonly request: DecisionBody
  readonly asked: Question
  readonly outcome: Outcome
}

/** The answers to every body of a call, or to those up to the one that ends it, all on the same grounds and at the same instant. */
export function evaluationsOf(call: DecisionCall, id: string, on: PolicyGrounds, now: number, answering: Answering): Evaluation[] {
  const { bodies, batch } = call
  const grounds = bodies.length === 1 ? on : { ...on, shared: new Map() }
  const how = call.inShort ? { ...answering, spare: noTime } : answering
  const evaluations: Evaluation[] = []
  for (const [index, body] of bodies.entries()) {
    const decided = decideOne(call, body, grounds, now)
    const isLast = decided.outcome.decision === batch?.until
    // One that stands alone is named by the record itself.
    const count = isLast && index === 0 ? 1 : bodies.length
    evaluations.push(answered(decided, evaluationId(id, index, count), grounds, now, how))
    if (isLast) break
  }
  return evaluations
}

/** Nobody is told the remedies of a short answer: they are not looked for. */
const noTime: SpareTime = () => null

function decideOne({ caller, simulated }: DecisionCall, body: DecisionBody, grounds: PolicyGrounds, now: number): Decided {
  const request = namedIn(grounds.index, body)
  const askedAt = nowOn(grounds.callers, now)
  const at = simulated && body.at ? Date.parse(body.at) : askedAt
  const asked: Question = { caller, body: request, simulated, at, askedAt }
  return { request, asked, outcome: decideOn(asked, grounds) }
}

function answered(
  { request, asked, outcome }: Decided,
  decisionId: string,
  grounds: PolicyGrounds,
  now: number,
  { permits, spare }: Answering,
): Evaluation {
  const { at, simulated } = asked
  const mayKnow = knowledgeOf(asked, grounds)
  const answer: Answer = toAnswer(outcome, {
    decisionId,
    at,
    evaluatedAt: now,
    simulated,
    index: grounds.index,
    policy: permits,
    mayKnow,
    remedies: remediesFor(asked, outcome, grounds, mayKnow, spare),
  })
  return { request, answer, text: JSON.stringify(answer), outcome }
}

/**
 * Remedies are a courtesy: none for whoever may not know the agreement, none while the service is busy. Where no agreement was
 * weighed, only a reference or a one-off decision that was named can be put right.
 */
function remediesFor(
  asked: Question,
  outcome: Outcome,
  grounds: PolicyGrounds,
  mayKnow: (agreement: PolicyAgreement) => boolean,
  spare: SpareTime,
) {
  if (outcome.decision !== 'DENY') return null
  const { index, callers } = grounds
  const { at, askedAt, body } = asked
  if (outcome.agreement ? !mayKnow(outcome.agreement) : !isRemediable(outcome, body.agreement_ref ?? null)) return null
  return spare(() => remedies({ request: requestOf(asked, grounds), at, askedAt, isPastText: index !== callers, index, outcome }, mayKnow))
}
