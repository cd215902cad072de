import type { Transaction } from '../../platform/database/database.ts'
import type { AgreementVersion, Terms } from '../agreement.ts'
import { flowRow, sideRows } from './flow-rows.ts'

async function insertTerms(tx: Transaction, key: { agreement_id: string; version: number }, terms: Terms): Promise<void> {
  const flows = terms.flows.map((flow, position) => flowRow(key, flow, position))
  if (flows.length > 0) await tx.insertInto('flow').values(flows).execute()
  const sides = terms.flows.flatMap((flow) => sideRows(key, flow))
  if (sides.length > 0) await tx.insertInto('flow_side').values(sides).execute()
  const prohibitions = terms.prohibitions.map((found, position) => ({ ...key, position, purposes: [...found.purposes], note: found.note }))
  if (prohibitions.length > 0) await tx.insertInto('prohibition').values(prohibitions).execute()
  const agents = (terms.agents ?? []).map((agent, position) => ({
    ...key,
    position,
    org: agent.org,
    for_party: agent.for,
    contract_ref: agent.contract_ref,
    valid_from: agent.valid_from,
    valid_to: agent.valid_to,
  }))
  if (agents.length > 0) await tx.insertInto('agent').values(agents).execute()
}

/** Stores a version as a draft, with its terms. @throws a unique violation while another draft made here is open */
export async function insertDraftVersion(
  tx: Transaction,
  id: string,
  version: Pick<AgreementVersion, 'version' | 'effective_from' | 'effective_to' | 'terms'>,
  origin: 'ACCORD' | 'ELSEWHERE',
): Promise<void> {
  const { terms } = version
  const key = { agreement_id: id, version: version.version }
  await tx
    .insertInto('agreement_version')
    .values({
      ...key,
      status: 'DRAFT',
      effective_from: version.effective_from,
      effective_to: version.effective_to,
      commencement_rule: terms.commencement.rule,
      commencement_threshold: terms.commencement.rule === 'THRESHOLD' ? terms.commencement.n : null,
      narrative: JSON.stringify(terms.narrative),
      processor_contract: terms.processor_contract && JSON.stringify(terms.processor_contract),
      joint_controller_arrangement: terms.joint_controller_arrangement && JSON.stringify(terms.joint_controller_arrangement),
      agents_recorded: terms.agents !== null,
      recorded_elsewhere: origin === 'ELSEWHERE',
    })
    .execute()
  await insertTerms(tx, key, terms)
}
