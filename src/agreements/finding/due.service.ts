import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { type DueDay, dueDays } from '../model/agreement-timers.ts'
import { withDeadlineBefore } from '../store/deadlines.repository.ts'

/** Agreements that are read at a time. */
const BATCH = 100

/** A day of an agreement that somebody looks ahead to. */
export interface DueOfAgreement extends DueDay {
  readonly agreement: string
}

export type AgreementsDue = ReturnType<typeof agreementsDue>

/** What falls due in the agreements of an organisation. */
export function agreementsDue({
  db,
  agreements,
  clock,
}: {
  readonly db: Database
  readonly agreements: AgreementsService
  readonly clock: Clock
}) {
  return {
    /** Reviews, of agreements and of their assessments, and last days within so many days from today, and reviews that are overdue, of agreements that the organisation may know; the first first. */
    within: (principal: Pick<Principal, 'org'>, days: number): Promise<readonly DueOfAgreement[]> => {
      const reader = { kind: 'party', org: principal.org } as const
      const at = clock().getTime()
      const until = addDays(londonDay(at), days)
      return withTransactionAs(db, reader, async (tx) => {
        const ids = await withDeadlineBefore(tx, addDays(until, 1))
        const due: DueOfAgreement[] = []
        const pause = pauses()
        for (let first = 0; first < ids.length; first += BATCH)
          for (const agreement of await agreements.readFor(tx, reader, ids.slice(first, first + BATCH), at)) {
            due.push(
              ...dueDays(agreement, at)
                .filter(({ day }) => day <= until)
                .map((one) => ({ agreement: agreement.id, ...one })),
            )
            await pause()
          }
        return due.toSorted((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : one.agreement < other.agreement ? -1 : 1))
      })
    },
  }
}
