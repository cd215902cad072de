import { SYSTEMATIC } from '../../disclosures/disclosure-record.ts'
import type { DisclosureDecision, Snapshot } from '../policy/policy.ts'
import type { Facts } from '../rules/facts.ts'
import { type Reason, reason } from '../rules/reason.ts'
import type { DecisionRequest } from '../rules/request.ts'

/** The decision that carries a one-off disclosure, or the first test of AH-1 and AH-2 that fails, as the only reason. */
export type OneOff =
  | { readonly permitted: true; readonly decision: DisclosureDecision }
  | { readonly permitted: false; readonly reason: Reason }

/** 6.7: may this request ride on the one-off decision it names? It may never consult an agreement or a prohibition, nor look for another decision. */
export function oneOff(facts: Facts, snapshot: Pick<Snapshot, 'disclosureDecision' | 'disclosureDecisionsFor'>): OneOff {
  const { request, at } = facts
  const decision = request.disclosure_decision_id === null ? undefined : snapshot.disclosureDecision(request.disclosure_decision_id)
  if (!decision) {
    const isNamed = request.disclosure_decision_id !== null
    const detail = isNamed ? 'There is no disclosure decision with this identifier.' : 'No recorded disclosure decision is named.'
    return no('ADHOC_DECISION_REQUIRED', detail)
  }
  if (!decision.isApproved || at < decision.validFrom || at >= decision.validTo) {
    return no('ADHOC_DECISION_NOT_APPROVED', 'The decision is not approved, or this is outside its window.')
  }
  if (decision.singleUse && decision.consumed)
    return no('ADHOC_DECISION_EXHAUSTED', 'The decision was for one disclosure and has been used.')
  const beyond = beyondScope(facts, decision)
  if (beyond.length > 0) return no('ADHOC_SCOPE_EXCEEDED', `Beyond the decision: ${beyond.join('; ')}.`, itemsBeyond(request, decision))
  const systematic = isSystematic(facts, snapshot)
  return systematic
    ? no('ADHOC_SCOPE_EXCEEDED', `${systematic} This is systematic sharing: it needs an agreement.`)
    : { permitted: true, decision }
}

function no(code: Reason['code'], detail: string, items: readonly string[] = []): OneOff {
  return { permitted: false, reason: reason(code, detail, { items }) }
}

function beyondScope({ request }: Facts, decision: DisclosureDecision): string[] {
  const beyond: string[] = []
  if (request.provider !== decision.provider) beyond.push('provider')
  if (request.recipient !== decision.recipient) beyond.push('recipient')
  if (request.purpose !== decision.purpose) beyond.push('purpose')
  const items = itemsBeyond(request, decision)
  if (items.length > 0) beyond.push(`data items ${items.join(', ')}`)
  return [...beyond, ...countsBeyond(request, decision).map(({ of, asked, limit }) => `${asked} ${of}, ${limit} were decided on`)]
}

/** The items asked for that the decision does not cover. */
export function itemsBeyond(request: DecisionRequest, decision: DisclosureDecision): string[] {
  return request.data_items.filter((item) => !decision.dataItems.has(item))
}

/** A number asked for that is more than was decided on. */
export interface CountBeyond {
  readonly member: 'subject_count' | 'record_count'
  readonly of: 'subjects' | 'records'
  readonly asked: number
  readonly limit: number
}

/** The numbers beyond the decision. Who says nothing asks about one person. */
export function countsBeyond(request: DecisionRequest, decision: DisclosureDecision): CountBeyond[] {
  const counts = [
    { member: 'subject_count', of: 'subjects', asked: request.subject_count ?? 1, limit: decision.subjectCount },
    { member: 'record_count', of: 'records', asked: request.record_count ?? 0, limit: decision.recordCount },
  ] as const
  return counts.flatMap(({ limit, ...count }) => (limit !== null && count.asked > limit ? [{ ...count, limit }] : []))
}

/** AH-2: why this is systematic sharing, null when it is not. */
function isSystematic({ request, at }: Facts, snapshot: Pick<Snapshot, 'disclosureDecisionsFor'>): string | null {
  if ((request.record_count ?? 0) > SYSTEMATIC.recordsMax) return `More than ${SYSTEMATIC.recordsMax} records.`
  const recent = snapshot
    .disclosureDecisionsFor(request.provider, request.recipient, request.purpose)
    .filter((known) => known.consumed && known.validFrom >= at - SYSTEMATIC.windowMs && known.validFrom <= at)
  return recent.length > SYSTEMATIC.usedMax ? `More than ${SYSTEMATIC.usedMax} one-off disclosures in 90 days.` : null
}
