import { ALWAYS, type Instant, NEVER } from '../../platform/kernel/instant.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import type { Agreement, AgreementStatus, AgreementVersion } from '../agreement.ts'
import { isAttested } from './attested.ts'
import { type LifecycleFacts, lifecycleFacts, type PartyFacts, type Timeline, type VersionFacts } from './lifecycle-facts.ts'

/**
 * Who is what in an agreement at an instant, and which version speaks for it. Rights follow signatures: a body is BOUND by what it
 * signed, not by being named. Pure; nothing else in the house works any of this out.
 */

/**
 * DRAFTING: named in a text that is still written. INVITED: named in a frozen text that it has not signed; it reads, and signs or
 * declines. ATTESTED: invited, and two people attest that it has signed elsewhere; its rights are those of an invited body. BOUND: has signed the version that governs, or the first to. LEFT, ENDED: its part, or the body itself, is over.
 * SUCCESSOR: follows a body that took part and is bound by nothing yet. NONE: anybody else.
 */
export const STANDINGS = ['DRAFTING', 'INVITED', 'ATTESTED', 'BOUND', 'LEFT', 'ENDED', 'SUCCESSOR', 'NONE'] as const
export type Standing = (typeof STANDINGS)[number]

/** The version that speaks for an agreement, and whether it has begun. */
export interface Governing<Version extends VersionFacts = VersionFacts> {
  readonly version: Version
  readonly notYetEffective: boolean
}

/**
 * LC-2, LC-2a: the latest version that stands and has begun, equal dates the higher number; it does not revive an earlier one by
 * expiring. None begun: the earliest to come, equal dates the higher number. null: no text stands.
 *
 * @param day the London day of `at`
 */
export function governing<Version extends VersionFacts>(
  { approved }: Pick<LifecycleFacts<Version>, 'approved'>,
  at: Instant,
  day: Day,
): Governing<Version> | null {
  let first: Version | null = null
  for (let i = approved.length - 1; i >= 0; i--) {
    const version = approved[i] as Version
    if (!stands(version, at)) continue
    if (version.effectiveFrom <= day) return { version, notYetEffective: false }
    if (first === null || version.effectiveFrom < first.effectiveFrom) first = version
  }
  return first && { version: first, notYetEffective: true }
}

/** Whether a body reads a frozen text that it has not signed here. */
export function isInvited(standing: Standing): boolean {
  return standing === 'INVITED' || standing === 'ATTESTED'
}

/** Whether a version stands as a text that can bind: frozen, and neither replaced nor given up. */
export function stands({ frozenAt, droppedAt }: VersionFacts, at: Instant): boolean {
  return frozenAt <= at && at < droppedAt
}

/** How an organisation stands in an agreement at an instant. */
export function standingOf(agreement: Agreement, org: string, at: Instant): Standing {
  const facts = lifecycleFacts(agreement)
  const party = facts.parties.get(org)
  const part = party ? partOf(party, at) : 'NONE'
  if (!party || part === 'NONE') return follows(agreement, org, at) ? 'SUCCESSOR' : 'NONE'
  if (at >= party.exists.to) return 'ENDED'
  if (part === 'LEFT') return 'LEFT'
  const leading = governing(facts, at, londonDay(at))
  if (!leading) return 'DRAFTING'
  if (hasSigned(leading.version, org, at)) return 'BOUND'
  return isAttested(leading.version, org, at) ? 'ATTESTED' : 'INVITED'
}

/** Whether a party takes part at an instant: IN, LEFT, or NONE before it was invited and after an invitation was taken back. */
export function partOf(party: PartyFacts, at: Instant): 'IN' | 'LEFT' | 'NONE' {
  if (at >= party.joinedAt) return at < party.leftAt ? 'IN' : party.isUninvited ? earlierPart(party, at) : 'LEFT'
  return earlierPart(party, at)
}

function earlierPart({ earlier }: PartyFacts, at: Instant): 'IN' | 'LEFT' | 'NONE' {
  if (earlier.some(({ from, to }) => from <= at && at < to)) return 'IN'
  return earlier.some(({ to, isUninvited }) => to <= at && !isUninvited) ? 'LEFT' : 'NONE'
}

/** Whether a party takes part and exists. */
export function isPresent(party: PartyFacts, at: Instant): boolean {
  return partOf(party, at) === 'IN' && party.exists.from <= at && at < party.exists.to
}

/** Organisations that take part and exist, in the order of the parties. */
export function presentParties(agreement: Agreement, at: Instant): string[] {
  return [...lifecycleFacts(agreement).parties].filter(([, party]) => isPresent(party, at)).map(([org]) => org)
}

/** Everybody who takes part, and the keeper, but for one organisation: who is told of what that one does. */
export function othersThan(agreement: Agreement, org: string, at: Instant): string[] {
  const keeper = keeperOf(agreement, at)
  return [...new Set([...presentParties(agreement, at), ...(keeper === null ? [] : [keeper])])].filter((other) => other !== org)
}

/** Organisations that are BOUND, in the order of the parties. */
export function boundParties(agreement: Agreement, at: Instant): string[] {
  return agreement.parties.map(({ org }) => org).filter((org) => standingOf(agreement, org, at) === 'BOUND')
}

