import type { Role } from '../identity/permissions.ts'
import type { RegisteredOrganisation } from '../parties/organisation.ts'

/**
 * The roles without which a public authority cannot approve and sign what it shares, in the order in which a text passes through their
 * hands: a data protection officer is designated by every public authority (UK GDPR Article 37(1)(a)), a Caldicott Guardian by those in
 * health and adult social care (National Data Guardian guidance of August 2021, under section 1 of the 2018 Act); the others do a step of
 * the sign-off that this service ships, or sign. None where the body is no public authority, or nobody has confirmed it. Pure.
 */
export function rolesNeededBy({
  status,
  public_authority,
  health_or_social_care_authority: isCare,
}: Pick<RegisteredOrganisation, 'status' | 'public_authority' | 'health_or_social_care_authority'>): readonly Role[] {
  if (status !== 'CONFIRMED' || !public_authority) return []
  return ['IG_OFFICER', 'IAO', 'DPO', ...(isCare ? (['CALDICOTT_GUARDIAN'] as const) : []), 'SIRO', 'SIGNATORY']
}
