import type {
  Agreement,
  AgreementVersion,
  Commencement,
  Compatibility,
  Dpia,
  Flow,
  LegalSide,
  Suspension,
  Transfer,
} from '../agreements/agreement.ts'
import type { DisclosureRecord } from '../disclosures/disclosure-record.ts'
import type { Organisation } from '../parties/organisation.ts'
import type { CodeList, CodeListEntry } from '../reference/code-list.ts'

/**
 * Reads a decision case file: fixtures in short form, mapped to the one model. The only place that knows those names.
 *
 * A member that the fixtures lack is taken as in place (domain reference, 6.10): no agents recorded, approvals complete.
 */
export interface CaseFile {
  readonly cases: readonly DecisionCase[]
  readonly organisations: readonly Organisation[]
  readonly agreements: readonly Agreement[]
  readonly disclosureDecisions: readonly DisclosureRecord[]
  /** Lists of the file that stand in for ours; the others stay as they are. */
  replaceLists(ours: readonly CodeList[]): CodeList[]
}

/** A question with its exact expected answer. */
export interface DecisionCase {
  readonly id: string
  readonly title: string
  readonly request: Readonly<Record<string, unknown>>
  readonly expect: {
    readonly decision: string
    readonly reasons: readonly string[]
    readonly agreement?: string | null
    readonly obligations_include?: readonly string[]
    readonly obligations_exclude?: readonly string[]
  }
}

type Json = Readonly<Record<string, unknown>>

/** @throws Error when the text is not a case file; the message says why */
export function readCaseFile(text: string): CaseFile {
  const file = asObject(JSON.parse(text), 'the file')
  const lists = file['code_lists'] === undefined ? {} : asObject(file['code_lists'], 'code_lists')
  return {
    cases: objects(file['cases']) as unknown as DecisionCase[],
    organisations: objects(file['organisations']).map(toOrganisation),
    agreements: objects(file['agreements']).map(toAgreement),
    disclosureDecisions: objects(file['adhoc_decisions']).map(toDisclosureDecision),
    replaceLists: (ours) => ours.map((list) => replaced(list, lists, file['gateways'])),
  }
}

function replaced(ours: CodeList, lists: Json, gateways: unknown): CodeList {
  const entriesOf = (found: unknown): CodeListEntry[] => objects(found).map(toEntry)
  if (ours.list === 'PURPOSE' && lists['purposes']) return { ...ours, entries: entriesOf(lists['purposes']) }
  if (ours.list === 'DATA_SUBJECT' && lists['data_subjects']) return { ...ours, entries: entriesOf(lists['data_subjects']) }
  if (ours.list === 'DATA_ITEM' && lists['data_items']) return { ...ours, entries: entriesOf(lists['data_items']) }
  if (ours.list === 'GATEWAY' && gateways) return { ...ours, entries: entriesOf(gateways) }
  if (ours.list === 'COUNTRY' && lists['adequacy']) return withAdequacy(ours, asObject(lists['adequacy'], 'adequacy'))
  return ours
}

function withAdequacy(ours: CodeList, adequacy: Json): CodeList {
  const full = texts(adequacy['FULL'])
  const partial = texts(adequacy['PARTIAL'])
  const kind = (code: string) => (full.includes(code) ? 'FULL' : partial.includes(code) ? 'PARTIAL' : null)
  return {
    ...ours,
    entries: ours.entries.map((entry) => ({
      ...entry,
      attributes: { ...entry.attributes, adequacy: kind(entry.code), adequacy_from: null },
    })),
  }
}

function toEntry(source: Json): CodeListEntry {
  const { code, broader, citation, ...attributes } = source
  return {
    code: String(code),
    label: String(code),
    citation: textOrNull(citation),
    valid_from: null,
    valid_to: null,
    verified: false,
    source: null,
    replaced_by: null,
    broader: textOrNull(broader),
    attributes,
  }
}

function toOrganisation(source: Json): Organisation {
  const competent = source['competent_authority']
  return {
    code: String(source['code']),
    legal_name: String(source['name'] ?? source['legal_name'] ?? source['code']),
    short_name: String(source['short_name'] ?? source['name'] ?? source['code']),
    type: String(source['type']),
    gss: null,
    ods: null,
    ico_registration_no: null,
    public_authority: source['public_authority'] === true,
    competent_authority: competent === 'SCHEDULE_7' || competent === 'STATUTORY_FUNCTIONS' ? competent : 'NONE',
    health_or_social_care_authority: source['health_or_social_care_authority'] === true,
    active_from: textOrNull(source['active_from']),
    active_to: textOrNull(source['active_to']),
    successor_of: [],
    aliases: [],
    verified: false,
  }
}

