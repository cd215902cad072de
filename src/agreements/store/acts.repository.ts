import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import { visibleCondition } from './reading.repository.ts'

/** Rows that every act writes: the lock and the history. */
export function actsRepository(tx: Transaction) {
  return {
    /** Locks the agreement until the transaction ends; undefined when it is not there or the reader may not see it. */
    async lock(id: string, reader: Reader): Promise<{ rowVersion: string; actCount: number } | undefined> {
      const row = await tx
        .selectFrom('agreement as a')
        .select(['a.row_version', 'a.act_count'])
        .where('a.id', '=', id)
        .where(visibleCondition(reader))
        .forUpdate()
        .executeTakeFirst()
      return row && { rowVersion: row.row_version, actCount: Number(row.act_count) }
    },

    /** Counts the act and moves the row's version; answers the new version. */
    async touch(id: string, actCount: number, at: string): Promise<string> {
      const row = await tx
        .updateTable('agreement')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: actCount, updated_at: at }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },

    async addHistory(entry: {
      readonly agreementId: string
      readonly sequence: number
      readonly at: string
      readonly act: string
      readonly principal: Principal
      readonly from: string | null
      readonly done: {
        readonly to?: string
        readonly version?: number
        readonly versionHash?: string
        readonly detail: Readonly<Record<string, unknown>>
      }
      readonly leafId: string
    }): Promise<void> {
      const { done, principal } = entry
      await tx
        .insertInto('agreement_act')
        .values({
          agreement_id: entry.agreementId,
          sequence: entry.sequence,
          at: entry.at,
          act: entry.act,
          actor_issuer: principal.issuer,
          actor_sub: principal.sub,
          actor_org: principal.org,
          from_status: entry.from,
          to_status: done.to ?? entry.from,
          version: done.version ?? null,
          version_hash: done.versionHash ?? null,
          detail: JSON.stringify(done.detail),
          leaf_id: entry.leafId,
        })
        .execute()
    },
  }
}
