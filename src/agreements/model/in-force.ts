import { holdsAt, type Instant, type Interval, NEVER } from '../../platform/kernel/instant.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import type { Agreement, AgreementVersion, Dpia } from '../agreement.ts'
import { asIfSigned } from './attested.ts'
import { type DpiaFacts, type LifecycleFacts, lifecycleFacts, type VersionFacts } from './lifecycle-facts.ts'
import { awaitedBy, governing, hasSigned, isPresent, partOf, stands, valueAt } from './standing.ts'

/**
 * Is an agreement in force between two bodies at an instant, and if not, what is missing from whom (CK-1, CK-2, CK-16)?
 *
 * One answer for all who ask: the decision turns each obstacle into a reason, the state and the lists say IN_FORCE where there is
 * none, the acts move the status by it. Pure.
 */

/** What stands against sharing under a version, in the order of the reason codes; `org`: of the pair, whose it is. */
export type Obstacle =
  | { readonly code: 'NOT_YET_EFFECTIVE'; readonly from: Day }
  | { readonly code: 'EXPIRED'; readonly to: Day }
  | { readonly code: 'TERMINATED'; readonly at: Instant }
  | { readonly code: 'SUSPENDED' }
  | { readonly code: 'REVIEW_OVERDUE'; readonly due: Day; readonly lastDay: Day }
  | { readonly code: 'PARTY_NOT_SIGNED'; readonly org: string }
  | { readonly code: 'OTHERS_NOT_SIGNED'; readonly orgs: readonly string[] }
  | { readonly code: 'PARTY_WITHDRAWN'; readonly org: string }
  | { readonly code: 'PARTY_SUSPENDED'; readonly org: string }
  | { readonly code: 'APPROVALS_MISSING'; readonly org: string }
  | { readonly code: 'TOO_FEW_SIGNED'; readonly signed: number; readonly needed: number }

type Pair = readonly [string, string]

/** Everything that stands against a pair under a version at an instant; none: it is in force between them. */
export function obstacles(facts: LifecycleFacts, version: VersionFacts, pair: Pair, at: Instant, day: Day): Obstacle[] {
  const found = lifecycleObstacles(facts, version, at, day)
  found.push(...partyObstacles(facts, version, pair, at))
  return found
}

/** CK-1: what stands against everybody: the dates of the version, the end, a suspension of the whole, the review. */
export function lifecycleObstacles(facts: LifecycleFacts, version: VersionFacts, at: Instant, day: Day): Obstacle[] {
  const found: Obstacle[] = []
  if (version.effectiveFrom > day) found.push({ code: 'NOT_YET_EFFECTIVE', from: version.effectiveFrom })
  if (version.effectiveTo !== null && day > version.effectiveTo) found.push({ code: 'EXPIRED', to: version.effectiveTo })
  if (at >= facts.terminatedAt) found.push({ code: 'TERMINATED', at: facts.terminatedAt })
  if (holdsAt(facts.suspensions, at)) found.push({ code: 'SUSPENDED' })
  const { due, lastDay } = valueAt(facts.reviews, at)
  if (due !== null && lastDay !== null && day > lastDay) found.push({ code: 'REVIEW_OVERDUE', due, lastDay })
  return found
}

/** CK-2 and CK-16: what stands against a pair: signatures, leaving, its own suspension, approvals, the threshold. */
export function partyObstacles(facts: LifecycleFacts, version: VersionFacts, pair: Pair, at: Instant): Obstacle[] {
  const found = commencementObstacles(facts, version, pair, at)
  for (const org of pair) {
    const party = facts.parties.get(org)
    if (!party) continue
    if (partOf(party, at) !== 'IN') found.push({ code: 'PARTY_WITHDRAWN', org })
    if (holdsAt(party.suspensions, at)) found.push({ code: 'PARTY_SUSPENDED', org })
  }
  return found
}

/** Whether the text binds both at an instant as far as signatures and approvals go, and neither has left: a ban does, then. */
export function bindsPair(facts: LifecycleFacts, version: VersionFacts, pair: Pair, at: Instant): boolean {
  return pair.every((org) => isIn(facts, org, at)) && commencementObstacles(facts, version, pair, at).length === 0
}

/**
 * The version that binds a pair at an instant: of those that have begun, the latest that both have signed. What both have not signed
 * binds neither, and takes away nothing that an earlier text of both binds them to (LC-3); null: none does.
 */