function toAgreement(source: Json): Agreement {
  const parties = objects(source['parties'])
  const versions = objects(source['versions'])
  return {
    id: String(source['id']),
    title: String(source['title'] ?? source['id']),
    instrument_type: String(source['type']),
    owner_org: null,
    status: 'ACTIVE',
    origin: 'ELSEWHERE',
    sample: false,
    parties: parties.map((party) => ({
      org: String(party['org']),
      role: String(party['role'] ?? 'CONTROLLER'),
      capacities: texts(party['capacities']),
      left_at: textOrNull(party['left_at']),
    })),
    versions: versions.map((version) => toVersion(source, version)),
    signatures: parties.flatMap((party) =>
      objects(party['signatures']).map((signature) => ({
        org: String(party['org']),
        version: Number(signature['version']),
        signed_at: String(signature['signed_at']),
      })),
    ),
    approvals: parties.flatMap((party) =>
      Object.entries((party['approvals_complete_at'] ?? {}) as Json).map(([version, at]) => ({
        org: String(party['org']),
        version: Number(version),
        complete_at: textOrNull(at),
      })),
    ),
    suspensions: suspensions(source, parties, versions),
    terminated_at: textOrNull(source['terminated_at']),
    review_due: textOrNull(source['review_due']),
    review_policy: source['review_policy'] === 'WARN' ? 'WARN' : 'BLOCK_AFTER_GRACE',
    review_grace_days: Number(source['review_grace_days'] ?? 0),
    dpia: toDpia(asObject(source['dpia'] ?? {}, 'dpia')),
    apd: objects(source['apd']).map((document) => ({ party: String(document['party']), conditions: texts(document['conditions']) })),
  }
}

function toVersion(agreement: Json, source: Json): AgreementVersion {
  const contract = (source['processor_contract'] ?? agreement['processor_contract']) as Json | null | undefined
  const arrangement = (source['joint_controller_arrangement'] ?? agreement['joint_controller_arrangement']) as Json | null | undefined
  const agents = source['agents'] ?? agreement['agents']
  return {
    version: Number(source['version']),
    status: source['status'] as AgreementVersion['status'],
    effective_from: textOrNull(source['effective_from']),
    effective_to: textOrNull(source['effective_to']),
    hash: null,
    terms: {
      flows: objects(source['flows']).map(toFlow),
      commencement: toCommencement(source['commencement'] ?? agreement['commencement']),
      prohibitions: objects(source['prohibitions'] ?? agreement['prohibitions']).map((found) => ({
        purposes: texts(found['purposes']),
        note: textOrNull(found['note']),
      })),
      agents: agents
        ? objects(agents).map((agent) => ({
            org: String(agent['org']),
            for: String(agent['for']),
            contract_ref: textOrNull(agent['contract_ref']),
            valid_from: textOrNull(agent['valid_from']),
            valid_to: textOrNull(agent['valid_to']),
          }))
        : null,
      processor_contract: contract
        ? {
            art28_complete: contract['art28_complete'] === true,
            missing: texts(contract['missing']),
            approved_sub_processors: texts(contract['approved_sub_processors']),
          }
        : null,
      // Absent altogether: taken as in place. Present, null or incomplete: as it stands.
      joint_controller_arrangement:
        arrangement === undefined
          ? {
              responsibilities: 'not recorded in the file',
              contact_point: 'not recorded in the file',
              essence_url: 'not recorded in the file',
            }
          : arrangement === null
            ? null
            : {
                responsibilities: String(arrangement['responsibilities'] ?? ''),
                contact_point: String(arrangement['contact_point'] ?? ''),
                essence_url: String(arrangement['essence_url'] ?? ''),
              },
      narrative: {},
    },
  }
}

function toCommencement(source: unknown): Commencement {
  const { rule, n } = typeof source === 'string' ? { rule: source, n: undefined } : asObject(source ?? { rule: 'PAIRWISE' }, 'commencement')
  if (rule === 'THRESHOLD') return { rule, n: Number(n) }
  return { rule: rule === 'ALL_SIGNED' ? 'ALL_SIGNED' : 'PAIRWISE' }
}

