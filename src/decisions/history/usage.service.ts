import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import { readAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { LogFiller } from './log-filler.service.ts'
import { usageRepository } from './usage.repository.ts'
import type { DecisionPeriod, LastPermit, UnmetShare } from './usage.ts'

/** What was counted, and how many recorded decisions were not, because they are not searchable yet; 0: all were. */
export interface Counted<Row> {
  readonly rows: readonly Row[]
  readonly unsearched: number
}

export type DecisionUsage = ReturnType<typeof decisionUsage>

/** What decisions say of the register: an organisation counts those it is provider, recipient or caller of, an auditor all. */
export function decisionUsage({ db, filler }: { readonly db: Database; readonly filler: Pick<LogFiller, 'catchUp'> }) {
  return {
    /**
     * When agreements last permitted something to anybody. Whether it did is no secret among its parties: the caller names only
     * agreements that they may know.
     */
    async lastPermits(agreements: readonly string[]): Promise<Counted<LastPermit>> {
      const unsearched = await filler.catchUp()
      const rows = await withTransactionAs(db, { kind: 'system' }, (tx) => usageRepository(tx).lastPermits(agreements))
      return { rows, unsearched }
    },

    /** Shares that the caller's organisation would have provided or received, denied because nothing covers them; of an auditor everybody's. */
    async unmet(principal: Principal, period: DecisionPeriod, limit: number): Promise<Counted<UnmetShare>> {
      const unsearched = await filler.catchUp()
      const rows = await withTransaction(db, async (tx) => {
        const reader = readerFor(principal)
        await readAs(tx, reader)
        return usageRepository(tx).unmet(reader.kind === 'party' ? reader.org : null, period, limit)
      })
      return { rows, unsearched }
    },
  }
}
