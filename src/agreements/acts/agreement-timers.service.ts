import type { NotificationsService } from '../../notifications/notifications.service.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { type AgreementTimer, agreementTimers, nameOfTimer, PLANNED_DAYS, timersToSet } from '../model/agreement-timers.ts'
import { keeperOf, presentParties } from '../model/standing.ts'
import { withDeadlineBefore } from '../store/deadlines.repository.ts'

export interface AgreementTimersOptions {
  readonly db: Database
  readonly agreements: Pick<AgreementsService, 'read'>
  readonly notifications: NotificationsService
}

/** Agreements that are read at a time. */
const BATCH = 100

/** Reviews and ends of agreements: their parties are told before, and once a review is overdue. What denies is worked out at every decision. */
export function agreementsInTime({ db, agreements, notifications }: AgreementTimersOptions): TimedRoom {
  return {
    async plan(tx: Transaction, now: Date) {
      const ids = await withDeadlineBefore(tx, addDays(londonDay(now.getTime()), PLANNED_DAYS + 1))
      const planned: { readonly subjectId: string; readonly name: string; readonly dueAt: string }[] = []
      const pause = pauses()
      for (let first = 0; first < ids.length; first += BATCH)
        for (const agreement of await agreements.read(tx, ids.slice(first, first + BATCH))) {
          for (const timer of timersToSet(agreement, now.getTime()))
            planned.push({ subjectId: agreement.id, name: nameOfTimer(timer), dueAt: new Date(timer.at).toISOString() })
          await pause()
        }
      return planned
    },

    fire: ({ subjectId, name }, fired, now) =>
      withTransaction(db, async (tx) => {
        await readAs(tx, { kind: 'system' })
        const at = now.getTime()
        if (!(await fired(tx, now.toISOString()))) return
        const [agreement] = await agreements.read(tx, [subjectId])
        // A review that was done meanwhile, or an end that was put off, is another timer.
        const timer = agreement && agreementTimers(agreement, at).find((one) => nameOfTimer(one) === name)
        if (!agreement || !timer) return
        const keeper = keeperOf(agreement, at)
        const orgs = [...presentParties(agreement, at), ...(keeper === null ? [] : [keeper])]
        const subject = { type: 'agreement', id: subjectId }
        await notifications.tell(tx, orgs, { kind: timer.kind, subject, at: now.toISOString(), detail: detailOf(timer) })
      }),
  }
}

function detailOf({ kind, day, deniesFrom }: AgreementTimer) {
  return kind.startsWith('EXPIRY') ? { last_day: day } : { review_due: day, denies_from: deniesFrom }
}
