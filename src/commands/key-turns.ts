import type { Principal } from '../identity/principal.ts'
import { type Refused, refused } from '../platform/kernel/refusal.ts'
import type { IdempotencyKey } from './command.ts'

/** Lets calls with one idempotency key in one after the other. */
export type KeyTurns = <T>(principal: Principal, idempotency: IdempotencyKey | null, work: () => Promise<T>) => Promise<T>

const RETRY_AFTER_SECONDS = 1

/**
 * Of calls with the same key, on this node, one does its work at a time; the others wait for it here, where waiting takes no
 * connection, and then get its reply. Calls on different nodes are told apart by the database (`claimKey`).
 * @throws Refused 409 when the turn has not come within `patienceMs`
 */
export function keyTurns(patienceMs: number): KeyTurns {
  const lines = new Map<string, { last: Promise<unknown>; waiting: number; startedAt: number }>()
  return async (principal, idempotency, work) => {
    if (!idempotency) return work()
    const name = JSON.stringify([principal.org, principal.sub, idempotency.key])
    const line = lines.get(name) ?? { last: Promise.resolve(), waiting: 0, startedAt: performance.now() }
    lines.set(name, line)
    line.waiting += 1
    const before = line.last
    const patience = patienceMs - (line.waiting > 1 ? performance.now() - line.startedAt : 0)
    const done = within(before, patience).then(() => {
      line.startedAt = performance.now()
      return work()
    })
    // Whoever gives up passes on the turn of the one before.
    line.last = Promise.allSettled([before, done]).then(() => {
      line.waiting -= 1
      if (line.waiting === 0) lines.delete(name)
    })
    return done
  }
}

/** The request with this key is still being answered. */
export function keyInUse(retryAfterSeconds = RETRY_AFTER_SECONDS): Refused {
  return refused('IDEMPOTENCY_KEY_IN_USE', 'A request with this key is still being answered. Send it again for its reply.', [], {
    retryAfterSeconds,
  })
}

async function within(awaited: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, failed) => {
    timer = setTimeout(() => failed(keyInUse()), Math.max(0, ms))
  })
  await Promise.race([awaited, late]).finally(() => clearTimeout(timer))
}
