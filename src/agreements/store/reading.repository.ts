import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { grouped } from '../../platform/kernel/grouped.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import type { Agreement, AgreementStatus, AgreementVersion, Commencement, Suspension, VersionStatus } from '../agreement.ts'
import { toFlow } from './flow-rows.ts'
import { lifeOf, toParty } from './life.repository.ts'

/**
 * Whether a reader may know an agreement, in one query: what follows is done for those alone, so that one that is hidden costs
 * what one that is not there does, and nobody can time the difference.
 */
export async function isVisible(tx: Transaction, reader: Reader, id: string): Promise<boolean> {
  const row = await tx.selectFrom('agreement as a').select('a.id').where('a.id', '=', id).where(visibleCondition(reader)).executeTakeFirst()
  return row !== undefined
}

/** The condition that an agreement `a` may be known by a reader; the same as `maySee`. */
export function visibleCondition(reader: Reader) {
  return reader.kind === 'party'
    ? sql<boolean>`(a.owner_org = ${reader.org} or exists (
        select from agreement_party as p where p.agreement_id = a.id and p.org = ${reader.org}))`
    : sql<boolean>`true`
}

/** An agreement as it is stored: it names the assessment that it stands on. */
export type StoredAgreement = Omit<Agreement, 'dpia'> & { readonly assessment: string }

/**
 * Reads stored agreements, in the order of their ids; ids that are not there are left out. One query a table, however
 * many agreements. Signatures recorded elsewhere count only once confirmed, so unconfirmed ones are not among them.
 */
export async function readStored(tx: Transaction, ids: readonly string[]): Promise<StoredAgreement[]> {
  if (ids.length === 0) return []
  const wanted = [...ids]
  const agreements = await tx.selectFrom('agreement as a').selectAll('a').where('a.id', 'in', wanted).orderBy('a.id').execute()
  const parties = await tx
    .selectFrom('agreement_party as p')
    .selectAll('p')
    .where('p.agreement_id', 'in', wanted)
    .orderBy('p.position')
    .execute()
  const versions = await tx
    .selectFrom('agreement_version as v')
    .selectAll('v')
    .where('v.agreement_id', 'in', wanted)
    .orderBy('v.version')
    .execute()
  const flows = await tx.selectFrom('flow as f').selectAll('f').where('f.agreement_id', 'in', wanted).orderBy('f.position').execute()
  const sides = await tx.selectFrom('flow_side as s').selectAll('s').where('s.agreement_id', 'in', wanted).execute()
  const prohibitions = await tx
    .selectFrom('prohibition as p')
    .selectAll('p')
    .where('p.agreement_id', 'in', wanted)
    .orderBy('p.position')
    .execute()
  const agents = await tx.selectFrom('agent as a').selectAll('a').where('a.agreement_id', 'in', wanted).orderBy('a.position').execute()
  const signatures = await tx
    .selectFrom('signature as s')
    // One made elsewhere counts from its confirmation on, whenever it was given.
    .select((eb) => ['s.agreement_id', 's.org', 's.version', eb.fn<string>('greatest', ['s.signed_at', 's.confirmed_at']).as('signed_at')])
    .where('s.agreement_id', 'in', wanted)
    .where('s.confirmed_at', 'is not', null)
    .orderBy('s.signed_at')
    .orderBy('s.org')
    .execute()
  const approvals = await tx.selectFrom('approval as a').selectAll('a').where('a.agreement_id', 'in', wanted).orderBy('a.org').execute()
  const suspensions = await tx
    .selectFrom('suspension as s')
    .selectAll('s')
    .where('s.agreement_id', 'in', wanted)
    .orderBy('s.from_at')
    .orderBy('s.id')
    .execute()
  const documents = await tx
    .selectFrom('policy_document as d')
    .selectAll('d')
    .where('d.agreement_id', 'in', wanted)
    .orderBy('d.position')
    .execute()
  const lives = await lifeOf(tx, wanted)
  const ofAgreement = <Row extends { agreement_id: string }>(rows: readonly Row[]) => grouped(rows, (row) => row.agreement_id)
  const ofVersion = <Row extends { agreement_id: string; version: number }>(rows: readonly Row[]) =>
    grouped(rows, (row) => `${row.agreement_id}\n${row.version}`)
  const [partiesOf, versionsOf, signaturesOf] = [ofAgreement(parties), ofAgreement(versions), ofAgreement(signatures)]
  const [approvalsOf, suspensionsOf, documentsOf] = [ofAgreement(approvals), ofAgreement(suspensions), ofAgreement(documents)]
  const [keepersOf, reviewsOf] = [ofAgreement(lives.keepers), ofAgreement(lives.reviews)]
  const [flowsOf, prohibitionsOf, agentsOf] = [ofVersion(flows), ofVersion(prohibitions), ofVersion(agents)]
  const sidesOf = grouped(sides, (side) => `${side.agreement_id}\n${side.version}\n${side.flow_id}`)
  return agreements.map((row): StoredAgreement => {
    const versionOf = (version: (typeof versions)[number]): AgreementVersion => {
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
          flows: flowsOf(key).map((flow) => toFlow(flow, sidesOf(`${key}\n${flow.id}`))),
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
    const reviews = reviewsOf(row.id).map(({ at, before }) => ({ at, before }))
    return {
      id: row.id,
      title: row.title,
      instrument_type: row.instrument_type,
      owner_org: row.owner_org,
      status: row.status as AgreementStatus,
      origin: row.origin === 'ACCORD' ? 'ACCORD' : 'ELSEWHERE',
      sample: row.sample,
      parties: partiesOf(row.id).map((party) => toParty(party, lives)),
      versions: versionsOf(row.id).map(versionOf),
      signatures: signaturesOf(row.id).map(({ org, version, signed_at }) => ({ org, version, signed_at })),
      approvals: approvalsOf(row.id).map(({ org, version, complete_at }) => ({ org, version, complete_at })),
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
      assessment: row.assessment_id,
      apd: documentsOf(row.id).map(({ party, conditions }) => ({ party, conditions })),
      ...(keepers.length > 0 ? { keepers } : {}),
      ...(reviews.length > 0 ? { review_changes: reviews } : {}),
    }
  })
}

function toCommencement(rule: string, threshold: number | null): Commencement {
  if (rule === 'PAIRWISE' || rule === 'ALL_SIGNED') return { rule }
  assert(rule === 'THRESHOLD' && threshold !== null, `stored commencement ${rule} is not in the domain`)
  return { rule, n: threshold }
}
