import type { Agreement, AgreementVersion, Flow, LegalSide } from '../../../src/agreements/agreement.ts'
import { shippedPolicy } from './shipped-policy.ts'

/** Drafts for tests: one that is complete and lawful, and ways of spoiling it. */

export const NOW = Date.parse('2026-11-22T12:00:00Z')
export const register = shippedPolicy()

export const SIDE: LegalSide = {
  regime: 'UK_GDPR',
  performing_task: true,
  art6: ['6(1)(e)'],
  annex1: [],
  gateways: ['HA1996_PART7'],
  art9: [],
  sch1: [],
  criminal: [],
  part3: { sch8: [], strictly_necessary: false, reuse_authority: null },
}

/** A flow of ordinary data between two boroughs about homelessness. */
export function aFlow(over: Partial<Flow> = {}): Flow {
  return {
    id: 'F1',
    providers: ['LBC_CAMDEN'],
    recipients: ['LBC_HACKNEY'],
    purpose: 'HOMELESSNESS',
    data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'],
    data_subjects: ['HOMELESS_APPLICANT'],
    category_grant: [],
    data_form: 'IDENTIFIABLE',
    methods: ['SECURE_EMAIL'],
    countries: ['GB'],
    transfers: {},
    legal: { provider: SIDE, recipient: SIDE },
    compatibility: null,
    confidentiality: null,
    exemptions: [],
    retention_days: 365,
    retention_rule: null,
    onward: 'PROHIBITED',
    frequency: 'ON_EVENT',
    volume_limit: null,
    honours_objection: false,
    consent_required: false,
    ...over,
  }
}

/** The same law on both sides, or on the one named. */
export function withLaw(law: Partial<LegalSide>, side?: 'provider' | 'recipient'): Partial<Flow> {
  const changed = { ...SIDE, ...law }
  return { legal: { provider: side === 'recipient' ? SIDE : changed, recipient: side === 'provider' ? SIDE : changed } }
}

const WORDS = {
  purpose: 'x',
  benefits: 'x',
  alternatives: 'x',
  necessity_proportionality: 'x',
  data_quality: 'x',
  privacy_information: 'x',
  rights_handling: 'x',
  security: 'x',
  automated_decisions: 'x',
  breach_handling: 'x',
  foi: 'x',
  termination: 'x',
  amendment_policy: 'RE_SIGN_REQUIRED',
  retention_disposal: 'x',
}

export function aVersion(over: Partial<AgreementVersion> = {}, terms: Partial<AgreementVersion['terms']> = {}): AgreementVersion {
  return {
    version: 1,
    status: 'DRAFT',
    effective_from: '2027-01-01',
    effective_to: '2029-12-31',
    hash: null,
    terms: {
      flows: [aFlow()],
      commencement: { rule: 'PAIRWISE' },
      prohibitions: [],
      agents: [],
      processor_contract: null,
      joint_controller_arrangement: null,
      narrative: WORDS,
      ...terms,
    },
    ...over,
  }
}

export function anAgreement(over: Partial<Agreement> = {}, orgs: readonly string[] = ['LBC_CAMDEN', 'LBC_HACKNEY']): Agreement {
  return {
    id: 'DSA-T',
    title: 'Homelessness',
    instrument_type: 'CONTROLLER_TO_CONTROLLER',
    owner_org: 'LBC_CAMDEN',
    status: 'DRAFT',
    origin: 'ACCORD',
    sample: false,
    parties: orgs.map((org) => ({ org, role: 'CONTROLLER', capacities: [], left_at: null })),
    versions: [aVersion()],
    signatures: [],
    approvals: [],
    suspensions: [],
    terminated_at: null,
    review_due: '2027-06-01',
    review_policy: 'WARN',
    review_grace_days: 0,
    dpia: { required: false, status: 'SCREENED_OUT', status_changes: [], residual: null, prior_consultation: null, review_due: null },
    apd: [],
    ...over,
  }
}