function toFlow(source: Json): Flow {
  const legal = asObject(source['legal'], 'legal')
  const volume = source['volume_limit'] as Json | null | undefined
  return {
    id: String(source['id']),
    providers: texts(source['providers']),
    recipients: texts(source['recipients']),
    purpose: String(source['purpose']),
    data_items: texts(source['data_items']),
    data_subjects: texts(source['data_subjects']),
    category_grant: texts(source['category_grant']),
    data_form: String(source['data_form'] ?? 'IDENTIFIABLE'),
    methods: texts(source['methods']),
    countries: texts(source['countries']),
    transfers: Object.fromEntries(
      Object.entries((source['transfers'] ?? {}) as Json).map(([country, found]) => [country, toTransfer(found as Json)]),
    ),
    legal: {
      provider: toSide(asObject(legal['provider'], 'legal.provider')),
      recipient: legal['recipient'] ? toSide(legal['recipient'] as Json) : null,
    },
    compatibility: source['compatibility'] ? toCompatibility(source['compatibility'] as Json) : null,
    confidentiality: textOrNull(source['confidentiality']),
    exemptions: texts(source['exemptions']),
    retention_days: numberOrNull(source['retention_days']),
    retention_rule: textOrNull(source['retention_rule']),
    onward: String(source['onward'] ?? 'PROHIBITED'),
    frequency: textOrNull(source['frequency']),
    volume_limit: volume ? { subjects: numberOrNull(volume['subjects']), records: numberOrNull(volume['records']) } : null,
    honours_objection: source['honours_objection'] === true,
    consent_required: source['consent_required'] === true,
  }
}

function toSide(source: Json): LegalSide {
  const part3 = (source['part3'] ?? {}) as Json
  return {
    regime: source['regime'] === 'PART_3' ? 'PART_3' : 'UK_GDPR',
    performing_task: source['performing_task'] !== false,
    art6: texts(source['art6']),
    annex1: texts(source['annex1']),
    gateways: texts(source['gateways']),
    art9: texts(source['art9']),
    sch1: texts(source['sch1']),
    criminal: texts(source['criminal']),
    part3: {
      sch8: texts(part3['sch8']),
      strictly_necessary: part3['strictly_necessary'] === true,
      reuse_authority: textOrNull(part3['reuse_authority']),
    },
  }
}

function toTransfer(source: Json): Transfer {
  return {
    mechanism: String(source['mechanism'] ?? ''),
    scope_confirmed: source['scope_confirmed'] === true,
    dp_test_done: source['dp_test_done'] === true || source['tra_completed'] === true,
  }
}

function toCompatibility(source: Json): Compatibility {
  return {
    new_purpose: source['new_purpose'] === true,
    ground: textOrNull(source['ground']),
    annex2: textOrNull(source['annex2']),
    collected_on_consent: source['collected_on_consent'] === true,
    consent_unobtainable: source['consent_unobtainable'] === true,
    assessed_at: textOrNull(source['assessed_at']),
  }
}

function toDpia(source: Json): Dpia {
  return {
    required: source['required'] === true,
    status: String(source['status'] ?? 'DRAFT'),
    status_changes: objects(source['status_changes']).map((change) => ({ at: String(change['at']), status: String(change['status']) })),
    residual: textOrNull(source['residual']),
    prior_consultation: textOrNull(source['prior_consultation']),
    review_due: textOrNull(source['review_due']),
  }
}

function suspensions(source: Json, parties: readonly Json[], versions: readonly Json[]): Suspension[] {
  const read = (found: unknown, of: Omit<Suspension, 'from' | 'to'>): Suspension[] =>
    objects(found).map((interval) => ({ ...of, from: String(interval['from']), to: textOrNull(interval['to']) }))
  const whole = { party: null, flow: null, version: null }
  return [
    ...read(source['suspensions'], { ...whole, scope: 'AGREEMENT' }),
    ...parties.flatMap((party) =>
      read(party['suspended'] ?? party['suspensions'], { ...whole, scope: 'PARTY', party: String(party['org']) }),
    ),
    ...versions.flatMap((version) =>
      objects(version['flows']).flatMap((flow) =>
        read(flow['suspended'] ?? flow['suspensions'], {
          ...whole,
          scope: 'FLOW',
          flow: String(flow['id']),
          version: Number(version['version']),
        }),
      ),
    ),
  ]
}

function toDisclosureDecision(source: Json): DisclosureRecord {
  const {
    id,
    provider,
    recipient,
    purpose,
    data_items,
    subject_count,
    record_count,
    status,
    valid_from,
    valid_to,
    single_use,
    consumed,
    ...form
  } = source
  return {
    id: String(id),
    provider: String(provider),
    recipient: String(recipient),
    purpose: String(purpose),
    data_items: texts(data_items),
    subject_count: numberOrNull(subject_count),
    record_count: numberOrNull(record_count),
    status: String(status),
    valid_from: String(valid_from),
    // No end recorded: open.
    valid_to: textOrNull(valid_to) ?? '9999-12-31T00:00:00Z',
    single_use: single_use !== false,
    consumed_at: consumed === true ? String(valid_from) : null,
    form,
  }
}

function asObject(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not an object`)
  return value as Json
}
function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map((item) => asObject(item, 'an entry')) : []
}
function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
