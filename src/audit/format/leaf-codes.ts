import { hash } from 'node:crypto'
import { agreementUrn, CODES_MAX, organisationUrn, shortCode } from './leaf-forms.ts'

/**
 * Member `ctr` for an agreement known by its reference, such as AGR-001. Total: a reference that is no code (imports keep
 * theirs) is named by a `urn:uuid:` made of its hash, so that no decision fails for the name of an agreement.
 */
export function urnOfAgreement(reference: string): string {
  const urn = `urn:accord:agreement:${reference}`
  return agreementUrn(urn) ? urn : hashedUrn(urn)
}

/** Member `org` for an organisation of the register, such as LBC_CAMDEN. Total, as `urnOfAgreement`. */
export function urnOfOrganisation(organisationCode: string): string {
  const urn = `urn:accord:organisation:${organisationCode}`
  return organisationUrn(urn) ? urn : hashedUrn(urn)
}

/** A code as leaves may carry it: itself where it has the closed form, else UNLISTED (its words are in the payload). Total. */
export function leafCode(text: string): string {
  return shortCode(text) ? text : 'UNLISTED'
}

/** Reason codes as a leaf carries them: in the order given, each once, at most 64. Total. */
export function leafCodes(texts: readonly string[]): string[] {
  return [...new Set(texts.map(leafCode))].slice(0, CODES_MAX)
}

/** UUIDv8 out of the first bits of the SHA-256. @see RFC 9562 section 5.8 */
function hashedUrn(name: string): string {
  const hex = hash('sha256', name, 'hex')
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16)
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
