import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays } from '../../platform/kernel/london-day.ts'
import { logsRepository } from './logs.repository.ts'

/** The days (UTC) under which payload is kept: each needs room made for it before its first entry. */
export function payloadDays({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const today = () => clock().toISOString().slice(0, 10)
  let openedAhead = ''

  return {
    /** The day of an entry recorded now. */
    today,
    /** Makes room for today, in the caller's transaction; once there is some it costs one statement. */
    open: (tx: Transaction): Promise<void> => logsRepository(tx).openDay(today()),
    /** Makes room for the next day, once a day: at midnight no decision and no act then waits for a table to be made. */
    async openAhead(): Promise<void> {
      const tomorrow = addDays(today(), 1)
      if (openedAhead === tomorrow) return
      openedAhead = tomorrow
      try {
        await withTransaction(db, (tx) => logsRepository(tx).openDay(tomorrow))
      } catch (error) {
        openedAhead = ''
        throw error
      }
    },
  }
}
