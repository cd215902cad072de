import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { ActDone, ActReply, IdempotencyKey } from './act.ts'

/** Rows that every act writes: the lock, the history, the idempotency key. */
export function actsRepository(tx: Transaction) {
  return {
    /** Locks the agreement until the transaction ends; undefined when it is not there or the reader may not see it. */
    async lock(id: string): Promise<{ rowVersion: string; actCount: number } | undefined> {
      const row = await tx
        .selectFrom('agreement as a')
        .select(['a.row_version', 'a.act_count'])
        .where('a.id', '=', id)
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
      readonly done: ActDone<unknown>
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

    /**
     * Takes an idempotency key for this transaction. Answers the reply it was used for before, null when it is new.
     * Two calls at once with one key: the second waits for the first.
     * @throws ProblemError 422 when the key was used for another request
     */
    async claimKey({ org, sub }: Principal, { key, requestHash }: IdempotencyKey, at: string): Promise<ActReply<unknown> | null> {
      const taken = await tx
        .insertInto('idempotency_key')
        .values({ org, sub, key, request_hash: requestHash, at })
        .onConflict((conflict) => conflict.columns(['org', 'sub', 'key']).doNothing())
        .returning('key')
        .executeTakeFirst()
      if (taken) return null
      const known = await tx
        .selectFrom('idempotency_key as k')
        .select(['k.request_hash', 'k.status', 'k.headers', 'k.body'])
        .where('k.org', '=', org)
        .where('k.sub', '=', sub)
        .where('k.key', '=', key)
        .executeTakeFirstOrThrow()
      if (known.request_hash !== requestHash || known.status === null) {
        throw new ProblemError(problem('IDEMPOTENCY_KEY_REUSED', 'This key stands for another request.'))
      }
      return { status: known.status, body: known.body, etag: String((known.headers as Record<string, unknown> | null)?.['etag'] ?? '') }
    },

    /** Keeps the reply under the key, for whoever sends the same request again. */
    async keepReply({ org, sub }: Principal, key: string, reply: ActReply<unknown>): Promise<void> {
      await tx
        .updateTable('idempotency_key')
        .set({ status: reply.status, headers: JSON.stringify({ etag: reply.etag }), body: JSON.stringify(reply.body) })
        .where('org', '=', org)
        .where('sub', '=', sub)
        .where('key', '=', key)
        .execute()
    },
  }
}
