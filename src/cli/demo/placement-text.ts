/** The text of the demo: placements of homeless households between boroughs. The bodies are real, the agreement is not. */

const BOROUGHS = 'ALL_SIGNED_BOROUGHS'
const SIDE = { regime: 'UK_GDPR', art6: ['6(1)(e)'], gateways: ['HA1996_PART7'] } as const

/** From every borough that has signed to every other one. */
export function placementFlow(items: readonly string[]) {
  return {
    id: 'F1',
    providers: [BOROUGHS],
    recipients: [BOROUGHS],
    purpose: 'HOMELESSNESS',
    data_items: items,
    data_subjects: ['RESIDENT'],
    methods: ['API_MTLS', 'SECURE_EMAIL'],
    countries: ['GB'],
    legal: { provider: SIDE, recipient: SIDE },
    confidentiality: 'NOT_ENGAGED',
    retention_days: 365,
    onward: 'WITH_PROVIDER_APPROVAL',
    frequency: 'ON_EVENT',
  }
}

export const NARRATIVE = {
  purpose: 'When one borough places a homeless household in another, the receiving borough learns who has arrived and how to reach them.',
  benefits: 'The household is known to local services from the first night.',
  alternatives: 'Letters were too slow: households had moved on before they were read.',
  necessity_proportionality: 'Who, where and how to reach them. Health, immigration and offending are left out.',
  data_quality: 'The placing borough checks the address on the day of the move and sends corrections within one working day.',
  privacy_information: 'Applicants are told at the first interview.',
  rights_handling: 'Each borough answers requests about what it holds and forwards the rest within two working days.',
  security: 'Named roles only, trained in the last twelve months; records stay in the case system.',
  automated_decisions: 'None. A person decides each case.',
  breach_handling: 'Whoever loses data tells the provider within 24 hours; each controller judges its own duty to notify.',
  foi: 'Requests for information go to the owner of the text, which consults the others.',
  termination: 'A party may leave on notice; it stays bound by confidentiality for what it holds.',
  retention_disposal: 'Notices are deleted 365 days after the placement ends.',
} as const

/** Posts and mailboxes of a borough. */
export function contactsOf(name: string) {
  return {
    signatory_post: `Director of Housing, ${name}`,
    dpo: `Data Protection Officer, ${name}`,
    ig: `Information governance team, ${name}`,
    complaint: `Complaints team, ${name}`,
    sar: `Subject access desk, ${name}`,
    breach: `Duty desk, ${name}`,
  }
}
