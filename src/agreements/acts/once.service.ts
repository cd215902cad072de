import { idempotencyKeys } from '../../commands/idempotency.service.ts'
import type { KeyTurns } from '../../commands/key-turns.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { ActReply, IdempotencyKey } from './act.ts'

/** Does work once for an idempotency key; the same request again gets the first reply. */
export type Once = <Body>(
  principal: Principal,
  idempotency: IdempotencyKey | null,
  work: () => Promise<ActReply<Body>>,
) => Promise<ActReply<Body>>

export interface OnceOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  /** Lets calls of this node with the same key wait for a moment, so that they get the reply where the work is soon done. */
  readonly turns?: KeyTurns
  /** For how long a key is held without word from its holder; default a minute. */
  readonly heldMs?: number
}

const HELD_MS = 60_000

/**
 * For work that takes transactions of its own, for seconds or minutes: no transaction and no connection is held meanwhile. The
 * key is claimed in a transaction of its own and held while the work goes on; the same request at the same time is told 409
 * and does not wait for the end. Work that throws leaves the key free. Where the process breaks off, the key is free once nothing was heard of its
 * holder for `heldMs`; the work must therefore be such that doing it again goes on where it stopped.
 * @throws ProblemError 409 while the first is at work, 422 when the key was used for another request
 */
export function onceOnly({ db, clock, newId, turns, heldMs = HELD_MS }: OnceOptions): Once {
  return (principal, idempotency, work) => {
    if (!idempotency) return work()
    return turns ? turns(principal, idempotency, () => once(principal, idempotency, work)) : once(principal, idempotency, work)
  }

  async function once<Body>(
    principal: Principal,
    idempotency: IdempotencyKey,
    work: () => Promise<ActReply<Body>>,
  ): Promise<ActReply<Body>> {
    const { key } = idempotency
    const holder = newId()
    const earlier = await withTransaction(db, async (tx) => {
      const keys = idempotencyKeys(tx)
      const kept = await keys.claimKey(principal, idempotency, clock().toISOString())
      if (!kept) await keys.holdKey(principal, key, { holder, heldMs })
      return kept
    })
    if (earlier) return earlier as ActReply<Body>
    const word = setInterval(() => void hold(heldMs).catch(() => {}), heldMs / 3)
    try {
      const reply = await work()
      // What was done is done and is answered, also where its reply cannot be kept.
      await withTransaction(db, (tx) => idempotencyKeys(tx).keepReply(principal, key, reply, holder)).catch(() => {})
      return reply
    } catch (error) {
      await hold(0).catch(() => {})
      throw error
    } finally {
      clearInterval(word)
    }

    function hold(ms: number): Promise<void> {
      return withTransaction(db, (tx) => idempotencyKeys(tx).holdKey(principal, key, { holder, heldMs: ms, isMine: true }))
    }
  }
}
