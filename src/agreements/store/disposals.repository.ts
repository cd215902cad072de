import type { Transaction } from '../../platform/database/database.ts'
import type { DisposalHow } from '../model/disposals.ts'

/** What a party confirmed of one flow. */
export interface StoredDisposal {
  readonly org: string
  readonly flow: string
  readonly how: DisposalHow
  readonly what: string
  /** London day. */
  readonly on: string
  readonly done_by: string
  readonly law: string | null
  readonly keep_until: string | null
  readonly at: string
  /** Who follows the party and confirmed it in its place; null: the party itself. */
  readonly confirmed_by: string | null
}

/** What became of data that was received under an agreement. */
export function disposalsRepository(tx: Transaction, agreementId: string) {
  return {
    async add(rows: readonly StoredDisposal[], sequence: number): Promise<void> {
      const values = rows.map(({ flow, on, ...row }) => ({ agreement_id: agreementId, sequence, flow_id: flow, on_day: on, ...row }))
      await tx.insertInto('disposal').values(values).execute()
    },

    /** What was last confirmed of each flow of each party. */
    async latest(): Promise<StoredDisposal[]> {
      const rows = await tx
        .selectFrom('disposal as d')
        .distinctOn(['d.org', 'd.flow_id'])
        .select(['d.org', 'd.flow_id', 'd.how', 'd.what', 'd.on_day', 'd.done_by', 'd.law', 'd.keep_until', 'd.at', 'd.confirmed_by'])
        .where('d.agreement_id', '=', agreementId)
        .orderBy('d.org')
        .orderBy('d.flow_id')
        .orderBy('d.sequence', 'desc')
        .execute()
      return rows.map(({ flow_id, on_day, how, ...row }) => ({ ...row, flow: flow_id, on: on_day, how: how as DisposalHow }))
    },
  }
}
