import { holdsAt, type Instant } from '../../platform/kernel/instant.ts'
import type { LifecycleFacts, VersionFacts } from './lifecycle-facts.ts'

/**
 * Signatures that were given elsewhere and are attested (docs/decisions/0021). Each is one for those alone who accept such signatures,
 * and never binds: whoever asks on their behalf asks of the text as if it were signed. Pure.
 */

/** Whether the signature of a party on a version is attested at an instant, and nobody disputes it. */
export function isAttested(version: Pick<VersionFacts, 'attested'>, org: string, at: Instant): boolean {
  return attestedAt(version, org, at) !== undefined
}

function attestedAt({ attested }: Pick<VersionFacts, 'attested'>, org: string, at: Instant) {
  return attested.get(org)?.find((one) => holdsAt([one], at))
}

/** The version as those see it who accept attested signatures: signed, and where that was attested too approved, by whoever is attested at this instant. */
export function asIfSigned<Version extends VersionFacts>(version: Version, at: Instant): Version {
  const counted = [...version.attested.keys()].flatMap((org) => {
    const held = attestedAt(version, org, at)
    return held ? [[org, held] as const] : []
  })
  if (counted.length === 0) return version
  const signedAt = new Map(version.signedAt)
  const approvedAt = new Map(version.approvedAt)
  for (const [org, { from, approved }] of counted) {
    signedAt.set(org, Math.min(from, signedAt.get(org) ?? from))
    const complete = approvedAt.get(org)
    if (approved && complete !== undefined) approvedAt.set(org, Math.min(from, complete))
  }
  return { ...version, signedAt, approvedAt }
}

/** An agreement as those see it who accept attested signatures; the same one where there are none. */
export function acceptingAttested<Facts extends LifecycleFacts>(facts: Facts, at: Instant): Facts {
  return facts.hasAttested ? { ...facts, approved: facts.approved.map((version) => asIfSigned(version, at)) } : facts
}

/**
 * The parties whose attested signature sharing between two rests on, those two first: who of them has not signed here, and where all must
 * sign, or so many, who of the others. `version` as it is, without what only those see who accept.
 */
export function restsOnAttested(version: VersionFacts, pair: readonly [string, string], at: Instant): string[] {
  if (version.attested.size === 0) return []
  const isOnly = (org: string) => isAttested(version, org, at) && !((version.signedAt.get(org) ?? Number.POSITIVE_INFINITY) <= at)
  const own = [...new Set(pair)].filter(isOnly)
  const { commencement, signedAt, awaits, attested } = version
  const isReached = commencement.rule === 'THRESHOLD' && [...signedAt.values()].filter((signed) => signed <= at).length >= commencement.n
  if (commencement.rule === 'PAIRWISE' || isReached) return own
  const others = commencement.rule === 'ALL_SIGNED' ? [...awaits].flatMap(([org, until]) => (at < until ? [org] : [])) : attested.keys()
  return [...own, ...[...others].filter((org) => !pair.includes(org) && isOnly(org))]
}
