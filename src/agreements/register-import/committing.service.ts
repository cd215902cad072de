import type { VersionedOutcome } from '../../commands/command.ts'
import { checkPrecondition } from '../../commands/commands.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import { type Transaction, withTransaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { answering, refused } from '../../platform/kernel/refusal.ts'
import type { ImportView } from './import-view.ts'
import { importsRepository, type LineWork } from './imports.repository.ts'
import { type ImportsService, isUndoable, type Lookups, lockedImport } from './imports.service.ts'
import { LineTaken, type RecordActsOptions, recordActs, whyRefused } from './record-acts.service.ts'
import type { StoredRow } from './stored-import.ts'

export interface CommittingOptions extends RecordActsOptions {
  readonly clock: Clock
  readonly imports: ImportsService
  readonly tell: NotificationsService['tell']
  /** How long one call goes on before it answers with what is done; milliseconds. */
  readonly sliceMs?: number
}

const SLICE_MS = 20_000
/**
 * Takes the lines of an import into the register and out again. One act a record, each in a transaction of its own with
 * its leaf, so that decisions are never held up by a long import and one that breaks off goes on where it stopped.
 */
export function committingService({ db, clock, imports, tell, sliceMs = SLICE_MS, ...options }: CommittingOptions) {
  const acts = recordActs({ db, ...options })
  const now = () => clock().toISOString()

  /** A slice of a long import: does something with each line that is left, some lines in memory at a time, until the slice is over. */
  function slice(principal: Principal, id: string) {
    const until = performance.now() + sliceMs
    const left = (what: LineWork, after: number) =>
      withTransactionAs(db, writerFor(principal), (tx) => importsRepository(tx).linesTo(what, id, after))
    /** True when every line had its turn. However short the slice, every kind of work gets on by one line. */
    return async (what: LineWork): Promise<boolean> => {
      for (let after = 0; ; ) {
        const rows = await left(what, after)
        for (const row of rows) {
          if (after > 0 && performance.now() > until) return false
          after = row.row
          try {
            await acts[what](principal, id, row)
          } catch (error) {
            if (error instanceof LineTaken) continue
            const why = whyRefused(error)
            if (why === null) throw error
            if (what === 'commit') await refuse(principal, id, row, why)
          }
        }
        if (rows.length === 0) return true
      }
    }
  }

  /** One line that cannot be taken in is refused by itself; the others go on. */
  const refuse = (principal: Principal, id: string, { row }: StoredRow, why: string) =>
    withTransactionAs(db, writerFor(principal), async (tx) => {
      await importsRepository(tx).refuseRow(id, row, { column: null, cell: null, detail: why })
    })

  async function commit(principal: Principal, id: string, ifMatch: string | null): Promise<VersionedOutcome<ImportView>> {
    const lookups = await imports.lookups()
    await withTransaction(db, async (tx) => {
      const stored = await lockedImport(tx, principal, id, '*')
      if (stored.status === 'UNDONE') throw refused('ILLEGAL_STATE', 'The import was undone. Send the file again.')
      // Once it has begun it goes on as it was: sent again, it does nothing more.
      if (stored.status !== 'READY') return
      checkPrecondition(ifMatch, stored.rowVersion, 'import')
      // What was true at the dry run may have changed since.
      await imports.run(tx, stored, lookups)
      await importsRepository(tx).update(id, { status: 'COMMITTING', committed: { at: now(), by: principal.sub } })
    })
    const each = slice(principal, id)
    const isDone = (await each('commit')) && (await each('replace'))
    return finish(principal, id, lookups, isDone ? { status: 'COMMITTED' } : null)
  }

  async function undo(principal: Principal, id: string): Promise<VersionedOutcome<ImportView>> {
    await withTransaction(db, async (tx) => {
      const stored = await lockedImport(tx, principal, id, '*')
      if (stored.status === 'READY') throw refused('ILLEGAL_STATE', 'Nothing of this import is in the register yet.')
      if (stored.status !== 'UNDONE' && !isUndoable(stored, clock())) {
        throw refused('ILLEGAL_STATE', 'An import can be undone within 24 hours. Now each record is ended by itself.')
      }
    })
    const lookups = await imports.lookups()
    const each = slice(principal, id)
    const isBack = (await each('undo')) && (await each('restore'))
    return finish(principal, id, lookups, isBack ? { status: 'UNDONE', undone: { at: now(), by: principal.sub } } : null)
  }

  return {
    /**
     * Takes every line that is new or changed into the register. When the slice is over it answers COMMITTING: call again. Refused
     * once it is undone, and for another state than the caller read.
     */
    commit: answering(commit),
    /**
     * Takes every record of an import out of the register again that nobody has worked on since, and puts back what it
     * had replaced. What somebody has worked on stays, and is counted as still committed. Refused when it is not committed or its time
     * is over.
     */
    undo: answering(undo),
  }

  /** Whoever brought the register along hears what became of it: a long import ends when nobody looks. */
  function tellFinished(tx: Transaction, { org, issuer, sub }: Principal, { id, counts }: ImportView): Promise<void> {
    const detail = { added: counts.NEW, changed: counts.CHANGED, refused: counts.REFUSED }
    const addressedTo = { persons: [{ issuer, sub }], roles: [] }
    return tell(tx, [org], { kind: 'IMPORT_FINISHED', subject: { type: 'import', id }, at: now(), detail, addressedTo, toldBy: org })
  }

  /** Says how far it has come; a state that is reached already is not reached again. */
  function finish(
    principal: Principal,
    id: string,
    lookups: Lookups,
    change: Parameters<ReturnType<typeof importsRepository>['update']>[1] | null,
  ): Promise<VersionedOutcome<ImportView>> {
    return withTransaction(db, async (tx) => {
      const stored = await lockedImport(tx, principal, id, '*')
      const repository = importsRepository(tx)
      // Another call may still be at work on a line: then it is that one which ends the import.
      const isOver = change?.status !== 'COMMITTED' || (await repository.counts(id)).open === 0
      const isReached = change !== null && isOver && stored.status !== change.status && stored.status !== 'UNDONE'
      if (isReached) await repository.update(id, change)
      const shown = await imports.show(tx, id, lookups)
      if (isReached && change.status === 'COMMITTED') await tellFinished(tx, principal, shown.outcome)
      return shown
    })
  }
}

export type CommittingService = ReturnType<typeof committingService>
