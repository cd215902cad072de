import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { type StoredTimer, timersRepository } from './store/timers.repository.ts'

/** What a room does when something of its own falls due. */
export interface TimedRoom {
  /**
   * Does what is due, in one transaction that begins by `fired(tx)`: where that says no, it was done already and nothing is done.
   * What it throws is tried again when timers are fired the next time.
   */
  fire(timer: StoredTimer, fired: (tx: Transaction, at: string) => Promise<boolean>, now: Date): Promise<void>
  /** Timers that the room wants set, asked once a London day before any is fired; absent: it sets them itself. */
  plan?(tx: Transaction, now: Date): Promise<readonly Omit<StoredTimer, 'room'>[]>
}

export interface TimersOptions {
  readonly db: Database
  readonly clock: Clock
  readonly rooms: Readonly<Record<string, TimedRoom>>
  /** Is told of what could not be done this time. */
  readonly onFailure: (error: unknown, timer: StoredTimer) => void
}

const BATCH = 100

/**
 * What falls due by the clock of the service. A timer is a row; whoever wakes this, and how often, changes nothing: it fires what is
 * due in the order in which it fell due, each in a transaction of its own and once, also where several nodes are woken at once.
 */
export function timersService({ db, clock, rooms, onFailure }: TimersOptions) {
  let plannedOn: Day | undefined

  const reading = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  async function plan(now: Date): Promise<void> {
    const today = londonDay(now.getTime())
    if (plannedOn === today) return
    for (const [room, { plan: planned }] of Object.entries(rooms))
      if (planned)
        await reading(async (tx) => {
          const timers = await planned(tx, now)
          await timersRepository(tx).add(timers.map((timer) => ({ ...timer, room })))
        })
    plannedOn = today
  }

  return {
    /** Fires everything that is due; answers how many timers were looked at, and how many failed and are tried again later. */
    async fireDue(): Promise<{ readonly seen: number; readonly failed: number }> {
      const now = clock()
      await plan(now)
      let [seen, failed] = [0, 0]
      let after: StoredTimer | null = null
      for (;;) {
        const due: StoredTimer[] = await reading((tx) => timersRepository(tx).due(now.toISOString(), after, BATCH))
        for (const timer of due) {
          seen += 1
          try {
            await rooms[timer.room]?.fire(timer, (tx, at) => timersRepository(tx).fired(timer, at), now)
          } catch (error) {
            failed += 1
            onFailure(error, timer)
          }
        }
        after = due.at(-1) ?? null
        if (due.length < BATCH) return { seen, failed }
      }
    },
  }
}
