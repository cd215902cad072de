import type { Transaction } from '../../platform/database/database.ts'
import type { Terms } from '../agreement.ts'
import { flowRow, sideRows } from './flow-rows.ts'

/** Writes the lines of a version's terms: flows with their legal sides, prohibitions, agents. The version must be a draft (the database sees to that). */
export async function insertTerms(tx: Transaction, key: { agreement_id: string; version: number }, terms: Terms): Promise<void> {
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
