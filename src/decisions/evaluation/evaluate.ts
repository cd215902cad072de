import { acceptingAttested } from '../../agreements/model/attested.ts'
import { bindingVersion } from '../../agreements/model/in-force.ts'
import { partOf } from '../../agreements/model/standing.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { DisclosureDecision, PolicyAgreement, PolicyVersion, Snapshot } from '../policy/policy.ts'
import { type Facts, requestedItems } from '../rules/facts.ts'
import { acceptBoth, isExpired } from '../rules/lifecycle.ts'
import { type Reason, reason } from '../rules/reason.ts'
import type { DecisionRequest } from '../rules/request.ts'
import { type Finding, findings, type Weighed, weigh } from './candidates.ts'
import { chooseNearest, choosePermit } from './choose.ts'
import { emergencyRefusal } from './emergency.ts'
import { oneOff } from './one-off.ts'
import { stageZero } from './stage-zero.ts'

/** The answer of the rules. A DENY has at least one reason, a PERMIT has none (INV-9). */
export type Outcome =
  | {
      readonly decision: 'PERMIT'
      readonly via: 'AGREEMENT'
      readonly facts: Facts
      readonly finding: Finding
      readonly others: readonly Finding[]
    }
  | { readonly decision: 'PERMIT'; readonly via: 'AD_HOC'; readonly facts: Facts; readonly oneOff: DisclosureDecision }
  | { readonly decision: 'PERMIT'; readonly via: 'BREAK_GLASS'; readonly facts: Facts; readonly prohibitedBy: PolicyAgreement | null }
  | {
      readonly decision: 'DENY'
      readonly reasons: readonly Reason[]
      /** Named by 6.2 steps 4 and 7 only. */
      readonly agreement: PolicyAgreement | null
      /** The finding whose reasons these are, for the explanation; null where no agreement was weighed. */
      readonly nearest: Finding | null
    }

/** What is agreed between two bodies about a purpose at an instant, whatever else is asked. */
interface Between {
  readonly weighed: readonly Weighed[]
  readonly prohibiting: PolicyAgreement | null
}

/** What the questions of one call on one policy have in common; of another call or policy it would be wrong. */
export type SharedBetween = Map<string, Between>

/**
 * Decides one request at one instant on one policy revision (domain reference, 6.2).
 *
 * Pure: no clock, no I/O; the same request, instant and snapshot always give the same outcome (INV-1). Closed world:
 * nothing is permitted unless every test is met, and one prohibition in force beats any number of permits. It may never
 * permit for want of a reason: a test that cannot be made is one that failed.
 *
 * @param at T in milliseconds since the epoch: the instant the decision is for
 * @param shared what was found for other questions of the same call on this snapshot; it changes nothing but the time it takes
 */
export function evaluate(request: DecisionRequest, at: number, snapshot: Snapshot, shared?: SharedBetween): Outcome {
  const day = londonDay(at)
  const codes = snapshot.codes.on(day)
  const start = stageZero(request, at, { codes, organisation: snapshot.organisation })
  if (!start.passed) return deny([start.reason])
  const facts: Facts = {
    request,
    at,
    day,
    codes,
    provider: start.provider,
    recipient: start.recipient,
    requested: requestedItems(request.data_items, codes),
  }
  if (request.mode === 'AD_HOC') return decideOneOff(facts, snapshot)
  const { weighed, prohibiting } = shared ? sharedBetween(facts, snapshot, shared) : agreedBetween(facts, snapshot)
  const found: Finding[] = []
  for (const one of weighed) if (one.matching.length > 0 && isAsked(facts, one)) found.push(...findings(facts, one))
  const permits = found.filter((finding) => finding.reasons.length === 0)
  const permit = prohibiting ? undefined : choosePermit(permits)
  if (permit) return { decision: 'PERMIT', via: 'AGREEMENT', facts, finding: permit, others: permits.filter((other) => other !== permit) }
  if (request.mode === 'EMERGENCY') return decideEmergency(facts, prohibiting)
  if (prohibiting) {
    return deny([reason('PROHIBITED_BY_AGREEMENT', `The parties agreed never to share for ${request.purpose}.`)], prohibiting)
  }
  for (const one of weighed) if (one.matching.length === 0 && isAsked(facts, one)) found.push(...findings(facts, one))
  const nearest = chooseNearest(found)
  return nearest ? deny(nearest.reasons, nearest.agreement, nearest) : deny([reason('NO_AGREEMENT', noAgreement(request))])
}

