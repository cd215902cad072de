import type { Principal } from '../identity/principal.ts'
import { type Database, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { answered, orThrow } from '../platform/kernel/refusal.ts'
import type { CommandResult, IdempotencyKey, VersionedOutcome } from './command.ts'
import { idempotencyRepository } from './idempotency.repository.ts'
import type { KeyTurns } from './key-turns.ts'

/** Does work once for an idempotency key; the same request again gets the first outcome. Work that is refused leaves the key free. */
export type Once = <Outcome>(
  principal: Principal,
  idempotency: IdempotencyKey | null,
  work: () => Promise<CommandResult<Outcome>>,
) => Promise<CommandResult<Outcome>>

export interface OnceOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  /** Lets calls of this node with the same key wait for a moment, so that they get the outcome where the work is soon done. */
  readonly turns?: KeyTurns
  /** For how long a key is held without word from its holder; default a minute. */
  readonly heldMs?: number
}

const HELD_MS = 60_000

/**
 * For work that takes transactions of its own, for seconds or minutes: no transaction and no connection is held meanwhile. The
 * key is claimed in a transaction of its own and held while the work goes on; the same request at the same time is refused
 * and does not wait for the end. Work that throws leaves the key free. Where the process breaks off, the key is free once nothing was heard of its
 * holder for `heldMs`; the work must therefore be such that doing it again goes on where it stopped.
 */
export function onceOnly({ db, clock, newId, turns, heldMs = HELD_MS }: OnceOptions): Once {
  return (principal, idempotency, work) => {
    if (!idempotency) return work()
    const claimed = () => once(principal, idempotency, work)
    return answered(() => (turns ? turns(principal, idempotency, claimed) : claimed()))
  }

  async function once<Outcome>(
    principal: Principal,
    idempotency: IdempotencyKey,
    work: () => Promise<CommandResult<Outcome>>,
  ): Promise<VersionedOutcome<Outcome>> {
    const { key } = idempotency
    const holder = newId()
    const earlier = await withTransaction(db, async (tx) => {
      const keys = idempotencyRepository(tx)
      const kept = await keys.claimKey(principal, idempotency, clock().toISOString())
      if (!kept) await keys.holdKey(principal, key, { holder, heldMs })
      return kept
    })
    if (earlier) return earlier as VersionedOutcome<Outcome>
    const word = setInterval(() => void hold(heldMs).catch(() => {}), heldMs / 3)
    try {
      const done = orThrow(await work())
      // What was done is done and is answered, also where that cannot be kept.
      await withTransaction(db, (tx) => idempotencyRepository(tx).keep(principal, key, done, holder)).catch(() => {})
      return done
    } catch (error) {
      await hold(0).catch(() => {})
      throw error
    } finally {
      clearInterval(word)
    }

    function hold(ms: number): Promise<void> {
      return withTransaction(db, (tx) => idempotencyRepository(tx).holdKey(principal, key, { holder, heldMs: ms, isMine: true }))
    }
  }
}
