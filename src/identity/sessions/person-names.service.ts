import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import type { Identity } from '../principal.ts'
import { personNamesRepository } from './person-names.repository.ts'

/** So many days after somebody last signed in for an organisation nobody is told their name any more: two reviews of an agreement. */
const NAMED_DAYS = 730

export type PersonNamesService = ReturnType<typeof personNamesService>

/** Keeps what somebody is called who signs in for an organisation. The transaction must read as the system. */
export function keepPersonName(tx: Transaction, person: Identity, name: string, now: Date): Promise<void> {
  return personNamesRepository(tx).keep(person, name, londonDay(now.getTime()))
}

/** What people are called whom a page shows already by issuer and subject. It shows nobody to anybody: callers say of whom they ask. */
export function personNamesService({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  return {
    /** The names of these people; of whom none is kept, undefined. */
    async namesOf(people: readonly Identity[]): Promise<(person: Identity) => string | undefined> {
      if (people.length === 0) return () => undefined
      const found = await withTransactionAs(db, { kind: 'system' }, (tx) => personNamesRepository(tx).find(people))
      const names = new Map(found.map((one) => [keyOf(one), one.name]))
      return (person) => names.get(keyOf(person))
    },

    /** Forgets the names of whoever did not come back. */
    forgetOld: (): Promise<void> =>
      withTransactionAs(db, { kind: 'system' }, (tx) =>
        personNamesRepository(tx).forget(addDays(londonDay(clock().getTime()), -NAMED_DAYS)),
      ),
  }
}

function keyOf({ issuer, sub }: Identity): string {
  return JSON.stringify([issuer, sub])
}
