import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays } from '../../platform/kernel/london-day.ts'
import { logsRepository } from '../store/logs.repository.ts'

/** How many days have room made for them before they come: so long may the making of one be held up, by whatever it is. */
const DAYS_AHEAD = 7
const AGAIN_MS = 60_000

/** The days (UTC) under which payload is kept: each needs room made for it before its first entry. */
export function payloadDays({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const today = () => clock().toISOString().slice(0, 10)
  let openedAhead = ''
  let notBefore = 0

  return {
    /** The day of an entry recorded now. */
    today,
    /** Makes room for today, in the caller's transaction; once there is some it costs one statement. */
    open: (tx: Transaction): Promise<void> => logsRepository(tx).openDay(today()),
    /**
     * Makes room for the days to come, once a day: at midnight no decision and no act then waits for a table to be made.
     * What could not be made is tried again after a minute, not with every call.
     */
    async openAhead(): Promise<void> {
      const from = today()
      if (openedAhead === from || performance.now() < notBefore) return
      openedAhead = from
      try {
        for (let ahead = 1; ahead <= DAYS_AHEAD; ahead++)
          await withTransaction(db, (tx) => logsRepository(tx).openDay(addDays(from, ahead)))
      } catch (error) {
        openedAhead = ''
        notBefore = performance.now() + AGAIN_MS
        throw error
      }
    },
  }
}
