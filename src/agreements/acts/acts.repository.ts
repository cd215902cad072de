import { sql } from 'kysely'
import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import { seenBy } from '../store/reading.repository.ts'
import type { ActDone, ActReply, IdempotencyKey } from './act.ts'
import { keyInUse } from './key-turns.ts'

/** The class of advisory locks under which idempotency keys are claimed. */
const KEYS_LOCK = 716_611_163

/** Rows that every act writes: the lock, the history, the idempotency key. */
export function actsRepository(tx: Transaction) {
  return {
    /** Locks the agreement until the transaction ends; undefined when it is not there or the reader may not see it. */
    async lock(id: string, reader: Reader): Promise<{ rowVersion: string; actCount: number } | undefined> {
      const row = await tx
        .selectFrom('agreement as a')
        .select(['a.row_version', 'a.act_count'])
        .where('a.id', '=', id)
        .where(seenBy(reader))
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
     * Takes an idempotency key. Answers the reply it was used for before, null when it is new: then it is this transaction's,
     * and after it its holder's (`holdKey`) or free for nobody, since the reply is kept with it.
     * @throws ProblemError 409 while another call is at work on it, 422 when the key was used for another request
     */
    async claimKey({ org, sub }: Principal, { key, requestHash }: IdempotencyKey, at: string): Promise<ActReply<unknown> | null> {
      // Waiting for the row would hold a connection; on this node calls with one key wait elsewhere.
      const lock = sql<{
        is_ours: boolean
      }>`select pg_try_advisory_xact_lock(${KEYS_LOCK}, hashtext(${JSON.stringify([org, sub, key])})) as is_ours`
      if (!(await lock.execute(tx)).rows[0]?.is_ours) throw keyInUse()
      const taken = await tx
        .insertInto('idempotency_key')
        .values({ org, sub, key, request_hash: requestHash, at })
        .onConflict((conflict) =>
          conflict
            .columns(['org', 'sub', 'key'])
            .doUpdateSet({ request_hash: requestHash, at, holder: null, held_until: null })
            .where('idempotency_key.status', 'is', null)
            .where(sql<boolean>`coalesce(idempotency_key.held_until <= now(), true)`),
        )
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
      if (known.request_hash !== requestHash)
        throw new ProblemError(problem('IDEMPOTENCY_KEY_REUSED', 'This key stands for another request.'))
      if (known.status === null) throw keyInUse()
      return { status: known.status, body: known.body, etag: String((known.headers as Record<string, unknown> | null)?.['etag'] ?? '') }
    },

    /** Says who is at work on a key, and for how long that counts without further word (0: no longer). `isMine`: only where it is this holder's. */
    async holdKey(
      { org, sub }: Principal,
      key: string,
      { holder, heldMs, isMine }: { readonly holder: string; readonly heldMs: number; readonly isMine?: boolean },
    ): Promise<void> {
      await tx
        .updateTable('idempotency_key')
        .set(
          heldMs > 0
            ? { holder, held_until: sql<string>`clock_timestamp() + ${heldMs} * interval '1 millisecond'` }
            : { holder: null, held_until: null },
        )
        .where('org', '=', org)
        .where('sub', '=', sub)
        .where('key', '=', key)
        .where('status', 'is', null)
        .$if(isMine === true, (query) => query.where('holder', '=', holder))
        .execute()
    },

    /** Keeps the reply under the key, for whoever sends the same request again; with a holder only where the key is still its own. */
    async keepReply({ org, sub }: Principal, key: string, reply: ActReply<unknown>, holder?: string): Promise<void> {
      await tx
        .updateTable('idempotency_key')
        .set({
          status: reply.status,
          headers: JSON.stringify({ etag: reply.etag }),
          body: JSON.stringify(reply.body),
          holder: null,
          held_until: null,
        })
        .where('org', '=', org)
        .where('sub', '=', sub)
        .where('key', '=', key)
        .$if(holder !== undefined, (query) => query.where('holder', '=', holder ?? null))
        .execute()
    },
  }
}