function agreedBetween(facts: Facts, snapshot: Snapshot): Between {
  const { provider, recipient } = facts.request
  const weighed = snapshot.between(provider, recipient).map((agreement) => weigh(facts, agreement))
  return { weighed, prohibiting: prohibition(facts, weighed) }
}

/** Known codes of a question that has passed stage 0, none of which holds a line's end. */
function sharedBetween(facts: Facts, snapshot: Snapshot, shared: SharedBetween): Between {
  const { provider, recipient, purpose } = facts.request
  const key = `${provider}\n${recipient}\n${purpose}\n${facts.at}`
  const known = shared.get(key)
  if (known) return known
  const found = agreedBetween(facts, snapshot)
  shared.set(key, found)
  return found
}

function isAsked({ request, at }: Facts, weighed: Weighed): boolean {
  const { agreement } = weighed
  if (request.agreement_ref !== null && agreement.id !== request.agreement_ref) return false
  weighed.listsBoth ??= listsBoth(agreement, request, at)
  return weighed.listsBoth
}

/** Whether both are parties at T: named in the text or invited by then, and no invitation taken back. */
function listsBoth(agreement: PolicyAgreement, { provider, recipient }: DecisionRequest, at: number): boolean {
  return lists(agreement, provider, at) && lists(agreement, recipient, at)
}

function lists({ parties }: PolicyAgreement, org: string, at: number): boolean {
  const party = parties.get(org)
  return party !== undefined && partOf(party, at) !== 'NONE'
}

/** The same whether the reference is of nothing, or of an agreement between others. */
function noAgreement({ agreement_ref }: DecisionRequest): string {
  return agreement_ref === null
    ? 'No agreement on the register lists both organisations.'
    : 'The reference is not that of an agreement that lists both organisations.'
}

/**
 * 6.2 step 4: the agreement (several: lowest id) by whose text both are bound at T and that prohibits U or a purpose broader than U.
 * A later text ends a prohibition once both have signed it: whoever keeps the text cannot take it away alone.
 */
function prohibition(facts: Facts, weighed: readonly Weighed[]): PolicyAgreement | null {
  let lowest: PolicyAgreement | null = null
  for (const { agreement } of weighed) if (prohibits(facts, agreement) && (lowest === null || agreement.id < lowest.id)) lowest = agreement
  return lowest
}

function prohibits(facts: Facts, agreement: PolicyAgreement): boolean {
  // Most texts prohibit nothing of the kind, whichever of them binds: that one is looked for only where some text does.
  if (facts.at >= agreement.terminatedAt || !agreement.approved.some((version) => isProhibited(facts, version))) return false
  // A ban binds whoever would be permitted by what they accept as signed.
  const seen = agreement.hasAttested && acceptBoth(facts) ? acceptingAttested(agreement, facts.at) : agreement
  const version = bindingVersion(seen, [facts.provider.code, facts.recipient.code], facts.at, facts.day)
  return version !== null && !isExpired(version, facts.day) && isProhibited(facts, version)
}

function isProhibited({ request, codes }: Facts, { prohibited }: PolicyVersion): boolean {
  for (const purpose of prohibited) if (codes.purposes.isWithin(request.purpose, purpose)) return true
  return false
}

function decideOneOff(facts: Facts, snapshot: Snapshot): Outcome {
  const answer = oneOff(facts, snapshot)
  return answer.permitted ? { decision: 'PERMIT', via: 'AD_HOC', facts, oneOff: answer.decision } : deny([answer.reason])
}

function decideEmergency(facts: Facts, prohibitedBy: PolicyAgreement | null): Outcome {
  const refusal = emergencyRefusal(facts)
  return refusal ? deny([refusal]) : { decision: 'PERMIT', via: 'BREAK_GLASS', facts, prohibitedBy }
}

function deny(reasons: readonly Reason[], agreement: PolicyAgreement | null = null, nearest: Finding | null = null): Outcome {
  return { decision: 'DENY', reasons, agreement, nearest }
}
