import { sql } from 'kysely'
import { sha256Hex } from '../audit/format/canonical-json.ts'
import type { Principal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import { refused } from '../platform/kernel/refusal.ts'
import type { IdempotencyKey, VersionedOutcome } from './command.ts'
import { keyInUse } from './key-turns.ts'

/** The class of advisory locks under which idempotency keys are claimed. */
const KEYS_LOCK = 716_611_163

/** The keys under which outcomes are kept. */
export function idempotencyRepository(tx: Transaction) {
  return {
    /**
     * Takes an idempotency key. Answers what came of the call it was used for before, null when it is new: then it is
     * this transaction's, and after it its holder's (`holdKey`) or free for nobody, since the outcome is kept with it.
     * @throws Refused 409 while another call is at work on it, 422 when the key was used for another request
     */
    async claimKey(
      { issuer, org, sub }: Principal,
      { key, requestHash }: IdempotencyKey,
      at: string,
    ): Promise<VersionedOutcome<unknown> | null> {
      // The same subject of another issuer is somebody else, whose request is another one: they are not told what came of this.
      const request_hash = sha256Hex(`${issuer}\n${requestHash}`)
      // Waiting for the row would hold a connection; on this node calls with one key wait elsewhere.
      const lock = sql<{
        is_ours: boolean
      }>`select pg_try_advisory_xact_lock(${KEYS_LOCK}, hashtext(${JSON.stringify([org, sub, key])})) as is_ours`
      if (!(await lock.execute(tx)).rows[0]?.is_ours) throw keyInUse()
      const taken = await tx
        .insertInto('idempotency_key')
        .values({ org, sub, key, request_hash, at })
        .onConflict((conflict) =>
          conflict
            .columns(['org', 'sub', 'key'])
            .doUpdateSet({ request_hash, at, holder: null, held_until: null })
            .where('idempotency_key.outcome', 'is', null)
            .where(sql<boolean>`coalesce(idempotency_key.held_until <= now(), true)`),
        )
        .returning('key')
        .executeTakeFirst()
      if (taken) return null
      const known = await tx
        .selectFrom('idempotency_key as k')
        .select(['k.request_hash', 'k.outcome', 'k.version'])
        .where('k.org', '=', org)
        .where('k.sub', '=', sub)
        .where('k.key', '=', key)
        .executeTakeFirstOrThrow()
      if (known.request_hash !== request_hash) throw refused('IDEMPOTENCY_KEY_REUSED', 'This key stands for another request.')
      if (known.outcome === null || known.version === null) throw keyInUse()
      return { outcome: known.outcome, version: known.version }
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
        .where('outcome', 'is', null)
        .$if(isMine === true, (query) => query.where('holder', '=', holder))
        .execute()
    },

    /** Keeps what came of the call under its key, for whoever sends the same request again; with a holder only where the key is still its own. */
    async keep({ org, sub }: Principal, key: string, { outcome, version }: VersionedOutcome<unknown>, holder?: string): Promise<void> {
      await tx
        .updateTable('idempotency_key')
        .set({ outcome: JSON.stringify(outcome), version, holder: null, held_until: null })
        .where('org', '=', org)
        .where('sub', '=', sub)
        .where('key', '=', key)
        .$if(holder !== undefined, (query) => query.where('holder', '=', holder ?? null))
        .execute()
    },
  }
}
