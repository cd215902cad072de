import { Buffer } from 'node:buffer'
import { setTimeout as pause } from 'node:timers/promises'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { bareEntryOf, entryOf } from '../format/entry.ts'
import type { PayloadErasedLeaf } from '../format/leaf.ts'
import { appendInTransaction, isSealed } from '../store/append.repository.ts'
import { logsRepository } from '../store/logs.repository.ts'
import { retentionRepository } from './retention.repository.ts'

/** What an operator does to the log itself: take it out, purge, erase, hold; and that they take out evidence. Each leaves an entry in the log of acts. */
export interface OperatorActsOptions {
  /** As `audit_writer` for exports, as `audit_retention` for the rest. */
  readonly db: Database
  readonly clock: Clock
  readonly random: RandomBytes
  readonly newId: () => string
}

/** What a purge took away. */
export interface Purged {
  readonly first: string
  readonly last: string
  readonly count: number
}

/** Pauses before what was in use, or a log that was ending, is tried again, milliseconds. */
const AGAIN_MS = [200, 1_000]

/** Whoever runs the service: nobody that a token names. */
const OPERATOR = { sub: 'urn:accord:operator', org: null, roles: [] } as const

/** No log of acts takes entries now. */
class NoOpenLogError extends Error {}

async function triedAgain(attempt: () => Promise<boolean>): Promise<boolean> {
  for (const wait of AGAIN_MS) {
    if (await attempt()) return true
    await pause(wait)
  }
  return attempt()
}

export function operatorActs({ db, clock, random, newId }: OperatorActsOptions) {
  const today = () => clock().toISOString().slice(0, 10)
  const stamp = () => ({ id: newId(), ts: clock().getTime(), v: 1 }) as const

  async function append(tx: Transaction, entry: Parameters<typeof appendInTransaction>[2][number]): Promise<void> {
    const log = (await logsRepository(tx).ofKind('governance')).find(({ sealedWhy }) => sealedWhy === null)
    if (!log) throw new NoOpenLogError('there is no log of acts to record this in')
    await appendInTransaction(tx, log.logId, [entry], today())
  }

  /** Acts in one transaction; anew where the log of acts ends in the middle of it: the next one opens within moments (FM-28). */
  async function recorded<T>(act: (tx: Transaction) => Promise<T>): Promise<T> {
    for (const wait of AGAIN_MS) {
      try {
        return await withTransaction(db, act)
      } catch (error) {
        if (!(error instanceof NoOpenLogError) && !isSealed(error)) throw error
        await pause(wait)
      }
    }
    return withTransaction(db, act)
  }

  return {
    /** Records that the operator takes out a log as files (R39); do it before the files are written. */
    recordExport: (log: { readonly origin: string; readonly size: number }): Promise<void> =>
      recorded((tx) => {
        const leaf = { ...stamp(), t: 'audit.read', what: 'EXPORT', origin: log.origin, first: 0, n: log.size } as const
        const trace = Buffer.from(random(16)).toString('hex')
        return append(tx, entryOf({ ...leaf, trace }, { reader: OPERATOR }, random))
      }),

    /** Records that the operator takes out the evidence of the register as files; do it before they are written. */
    recordEvidenceExport: (revision: number): Promise<void> =>
      recorded((tx) => {
        const trace = Buffer.from(random(16)).toString('hex')
        const leaf = { ...stamp(), t: 'gov.file.exported', act: 'export', rev: revision, trace } as const
        return append(tx, entryOf(leaf, { by: OPERATOR }, random))
      }),

    /**
     * Deletes the payload of days that are past their retention time, and says so in the log, in one transaction (R37).
     * Null when nothing was due. @throws an error of PostgreSQL, 55006, for days inside the retention time or under a hold
     */
    purge: (before: string, options: { readonly simulated: boolean }): Promise<Purged | null> =>
      recorded(async (tx) => {
        const purged = await retentionRepository(tx).purge(before, today(), options.simulated)
        if (!purged) return null
        const leaf = {
          ...stamp(),
          t: 'audit.payload.purged',
          first: purged.first,
          last: purged.last,
          n: purged.count,
          why: 'RETENTION',
        } as const
        await append(tx, bareEntryOf(leaf))
        return purged
      }),

    /**
     * Drops the days before one that hold nothing any more, each in a short transaction of its own that waits for nobody: while it
     * waited, every append would wait behind it. What was in use stands until the next time; answers how many went and how many stand.
     * @throws an error of PostgreSQL, 55006, for days inside the retention time
     */
    async dropEmptyDays(before: string): Promise<{ readonly dropped: number; readonly left: number }> {
      const days = await withTransaction(db, (tx) => retentionRepository(tx).emptyDays(before))
      for (const [dropped, day] of days.entries()) {
        if (!(await triedAgain(() => withTransaction(db, (tx) => retentionRepository(tx).dropEmptyDay(day)))))
          return { dropped, left: days.length - dropped }
      }
      return { dropped: days.length, left: 0 }
    },

    /** Erases the payload of single entries; the leaves, and so every proof, stay. Answers how many there were. */
    erase: (ids: readonly string[], why: PayloadErasedLeaf['why']): Promise<number> =>
      recorded(async (tx) => {
        const count = await retentionRepository(tx).erase(ids)
        if (count > 0) await append(tx, bareEntryOf({ ...stamp(), t: 'audit.payload.erased', n: count, why }))
        return count
      }),

    /**
     * Keeps the payload of these days, both included, whatever retention says, and says so in the log. Answers the number of the hold.
     * What was being purged or erased is waited for: what then is there, stays.
     */
    placeHold: (first: string, last: string, reference: string): Promise<number> =>
      recorded(async (tx) => {
        const hold = await retentionRepository(tx).placeHold(first, last, reference, clock().toISOString())
        await append(tx, bareEntryOf({ ...stamp(), t: 'audit.hold.placed', first, hold, last, ref: reference }))
        return hold
      }),
    /** Ends a hold, and says so in the log; false when there is none with this number. */
    liftHold: (id: number): Promise<boolean> =>
      recorded(async (tx) => {
        const isLifted = await retentionRepository(tx).liftHold(id, clock().toISOString())
        if (isLifted) await append(tx, bareEntryOf({ ...stamp(), t: 'audit.hold.lifted', hold: id }))
        return isLifted
      }),
    /** The holds that stand. */
    holds: () => withTransaction(db, (tx) => retentionRepository(tx).holds()),
  }
}
