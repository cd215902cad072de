import type {
  Agreement,
  AgreementVersion,
  Commencement,
  Compatibility,
  Dpia,
  Flow,
  LegalSide,
  ProcessorContract,
  Suspension,
  Transfer,
} from '../agreements/agreement.ts'
import { asObject, filled, type Json, numberOrNull, objects, textOrNull } from './case-json.ts'

// What holds where a case file says nothing: the defaults that the domain reference names (6.10).

const FLOW = {
  ...{ id: '', providers: [], recipients: [], purpose: '', data_items: [], data_subjects: [], category_grant: [] },
  ...{ data_form: 'IDENTIFIABLE', methods: [], countries: [], exemptions: [], confidentiality: null, retention_rule: null },
  ...{ onward: 'PROHIBITED', frequency: null, honours_objection: false, consent_required: false, standing_request_ref: null },
}
const PART_3: LegalSide['part3'] = { sch8: [], strictly_necessary: false, reuse_authority: null }
const SIDE = { performing_task: true, art6: [], annex1: [], gateways: [], art9: [], sch1: [], criminal: [] }
const COMPATIBILITY: Compatibility = {
  ...{ new_purpose: false, ground: null, annex2: null },
  ...{ collected_on_consent: false, consent_unobtainable: false, assessed_at: null },
}
const DPIA = { required: false, status: 'DRAFT', residual: null, prior_consultation: null, review_due: null }
const AGENT = { org: '', for: '', contract_ref: null, valid_from: null, valid_to: null }
const CONTRACT: ProcessorContract = { art28_complete: false, missing: [], approved_sub_processors: [] }
const ARRANGEMENT = { responsibilities: '', contact_point: '', essence_url: '' }

/** An agreement of a case file. What it says once for all versions is part of each of them. */
export function toAgreement(source: Json): Agreement {
  const parties = objects(source['parties'])
  const versions = objects(source['versions'])
  const ofEach = <T>(member: string, read: (org: string, found: Json) => T) =>
    parties.flatMap((party) => objects(party[member]).map((found) => read(String(party['org']), found)))
  return {
    id: String(source['id']),
    title: String(source['title'] ?? source['id']),
    instrument_type: String(source['type']),
    owner_org: null,
    status: 'ACTIVE',
    origin: 'ELSEWHERE',
    sample: false,
    parties: parties.map((party) => filled({ org: '', role: 'CONTROLLER', capacities: [], left_at: null }, party)),
    versions: versions.map((version) => toVersion(source, version)),
    signatures: ofEach('signatures', (org, { version, signed_at }) => ({ org, version: Number(version), signed_at: String(signed_at) })),
    ...(parties.some((party) => party['attested'])
      ? { attested: ofEach('attested', (org, found) => filled({ org, version: 1, from: '', to: null, approved: false }, found)) }
      : {}),
    approvals: parties.flatMap((party) =>
      Object.entries((party['approvals_complete_at'] ?? {}) as Json).map(([version, at]) => ({
        org: String(party['org']),
        version: Number(version),
        complete_at: textOrNull(at),
      })),
    ),
    suspensions: suspensionsOf(source, parties, versions),
    terminated_at: textOrNull(source['terminated_at']),
    review_due: textOrNull(source['review_due']),
    review_policy: source['review_policy'] === 'WARN' ? 'WARN' : 'BLOCK_AFTER_GRACE',
    review_grace_days: Number(source['review_grace_days'] ?? 0),
    dpia: toDpia(asObject(source['dpia'] ?? {}, 'dpia')),
    apd: objects(source['apd']).map((document) => filled({ party: '', conditions: [] }, document)),
  }
}

