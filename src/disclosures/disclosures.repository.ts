import type { Selectable } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import type { DisclosureRecord } from './disclosure-record.ts'

/** Stores and reads one-off disclosure decisions. */
export function disclosuresRepository(tx: Transaction) {
  return {
    async insert(records: readonly DisclosureRecord[]): Promise<void> {
      if (records.length === 0) return
      await tx
        .insertInto('disclosure_decision')
        .values(records.map((record) => ({ ...record, data_items: [...record.data_items], form: JSON.stringify(record.form) })))
        .execute()
    },

    /** One decision; undefined: there is none with this key. */
    async find(id: string): Promise<DisclosureRecord | undefined> {
      const row = await tx.selectFrom('disclosure_decision').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toRecord(row)
    },

    /** How many between these two for this purpose were used, of those whose window began after an instant. */
    async countUsed(
      { provider, recipient, purpose }: Pick<DisclosureRecord, 'provider' | 'recipient' | 'purpose'>,
      since: string,
    ): Promise<number> {
      const row = await tx
        .selectFrom('disclosure_decision')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where('provider', '=', provider)
        .where('recipient', '=', recipient)
        .where('purpose', '=', purpose)
        .where('consumed_at', 'is not', null)
        .where('valid_from', '>=', since)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    /** Marks a decision as used by a decision of the log; undefined when it is not there or was used before. */
    async consume(id: string, at: string, decisionId: string): Promise<DisclosureRecord | undefined> {
      const row = await tx
        .updateTable('disclosure_decision')
        .set({ consumed_at: at, consumed_by: decisionId })
        .where('id', '=', id)
        .where('consumed_at', 'is', null)
        .returningAll()
        .executeTakeFirst()
      return row && toRecord(row)
    },
  }
}

function toRecord({ consumed_by: _by, form, ...record }: Selectable<DB['disclosure_decision']>): DisclosureRecord {
  return { ...record, form: form as Record<string, unknown> }
}
