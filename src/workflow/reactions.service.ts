import type { NotificationsService } from '../notifications/notifications.service.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { Changed } from './acting.service.ts'
import { noticesOf } from './notices.ts'
import type { ActingOn, RecordedInRoom, SubjectRooms } from './subject-room.service.ts'

export interface ReactionsOptions {
  readonly rooms: SubjectRooms
  readonly notifications: NotificationsService
}

/** What follows a change of a sign-off outside of it, in its transaction: its people are told, and the room of its subject acts. */
export function reactions({ rooms, notifications }: ReactionsOptions) {
  return {
    async react(tx: Transaction, { signOff, events }: Changed, acting: ActingOn): Promise<RecordedInRoom | undefined> {
      if (events.length === 0) return undefined
      for (const { orgs, facts } of noticesOf(signOff, events))
        await notifications.tell(tx, orgs, { ...facts, toldBy: acting.principal.org })
      return (await rooms[signOff.subject.type]?.onEvents(tx, signOff, events, acting)) ?? undefined
    },
  }
}
