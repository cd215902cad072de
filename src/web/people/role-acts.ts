import type { Role } from '../../identity/permissions.ts'

/** A role that a person may hold; machines have one of their own. */
export type PersonRole = Exclude<Role, 'API_CLIENT'>

/** What whoever holds a role does by it, in words: what its end takes from them. In the order in which roles are offered. */
export const ROLE_ACTS: Readonly<Record<PersonRole, string>> = {
  REQUESTER: 'draft agreements and ask for shares',
  IG_OFFICER: 'draft agreements, send them for review, review them, invite others, suspend sharing, and answer requests for shares',
  IAO: 'draft agreements and review texts as the owner of the data',
  DPO: 'review texts and give data protection advice, and suspend sharing',
  CALDICOTT_GUARDIAN: 'review what is shared about health and care, and suspend sharing',
  SIRO: 'approve texts and accept their risk, suspend sharing and let it go on, end agreements, and say who holds which role',
  INFOSEC: 'review the security of a text, and keep webhooks',
  LEGAL: 'draft agreements, review their law, and attest signatures',
  SIGNATORY: 'sign agreements, leave them and end them',
  AUTHORISED_DISCLOSURE_OFFICER: 'approve one-off disclosures',
  DUTY_MANAGER: 'share in an emergency without an agreement',
  PRACTITIONER: 'ask whether something may be shared, and read the answers',
  AUDITOR: 'read every agreement and the log',
  REGISTER_ADMIN: 'confirm organisations and contacts, say who holds which role in any organisation, and register API clients',
}
