import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { ActReply, IdempotencyKey } from './act.ts'
import { actsRepository } from './acts.repository.ts'

/** Does work once for an idempotency key; the same request again gets the first reply. */
export type Once = <Body>(
  principal: Principal,
  idempotency: IdempotencyKey | null,
  work: () => Promise<ActReply<Body>>,
) => Promise<ActReply<Body>>

/**
 * For work that takes transactions of its own (many acts, or acts on something else than an agreement). The key is held
 * while it is done, so a second call at the same time waits; work that throws leaves the key free.
 * @throws ProblemError 422 when the key was used for another request
 */
export function onceOnly({ db, clock }: { readonly db: Database; readonly clock: Clock }): Once {
  return async <Body>(principal: Principal, idempotency: IdempotencyKey | null, work: () => Promise<ActReply<Body>>) => {
    if (!idempotency) return work()
    return withTransaction(db, async (tx) => {
      const keys = actsRepository(tx)
      const earlier = await keys.claimKey(principal, idempotency, clock().toISOString())
      if (earlier) return earlier as ActReply<Body>
      const reply = await work()
      await keys.keepReply(principal, idempotency.key, reply)
      return reply
    })
  }
}
