import type { Database, Transaction } from '../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../platform/database/reader.ts'
import { addDays, type Day, londonMidnight } from '../platform/kernel/london-day.ts'
import { timerOfName } from './projection.ts'
import type { SignOffsService } from './sign-offs.service.ts'
import { type StoredTimer, timersRepository } from './store/timers.repository.ts'
import type { TimedRoom } from './timers.service.ts'
import type { RoleEnded, WorkflowService } from './workflow.service.ts'

/** What falls due in sign-offs: steps, and the last days of the roles of their people. */

/** Steps that are due, overdue, escalated or lapsed. */
export function stepsInTime(signOffs: SignOffsService): TimedRoom {
  return { fire: ({ subjectId, name }, fired) => signOffs.follow(subjectId, { type: 'fire', ...timerOfName(name) }, fired) }
}

/** The room of timers that say that the last day of a role is over. */
export const ROLE_TIMERS = 'held_role'

/** Sets timers of a room that stands to the left of this one. */
export function setTimers(tx: Transaction, timers: readonly StoredTimer[]): Promise<void> {
  return timersRepository(tx).add(timers)
}

/** Sets the timer of the last day of a role. */
export function awaitLastDay(tx: Transaction, roleId: string, last: Day): Promise<void> {
  const dueAt = new Date(londonMidnight(addDays(last, 1))).toISOString()
  return setTimers(tx, [{ room: ROLE_TIMERS, subjectId: roleId, name: last, dueAt }])
}

/** Sets a timer of a room, in a transaction that reads for anybody. */
export function awaitInstant(tx: Transaction, timer: StoredTimer): Promise<void> {
  return readingAs(tx, { kind: 'system' }, () => timersRepository(tx).add([timer]))
}

export interface RolesInTimeOptions {
  readonly db: Database
  readonly workflow: WorkflowService
  readonly signOffs: SignOffsService
  /** Whose role it was, where this was its last day; undefined: it ended otherwise, or holds on. */
  readonly endedOn: (tx: Transaction, roleId: string, last: Day) => Promise<RoleEnded | undefined>
}

/** Roles whose last day is over: what their people had goes back to everybody of the role. One leaf for each sign-off. */
export function rolesInTime({ db, workflow, signOffs, endedOn }: RolesInTimeOptions): TimedRoom {
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)
  return {
    async fire({ subjectId, name }, fired, now) {
      const ended = await asSystem((tx) => endedOn(tx, subjectId, name))
      const meant = ended ? await asSystem((tx) => workflow.heldBy(tx, ended)) : []
      // Doing it again finds nothing in their hands: the timer is done once all of them are.
      for (const id of meant) if (ended) await signOffs.follow(id, { type: 'role_ended', ...ended }, async () => true)
      await asSystem((tx) => fired(tx, now.toISOString()))
    },
  }
}
