import type { Agreement, AgreementVersion, Flow, LegalSide, Suspension } from '../../../src/agreements/agreement.ts'
import { emptyPolicyIndex, type PolicyIndex, type PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import type { DisclosureRecord } from '../../../src/disclosures/disclosure-record.ts'
import type { Organisation } from '../../../src/parties/organisation.ts'
import type { CodeList, CodeListEntry } from '../../../src/reference/code-list.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'

/**
 * A small world of decisions: four bodies, six items, a flow that permits as it stands. A test changes the one thing it is
 * about and leaves the rest.
 */
export interface World {
  readonly organisations: readonly Organisation[]
  readonly agreements: readonly Agreement[]
  readonly disclosures: readonly DisclosureRecord[]
}

export const ORGANISATIONS: readonly Organisation[] = [
  anOrganisation({ code: 'NORTHBOROUGH', competent_authority: 'STATUTORY_FUNCTIONS' }),
  anOrganisation({ code: 'SOUTHBOROUGH', competent_authority: 'STATUTORY_FUNCTIONS' }),
  anOrganisation({ code: 'CHARITY', type: 'CHARITY', public_authority: false }),
  anOrganisation({ code: 'POLICE', type: 'POLICE_FORCE', competent_authority: 'SCHEDULE_7' }),
]

export function anOrganisation(over: Partial<Organisation> = {}): Organisation {
  const code = over.code ?? 'NORTHBOROUGH'
  return {
    code,
    legal_name: code,
    short_name: code,
    type: 'LONDON_BOROUGH',
    gss: null,
    ods: null,
    ico_registration_no: null,
    public_authority: true,
    competent_authority: 'NONE',
    health_or_social_care_authority: false,
    active_from: null,
    active_to: null,
    successor_of: [],
    aliases: [],
    verified: true,
    ...over,
  }
}

/** A side whose every test is met for ordinary, special and criminal items, once `aPolicyDocument` stands beside it. */
export function aSide(over: Partial<LegalSide> = {}): LegalSide {
  return {
    regime: 'UK_GDPR',
    performing_task: true,
    art6: ['6(1)(e)'],
    annex1: [],
    gateways: ['LAW_FOR_ALL'],
    art9: ['9(2)(g)'],
    sch1: ['SCH1_18'],
    criminal: ['OFFICIAL_AUTHORITY', 'SCH1_18'],
    part3: { sch8: [], strictly_necessary: false, reuse_authority: null },
    ...over,
  }
}

/** Children's care data from north to south. */
export function aFlow(over: Partial<Flow> = {}): Flow {
  return {
    id: 'F1',
    providers: ['NORTHBOROUGH'],
    recipients: ['SOUTHBOROUGH'],
    purpose: 'CARE',
    data_items: ['NAME', 'ADDRESS', 'HEALTH.DIAGNOSIS', 'OFFENCE'],
    data_subjects: ['PERSON'],
    category_grant: [],
    data_form: 'IDENTIFIABLE',
    methods: ['SECURE_EMAIL', 'API_MTLS'],
    countries: ['GB'],
    transfers: {},
    legal: { provider: aSide(), recipient: aSide() },
    compatibility: null,
    confidentiality: 'OVERRIDING_PUBLIC_INTEREST',
    exemptions: [],
    retention_days: 30,
    retention_rule: null,
    onward: 'PROHIBITED',
    frequency: null,
    volume_limit: null,
    honours_objection: false,
    consent_required: false,
    ...over,
  }
}

export function aVersion(
  over: Partial<Omit<AgreementVersion, 'terms'>> & { readonly terms?: Partial<AgreementVersion['terms']> } = {},
): AgreementVersion {
  const { terms, ...rest } = over
  return {
    version: 1,
    status: 'APPROVED',
    effective_from: '2026-01-01',
    effective_to: null,
    hash: null,
    ...rest,
    terms: {
      flows: [aFlow()],
      commencement: { rule: 'PAIRWISE' },
      prohibitions: [],
      agents: [],
      processor_contract: null,
      joint_controller_arrangement: null,
      narrative: {},
      ...terms,
    },
  }
}

/** In force from 2026, signed by both the day before, with every document it needs. */
export function anAgreement(over: Partial<Agreement> = {}): Agreement {
  const parties = over.parties ?? ['NORTHBOROUGH', 'SOUTHBOROUGH'].map((org) => aParty(org))
  const versions = over.versions ?? [aVersion()]
  return {
    id: 'AGR-1',
    title: 'An agreement',
    instrument_type: 'CONTROLLER_TO_CONTROLLER',
    owner_org: null,
    status: 'ACTIVE',
    origin: 'ELSEWHERE',
    sample: false,
    parties,
    versions,
    signatures: versions.flatMap(({ version }) => parties.map(({ org }) => ({ org, version, signed_at: '2025-12-31T12:00:00.000Z' }))),
    approvals: [],
    suspensions: [],
    terminated_at: null,
    review_due: null,
    review_policy: 'BLOCK_AFTER_GRACE',
    review_grace_days: 0,
    dpia: { required: false, status: 'SCREENED_OUT', status_changes: [], residual: null, prior_consultation: null, review_due: null },
    apd: parties.map(({ org }) => ({ party: org, conditions: ['SCH1_18'] })),
    ...over,
  }
}

export function aParty(org: string, over: Partial<Agreement['parties'][number]> = {}): Agreement['parties'][number] {
  return { org, role: 'CONTROLLER', capacities: [], left_at: null, ...over }
}

export function aSuspension(over: Partial<Suspension> & Pick<Suspension, 'from'>): Suspension {
  return { scope: 'AGREEMENT', party: null, flow: null, version: null, to: null, ...over }
}

export function aDisclosureDecision(over: Partial<DisclosureRecord> = {}): DisclosureRecord {
  return {
    id: 'ONE-1',
    provider: 'NORTHBOROUGH',
    recipient: 'SOUTHBOROUGH',
    purpose: 'CARE',
    data_items: ['NAME', 'ADDRESS'],
    subject_count: null,
    record_count: null,
    status: 'APPROVED',
    valid_from: '2026-01-01T00:00:00.000Z',
    valid_to: '2027-01-01T00:00:00.000Z',
    single_use: true,
    consumed_at: null,
    form: {},
    ...over,
  }
}

/** The question that `anAgreement` permits. */
export function aRequest(over: Partial<DecisionRequest> = {}): DecisionRequest {
  return {
    provider: 'NORTHBOROUGH',
    recipient: 'SOUTHBOROUGH',
    purpose: 'CARE',
    data_items: ['NAME'],
    data_subjects: ['PERSON'],
    lawful_basis: null,
    method: 'SECURE_EMAIL',
    country: 'GB',
    mode: 'SYSTEMATIC',
    data_form: null,
    agreement_ref: null,
    consent_ref: null,
    subject_flags: [],
    subject_count: null,
    record_count: null,
    disclosure_decision_id: null,
    emergency: null,
    provider_agent: null,
    recipient_agent: null,
    ...over,
  }
}

function entry(code: string, broader: string | null, attributes: CodeListEntry['attributes'] = {}): CodeListEntry {
  const none = { citation: null, valid_from: null, valid_to: null, verified: true, source: null, replaced_by: null }
  return { code, label: code, broader, attributes, ...none }
}

function gateway(code: string, over: CodeListEntry['attributes'] = {}): CodeListEntry {
  return entry(code, null, { kind: 'POWER', provider_types: ['*'], recipient_types: ['*'], purposes: ['*'], ...over })
}

const OWN: Readonly<Record<string, readonly CodeListEntry[]>> = {
  PURPOSE: [
    entry('CARE', null),
    entry('CARE.CHILD', 'CARE'),
    entry('CARE.CHILD.ENQUIRY', 'CARE.CHILD'),
    entry('FRAUD', null),
    entry('FRAUD.MATCHING', 'FRAUD'),
  ],
  DATA_ITEM: [
    entry('NAME', null, { class: 'ORDINARY' }),
    entry('ADDRESS', null, { class: 'ORDINARY' }),
    entry('INCOME', null, { class: 'ORDINARY' }),
    entry('HEALTH.DIAGNOSIS', null, { class: 'SPECIAL', duty_of_confidence: true, patient_information: true, health_information: true }),
    entry('HEALTH.SUMMARY', null, { class: 'SPECIAL', duty_of_confidence: true, health_information: true }),
    entry('OFFENCE', null, { class: 'CRIMINAL' }),
  ],
  DATA_SUBJECT: [entry('PERSON', null), entry('CHILD', 'PERSON'), entry('INFANT', 'CHILD'), entry('LANDLORD', null)],
  GATEWAY: [
    gateway('LAW_FOR_ALL'),
    gateway('LAW_FOR_CHILDREN', { purposes: ['CARE.CHILD'] }),
    gateway('LAW_FOR_BOROUGHS', { provider_types: ['LONDON_BOROUGH'], recipient_types: ['LONDON_BOROUGH'] }),
    gateway('LAW_WITH_CONSENT', { requires_consent: true }),
    gateway('LAW_WITHOUT_PATIENTS', { excludes_patient_information: true }),
    gateway('LAW_WITHOUT_HEALTH', { excludes_health_information: true }),
    gateway('LAW_FROM_NORTH', { provider_orgs: ['NORTHBOROUGH'], recipient_orgs: ['SOUTHBOROUGH', 'CHARITY'] }),
    gateway('POWER_IN_GENERAL', { kind: 'ANCILLARY' }),
    gateway('LAW_FROM_APRIL', { in_force_from: '2026-04-01' }),
  ],
  COUNTRY: [
    entry('GB', null),
    entry('FR', null, { adequacy: 'FULL', adequacy_from: null, adequacy_part3: true }),
    entry('AR', null, { adequacy: 'FULL', adequacy_from: null }),
    entry('JP', null, { adequacy: 'PARTIAL', adequacy_from: null }),
    entry('IN', null),
  ],
}

/** The lists of the small world: its own purposes, items, subjects, gateways and countries; everything else as shipped. */
export const LISTS: readonly CodeList[] = shippedCodeLists().map((list) => ({ ...list, entries: OWN[list.list] ?? list.entries }))

/** The policy of a world, compiled as the service compiles it. */
export function indexOf({ organisations, agreements, disclosures }: World, instant = 0): PolicyIndex {
  const records: PolicyRecord[] = [
    { kind: 'CODE_LISTS', id: 'current', body: { version: 'test', lists: LISTS } },
    ...organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
    ...agreements.map((body): PolicyRecord => ({ kind: 'AGREEMENT', id: body.id, body })),
    ...disclosures.map((body): PolicyRecord => ({ kind: 'DISCLOSURE_DECISION', id: body.id, body })),
  ]
  return emptyPolicyIndex().apply(records, { revision: 1, digest: '00'.repeat(32), instant })
}

/** The policy of the four bodies and these agreements. */
export function indexWith(agreements: readonly Agreement[], disclosures: readonly DisclosureRecord[] = []): PolicyIndex {
  return indexOf({ organisations: ORGANISATIONS, agreements, disclosures })
}
