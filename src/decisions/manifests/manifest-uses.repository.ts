import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Judgement, ListedUse, RecordedUse, StoredUse } from './manifest-use.ts'

/** Which of them; a time is that of the share. */
export interface UsesFilter {
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Disclosed, received or reported by this one. */
  readonly with?: string | undefined
  readonly agreement?: string | undefined
  readonly judged?: Judgement | undefined
}

/** A use, and the leaf that records it. */
export interface UseOfLeaf {
  readonly use: ListedUse
  readonly leafId: string
}

const COLUMNS = [
  ...(['id', 'reference', 'manifest', 'line', 'agreement', 'flow', 'provider', 'recipient', 'purpose'] as const),
  ...(['used_at', 'count', 'not_covered', 'revoked', 'recorded_at', 'client', 'leaf_id'] as const),
] as const

/** What was shared on manifests. Maps, never decides. */
export function manifestUsesRepository(tx: Transaction) {
  return {
    /** How many of them are recorded now; fewer, where others recorded some at the same moment. */
    async insert(uses: readonly StoredUse[], { org, issuer, sub, clientId }: Principal, leafId: string): Promise<number> {
      const added = await tx
        .insertInto('manifest_use')
        .values(
          uses.map(({ revoked, ...use }) => ({
            ...use,
            revoked: [...revoked],
            org,
            by_issuer: issuer,
            by_sub: sub,
            client: clientId,
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

    /** Newest first; of one organisation where one is named. */
    async list(
      { from, to, with: other, agreement, judged }: UsesFilter,
      { org, before, limit }: { readonly org: string | null; readonly before: string | null; readonly limit: number },
    ): Promise<UseOfLeaf[]> {
      const rows = await tx
        .selectFrom('manifest_use')
        .select([...COLUMNS, 'org as reported_by'])
        .$if(org !== null, (query) =>
          query.where((eb) => eb.or((['org', 'provider', 'recipient'] as const).map((side) => eb(side, '=', org)))),
        )
        .$if(other !== undefined, (query) =>
          query.where((eb) => eb.or((['org', 'provider', 'recipient'] as const).map((side) => eb(side, '=', other as string)))),
        )
        .$if(from !== undefined, (query) => query.where('used_at', '>=', from as string))
        .$if(to !== undefined, (query) => query.where('used_at', '<', to as string))
        .$if(agreement !== undefined, (query) => query.where('agreement', '=', agreement as string))
        .$if(judged === 'IN_ORDER', (query) =>
          query.where('not_covered', 'is', null).where(({ fn }) => fn('cardinality', ['revoked']), '=', 0),
        )
        .$if(judged === 'NOT_COVERED', (query) => query.where('not_covered', 'is not', null))
        .$if(judged === 'REVOKED', (query) => query.where(({ fn }) => fn('cardinality', ['revoked']), '>', 0))
        .$if(before !== null, (query) => query.where('id', '<', before as string))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ leaf_id: leafId, ...use }) => ({ use, leafId }))
    },
  }
}
