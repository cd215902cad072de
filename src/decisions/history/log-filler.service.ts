import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { logSearchRepository } from './log-search.repository.ts'

/** Makes entries of a log searchable behind the answers and acts that they record. */
export interface LogFiller {
  /** Reads what was appended until now, at most `LEAVES_MAX`; answers how many leaves remain unread. */
  catchUp(): Promise<number>
  /** Leaves that no search found yet when last looked, for metrics. */
  behind(): number
  close(): Promise<void>
}

const BATCH = 1_000
/** What one search may wait for; beyond it the answer says that it is not complete. */
const LEAVES_MAX = 10_000

/** What the filler fills: a table of a search, which knows how far it has come. */
interface Searched {
  fill(limit: number): Promise<number>
  unsearched(): Promise<number>
}

/**
 * Copies leaf and payload into the search table, batch by batch. Resumable and idempotent: it goes on where the table says,
 * and nodes that do it at once do it once. It may never be waited for by a decision, and an error only makes it later.
 *
 * @param searched what is filled; absent: the search of decisions
 */
export function logFiller(
  { db, everyMs }: { readonly db: Database; readonly everyMs: number },
  searched: (tx: Transaction) => Searched = logSearchRepository,
): LogFiller {
  let running: Promise<number> | undefined
  let left = 0

  async function fill(): Promise<number> {
    try {
      for (let read = 0; read < LEAVES_MAX; ) {
        const batch = await withTransaction(db, (tx) => searched(tx).fill(BATCH))
        if (batch === 0) break
        read += batch
      }
    } finally {
      // Also after a failure: it is then that somebody must see how far behind the search is.
      left = await withTransaction(db, (tx) => searched(tx).unsearched())
    }
    return left
  }

  /** A pass that began before the call may have missed what the caller has seen answered: then another one follows. */
  async function catchUp(): Promise<number> {
    if (running) await running.catch(() => {})
    running ??= fill().finally(() => {
      running = undefined
    })
    return running
  }

  const interval = setInterval(() => {
    if (!running) void catchUp().catch(() => {})
  }, everyMs)
  interval.unref()

  return {
    catchUp,
    behind: () => left,
    async close() {
      clearInterval(interval)
      await running?.catch(() => {})
    },
  }
}
