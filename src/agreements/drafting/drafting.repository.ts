import type { Updateable } from 'kysely'
import type { Contacts } from '../../parties/contacts.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import type {
  Agent,
  Commencement,
  Flow,
  JointControllerArrangement,
  Narrative,
  Party,
  ProcessorContract,
  Prohibition,
} from '../agreement.ts'
import type { PolicyDocumentRecord } from '../agreement-view.ts'
import type { FilledGroup } from '../model/fill-groups.ts'
import { flowRow, sideRows } from '../store/flow-rows.ts'

/** Title, instrument and review policy of an agreement. */
export interface Details {
  readonly title: string
  readonly instrument_type: string
  readonly review_due: string | null
  readonly review_policy: 'WARN' | 'BLOCK_AFTER_GRACE'
  readonly review_grace_days: number
  readonly review_cycle_months: number | null
}

/** A party as it is written; without contacts those on record stay. */
export type PartyEntry = Pick<Party, 'org' | 'role' | 'capacities'> & { readonly contacts?: Contacts | undefined }

/** Writes one agreement part by part, its text into the draft version. The database refuses any line of a frozen one. */
export function draftingRepository(tx: Transaction, id: string) {
  return {
    async setDetails(details: Details): Promise<void> {
      await tx
        .updateTable('agreement')
        .set({ ...details })
        .where('id', '=', id)
        .execute()
    },

    async setDates(version: number, effective_from: string | null, effective_to: string | null): Promise<void> {
      await setVersion(version, { effective_from, effective_to })
    },

    /** Notes which groups the text was filled in with. */
    async noteGroups(version: number, groups: readonly FilledGroup[]): Promise<void> {
      await setVersion(version, { filled_groups: JSON.stringify(groups) })
    },

    async setNarrative(version: number, narrative: Narrative): Promise<void> {
      await setVersion(version, { narrative: JSON.stringify(narrative) })
    },

    async setCommencement(version: number, commencement: Commencement): Promise<void> {
      await setVersion(version, {
        commencement_rule: commencement.rule,
        commencement_threshold: commencement.rule === 'THRESHOLD' ? commencement.n : null,
      })
    },

    async setProcessorContract(version: number, contract: ProcessorContract | null): Promise<void> {
      await setVersion(version, { processor_contract: contract && JSON.stringify(contract) })
    },

    async setJointControllerArrangement(version: number, arrangement: JointControllerArrangement | null): Promise<void> {
      await setVersion(version, { joint_controller_arrangement: arrangement && JSON.stringify(arrangement) })
    },

    /** Makes these the parties, in this order. */
    async replaceParties(parties: readonly PartyEntry[]): Promise<void> {
      const orgs = parties.map(({ org }) => org)
      await tx.deleteFrom('agreement_party').where('agreement_id', '=', id).where('org', 'not in', orgs).execute()
      for (const [position, { org, role, capacities, contacts }] of parties.entries()) {
        const row = {
          position,
          role,
          capacities: [...capacities],
          ...(contacts === undefined ? {} : { contacts: JSON.stringify(contacts) }),
        }
        await tx
          .insertInto('agreement_party')
          .values({ agreement_id: id, org, contacts: '{}', left_at: null, ...row })
          .onConflict((conflict) => conflict.columns(['agreement_id', 'org']).doUpdateSet(row))
          .execute()
      }
    },

    /** Sets the contacts of a party. */
    async setContacts(org: string, contacts: Contacts): Promise<void> {
      await tx
        .updateTable('agreement_party')
        .set({ contacts: JSON.stringify(contacts) })
        .where('agreement_id', '=', id)
        .where('org', '=', org)
        .execute()
    },

    async replaceFlows(version: number, flows: readonly Flow[]): Promise<void> {
      const key = { agreement_id: id, version }
      await tx.deleteFrom('flow_side').where('agreement_id', '=', id).where('version', '=', version).execute()
      await tx.deleteFrom('flow').where('agreement_id', '=', id).where('version', '=', version).execute()
      if (flows.length === 0) return
      await tx
        .insertInto('flow')
        .values(flows.map((flow, position) => flowRow(key, flow, position)))
        .execute()
      await tx
        .insertInto('flow_side')
        .values(flows.flatMap((flow) => sideRows(key, flow)))
        .execute()
    },

    async replaceProhibitions(version: number, prohibitions: readonly Prohibition[]): Promise<void> {
      await tx.deleteFrom('prohibition').where('agreement_id', '=', id).where('version', '=', version).execute()
      const rows = prohibitions.map(({ purposes, note }, position) => ({
        agreement_id: id,
        version,
        position,
        purposes: [...purposes],
        note,
      }))
      if (rows.length > 0) await tx.insertInto('prohibition').values(rows).execute()
    },

    async replaceAgents(version: number, agents: readonly Agent[]): Promise<void> {
      await tx.deleteFrom('agent').where('agreement_id', '=', id).where('version', '=', version).execute()
      const rows = agents.map(({ for: for_party, ...agent }, position) => ({ agreement_id: id, version, position, for_party, ...agent }))
      if (rows.length > 0) await tx.insertInto('agent').values(rows).execute()
      await setVersion(version, { agents_recorded: true })
    },

    async replacePolicyDocuments(documents: readonly PolicyDocumentRecord[]): Promise<void> {
      await tx.deleteFrom('policy_document').where('agreement_id', '=', id).execute()
      const rows = documents.map((document, position) => ({
        agreement_id: id,
        position,
        ...document,
        conditions: [...document.conditions],
      }))
      if (rows.length > 0) await tx.insertInto('policy_document').values(rows).execute()
    },
  }

  async function setVersion(version: number, columns: Updateable<DB['agreement_version']>): Promise<void> {
    await tx.updateTable('agreement_version').set(columns).where('agreement_id', '=', id).where('version', '=', version).execute()
  }
}

export type DraftingRepository = ReturnType<typeof draftingRepository>
