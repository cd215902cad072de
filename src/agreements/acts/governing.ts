import type { Agreement, AgreementStatus, AgreementVersion } from '../agreement.ts'

/** Which version speaks for an agreement, and whether enough have signed it. Days are London local dates. Pure. */

/** Versions that were frozen and not replaced or dropped since, earliest start first, equal dates by number. */
export function approvedVersions(agreement: Agreement): readonly AgreementVersion[] {
  return agreement.versions
    .filter((version) => version.status === 'APPROVED')
    .toSorted((a, b) => compare(a.effective_from ?? '', b.effective_from ?? '') || a.version - b.version)
}

/**
 * The version that governs on a day (LC-2): the latest APPROVED one that has begun. An earlier one never revives when a
 * later one expires. Undefined: none has begun.
 */
export function governingVersion(agreement: Agreement, day: string): AgreementVersion | undefined {
  return approvedVersions(agreement).findLast((version) => (version.effective_from ?? '') <= day)
}

/** The governing version, or where none has begun yet the one that will be first to; undefined: none is approved. */
export function leadingVersion(agreement: Agreement, day: string): AgreementVersion | undefined {
  const approved = approvedVersions(agreement)
  return governingVersion(agreement, day) ?? approved.findLast((version) => version.effective_from === approved[0]?.effective_from)
}

/** The version that is being written; at most one (a record made elsewhere may hold none). */
export function draftVersion(agreement: Agreement): AgreementVersion | undefined {
  return agreement.versions.findLast((version) => version.status === 'DRAFT')
}

/** Organisations that have signed a version, in the order of the parties. */
export function signatoriesOf(agreement: Agreement, version: number): readonly string[] {
  const signed = new Set(agreement.signatures.filter((signature) => signature.version === version).map(({ org }) => org))
  return agreement.parties.map(({ org }) => org).filter((org) => signed.has(org))
}

/**
 * Whether a version binds anybody once these have signed (CK-16): all parties, any two of them, or as many as it says.
 * Whether it binds a given pair at an instant is the decision's question alone.
 */
export function hasCommenced(agreement: Agreement, version: AgreementVersion, signed: readonly string[], now: string): boolean {
  const isIn = (org: string) => agreement.parties.some((party) => party.org === org && !hasLeft(party.left_at, now))
  const { commencement } = version.terms
  const counted = signed.filter(isIn).length
  if (commencement.rule === 'ALL_SIGNED') return counted > 1 && agreement.parties.every(({ org }) => signed.includes(org))
  return counted >= (commencement.rule === 'THRESHOLD' ? Math.max(commencement.n, 2) : 2)
}

/** The stored status as it stands at an instant: an agreement whose end has come is TERMINATED, whatever is stored. */
export function statusAt(agreement: Agreement, now: string): AgreementStatus {
  return agreement.terminated_at !== null && Date.parse(agreement.terminated_at) <= Date.parse(now) ? 'TERMINATED' : agreement.status
}

/** Whether a party that leaves at `leftAt` (null: it stays) has left at an instant. */
export function hasLeft(leftAt: string | null, now: string): boolean {
  return leftAt !== null && Date.parse(leftAt) <= Date.parse(now)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
