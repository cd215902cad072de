/** What the members of an agreement are called in front of people. One list for the advice and for the comparison. */

/** Sections in words (3.3), in the order in which a reader meets them. */
export const NARRATIVE_LABELS = {
  purpose: 'Purpose in words',
  benefits: 'Benefits',
  alternatives: 'Why it cannot be achieved otherwise',
  necessity_proportionality: 'Necessity and proportionality',
  data_quality: 'Data quality',
  privacy_information: 'Privacy information',
  rights_handling: 'Handling of rights and complaints',
  security: 'Security',
  automated_decisions: 'Automated decisions',
  breach_handling: 'Breaches',
  foi: 'Freedom of information',
  termination: 'Ending and leaving',
  amendment_policy: 'How changes are agreed',
  retention_disposal: 'Retention and disposal',
} as const

export const FLOW_LABELS = {
  providers: 'providers',
  recipients: 'recipients',
  purpose: 'purpose',
  data_items: 'data items',
  data_subjects: 'people the data is about',
  category_grant: 'whole categories granted',
  data_form: 'form of the data',
  methods: 'methods of transfer',
  countries: 'countries',
  transfers: 'safeguards for transfers abroad',
  compatibility: 'compatibility of the purpose',
  confidentiality: 'duty of confidence',
  exemptions: 'exemptions',
  retention_days: 'retention in days',
  retention_rule: 'retention rule',
  onward: 'onward sharing',
  frequency: 'frequency',
  volume_limit: 'volume limit',
  honours_objection: 'objections honoured',
  consent_required: 'consent required',
  restriction_override: 'why restricted data still goes',
  standing_request_ref: 'standing request that it answers',
} as const

export const SIDE_LABELS = {
  regime: 'regime',
  performing_task: 'acts in its public task',
  art6: 'lawful basis (Art 6)',
  annex1: 'Annex 1 condition',
  gateways: 'law relied on',
  art9: 'Art 9 condition',
  sch1: 'Schedule 1 condition',
  criminal: 'Art 10 condition',
  part3: 'law enforcement conditions',
} as const

/** Contacts that each party gives (3.3, `parties[]`). */
export const CONTACT_LABELS = {
  signatory_post: 'the post that signs',
  dpo: 'data protection officer',
  ig: 'information governance',
  complaint: 'complaints',
  sar: 'subject access requests',
  breach: 'breaches, reached at any hour',
} as const

export const HEAD_LABELS = {
  title: 'Title',
  instrument_type: 'Kind of agreement',
  owner_org: 'Owner',
  effective_from: 'First day',
  effective_to: 'Last day',
} as const

/** What the parts of the terms are called that are neither a flow nor a narrative. */
export const BINDING_LABELS = {
  commencement: 'When it starts to bind',
  prohibitions: 'Uses ruled out',
  agents: 'Processors that act for a party',
  processor_contract: 'Contract with the processor',
  joint_controller_arrangement: 'Joint controller arrangement',
} as const
