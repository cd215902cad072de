import { contactsOf, NARRATIVE } from './placement-text.ts'

/** The text of the demo of sign-off: children who are missing, for every borough, the police and the NHS. The bodies are real, the agreement is not. */

export const MISSING_CHILDREN = {
  title: 'Children missing from home or care in London',
  purpose: 'SAFEGUARDING_CHILDREN.MISSING',
  items: ['IDENTITY.NAME', 'IDENTITY.DATE_OF_BIRTH', 'SOCIAL_CARE.LEGAL_STATUS'],
  subjects: ['CHILD'],
} as const

const SIDE = { regime: 'UK_GDPR', art6: ['6(1)(e)'], gateways: ['CA2004_S16LA'] } as const

/** Between everybody who takes part, in both directions. */
export function missingChildrenFlow(parties: readonly string[]) {
  return {
    ...{ id: 'F1', providers: parties, recipients: parties },
    purpose: MISSING_CHILDREN.purpose,
    ...{ data_items: MISSING_CHILDREN.items, data_subjects: MISSING_CHILDREN.subjects },
    ...{ methods: ['API_MTLS', 'SECURE_EMAIL'], countries: ['GB'] },
    legal: { provider: SIDE, recipient: SIDE },
    ...{ confidentiality: 'LEGAL_DUTY', retention_days: 365, onward: 'WITH_PROVIDER_APPROVAL', frequency: 'ON_EVENT' },
  }
}

export const MISSING_CHILDREN_NARRATIVE = {
  ...NARRATIVE,
  purpose: 'When a child is missing, whoever may know where the child is learns at once who is missing and who is responsible.',
  benefits: 'A missing child is found sooner.',
  alternatives: 'Telephone calls between duty desks took hours and reached only those who were thought of.',
  necessity_proportionality: 'Who the child is, how old, and who has parental responsibility. What happened before is left out.',
  retention_disposal: 'Notices are deleted 365 days after the child is found.',
} as const

/** A party as the draft names it. */
export function missingChildrenParty(org: string) {
  return { org, role: 'CONTROLLER', capacities: [], contacts: { ...contactsOf(org), signatory_post: `Director, ${org}` } }
}
