import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { written } from '../../platform/kernel/instant.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { PLANNED_DAYS } from '../model/agreement-timers.ts'
import { type DisposalReminder, disposalReminders, endOfSharing } from '../model/disposals.ts'
import { withDisposalDueBetween } from '../store/deadlines.repository.ts'
import { disposalsRepository } from '../store/disposals.repository.ts'
import { answerersOf, tellAnswerer } from './answering.service.ts'
import type { ChainsOptions } from './chains.service.ts'

/** The room of timers that remind parties of what they still hold. */
export const DISPOSALS = 'disposal'

export interface DisposalsInTimeOptions extends Pick<ChainsOptions, 'boroughs'> {
  readonly db: Database
  readonly agreements: Pick<AgreementsService, 'read'>
  readonly notifications: NotificationsService
}

/** Agreements that are read at a time. */
const BATCH = 100

/**
 * LC-5: a party that has not returned or deleted what it received hears of it again before its last day and on it, and where a text came
 * to its end by itself, when it did. What is open is worked out when the timer fires.
 */
export function disposalsInTime({ db, agreements, notifications, boroughs }: DisposalsInTimeOptions): TimedRoom {
  const remindersOf = async (tx: Transaction, agreement: Agreement): Promise<DisposalReminder[]> =>
    disposalReminders(
      agreement,
      await disposalsRepository(tx, agreement.id).latest(),
      await boroughs(
        tx,
        agreement.parties.map(({ org }) => org),
      ),
    )

  return {
    async plan(tx: Transaction, now: Date) {
      const today = londonDay(now.getTime())
      const ids = await withDisposalDueBetween(tx, today, addDays(today, PLANNED_DAYS))
      const until = now.getTime() + PLANNED_DAYS * 24 * 3_600_000
      const planned: { readonly subjectId: string; readonly name: string; readonly dueAt: string }[] = []
      const pause = pauses()
      for (let first = 0; first < ids.length; first += BATCH)
        for (const agreement of await agreements.read(tx, ids.slice(first, first + BATCH))) {
          for (const { name, at } of await remindersOf(tx, agreement))
            if (at > now.getTime() && at <= until) planned.push({ subjectId: agreement.id, name, dueAt: new Date(at).toISOString() })
          await pause()
        }
      return planned
    },

    fire: ({ subjectId, name }, fired, now) =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!(await fired(tx, now.toISOString()))) return
        const [agreement] = await agreements.read(tx, [subjectId])
        // What was returned meanwhile, or an end that was taken back, needs no reminder.
        const found = agreement && (await remindersOf(tx, agreement)).find((one) => one.name === name)
        if (!agreement || !found) return
        const { org, due_on, flows } = found
        const due = { org, ended_at: written(endOfSharing(agreement, org)), due_on, flows }
        const answerer = (await answerersOf(tx, agreement, [org], now.getTime())).get(org) ?? null
        const about = { subject: { type: 'agreement', id: subjectId }, at: now.toISOString() }
        await tellAnswerer((kind, detail, orgs) => notifications.tell(tx, orgs, { kind, ...about, detail }), answerer, due)
      }),
  }
}
