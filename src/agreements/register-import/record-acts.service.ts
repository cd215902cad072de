import { writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { sqlState } from '../../platform/database/sql-state.ts'
import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow, type RefusalCode, Refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { newReference } from '../model/reference-code.ts'
import { signedText } from '../model/signed-text.ts'
import { datasetsOf, registerCells } from './datasets.ts'
import { importedRecords } from './imported-records.repository.ts'
import { importsRepository, type LineWork } from './imports.repository.ts'
import { toRecord } from './record.ts'
import type { ImportedRecordRow, ReplacedRecord, StoredRow } from './stored-import.ts'

export interface RecordActsOptions {
  readonly db: Database
  readonly random: RandomBytes
  readonly acts: ActingService
  readonly agreements: AgreementsService
}

/** The line had its turn in another call, or the record is not what an undo would take out. */
export class LineTaken extends Error {}
/** The record is not what it was at the dry run: another import was quicker, or somebody has worked on it. */
class RecordChanged extends Error {}

const REFERENCE_BYTES = 6
/** A record that a line took out again or replaced: it binds nobody and stays on record. */
const WITHDRAWN = 'WITHDRAWN'
/** Also of a record that had ended: what is out of use is listed nowhere. */
const OUT_OF_USE = { status: WITHDRAWN, terminatedAt: null }

/** What is done with the record of one line, each an act of its own: taken in or out of the register, and with what it replaced. */
export function recordActs({ db, random, acts, agreements }: RecordActsOptions) {
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
  async function replacedBy(before: ImportedRecordRow, tx: Transaction): Promise<ReplacedRecord> {
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
    const restored = await withTransactionAs(db, writerFor(principal), async (tx) => {
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

  return {
    commit: commitRow,
    replace: withdrawReplaced,
    undo: undoRow,
    restore: restoreReplaced,
  } satisfies Record<LineWork, (principal: Principal, importId: string, line: StoredRow) => Promise<void>>
}

/** Refusals that say something of the line. */
const OF_THE_LINE: ReadonlySet<RefusalCode> = new Set(['CONFLICT', 'ILLEGAL_STATE', 'UNPROCESSABLE'])

function callFor(principal: Principal, agreementId: string): ActCall {
  return { principal, agreementId, idempotency: null }
}

/** Why a line cannot be taken in; null: it is no matter of the line. */
export function whyRefused(error: unknown): string | null {
  if (error instanceof RecordChanged) return 'The record here has changed since the dry run. Send the file again.'
  if (error instanceof Refused && OF_THE_LINE.has(error.refusal.code)) return `It was refused: ${error.refusal.detail}`
  return /^2[23]/.test(sqlState(error) ?? '') ? 'It holds something that the register cannot store.' : null
}

function abandoned({ version }: { readonly version: number }): { readonly version: number; readonly status: 'ABANDONED' } {
  return { version, status: 'ABANDONED' }
}
