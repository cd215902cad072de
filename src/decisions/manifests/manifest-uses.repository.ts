import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { RecordedUse } from './manifest-use.ts'

/** What was shared on manifests. Maps, never decides. */
export function manifestUsesRepository(tx: Transaction) {
  return {
    /** How many of them are recorded now; fewer, where others recorded some at the same moment. */
    async insert(uses: readonly RecordedUse[], org: string, by: Identity, leafId: string): Promise<number> {
      const added = await tx
        .insertInto('manifest_use')
        .values(
          uses.map(({ revoked, ...use }) => ({
            ...use,
            revoked: [...revoked],
            org,
            by_issuer: by.issuer,
            by_sub: by.sub,
            leaf_id: leafId,
          })),
        )
        .onConflict((conflict) => conflict.columns(['org', 'reference']).doNothing())
        .executeTakeFirstOrThrow()
      return Number(added.numInsertedOrUpdatedRows)
    },

    /** Those of an organisation with these references. */
    async of(org: string, references: readonly string[]): Promise<RecordedUse[]> {
      return tx
        .selectFrom('manifest_use')
        .select(['reference', 'manifest', 'line', 'used_at', 'count', 'not_covered', 'revoked', 'recorded_at'])
        .where('org', '=', org)
        .where((eb) => eb('reference', '=', eb.fn.any(eb.val([...references]))))
        .execute()
    },
  }
}
