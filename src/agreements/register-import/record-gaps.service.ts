import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { AgreementsService } from '../agreements.service.ts'
import type { Advice } from '../model/advice.ts'
import { completeness } from '../model/completeness.ts'
import { boundParties, draftVersion, leadingVersion, presentParties } from '../model/standing.ts'

/** What a record lacks now. */
export interface RecordGaps {
  readonly agreement: string
  readonly title: string
  /** Parties that have not confirmed their signature, nor signed here. */
  readonly unsigned: readonly string[]
  /** What its text lacks, by the rule that a draft is checked by: of the draft of its next version once there is one. */
  readonly missing: readonly Advice[]
  readonly hasDraft: boolean
}

export type RecordGapsService = ReturnType<typeof recordGapsService>

/** What records that came from elsewhere still lack. Nothing is kept of it: whoever puts a record right makes its list shorter. */
export function recordGapsService(options: { readonly db: Database; readonly agreements: AgreementsService; readonly clock: Clock }) {
  const { db, agreements, clock } = options
  return {
    /** Of some records those that the caller may know and that lack something, in the order of their ids. */
    of: (principal: Principal, ids: readonly string[]): Promise<RecordGaps[]> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const at = clock().getTime()
        const found: RecordGaps[] = []
        for (const agreement of await agreements.readFor(tx, readerFor(principal), ids, at)) {
          const draft = draftVersion(agreement)
          const version = draft ?? leadingVersion(agreement, at) ?? agreement.versions.at(-1)
          if (!version) continue
          const bound = new Set(boundParties(agreement, at))
          const unsigned = presentParties(agreement, at).filter((org) => !bound.has(org))
          const missing = completeness(await agreements.toComplete(tx, agreement), version)
          if (unsigned.length + missing.length > 0)
            found.push({ agreement: agreement.id, title: agreement.title, unsigned, missing, hasDraft: draft !== undefined })
        }
        return found
      }),
  }
}
