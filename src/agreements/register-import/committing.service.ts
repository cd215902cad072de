import type { VersionedOutcome } from '../../commands/command.ts'
import { checkPrecondition } from '../../commands/commands.service.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import { sqlState } from '../../platform/database/sql-state.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { answering, orThrow, type RefusalCode, Refused, refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { newReference } from '../model/reference-code.ts'
import { signedText } from '../model/signed-text.ts'
import { writerFor } from '../visibility.ts'
import { datasetsOf, registerCells } from './datasets.ts'
import type { ImportView } from './import-view.ts'
import { importedRecords } from './imported-records.repository.ts'
import { importsRepository, type LineWork } from './imports.repository.ts'
import { type ImportsService, isUndoable, type Lookups, lockedImport } from './imports.service.ts'
import { toRecord } from './record.ts'
import type { ImportedRecordRow, ReplacedRecord, StoredRow } from './stored-import.ts'

export interface CommittingOptions {
  readonly db: Database
  readonly clock: Clock
  readonly random: RandomBytes
  readonly acts: ActingService
  readonly agreements: AgreementsService
  readonly imports: ImportsService
  /** How long one call goes on before it answers with what is done; milliseconds. */
  readonly sliceMs?: number
}

/** The line had its turn in another call, or the record is not what an undo would take out. */
class LineTaken extends Error {}
/** The record is not what it was at the dry run: another import was quicker, or somebody has worked on it. */
class RecordChanged extends Error {}

const SLICE_MS = 20_000
const REFERENCE_BYTES = 6
/** A record that a line took out again or replaced: it binds nobody and stays on record. */
const WITHDRAWN = 'WITHDRAWN'
/** Also of a record that had ended: what is out of use is listed nowhere. */
const OUT_OF_USE = { status: WITHDRAWN, terminatedAt: null }

/**
 * Takes the lines of an import into the register and out again. One act a record, each in a transaction of its own with
 * its leaf, so that decisions are never held up by a long import and one that breaks off goes on where it stopped.
 */
export function committingService({ db, clock, random, acts, agreements, imports, sliceMs = SLICE_MS }: CommittingOptions) {
  const now = () => clock().toISOString()

  async function commitRow(principal: Principal, importId: string, { row, plan }: StoredRow): Promise<void> {
    const { key, hash } = plan
    if (!plan.row || key === null || hash === null) return
    const source = plan.row
    const made = await acts.create(
      { principal, idempotency: null },
      { act: 'import', event: 'agreement.imported' },
      async ({ tx, now: at, newId }) => {
        const repository = importsRepository(tx)
        const records = importedRecords(tx)
        const locked = await repository.lockRow(importId, row)
        const before = await records.record(principal.org, key)
        if (!locked || locked.doneAt !== null) throw new LineTaken()
        if ((before !== undefined) !== (plan.status === 'CHANGED')) throw new RecordChanged()
        const today = londonDay(Date.parse(at))
        const id = newReference(today, random(REFERENCE_BYTES))
        const { agreement, claimed } = toRecord(source, { id, own: principal.org, today })
        const replaced = before && (await replacedBy(before, tx))
        const provenance = {
          source: 'REGISTER_IMPORT',
          imported_by: principal.org,
          import: importId,
          row,
          reference: source.ref,
          // Every recognised cell as the register has it: what no part of the record holds is found here.
          register: registerCells(source),
          ...(source.not_stated ? { not_stated: source.not_stated } : {}),
          ...(source.datasets ? { datasets: datasetsOf(source).map(({ words }) => words) } : {}),
          ...(before ? { replaces: before.agreement } : {}),
        }
        await agreements.store(tx, agreement, { at, by: principal.sub, provenance })
        await records.insertClaimed(
          id,
          claimed.map((signature) => ({ id: newId(), ...signature })),
        )
        await repository.updateRow(importId, row, { done: { at, agreement: id }, ...(replaced ? { replaced } : {}) })
        const record: ImportedRecordRow = { agreement: id, hash, actCount: 1, importId, row }
        if (before) await records.changeRecord(principal.org, key, record)
        else if (!(await records.addRecord(principal.org, key, record))) throw new RecordChanged()
        const [version] = agreement.versions
        const isFrozen = version?.status === 'APPROVED'
        return {
          id,
          to: agreement.status,
          version: 1,
          ...(version && isFrozen ? { versionHash: signedText(agreement, version).hash } : {}),
          detail: { import: importId, row, row_hash: hash },
          outcome: null,
        }
      },
    )
    orThrow(made)
  }

  /** The record as it stands, to be put back one day. @throws RecordChanged when somebody has worked on it */
  async function replacedBy(before: ImportedRecordRow, tx: Parameters<typeof importsRepository>[0]): Promise<ReplacedRecord> {
    const [standing] = await agreements.read(tx, [before.agreement])
    if (!standing || (await importedRecords(tx).actCount(before.agreement)) !== before.actCount) throw new RecordChanged()
    return {
      agreement: before.agreement,
      hash: before.hash,
      importId: before.importId,
      row: before.row,
      status: standing.status,
      terminatedAt: standing.terminated_at,
      versions: standing.versions.map(({ version, status }) => ({ version, status })),
      isWithdrawn: false,
    }
  }

  /** Takes the record that a line replaced out of use. */
  async function withdrawReplaced(principal: Principal, importId: string, { row, replaced }: StoredRow): Promise<void> {
    if (!replaced || replaced.isWithdrawn) return
    const act = { act: 'replace_import', event: 'agreement.import_replaced' } as const
    const done = await acts.perform(callFor(principal, replaced.agreement), act, async ({ tx }) => {
      const repository = importsRepository(tx)
      const records = importedRecords(tx)
      await records.setStanding(replaced.agreement, OUT_OF_USE, replaced.versions.map(abandoned))
      await repository.updateRow(importId, row, { replaced: { ...replaced, isWithdrawn: true } })
      return { to: WITHDRAWN, detail: { import: importId, row }, outcome: null }
    })
    orThrow(done)
  }

  /**
   * Puts back what holds once a line is undone: the record that it replaced, unless the import of that one was undone
   * meanwhile; then what that one had replaced, and so on. Where nothing is left, nothing is put back, nor is anything while a later
   * import says what the record is: undoing that one finds it.
   */
  async function restoreReplaced(principal: Principal, importId: string, { row, replaced, plan }: StoredRow): Promise<void> {
    const { key } = plan
    if (!replaced?.isWithdrawn || key === null) return
    const putBack = { replaced: { ...replaced, isWithdrawn: false } }
    const restored = await withTransaction(db, async (tx) => {
      await readAs(tx, writerFor(principal))
      const repository = importsRepository(tx)
      let found: ReplacedRecord | null = replaced
      for (let line = await repository.line(found.importId, found.row); found && line?.undoneAt; ) {
        found = line.replaced
        line = found ? await repository.line(found.importId, found.row) : undefined
      }
      const isHeld = (await importedRecords(tx).record(principal.org, key)) !== undefined
      if (found !== null && !isHeld) return found
      await repository.updateRow(importId, row, putBack)
      return null
    })
    if (restored === null) return
    const act = { act: 'restore_import', event: 'agreement.import_restored' } as const
    const done = await acts.perform(callFor(principal, restored.agreement), act, async ({ tx }) => {
      const repository = importsRepository(tx)
      const records = importedRecords(tx)
      await records.setStanding(
        restored.agreement,
        { status: restored.status, terminatedAt: restored.terminatedAt ?? null },
        restored.versions,
      )
      await repository.updateRow(importId, row, putBack)
      // This act is one that the import knows of.
      const actCount = (await records.actCount(restored.agreement)) + 1
      const { agreement, hash, importId: from, row: line } = restored
      if (!(await records.addRecord(principal.org, key, { agreement, hash, actCount, importId: from, row: line }))) throw new LineTaken()
      return { to: restored.status, detail: { import: importId, row }, outcome: null }
    })
    orThrow(done)
  }

  /** Takes the record that a line made out of use. @throws LineTaken when somebody has worked on it since */
  async function undoRow(principal: Principal, importId: string, { row, agreementId, plan }: StoredRow): Promise<void> {
    if (agreementId === null || plan.key === null) return
    const { key } = plan
    const act = { act: 'undo_import', event: 'agreement.import_undone' } as const
    const done = await acts.perform(callFor(principal, agreementId), act, async ({ tx, agreement, now: at }) => {
      const repository = importsRepository(tx)
      const records = importedRecords(tx)
      const locked = await repository.lockRow(importId, row)
      const record = await records.record(principal.org, key)
      const isMine = record?.agreement === agreementId && record.actCount === (await records.actCount(agreementId))
      // What a later import replaced is out of use already; it is not to come back when that one is undone.
      const isReplaced = record?.agreement !== agreementId && agreement.status === WITHDRAWN
      if (!locked || locked.undoneAt !== null || !(isMine || isReplaced)) throw new LineTaken()
      if (isMine) await records.dropRecord(principal.org, key)
      await records.setStanding(agreementId, OUT_OF_USE, agreement.versions.map(abandoned))
      await repository.updateRow(importId, row, { undoneAt: at })
      return { to: WITHDRAWN, detail: { import: importId, row }, outcome: null }
    })
    orThrow(done)
  }

  /** A slice of a long import: does something with each line that is left, some lines in memory at a time, until the slice is over. */
  function slice(principal: Principal, id: string) {
    const until = performance.now() + sliceMs
    const left = (what: LineWork, after: number) =>
      withTransaction(db, async (tx) => {
        await readAs(tx, writerFor(principal))
        return importsRepository(tx).linesTo(what, id, after)
      })
    /** True when every line had its turn. However short the slice, every kind of work gets on by one line. */
    return async (what: LineWork, work: (row: StoredRow) => Promise<void>): Promise<boolean> => {
      for (let after = 0; ; ) {
        const rows = await left(what, after)
        for (const row of rows) {
          if (after > 0 && performance.now() > until) return false
          after = row.row
          try {
            await work(row)
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
    withTransaction(db, async (tx) => {
      await readAs(tx, writerFor(principal))
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
    const isDone =
      (await each('commit', (row) => commitRow(principal, id, row))) &&
      (await each('replace', (row) => withdrawReplaced(principal, id, row)))
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
    const isBack =
      (await each('undo', (row) => undoRow(principal, id, row))) && (await each('restore', (row) => restoreReplaced(principal, id, row)))
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
      if (change && isOver && stored.status !== change.status && stored.status !== 'UNDONE') await repository.update(id, change)
      return imports.show(tx, id, lookups)
    })
  }
}

export type CommittingService = ReturnType<typeof committingService>

/** Refusals that say something of the line. */
const OF_THE_LINE: ReadonlySet<RefusalCode> = new Set(['CONFLICT', 'ILLEGAL_STATE', 'UNPROCESSABLE'])

function callFor(principal: Principal, agreementId: string): ActCall {
  return { principal, agreementId, idempotency: null }
}

/** Why a line cannot be taken in; null: it is no matter of the line. */
function whyRefused(error: unknown): string | null {
  if (error instanceof RecordChanged) return 'The record here has changed since the dry run. Send the file again.'
  if (error instanceof Refused && OF_THE_LINE.has(error.refusal.code)) return `It was refused: ${error.refusal.detail}`
  return /^2[23]/.test(sqlState(error) ?? '') ? 'It holds something that the register cannot store.' : null
}

function abandoned({ version }: { readonly version: number }): { readonly version: number; readonly status: 'ABANDONED' } {
  return { version, status: 'ABANDONED' }
}