export function hasSigned({ signedAt }: VersionFacts, org: string, at: Instant): boolean {
  return (signedAt.get(org) ?? NEVER) <= at
}

/** Whose signature a version that all must sign wants at an instant, given or not: of those present when it was frozen (CK-2). */
export function awaitedBy({ awaits }: VersionFacts, at: Instant): string[] {
  return [...awaits].flatMap(([org, until]) => (at < until || until === NEVER ? [org] : []))
}

/** The organisation that keeps the text at an instant; null: the register names none. */
export function keeperOf(agreement: Agreement, at: Instant): string | null {
  return valueAt(lifecycleFacts(agreement).keepers, at)
}

/** Whether an organisation keeps the text and can: it has neither left nor ended. A keeper need not be a party. */
export function isKeeper(agreement: Agreement, org: string, at: Instant): boolean {
  if (keeperOf(agreement, at) !== org) return false
  const standing = standingOf(agreement, org, at)
  return standing !== 'LEFT' && standing !== 'ENDED'
}

/**
 * Until when an organisation may know what becomes of an agreement: NEVER ends while it takes part or keeps the text, the instant
 * at which its part ended otherwise. null: it may not know the agreement at all.
 */
export function knowsUntil(agreement: Agreement, org: string, at: Instant): Instant | null {
  if (isKeeper(agreement, org, at)) return NEVER
  const standing = standingOf(agreement, org, at)
  if (standing === 'NONE' || standing === 'SUCCESSOR') return null
  const party = lifecycleFacts(agreement).parties.get(org)
  if (!party || (standing !== 'LEFT' && standing !== 'ENDED')) return NEVER
  const ends = [party.leftAt, ...party.earlier.map(({ to }) => to)].filter((end) => end <= at)
  return Math.min(party.exists.to, partOf(party, at) === 'IN' ? NEVER : Math.max(...ends))
}

function follows({ parties }: Agreement, org: string, at: Instant): boolean {
  return parties.some(
    ({ succeeded_by, active_to }) => succeeded_by === org && active_to !== null && active_to !== undefined && Date.parse(active_to) <= at,
  )
}

/** What a timeline holds at an instant. */
export function valueAt<T>(timeline: Timeline<T>, at: Instant): T {
  for (const { until, value } of timeline) if (at < until) return value
  const last = timeline.at(-1)
  if (!last) throw new RangeError('a timeline holds at least one value')
  return last.value
}

/**
 * The stored status as it stands at an instant: an agreement whose end has come is TERMINATED, and one that waits for its first signatures is
 * IN_REVIEW while people of a controller still approve its text, and AWAITING_SIGNATURE once none do, whichever of both is stored.
 */
export function statusAt(agreement: Agreement, at: Instant): AgreementStatus {
  const facts = lifecycleFacts(agreement)
  if (facts.terminatedAt <= at) return 'TERMINATED'
  if (!isUnsigned(agreement.status)) return agreement.status
  const version = governing(facts, at, londonDay(at))?.version
  // Recorded elsewhere, or with nothing to approve: as it is stored.
  if (!version || version.approvedAt.size === 0) return agreement.status
  const isApproving = ([org, party]: readonly [string, PartyFacts]) =>
    party.isController && isPresent(party, at) && (version.approvedAt.get(org) ?? ALWAYS) > at
  return [...facts.parties].some(isApproving) ? 'IN_REVIEW' : 'AWAITING_SIGNATURE'
}

/** Whether a status is one of a frozen text that does not bind anybody yet. */
export function isUnsigned(status: AgreementStatus): boolean {
  return status === 'IN_REVIEW' || status === 'AWAITING_SIGNATURE'
}

/** Versions that stand as texts at an instant, earliest start first, equal dates by number. */
export function standingVersions(agreement: Agreement, at: Instant): readonly AgreementVersion[] {
  return lifecycleFacts(agreement)
    .approved.filter((version) => stands(version, at))
    .map(({ source }) => source)
}

/** The version that governs at an instant; undefined: none has begun. */
export function governingVersion(agreement: Agreement, at: Instant): AgreementVersion | undefined {
  const found = governing(lifecycleFacts(agreement), at, londonDay(at))
  return found && !found.notYetEffective ? found.version.source : undefined
}

/** The governing version, or where none has begun the one that will be first to; undefined: no text stands. */
export function leadingVersion(agreement: Agreement, at: Instant): AgreementVersion | undefined {
  return governing(lifecycleFacts(agreement), at, londonDay(at))?.version.source
}

/** The version that is being written; at most one (a record made elsewhere may hold none). */
export function draftVersion(agreement: Agreement): AgreementVersion | undefined {
  return agreement.versions.findLast((version) => version.status === 'DRAFT')
}

/** Organisations that have signed a version by an instant, in the order of the parties. */
export function signatoriesOf(agreement: Agreement, number: number, at: Instant): readonly string[] {
  const version = lifecycleFacts(agreement).approved.find((known) => known.version === number)
  return version ? agreement.parties.map(({ org }) => org).filter((org) => hasSigned(version, org, at)) : []
}
