import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { NotShared, NotSharedCounts, NotSharedReason } from './not-shared.ts'

/** Which of them. */
export interface NotSharedFilter {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly reason?: string | undefined
  readonly agreement?: string | undefined
}

const AGREEMENTS_COUNTED = 50

/** Why things were not shared. Maps, never decides. */
export function notSharedRepository(tx: Transaction) {
  const narrowed = ({ from, to, reason, agreement }: NotSharedFilter, by: Identity | null) =>
    tx
      .selectFrom('not_shared as n')
      .$if(from !== undefined, (query) => query.where('n.recorded_at', '>=', from as string))
      .$if(to !== undefined, (query) => query.where('n.recorded_at', '<', to as string))
      .$if(reason !== undefined, (query) => query.where('n.reason', '=', reason as string))
      .$if(agreement !== undefined, (query) => query.where('n.agreement', '=', agreement as string))
      .$if(by !== null, (query) => query.where('n.by_issuer', '=', by?.issuer ?? '').where('n.by_sub', '=', by?.sub ?? ''))

  return {
    /** Whether it is recorded now; not, where this person has recorded one for the decision already. */
    async insert(one: NotShared, org: string, by: Identity, leafId: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('not_shared')
        .values({ ...one, org, by_issuer: by.issuer, by_sub: by.sub, leaf_id: leafId })
        .onConflict((conflict) => conflict.columns(['decision_id', 'by_issuer', 'by_sub']).doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    /** What a person has recorded for a decision. */
    async of(decisionId: string, by: Identity): Promise<NotShared | undefined> {
      const row = await narrowed({}, by).selectAll('n').where('n.decision_id', '=', decisionId).executeTakeFirst()
      return row && toNotShared(row)
    },

    /** Newest first; of one person where one is named. */
    async list(
      filter: NotSharedFilter,
      { by, before, limit }: { readonly by: Identity | null; readonly before: string | null; readonly limit: number },
    ): Promise<NotShared[]> {
      const rows = await narrowed(filter, by)
        .selectAll('n')
        .$if(before !== null, (query) => query.where('n.id', '<', before as string))
        .orderBy('n.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toNotShared)
    },

    async counts(filter: NotSharedFilter, by: Identity | null): Promise<NotSharedCounts> {
      const counted = <Column extends 'n.reason' | 'n.agreement'>(column: Column) =>
        narrowed(filter, by)
          .select(({ fn }) => [column, fn.countAll<string>().as('count')])
          .select(({ fn }) => fn.countAll<string>().filterWhere('n.decision', '=', 'PERMIT').as('after_permit'))
          .groupBy(column)
          .orderBy(({ fn }) => fn.countAll(), 'desc')
          .orderBy(column)
          .limit(AGREEMENTS_COUNTED)
          .execute()
      const reasons = (await counted('n.reason')).map(toCounted)
      return {
        total: reasons.reduce((sum, { count }) => sum + count, 0),
        by_reason: reasons.map((one) => ({ ...one, reason: one.reason as NotSharedReason })),
        by_agreement: (await counted('n.agreement')).map(toCounted),
      }
    },
  }
}

function toCounted<Row extends { readonly count: string; readonly after_permit: string }>(row: Row) {
  return { ...row, count: Number(row.count), after_permit: Number(row.after_permit) }
}

type Row = Omit<NotShared, 'decision' | 'reason'> & { readonly decision: string; readonly reason: string }

function toNotShared({ id, decision_id, decision, agreement, provider, recipient, purpose, reason, note, recorded_at }: Row): NotShared {
  return {
    ...{ id, decision_id, decision: decision as NotShared['decision'], agreement, provider, recipient, purpose },
    ...{ reason: reason as NotSharedReason, note, recorded_at },
  }
}
