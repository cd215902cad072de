import { sql } from 'kysely'
import type { Principal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import type { CommandReply, IdempotencyKey } from './command-reply.ts'
import { keyInUse } from './key-turns.ts'

/** The class of advisory locks under which idempotency keys are claimed. */
const KEYS_LOCK = 716_611_163

/** The keys under which replies are kept. */
export function idempotencyRepository(tx: Transaction) {
  return {
    /**
     * Takes an idempotency key. Answers the reply it was used for before, null when it is new: then it is this transaction's,
     * and after it its holder's (`holdKey`) or free for nobody, since the reply is kept with it.
     * @throws ProblemError 409 while another call is at work on it, 422 when the key was used for another request
     */
    async claimKey({ org, sub }: Principal, { key, requestHash }: IdempotencyKey, at: string): Promise<CommandReply<unknown> | null> {
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
    async keepReply({ org, sub }: Principal, key: string, reply: CommandReply<unknown>, holder?: string): Promise<void> {
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
