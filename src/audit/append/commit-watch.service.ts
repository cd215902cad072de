import type { OpenDatabase } from '../../platform/database/database.ts'
import { type Refused, refused } from '../../platform/kernel/refusal.ts'
import { isUnsafeCommit, NotDurableError } from '../store/append.repository.ts'

/**
 * Watches every connection of a pool: a commit that no standby confirmed is reported, and its caller refused, to whom it would
 * otherwise look done (R16). What it wrote may stand: a leaf without an answer is allowed, an answer without a leaf is not.
 */
export function watchPool(pool: Pick<OpenDatabase['pool'], 'on'>, onUnsafe: () => void): void {
  const watched = new WeakSet<object>()
  // Not on 'connect': the pool may hold connections that were opened before.
  pool.on('acquire', (client) => {
    if (watched.has(client)) return
    watched.add(client)
    let warned = false
    client.on('notice', (notice) => {
      if (!isUnsafeCommit(notice)) return
      warned = true
      onUnsafe()
    })
    const query = client.query.bind(client) as (...args: readonly unknown[]) => Promise<unknown>
    const commit = async (...args: readonly unknown[]) => {
      warned = false
      const result = await query(...args)
      if (warned) throw notDurable()
      return result
    }
    client.query = ((...args: readonly unknown[]) => (args[0] === 'commit' ? commit(...args) : query(...args))) as typeof client.query
  })
}

function notDurable(): Refused {
  const cause = new NotDurableError('the commit was acknowledged without waiting for a standby')
  return refused('LOG_UNAVAILABLE', 'It is not certain that this was recorded. Look before you try again.', [], {
    cause,
  })
}
