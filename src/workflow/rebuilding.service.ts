import type { Database } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import { projectionOf } from './projection.ts'
import { projectionRepository } from './store/projection.repository.ts'
import { signOffsRepository } from './store/sign-offs.repository.ts'

/** Sign-offs that are read and written at a time. */
const BATCH = 250

/**
 * Makes every list and every timer that still runs anew from what happened; what has fired stays as it is. Sign-offs that are acted
 * on meanwhile wait for a moment: each batch is a transaction that has locked its own.
 */
export async function rebuildLists(db: Database): Promise<{ readonly signOffs: number; readonly events: number }> {
  let [signOffs, events] = [0, 0]
  for (let after: string | null = null; ; ) {
    const from: string | null = after
    const done: { readonly last: string | null; readonly count: number; readonly events: number } = await withTransactionAs(
      db,
      { kind: 'system' },
      async (tx) => {
        const states = await signOffsRepository(tx).lockedStates(from, BATCH)
        const ids = states.map(({ id }) => id)
        await projectionRepository(tx).clear(ids)
        await projectionRepository(tx).put(states.map((signOff) => ({ id: signOff.id, ...projectionOf(signOff) })))
        return { last: ids.at(-1) ?? null, count: ids.length, events: states.reduce((sum, { eventCount }) => sum + eventCount, 0) }
      },
    )
    signOffs += done.count
    events += done.events
    after = done.last
    if (done.count < BATCH) return { signOffs, events }
  }
}
