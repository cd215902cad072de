import type { Call, CommandResult } from '../commands/command.ts'
import type { NotificationsService } from '../notifications/notifications.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import { type Day, londonDay, londonMorning } from '../platform/kernel/london-day.ts'
import { refused } from '../platform/kernel/refusal.ts'
import { lastTelling } from './entry.ts'
import type { RegisteredOrganisation } from './organisation.ts'
import { partiesRepository } from './parties.repository.ts'
import type { RegisterActs } from './register-act.service.ts'

/** The room of timers that ask organisations to confirm their entries. */
export const ENTRIES = 'entry'

export type EntriesService = ReturnType<typeof entriesService>

/** Confirming that the entry of one's own organisation is right: its name, its type, its contacts. */
export function entriesService({ acts }: { readonly acts: RegisterActs }) {
  return {
    /** Refused to the people of another body, and for one that is not confirmed in the register. */
    confirm: (call: Call, code: string): Promise<CommandResult<RegisteredOrganisation>> =>
      acts.perform(
        { ...call, kind: 'ORGANISATION', code, act: 'confirm_entry', event: 'organisation.entry_confirmed' },
        async ({ tx, principal, now }) => {
          const detail = 'The people of a body confirm its entry, and no other.'
          if (principal.org !== code) throw refused('FORBIDDEN', detail, [{ pointer: '', detail, code: 'OWN' }])
          const repository = partiesRepository(tx)
          const [before] = await repository.read([code])
          if (before?.status !== 'CONFIRMED') throw refused('ILLEGAL_STATE', 'This body is not confirmed in the register.')
          const entry_confirmed_on = londonDay(Date.parse(now))
          await repository.update(code, { entry_confirmed_on })
          return { id: code, detail: { entry_confirmed_on }, outcome: { ...before, entry_confirmed_on } }
        },
      ),
  }
}

export interface EntriesInTimeOptions {
  readonly db: Database
  readonly notifications: Pick<NotificationsService, 'tell'>
  /** Organisations in which somebody holds a recorded role on a London day: in no other would anybody read it. */
  readonly withPeople: (tx: Transaction, day: Day) => Promise<ReadonlySet<string>>
}

/** Twelve months after an entry was recorded or confirmed its organisation is asked to confirm it, and every thirty days until it does. */
export function entriesInTime({ db, notifications, withPeople }: EntriesInTimeOptions) {
  /** Whom of all, or of one body alone, it is time to tell today, with the day since when nobody confirmed the entry, and the day on which they are told. */
  async function due(tx: Transaction, today: Day, only?: string) {
    const people = [...(await withPeople(tx, today))].filter((org) => only === undefined || org === only)
    return (await partiesRepository(tx).entries(people)).flatMap(({ code, since }) => {
      const day = lastTelling(since, today)
      return day === undefined ? [] : [{ code, since, day }]
    })
  }
  const nameOf = ({ since, day }: { readonly since: Day; readonly day: Day }) => `${since}:${day}`

  return {
    plan: async (tx: Transaction, now: Date) =>
      (await due(tx, londonDay(now.getTime()))).map((one) => ({
        ...{ subjectId: one.code, name: nameOf(one) },
        dueAt: new Date(londonMorning(one.day)).toISOString(),
      })),

    fire: (
      { subjectId: org, name }: { readonly subjectId: string; readonly name: string },
      fired: (tx: Transaction, at: string) => Promise<boolean>,
      now: Date,
    ): Promise<void> =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!(await fired(tx, now.toISOString()))) return
        // Confirmed since, or nobody is there any longer: nothing is to be said.
        const still = (await due(tx, londonDay(now.getTime()), org)).find((one) => nameOf(one) === name)
        if (!still) return
        const subject = { type: 'organisation', id: org }
        await notifications.tell(tx, [org], { kind: 'ENTRY_TO_CONFIRM', subject, at: now.toISOString(), detail: { since: still.since } })
      }),
  }
}
