import type { Agreement, Flow, LegalSide, Terms } from './agreement.ts'

/** What a text holds before anybody has said anything: no rule accepts it as it is. Pure. */

/** A side for which no law is recorded yet. */
export const EMPTY_SIDE: LegalSide = {
  ...{ regime: 'UK_GDPR', performing_task: true, art6: [], annex1: [], gateways: [], art9: [], sch1: [], criminal: [] },
  part3: { sch8: [], strictly_necessary: false, reuse_authority: null },
}

/** What a flow says besides between whom, why and under which law. */
export const EMPTY_FLOW: Omit<Flow, 'id' | 'providers' | 'recipients' | 'purpose' | 'legal'> = {
  ...{ data_items: [], data_subjects: [], category_grant: [], data_form: 'IDENTIFIABLE', methods: [], countries: [], transfers: {} },
  ...{ compatibility: null, confidentiality: null, exemptions: [], retention_days: null, retention_rule: null, onward: 'PROHIBITED' },
  ...{ frequency: null, volume_limit: null, honours_objection: false, consent_required: false },
  ...{ restriction_override: null, standing_request_ref: null },
}

/** The terms of a text that nobody has begun to write. */
export const EMPTY_TERMS: Terms = {
  ...{ flows: [], commencement: { rule: 'ALL_SIGNED' }, prohibitions: [], agents: [], narrative: {} },
  ...{ processor_contract: null, joint_controller_arrangement: null },
}

/** Days after which an overdue review stops sharing, unless the draft says otherwise (5.6, Policy). */
const REVIEW_GRACE_DAYS = 60

/** An agreement to which nothing has been done. Until somebody says otherwise an assessment is required and a missed review blocks. */
export const UNTOUCHED: Omit<Agreement, 'id' | 'title' | 'instrument_type' | 'owner_org' | 'status' | 'origin' | 'parties' | 'versions'> = {
  ...{ sample: false, signatures: [], approvals: [], suspensions: [], terminated_at: null, apd: [] },
  ...{ review_due: null, review_policy: 'BLOCK_AFTER_GRACE', review_grace_days: REVIEW_GRACE_DAYS },
  dpia: { required: true, status: 'DRAFT', status_changes: [], residual: null, prior_consultation: null, review_due: null },
}
