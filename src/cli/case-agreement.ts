import type { Agreement, AgreementVersion, Commencement, Dpia, Suspension } from '../agreements/agreement.ts'
import { toFlow } from './case-flow.ts'
import { asObject, type Json, objects, textOrNull, texts } from './case-json.ts'

/** An agreement of a case file. What it says once for all versions is part of each of them. */
export function toAgreement(source: Json): Agreement {
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
