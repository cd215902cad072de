import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { isOver } from './evidence-file.ts'
import { filesRepository } from './files.repository.ts'
import type { FilesService, FileTimer } from './files.service.ts'

export interface FileTimersOptions {
  readonly db: Database
  readonly files: FilesService
  /** By the type of the record that names files: the last London day on which each of these records keeps them; null: it has no end yet. */
  readonly keptUntil: Readonly<Record<string, (tx: Transaction, owners: readonly string[]) => Promise<ReadonlyMap<string, Day | null>>>>
}

/** Records that are asked at a time. */
const BATCH = 100

/** Files that never arrived, that no record named in time, or whose record is over: the timers of the room. */
export function filesInTime({ db, files, keptUntil }: FileTimersOptions) {
  const lastDay = async (tx: Transaction, owner: { readonly type: string; readonly id: string }) =>
    (await keptUntil[owner.type]?.(tx, [owner.id]))?.get(owner.id)

  return {
    /** Those whose record is over on this day. */
    async plan(tx: Transaction, now: Date): Promise<FileTimer[]> {
      const today = londonDay(now.getTime())
      const due: FileTimer[] = []
      for (const [type, lastDays] of Object.entries(keptUntil)) {
        const kept = await filesRepository(tx).keptOf(type)
        for (let first = 0; first < kept.length; first += BATCH) {
          const batch = kept.slice(first, first + BATCH)
          const days = await lastDays(
            tx,
            batch.map(({ owner }) => owner),
          )
          for (const { owner, ids } of batch)
            if (isOver(days.get(owner), today))
              for (const id of ids) due.push({ subjectId: id, name: `retention:${today}`, dueAt: now.toISOString() })
        }
      }
      return due
    },

    async fire(
      { subjectId: id, name }: Pick<FileTimer, 'subjectId' | 'name'>,
      fired: (tx: Transaction, at: string) => Promise<boolean>,
      now: Date,
    ): Promise<void> {
      const today = londonDay(now.getTime())
      if (name === 'arrival') await files.discard(id)
      else if (name === 'naming') await files.fallDue(id, 'NOT_NAMED', async (_tx, { owner }) => owner === null)
      else await files.fallDue(id, 'RETENTION', async (tx, { owner }) => owner !== null && isOver(await lastDay(tx, owner), today))
      // Doing it again finds nothing to do: the timer is done once it was done.
      await withTransactionAs(db, { kind: 'system' }, (tx) => fired(tx, now.toISOString()))
    },
  }
}
