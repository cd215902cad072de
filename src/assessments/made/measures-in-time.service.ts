import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { londonDay, londonMorning } from '../../platform/kernel/london-day.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import { type AssessedAgreements, agreementOfAny } from './assessed-agreement.service.ts'
import { measuresRepository } from './measures.repository.ts'
import { doersOf, doingOrgOf, lastReminder, remindedUntil } from './measures.ts'

/** The room of timers that remind of measures. */
export const MEASURES = 'assessment_measure'

export interface MeasuresInTimeOptions {
  readonly db: Database
  readonly agreementOf: AssessedAgreements
  readonly notifications: Pick<NotificationsService, 'tell'>
}

/** Whoever does a measure is reminded seven days before it is due, once it is overdue, and then every 30 days until it is done. */
export function measuresInTime({ db, agreementOf, notifications }: MeasuresInTimeOptions): TimedRoom {
  /** What of all, or of one assessment alone, is to be reminded of, each by the name of its timer. */
  async function due(tx: Transaction, now: Date, only?: string) {
    const today = londonDay(now.getTime())
    return (await measuresRepository(tx).dueUntil(remindedUntil(today), only)).flatMap((one) => {
      const reminder = lastReminder(one.measure, today)
      return reminder ? [{ ...one, ...reminder, name: `${one.measure.id}:${reminder.day}` }] : []
    })
  }

  return {
    plan: async (tx, now) =>
      (await due(tx, now)).map(({ assessment, name, day }) => ({
        ...{ subjectId: assessment, name },
        dueAt: new Date(londonMorning(day)).toISOString(),
      })),

    fire: ({ subjectId: id, name }, fired, now) =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!(await fired(tx, now.toISOString()))) return
        // Done, put off or taken out since: nothing is to be said.
        const still = (await due(tx, now, id)).find((one) => one.name === name)
        const about = still && (await agreementOfAny(agreementOf, tx, { id, agreement: still.agreement }, now.getTime()))
        if (!about || about.isOver) return
        const { kind, measure, agreement } = still
        await notifications.tell(tx, [doingOrgOf(measure, about)], {
          ...{ kind, subject: { type: 'assessment', id }, at: now.toISOString() },
          detail: { agreement, measure: measure.id, due: measure.due },
          addressedTo: { persons: [], roles: doersOf(measure) },
        })
      }),
  }
}
