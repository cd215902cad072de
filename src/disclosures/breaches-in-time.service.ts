import type { NotificationKind, NotificationsService } from '../notifications/notifications.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../platform/database/reader.ts'
import { setTimers } from '../workflow/timed-rooms.service.ts'
import type { TimedRoom } from '../workflow/timers.service.ts'
import { type BreachReminder, type BreachTimer, breachState, notifyBy, reminderOf } from './breach.ts'
import { emergenciesRepository } from './emergencies.repository.ts'
import { breachOf } from './emergency.ts'

/** The room of timers that remind of breaches. */
export const BREACHES = 'breach'

const KINDS: Readonly<Record<BreachReminder, NotificationKind>> = {
  REMIND: 'BREACH_ASSESSMENT_DUE',
  OVERDUE: 'BREACH_ASSESSMENT_OVERDUE',
  COMMUNICATE: 'BREACH_COMMUNICATION_DUE',
}

/** Sets what falls due of the breach that an emergency may be, whoever the transaction reads for. */
export function setBreachTimers(tx: Transaction, emergencyId: string, timers: readonly BreachTimer[]): Promise<void> {
  const ofBreach = timers.map((timer) => ({ room: BREACHES, subjectId: emergencyId, ...timer }))
  return readingAs(tx, { kind: 'system' }, () => setTimers(tx, ofBreach))
}

/** Whoever has not assessed a breach, or not told its people, hears of it again; what was recorded meanwhile needs no reminder. */
export function breachesInTime({ db, notifications }: { readonly db: Database; readonly notifications: NotificationsService }): TimedRoom {
  return {
    fire: ({ subjectId, name }, fired, now) =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!(await fired(tx, now.toISOString()))) return
        const found = await emergenciesRepository(tx).find(subjectId, true)
        const breach = found && breachOf(found.emergency)
        const reminder = breach ? reminderOf(name, breachState(breach)) : null
        if (!breach || reminder === null) return
        const detail = { aware_at: breach.aware_at, notify_by: notifyBy(breach.aware_at) }
        const subject = { type: 'emergency', id: subjectId }
        await notifications.tell(tx, [found.emergency.org], { kind: KINDS[reminder], subject, at: now.toISOString(), detail })
      }),
  }
}
