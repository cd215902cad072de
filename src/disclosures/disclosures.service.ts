import type { Transaction } from '../platform/database/database.ts'
import type { DisclosureRecord } from './disclosure-record.ts'
import { disclosuresRepository } from './disclosures.repository.ts'

export type DisclosuresService = ReturnType<typeof disclosuresService>

/** One-off disclosure decisions. Reuses no agreement's rules; whether one permits is the evaluator's question. */
export function disclosuresService() {
  return {
    /** Stores decisions. Joins the transaction. */
    store: (tx: Transaction, records: readonly DisclosureRecord[]): Promise<void> => disclosuresRepository(tx).insert(records),
    /** Marks a single-use decision as used; undefined when it was used before. Joins the transaction. */
    consume: (tx: Transaction, id: string, at: string, decisionId: string): Promise<DisclosureRecord | undefined> =>
      disclosuresRepository(tx).consume(id, at, decisionId),
  }
}
