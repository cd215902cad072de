import { readerFor } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { readAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { answered, type Refusal } from '../platform/kernel/refusal.ts'
import type { Result } from '../platform/kernel/result.ts'
import type { Agreement } from './agreement.ts'
import type { AgreementsService } from './agreements.service.ts'
import { successorsRepository } from './store/successors.repository.ts'
import { noSuchAgreement } from './visibility.ts'

export interface ReadingOptions {
  readonly db: Database
  readonly agreements: AgreementsService
  readonly clock: Clock
}

/** What is read of an agreement that the caller may know, in one transaction that reads for them; refused like one that is not there where they may not. */
export type ReadAgreement = <T>(
  principal: Principal,
  id: string,
  work: (tx: Transaction, agreement: Agreement) => Promise<T>,
) => Promise<Result<T, Refusal>>

/** What is read of an agreement for whoever follows parties of it that have ended: that is all that they may know of it. Refused like one that is not there where they follow nobody in it. */
export type ReadInPlace = <T>(
  principal: Principal,
  id: string,
  work: (tx: Transaction, agreement: Agreement, followed: readonly string[]) => Promise<T>,
) => Promise<Result<T, Refusal>>

export function readingInPlace({ db, agreements, clock }: ReadingOptions): ReadInPlace {
  return (principal, id, work) =>
    answered(() =>
      withTransaction(db, async (tx) => {
        const followed = await successorsRepository(tx).followedIn(id, principal.org, clock().getTime())
        if (followed.length === 0) throw noSuchAgreement()
        await readAs(tx, { kind: 'system' })
        const [agreement] = await agreements.read(tx, [id])
        if (!agreement) throw noSuchAgreement()
        return work(tx, agreement, followed)
      }),
    )
}

export function agreementReading(options: ReadingOptions): ReadAgreement {
  const { db, agreements, clock } = options
  return (principal, id, work) =>
    answered(() =>
      withTransaction(db, async (tx) => {
        const reader = readerFor(principal)
        await readAs(tx, reader)
        const agreement = await agreements.find(tx, reader, id, clock().getTime())
        if (!agreement) throw noSuchAgreement()
        return work(tx, agreement)
      }),
    )
}