export function bindingVersion<Version extends VersionFacts>(
  facts: LifecycleFacts<Version>,
  pair: Pair,
  at: Instant,
  day: Day,
): Version | null {
  for (let i = facts.approved.length - 1; i >= 0; i--) {
    const version = facts.approved[i] as Version
    if (version.effectiveFrom <= day && stands(version, at) && bindsPair(facts, version, pair, at)) return version
  }
  return null
}

function isIn(facts: LifecycleFacts, org: string, at: Instant): boolean {
  const party = facts.parties.get(org)
  return party !== undefined && partOf(party, at) === 'IN'
}

function commencementObstacles(facts: LifecycleFacts, version: VersionFacts, pair: Pair, at: Instant): Obstacle[] {
  const found: Obstacle[] = []
  const { commencement } = version
  for (const org of pair) if (!hasSigned(version, org, at)) found.push({ code: 'PARTY_NOT_SIGNED', org })
  if (commencement.rule === 'ALL_SIGNED') {
    let others: string[] | undefined
    for (const [org, until] of version.awaits) {
      if (until <= at || org === pair[0] || org === pair[1] || hasSigned(version, org, at)) continue
      others ??= []
      others.push(org)
    }
    if (others) found.push({ code: 'OTHERS_NOT_SIGNED', orgs: others })
  }
  for (const org of pair) {
    const approvedAt = version.approvedAt.get(org)
    if (approvedAt !== undefined && approvedAt > at && facts.parties.get(org)?.isController) found.push({ code: 'APPROVALS_MISSING', org })
  }
  if (commencement.rule === 'THRESHOLD') {
    const signed = countSigned(facts, version, at)
    if (signed < commencement.n) found.push({ code: 'TOO_FEW_SIGNED', signed, needed: commencement.n })
  }
  return found
}

function countSigned(facts: LifecycleFacts, version: VersionFacts, at: Instant): number {
  let signed = 0
  for (const [org, party] of facts.parties) if (hasSigned(version, org, at) && partOf(party, at) === 'IN') signed += 1
  return signed
}

/**
 * The parties between which the agreement is in force at an instant: any two of them, and no others. A body that does not exist
 * is none of them, nor is anybody while every flow of the text is suspended (CK-18).
 */
export function partiesInForce(agreement: Agreement, at: Instant): string[] {
  const facts = lifecycleFacts(agreement)
  const day = londonDay(at)
  const leading = governing(facts, at, day)
  if (!leading || lifecycleObstacles(facts, leading.version, at, day).length > 0 || areAllFlowsSuspended(leading.version, at)) return []
  const signed = ableParties(facts, leading.version, at)
  // Who accepts attested signatures shares with each other besides: of two circles the larger one is told.
  const accepting = facts.hasAttested ? ableParties(facts, asIfSigned(leading.version, at), at).filter(acceptsAttested) : []
  const able = accepting.length > signed.length ? accepting : signed
  return able.length > 1 ? able : []

  function acceptsAttested(org: string): boolean {
    return (facts.parties.get(org)?.acceptsAttestedAt ?? NEVER) <= at
  }
}

/** Parties that nothing of their own, and nothing of the text, keeps from sharing. */
function ableParties(facts: LifecycleFacts, version: VersionFacts, at: Instant): string[] {
  const isAble = (org: string) => partyObstacles(facts, version, [org, org], at).length === 0
  return [...facts.parties].flatMap(([org, party]) => (isPresent(party, at) && isAble(org) ? [org] : []))
}

/** Whether sharing under a version stands still altogether because each of its flows does. */
export function areAllFlowsSuspended({ source, flowSuspensions }: VersionFacts, at: Instant): boolean {
  const { flows } = source.terms
  return flows.length > 0 && flows.every(({ id }) => holdsAt(flowSuspensions.get(id) ?? [], at))
}

/**
 * Whether a version binds anybody at an instant (CK-16): the rule of its commencement is met and at least two that take part have
 * signed. Dates, suspensions and ends are not asked.
 */
