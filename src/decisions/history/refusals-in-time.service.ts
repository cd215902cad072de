import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { addDays, londonDay, londonMidnight, londonMorning, weekday } from '../../platform/kernel/london-day.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import { usageRepository } from './usage.repository.ts'
import { risesOf } from './usage.ts'

/** The room of timers that compare the refusals of one week with those of the week before. */
export const REFUSALS = 'refusals'

export interface RefusalsInTimeOptions {
  readonly db: Database
  readonly notifications: Pick<NotificationsService, 'tell'>
}

const MONDAY = 1
/** Hours before people are told anything else: so that it stands in the mail of that morning. */
const AHEAD_MS = 2 * 3_600_000

/** Each Monday an organisation hears where many more of the checks that concern it were refused than in the week before (screens E19). */
export function refusalsInTime({ db, notifications }: RefusalsInTimeOptions): TimedRoom {
  return {
    async plan(_tx, now: Date) {
      const today = londonDay(now.getTime())
      const monday = addDays(today, (MONDAY - weekday(today) + 7) % 7)
      return [{ subjectId: 'all', name: monday, dueAt: new Date(londonMorning(monday) - AHEAD_MS).toISOString() }]
    },

    /** The week is over for hours: whatever was recorded in it is searchable. */
    fire: ({ name: monday }, fired, now) =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!(await fired(tx, now.toISOString()))) return
        const before = (days: number) => new Date(londonMidnight(addDays(monday, -days))).toISOString()
        const [from, between, to] = [before(14), before(7), before(0)]
        for (const { org, ...detail } of risesOf(await usageRepository(tx).refusals({ from, between, to }))) {
          const subject = { type: 'organisation', id: org }
          await notifications.tell(tx, [org], {
            kind: 'REFUSALS_ROSE',
            subject,
            at: now.toISOString(),
            detail: { from: between, to, ...detail },
          })
        }
      }),
  }
}
