import assert from 'node:assert/strict'
import type { Transaction } from '../../platform/database/database.ts'
import type { Agreement, AgreementStatus, AgreementVersion, Commencement, Dpia, Suspension, VersionStatus } from '../agreement.ts'
import { toFlow } from './flow-rows.ts'

/**
 * Reads whole agreements, in the order of their ids; ids that are not there are left out. One query a table, however
 * many agreements. Signatures recorded elsewhere count only once confirmed, so unconfirmed ones are not among them.
 */
export async function readAgreements(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
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
    .execute()
  const changes = await tx
    .selectFrom('dpia_status_change as c')
    .selectAll('c')
    .where('c.agreement_id', 'in', wanted)
    .orderBy('c.position')
    .execute()
  const documents = await tx
    .selectFrom('policy_document as d')
    .selectAll('d')
    .where('d.agreement_id', 'in', wanted)
    .orderBy('d.position')
    .execute()
  const of = <Row extends { agreement_id: string }>(rows: readonly Row[], id: string) => rows.filter((row) => row.agreement_id === id)
  return agreements.map((row): Agreement => {
    const versionOf = (version: (typeof versions)[number]): AgreementVersion => {
      const mine = <Row extends { agreement_id: string; version: number }>(rows: readonly Row[]) =>
        rows.filter((found) => found.agreement_id === row.id && found.version === version.version)
      return {
        version: version.version,
        status: version.status as VersionStatus,
        effective_from: version.effective_from,
        effective_to: version.effective_to,
        hash: version.hash,
        terms: {
          flows: mine(flows).map((flow) =>
            toFlow(
              flow,
              mine(sides).filter((side) => side.flow_id === flow.id),
            ),
          ),
          commencement: toCommencement(version.commencement_rule, version.commencement_threshold),
          prohibitions: mine(prohibitions).map(({ purposes, note }) => ({ purposes, note })),
          agents: version.agents_recorded
            ? mine(agents).map(({ org, for_party, contract_ref, valid_from, valid_to }) => ({
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
    return {
      id: row.id,
      title: row.title,
      instrument_type: row.instrument_type,
      owner_org: row.owner_org,
      status: row.status as AgreementStatus,
      origin: row.origin === 'ACCORD' ? 'ACCORD' : 'ELSEWHERE',
      sample: row.sample,
      parties: of(parties, row.id).map(({ org, role, capacities, left_at }) => ({ org, role, capacities, left_at })),
      versions: of(versions, row.id).map(versionOf),
      signatures: of(signatures, row.id).map(({ org, version, signed_at }) => ({ org, version, signed_at })),
      approvals: of(approvals, row.id).map(({ org, version, complete_at }) => ({ org, version, complete_at })),
      suspensions: of(suspensions, row.id).map(({ scope, party, flow, version, from_at, to_at }) => ({
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
      dpia: {
        required: row.dpia_required,
        status: row.dpia_status,
        status_changes: of(changes, row.id).map(({ at, status }) => ({ at, status })),
        residual: row.dpia_residual,
        prior_consultation: row.dpia_prior_consultation,
        review_due: row.dpia_review_due,
      } satisfies Dpia,
      apd: of(documents, row.id).map(({ party, conditions }) => ({ party, conditions })),
    }
  })
}

function toCommencement(rule: string, threshold: number | null): Commencement {
  if (rule === 'PAIRWISE' || rule === 'ALL_SIGNED') return { rule }
  assert(rule === 'THRESHOLD' && threshold !== null, `stored commencement ${rule} is not in the domain`)
  return { rule, n: threshold }
}