export function hasCommenced(agreement: Agreement, number: number, at: Instant): boolean {
  const facts = lifecycleFacts(agreement)
  const version = facts.approved.find((known) => known.version === number)
  if (!version) return false
  const signed = countSigned(facts, version, at)
  const { commencement } = version
  if (commencement.rule === 'ALL_SIGNED') return signed > 1 && awaitedBy(version, at).every((org) => hasSigned(version, org, at))
  return signed >= (commencement.rule === 'THRESHOLD' ? Math.max(commencement.n, 2) : 2)
}

/** Who has yet to sign a version at an instant: of those that still can, everybody whom it waits for; nobody where it can bind nobody. */
export function missingSignatures(agreement: Agreement, number: number, at: Instant): string[] {
  const facts = lifecycleFacts(agreement)
  const version = facts.approved.find((known) => known.version === number)
  if (!version || !canCommence(agreement, { version: number }, at)) return []
  return [...facts.parties]
    .filter(([org, party]) => isPresent(party, at) && waitsFor(agreement, number, org, at) && !hasSigned(version, org, at))
    .map(([org]) => org)
}

/** Whether a version wants the signature of a party at an instant: where all must sign, only of those present when it was frozen (CK-2). */
export function waitsFor(agreement: Agreement, number: number, org: string, at: Instant): boolean {
  const version = lifecycleFacts(agreement).approved.find((known) => known.version === number)
  return version !== undefined && (version.commencement.rule !== 'ALL_SIGNED' || awaitedBy(version, at).includes(org))
}

/** Whether a version can still come to bind two bodies: those whose signatures it needs can give them. */
export function canCommence(agreement: Agreement, { version: number }: Pick<AgreementVersion, 'version'>, at: Instant): boolean {
  const facts = lifecycleFacts(agreement)
  const version = facts.approved.find((known) => known.version === number)
  if (!version || !stands(version, at)) return false
  const couldSign = (org: string) => {
    const party = facts.parties.get(org)
    return hasSigned(version, org, at) || (party !== undefined && isPresent(party, at))
  }
  if (version.commencement.rule === 'ALL_SIGNED') return awaitedBy(version, at).every(couldSign)
  const able = [...facts.parties].filter(([, party]) => isPresent(party, at)).length
  return able >= (version.commencement.rule === 'THRESHOLD' ? Math.max(version.commencement.n, 2) : 2)
}

/** The state of an assessment at an instant: the last change by then, else the state it began in (CK-11). */
export function dpiaStateAt({ changes, initialState }: DpiaFacts, at: Instant): string {
  return changes.findLast((change) => change.at <= at)?.state ?? initialState
}

/** The assessment as it stood at an instant. */
export function dpiaAt({ dpia }: Agreement, facts: LifecycleFacts, at: Instant): Dpia {
  return { ...dpia, ...valueAt(facts.dpia.recorded, at), status: dpiaStateAt(facts.dpia, at) }
}

/** The first instant after `at` at which something that is already on record begins or ends a part, a text or a stop; NEVER: none. */
export function nextChange(facts: LifecycleFacts, pair: Pair, at: Instant): Instant {
  const everybody = facts.approved.some(({ commencement }) => commencement.rule === 'THRESHOLD')
  let next = sooner(NEVER, facts.terminatedAt, at)
  next = firstOf(facts.suspensions, next, at)
  for (const [org, party] of facts.parties) {
    if (!everybody && org !== pair[0] && org !== pair[1]) continue
    next = firstOf(party.suspensions, sooner(next, party.leftAt, at), at)
  }
  for (const { flowSuspensions } of facts.approved) for (const held of flowSuspensions.values()) next = firstOf(held, next, at)
  for (const change of facts.dpia.changes) next = sooner(next, change.at, at)
  for (const org of pair) for (const { to } of facts.dpia.accepting?.by.get(org) ?? []) next = sooner(next, to, at)
  return next
}

/** The version of an assessment made here whose risk a controller has accepted, at an instant; null: none (DP-7). */
export function acceptedVersion({ accepting }: DpiaFacts, org: string, at: Instant): number | null {
  return accepting?.by.get(org)?.findLast(({ from, to }) => from <= at && at < to)?.version ?? null
}

/** The first beginning after `at`, or what was known before where that is sooner. */
function firstOf(intervals: readonly Interval[], known: Instant, at: Instant): Instant {
  let next = known
  for (const { from } of intervals) next = sooner(next, from, at)
  return next
}

function sooner(known: Instant, instant: Instant, at: Instant): Instant {
  return instant > at && instant < known ? instant : known
}