function toVersion(agreement: Json, source: Json): AgreementVersion {
  const either = (member: string) => source[member] ?? agreement[member]
  const contract = either('processor_contract') as Json | null | undefined
  const arrangement = either('joint_controller_arrangement') as Json | null | undefined
  const agents = either('agents')
  // Absent altogether: taken as in place. Present, null or incomplete: as it stands.
  const inPlace = 'not recorded in the file'
  return {
    version: Number(source['version']),
    status: source['status'] as AgreementVersion['status'],
    effective_from: textOrNull(source['effective_from']),
    effective_to: textOrNull(source['effective_to']),
    hash: null,
    terms: {
      flows: objects(source['flows']).map(toFlow),
      commencement: toCommencement(either('commencement')),
      prohibitions: objects(either('prohibitions')).map((found) => filled({ purposes: [], note: null }, found)),
      agents: agents ? objects(agents).map((agent) => filled(AGENT, agent)) : null,
      processor_contract: contract ? filled(CONTRACT, contract) : null,
      joint_controller_arrangement:
        arrangement === undefined
          ? { responsibilities: inPlace, contact_point: inPlace, essence_url: inPlace }
          : arrangement && filled(ARRANGEMENT, arrangement),
      narrative: {},
    },
  }
}

/** A flow of a case file. */
function toFlow(source: Json): Flow {
  const legal = asObject(source['legal'] ?? {}, 'legal')
  const volume = source['volume_limit'] as Json | null | undefined
  const override = source['restriction_override'] as Json | null | undefined
  const transfers = Object.entries((source['transfers'] ?? {}) as Json).filter(([, found]) => found)
  return {
    ...filled(FLOW, source),
    transfers: Object.fromEntries(transfers.map(([country, found]) => [country, toTransfer(found as Json)])),
    legal: {
      // No side recorded is a side that records nothing: no rule accepts it.
      provider: toSide(asObject(legal['provider'] ?? {}, 'legal.provider')),
      recipient: legal['recipient'] ? toSide(legal['recipient'] as Json) : null,
    },
    compatibility: source['compatibility'] ? filled(COMPATIBILITY, source['compatibility'] as Json) : null,
    retention_days: numberOrNull(source['retention_days']),
    volume_limit: volume ? { subjects: numberOrNull(volume['subjects']), records: numberOrNull(volume['records']) } : null,
    // A ground or a reason that is not a text is none: the rules take no such override.
    restriction_override: override ? filled({ ground: '', reason: '' }, override) : null,
  }
}

function toSide(source: Json): LegalSide {
  const regime = source['regime'] === 'PART_3' ? 'PART_3' : 'UK_GDPR'
  return { ...filled(SIDE, source), regime, part3: filled(PART_3, (source['part3'] ?? {}) as Json) }
}

function toTransfer(source: Json): Transfer {
  const { tra_completed } = filled({ tra_completed: false }, source)
  const transfer = filled({ mechanism: '', scope_confirmed: false, dp_test_done: false }, source)
  return { ...transfer, dp_test_done: transfer.dp_test_done || tra_completed }
}

function toCommencement(source: unknown): Commencement {
  const { rule, n } = typeof source === 'string' ? { rule: source, n: undefined } : asObject(source ?? { rule: 'PAIRWISE' }, 'commencement')
  if (rule === 'THRESHOLD') return { rule, n: Number(n) }
  return { rule: rule === 'ALL_SIGNED' ? 'ALL_SIGNED' : 'PAIRWISE' }
}

function suspensionsOf(source: Json, parties: readonly Json[], versions: readonly Json[]): Suspension[] {
  const read = (found: unknown, of: Omit<Suspension, 'from' | 'to'>): Suspension[] =>
    objects(found).map((interval) => ({ ...of, from: String(interval['from']), to: textOrNull(interval['to']) }))
  const whole = { party: null, flow: null, version: null }
  const intervals = (one: Json) => one['suspended'] ?? one['suspensions']
  return [
    ...read(source['suspensions'], { ...whole, scope: 'AGREEMENT' }),
    ...parties.flatMap((party) => read(intervals(party), { ...whole, scope: 'PARTY', party: String(party['org']) })),
    ...versions.flatMap(({ version, flows }) =>
      objects(flows).flatMap((flow) =>
        read(intervals(flow), { ...whole, scope: 'FLOW', flow: String(flow['id']), version: Number(version) }),
      ),
    ),
  ]
}

function toDpia(source: Json): Dpia {
  const changes = objects(source['status_changes']).map((change) => filled({ at: '', status: '' }, change))
  return { ...filled(DPIA, source), status_changes: changes }
}
