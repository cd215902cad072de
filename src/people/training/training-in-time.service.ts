import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { type Day, londonDay, londonMorning } from '../../platform/kernel/london-day.ts'
import { trainingRepository } from './training.repository.ts'
import { lastWarning, warnedEnds } from './training.ts'

/** The room of timers that warn people whose training ends. */
export const TRAINING = 'training'

export interface TrainingInTimeOptions {
  readonly db: Database
  readonly notifications: Pick<NotificationsService, 'tell'>
}

/** Sixty, thirty and seven days before required training ends, and was not renewed, its person is warned (screens E20). */
export function trainingInTime({ db, notifications }: TrainingInTimeOptions) {
  /** What of all, or of one record alone, is to be warned of today, with the day of the warning. */
  async function due(tx: Transaction, today: Day, only?: string) {
    const ending = await trainingRepository(tx).ending(warnedEnds(today), only)
    return ending.flatMap((one) => {
      const day = one.is_required ? lastWarning(one, today) : undefined
      return day === undefined ? [] : [{ ...one, day }]
    })
  }

  return {
    plan: async (tx: Transaction, now: Date) =>
      (await due(tx, londonDay(now.getTime()))).map(({ id, day }) => ({
        ...{ subjectId: id, name: day },
        dueAt: new Date(londonMorning(day)).toISOString(),
      })),

    fire: (
      { subjectId: id, name }: { readonly subjectId: string; readonly name: string },
      fired: (tx: Transaction, at: string) => Promise<boolean>,
      now: Date,
    ): Promise<void> =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!(await fired(tx, now.toISOString()))) return
        // Renewed or withdrawn since: nothing is to be said.
        const [still] = (await due(tx, londonDay(now.getTime()), id)).filter(({ day }) => day === name)
        if (!still) return
        const { org, person, ends_on } = still
        await notifications.tell(tx, [org], {
          ...{ kind: 'TRAINING_ENDS', subject: { type: 'training', id }, at: now.toISOString(), detail: { due: ends_on } },
          addressedTo: { persons: [{ issuer: person.issuer, sub: person.subject }], roles: [] },
        })
      }),
  }
}
