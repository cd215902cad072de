import assert from 'node:assert/strict'
import { type Selectable, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { type JsonRows, type Rows, readJson, rowsOf } from '../../platform/database/rows-in-json.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import { grouped } from '../../platform/kernel/grouped.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import type { ApprovalCondition } from '../../workflow/model/sign-off.ts'
import type {
  Agreement,
  AgreementStatus,
  AgreementVersion,
  Approval,
  AttestedSignature,
  Commencement,
  EarlierPart,
  LeftHow,
  Party,
  Signature,
  Suspension,
  VersionStatus,
} from '../agreement.ts'
import { flowFromRow } from './flow-rows.ts'

/**
 * Whether a reader may know an agreement, in one query: what follows is done for those alone, so that one that is hidden costs
 * what one that is not there does, and nobody can time the difference.
 */
export async function isVisible(tx: Transaction, reader: Reader, id: string): Promise<boolean> {
  const row = await tx.selectFrom('agreement as a').select('a.id').where('a.id', '=', id).where(visibleCondition(reader)).executeTakeFirst()
  return row !== undefined
}

/** The condition that an agreement `a` may be known by a reader; what its own rows say of that; row-level security says the rest. */
export function visibleCondition(reader: Reader) {
  return reader.kind === 'party'
    ? sql<boolean>`(a.owner_org = ${reader.org} or exists (
        select from agreement_party as p where p.agreement_id = a.id and p.org = ${reader.org}))`
    : sql<boolean>`true`
}

/** Keeps the assessments that these agreements stand on as they are until the transaction ends. */
export async function lockAssessments(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .selectFrom('assessment as s')
    .select('s.id')
    .where('s.id', 'in', (eb) =>
      eb
        .selectFrom('agreement as a')
        .select('a.assessment_id')
        .where('a.id', 'in', [...ids]),
    )
    .orderBy('s.id')
    .forShare()
    .execute()
}

/** What `stored_agreements` answers: rows of which table under which name; of a version all but its document. */
export const STORED = {
  agreements: 'agreement',
  parties: 'agreement_party',
  earlier_parts: 'earlier_part',
  keepers: 'keeper_change',
  reviews: 'review_date_change',
  versions: 'agreement_version',
  flows: 'flow',
  sides: 'flow_side',
  prohibitions: 'prohibition',
  agents: 'agent',
  signatures: 'signature',
  attested: 'attested_signature',
  approvals: 'approval',
  conditions: 'approval_condition',
  overruled: 'overruled_advice',
  suspensions: 'suspension',
  documents: 'policy_document',
  bodies: 'organisation',
  successions: 'organisation_succession',
} as const

type StoredRows = Rows<typeof STORED>

/** An agreement as it is stored: it names the assessment that it stands on. */
export type StoredAgreement = Omit<Agreement, 'dpia'> & { readonly assessment: string }

/** What was read at once of some agreements; `assessments` is for their own room to read. */
export interface ReadAtOnce {
  readonly agreements: readonly StoredAgreement[]
  readonly assessments: JsonRows
}

/**
 * Reads stored agreements with the assessments that they stand on, in the order of their ids; ids that are not there are left out. One
 * statement, however many agreements. Signatures recorded elsewhere count only once confirmed, so unconfirmed ones are not among them.
 */
export async function readStored(tx: Transaction, ids: readonly string[]): Promise<ReadAtOnce> {
  const found = await readJson(tx, sql`public.stored_agreements(${[...ids]}::text[])`)
  const stored = rowsOf(STORED, found)
  const ofAgreement = <Row extends { agreement_id: string }>(rows: readonly Row[]) => grouped(rows, (row) => row.agreement_id)
  const ofVersion = <Row extends { agreement_id: string; version: number }>(rows: readonly Row[]) =>
    grouped(rows, (row) => `${row.agreement_id}\n${row.version}`)
  const [partiesOf, versionsOf, signaturesOf] = [ofAgreement(stored.parties), ofAgreement(stored.versions), ofAgreement(stored.signatures)]
  const attestedOf = ofAgreement(stored.attested)
  const [approvalsOf, suspensionsOf] = [ofAgreement(stored.approvals), ofAgreement(stored.suspensions)]
  const [conditionsOf, overruledOf] = [ofVersion(stored.conditions), ofAgreement(stored.overruled)]
  const [documentsOf, keepersOf, reviewsOf] = [ofAgreement(stored.documents), ofAgreement(stored.keepers), ofAgreement(stored.reviews)]
  const [flowsOf, prohibitionsOf, agentsOf] = [ofVersion(stored.flows), ofVersion(stored.prohibitions), ofVersion(stored.agents)]
  const sidesOf = grouped(stored.sides, (side) => `${side.agreement_id}\n${side.version}\n${side.flow_id}`)
  const agreements = stored.agreements.map((row): StoredAgreement => {
    const versionOf = (version: (typeof stored.versions)[number]): AgreementVersion => {
      const key = `${row.id}\n${version.version}`
      return {
        version: version.version,
        status: version.status as VersionStatus,
        effective_from: version.effective_from,
        effective_to: version.effective_to,
        hash: version.hash,
        // What was made elsewhere was frozen there; the instant at which it came here says nothing.
        ...(version.recorded_elsewhere || version.frozen_at === null ? {} : { frozen_at: version.frozen_at }),
        ...(version.dropped_at === null ? {} : { dropped_at: version.dropped_at }),
        terms: {
          flows: flowsOf(key).map((flow) => flowFromRow(flow, sidesOf(`${key}\n${flow.id}`))),
          commencement: toCommencement(version.commencement_rule, version.commencement_threshold),
          prohibitions: prohibitionsOf(key).map(({ purposes, note }) => ({ purposes, note })),
          agents: version.agents_recorded
            ? agentsOf(key).map(({ org, for_party, contract_ref, valid_from, valid_to }) => ({
                org,
                for: for_party,
                contract_ref,
                valid_from,
                valid_to,
              }))
            : null,
          processor_contract: version.processor_contract as AgreementVersion['terms']['processor_contract'],
          joint_controller_arrangement: version.joint_controller_arrangement as AgreementVersion['terms']['joint_controller_arrangement'],
          narrative: version.narrative as AgreementVersion['terms']['narrative'],
        },
      }
    }
    const keepers = keepersOf(row.id).map(({ at, from_org, to_org }) => ({ at, from: from_org, to: to_org }))
    const overruled = overruledOf(row.id).map(({ org, version, at }) => ({ org, version, at }))
    const signatures = signaturesOf(row.id).filter(isConfirmed)
    const objections = signatures.flatMap((one) => (one.objected_at === null ? [] : [{ ...toSignature(one), at: one.objected_at }]))
    const attested = attestedOf(row.id).flatMap(toAttested)
    const reviews = reviewsOf(row.id).map(({ at, before }) => ({ at, before }))
    return {
      id: row.id,
      title: row.title,
      instrument_type: row.instrument_type,
      owner_org: row.owner_org,
      status: row.status as AgreementStatus,
      origin: row.origin === 'ACCORD' ? 'ACCORD' : 'ELSEWHERE',
      sample: row.sample,
      parties: partiesOf(row.id).map((party) => toParty(party, stored)),
      versions: versionsOf(row.id).map(versionOf),
      signatures: signatures.filter(({ objected_at }) => objected_at === null).map(toSignature),
      approvals: approvalsOf(row.id).map((one) => toApproval(one, conditionsOf(`${row.id}\n${one.version}`))),
      suspensions: suspensionsOf(row.id).map(({ scope, party, flow, version, from_at, to_at }) => ({
        scope: scope as Suspension['scope'],
        party,
        flow,
        version,
        from: from_at,
        to: to_at,
      })),
      terminated_at: row.terminated_at,
      review_due: row.review_due,
      review_policy: row.review_policy === 'WARN' ? 'WARN' : 'BLOCK_AFTER_GRACE',
      review_grace_days: row.review_grace_days,
      apd: documentsOf(row.id).map(({ party, conditions }) => ({ party, conditions })),
      ...(keepers.length > 0 ? { keepers } : {}),
      ...(reviews.length > 0 ? { review_changes: reviews } : {}),
      ...(objections.length > 0 ? { objections } : {}),
      ...(attested.length > 0 ? { attested } : {}),
      ...(overruled.length > 0 ? { dpo_advice_overruled: overruled } : {}),
      assessment: row.assessment_id,
    }
  })
  return { agreements, assessments: (found['assessments'] ?? {}) as JsonRows }
}

type ConfirmedRow = Selectable<DB['signature']> & { readonly confirmed_at: string }

function isConfirmed(row: Selectable<DB['signature']>): row is ConfirmedRow {
  return row.confirmed_at !== null
}

/** What was signed, by when it counts: one made elsewhere from its confirmation on, whenever it was given. */
function toSignature({ org, version, signed_at, confirmed_at, carried_from_version: from }: ConfirmedRow): Signature {
  const counts = signed_at !== null && signed_at > confirmed_at ? signed_at : confirmed_at
  return { org, version, signed_at: counts, ...(from === null ? {} : { carried_from: from }) }
}

function toAttested({ org, version, attested_at, disputed_at, approved_elsewhere }: StoredRows['attested'][number]): AttestedSignature[] {
  return attested_at === null ? [] : [{ org, version, from: attested_at, to: disputed_at, approved: approved_elsewhere }]
}

function toApproval({ org, version, complete_at }: StoredRows['approvals'][number], conditions: StoredRows['conditions']): Approval {
  const own = conditions
    .filter((one) => one.org === org)
    .map(({ text, bearer, due }) => ({ text, bearer: bearer as ApprovalCondition['bearer'], due }))
  return { org, version, complete_at, ...(own.length > 0 ? { conditions: own } : {}) }
}

function toCommencement(rule: string, threshold: number | null): Commencement {
  if (rule === 'PAIRWISE' || rule === 'ALL_SIGNED') return { rule }
  assert(rule === 'THRESHOLD' && threshold !== null, `stored commencement ${rule} is not in the domain`)
  return { rule, n: threshold }
}

/** A party of a row, with the parts it took before and whether its body exists. */
function toParty(
  { agreement_id, org, role, capacities, left_at, left_how, left_version, invited_at }: StoredRows['parties'][number],
  { earlier_parts, bodies, successions }: StoredRows,
): Party {
  const earlier = earlier_parts.filter((part) => part.agreement_id === agreement_id && part.org === org)
  const body = bodies.find(({ code }) => code === org)
  const succeeded_by = successions.find(({ predecessor }) => predecessor === org)?.successor ?? null
  return {
    ...{ org, role, capacities, left_at },
    ...(left_how === null ? {} : { left_how: left_how as LeftHow }),
    ...(left_version === null ? {} : { left_version }),
    ...(invited_at === null ? {} : { invited_at }),
    ...(earlier.length > 0 ? { earlier: earlier.map(toEarlierPart) } : {}),
    ...(body ? { active_from: body.active_from, active_to: body.active_to, succeeded_by } : {}),
    ...(body?.accepts_attested_since ? { accepts_attested_since: body.accepts_attested_since } : {}),
  }
}

function toEarlierPart({ invited_at, left_at, left_how }: StoredRows['earlier_parts'][number]): EarlierPart {
  return { invited_at, left_at, left_how: left_how as LeftHow }
}
