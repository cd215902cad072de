import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { type DisclosureRecord, SYSTEMATIC } from './disclosure-record.ts'
import { disclosuresRepository } from './disclosures.repository.ts'

/** A one-off disclosure that was asked for once more. */
interface AskedAgain extends Pick<DisclosureRecord, 'provider' | 'recipient' | 'purpose'> {
  readonly at: string
  readonly recordCount: number | null
}

export type DisclosuresService = ReturnType<typeof disclosuresService>

/** One-off disclosure decisions. Reuses no agreement's rules; whether one permits is the evaluator's question. */
export function disclosuresService() {
  return {
    /** Stores decisions. Joins the transaction. */
    store: (tx: Transaction, records: readonly DisclosureRecord[]): Promise<void> => disclosuresRepository(tx).insert(records),
    /** Why sharing so is systematic (AH-2); null: it is not. */
    async systematic(db: Database, asked: AskedAgain): Promise<string | null> {
      if ((asked.recordCount ?? 0) > SYSTEMATIC.recordsMax)
        return `A one-off disclosure of more than ${SYSTEMATIC.recordsMax} records was asked for (AH-2).`
      const since = new Date(Date.parse(asked.at) - SYSTEMATIC.windowMs).toISOString()
      const used = await withTransaction(db, (tx) => disclosuresRepository(tx).countUsed(asked, since))
      return used > SYSTEMATIC.usedMax
        ? `More than ${SYSTEMATIC.usedMax} one-off disclosures of these two for this purpose in 90 days (AH-2).`
        : null
    },
    /** Marks a single-use decision as used; undefined when it was used before. Joins the transaction. */
    consume: (tx: Transaction, id: string, at: string, decisionId: string): Promise<DisclosureRecord | undefined> =>
      disclosuresRepository(tx).consume(id, at, decisionId),
  }
}
