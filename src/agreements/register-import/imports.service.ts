import { sha256Hex } from '../../audit/format/canonical-json.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { ifMatchHolds } from '../../platform/kernel/entity-tags.ts'
import { type ProblemDetail, ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import type { ActReply, IdempotencyKey } from '../acts/act.ts'
import { etagOf } from '../acts/act-shell.service.ts'
import { actsRepository } from '../acts/acts.repository.ts'
import type { KeyTurns } from '../acts/key-turns.ts'
import { agreementsListing } from '../finding/overlap.repository.ts'
import { readAgreements } from '../store/reading.repository.ts'
import { readerFor, writerFor } from '../visibility.ts'
import { type ColumnMapping, detectColumns, FIELDS, headerLine, proposedMapping } from './columns.ts'
import { type DryRunFacts, dryRun } from './dry-run.ts'
import { type ImportView, importView, UNDO_HOURS } from './import-view.ts'
import { importsRepository } from './imports.repository.ts'
import type { RowStatus } from './plan.ts'
import { readCsv } from './read-csv.service.ts'
import type { StoredImport } from './stored-import.ts'

export interface ImportsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly reference: ReferenceService
  readonly parties: PartiesService
  readonly turns: KeyTurns
}

/** Which lines of an import to show. */
export interface RowsQuery {
  readonly after?: number | undefined
  readonly limit?: number | undefined
  readonly status?: RowStatus | undefined
}

/** How a file is read: which column holds what, and who is meant by names that nobody knew. */
export interface ImportReading {
  readonly columns?: ColumnMapping | undefined
  readonly partners?: Readonly<Record<string, string | null>> | undefined
}

export type ImportsService = ReturnType<typeof importsService>

const ROWS_SHOWN = 100
/** More agreements than this are not searched for what a new record would repeat. */
const COMPARED_MAX = 2000

/** Registers that organisations bring along: upload, dry run, mapping. Committing is `committing.service.ts`. */
export function importsService({ db, clock, newId, reference, parties, turns }: ImportsOptions) {
  /** Read before a transaction is opened, since both read in one of their own. */
  async function lookups(): Promise<Pick<DryRunFacts, 'lists' | 'organisations'>> {
    return { lists: await reference.lists(), organisations: await parties.all() }
  }

  /** Reads every line anew and keeps what would become of it. */
  async function run(tx: Transaction, stored: StoredImport, found: Awaited<ReturnType<typeof lookups>>): Promise<void> {
    const repository = importsRepository(tx)
    const agreements = await readAgreements(tx, await agreementsListing(tx, [stored.org], COMPARED_MAX))
    const facts = { ...found, agreements, known: await repository.known(stored.org), at: clock().toISOString() }
    const { plans, openPartners } = dryRun(stored, await repository.rows(stored.id), facts)
    await repository.savePlans(stored.id, plans)
    await repository.update(stored.id, { openPartners })
  }

  async function show(tx: Transaction, id: string, { after = 0, limit = ROWS_SHOWN, status }: RowsQuery = {}): Promise<ImportView> {
    const repository = importsRepository(tx)
    const stored = await repository.find(id, false)
    if (!stored) throw new ProblemError(problem('NOT_FOUND', 'There is no import with this identifier.'))
    const rows = await repository.rows(id, { after, limit: limit + 1, status })
    return importView(stored, await repository.counts(id), { rows: rows.slice(0, limit), hasMore: rows.length > limit })
  }

  return {
    lookups,
    run,
    show,
    /**
     * Stores a file and says what an import would do with it. Nothing of it is in the register yet.
     * @throws ProblemError 413 when it is too large, 422 when it cannot be read or the reading does not fit it
     */
    async upload(
      principal: Principal,
      csv: string,
      reading: ImportReading,
      idempotency: IdempotencyKey | null,
    ): Promise<ActReply<ImportView>> {
      const lines = readCsv(csv)
      const headerAt = headerLine(lines.map(({ cells }) => cells))
      const header = lines[headerAt]
      if (!header) throw new ProblemError(problem('UNPROCESSABLE', 'The file holds no line at all.'))
      const found = await lookups()
      const mapping = reading.columns ?? proposedMapping(detectColumns(header.cells))
      const picks = reading.partners ?? {}
      checkReading(header.cells, { columns: mapping, partners: picks }, found)
      return turns(principal, idempotency, () =>
        withTransaction(db, async (tx) => {
          await readAs(tx, writerFor(principal))
          const at = clock().toISOString()
          const earlier = idempotency && (await actsRepository(tx).claimKey(principal, idempotency, at))
          if (earlier) return earlier as ActReply<ImportView>
          const repository = importsRepository(tx)
          const id = newId()
          const made = { id, org: principal.org, fileHash: sha256Hex(csv), header: header.cells, headerRow: header.row, mapping, picks }
          await repository.insert({ ...made, uploadedAt: at, uploadedBy: principal.sub })
          await repository.insertRows(id, principal.org, lines.slice(headerAt + 1))
          const stored = await repository.find(id, true)
          if (stored) await run(tx, stored, found)
          const body = await show(tx, id)
          const reply = { status: 201, body, etag: etagOf(body.row_version) }
          if (idempotency) await actsRepository(tx).keepReply(principal, idempotency.key, reply)
          return reply
        }),
      )
    },

    /** An import with some of its lines. @throws ProblemError 404 */
    read: (principal: Principal, id: string, query: RowsQuery): Promise<ImportView> =>
      withTransaction(db, async (tx) => {
        await readAs(tx, readerFor(principal))
        return show(tx, id, query)
      }),

    /**
     * Says how the file is to be read, and reads it again. Only before the first line is in.
     * @throws ProblemError 404, 409 once it is committed, 412 and 428 for `If-Match`, 422 for a reading that does not fit
     */
    async map(principal: Principal, id: string, reading: Required<ImportReading>, ifMatch: string | null): Promise<ImportView> {
      const found = await lookups()
      return withTransaction(db, async (tx) => {
        const stored = await lockedImport(tx, principal, id, ifMatch)
        if (stored.status !== 'READY')
          throw new ProblemError(problem('ILLEGAL_STATE', 'The import is committed: how it was read is part of the record.'))
        checkReading(stored.header, reading, found)
        const change = { mapping: reading.columns ?? {}, picks: reading.partners ?? {} }
        await importsRepository(tx).update(id, change)
        await run(tx, { ...stored, ...change }, found)
        return show(tx, id)
      })
    },
  }
}

/** The import of this organisation, locked. @throws ProblemError 404, 412, 428 */
export async function lockedImport(tx: Transaction, principal: Principal, id: string, ifMatch: string | null): Promise<StoredImport> {
  await readAs(tx, writerFor(principal))
  const stored = await importsRepository(tx).find(id, true)
  if (!stored) throw new ProblemError(problem('NOT_FOUND', 'There is no import with this identifier.'))
  checkVersion(stored, ifMatch)
  return stored
}

/** @throws ProblemError 412 when the import has changed since it was read, 428 when nothing says which state is meant */
export function checkVersion({ rowVersion }: StoredImport, ifMatch: string | null): void {
  if (ifMatch === null) throw new ProblemError(problem('PRECONDITION_REQUIRED', 'Send If-Match with the ETag you read.'))
  if (ifMatchHolds(ifMatch, etagOf(rowVersion))) return
  throw new ProblemError(problem('PRECONDITION_FAILED', 'The import has changed since you read it.'))
}

/** Whether an import can still be taken back. */
export function isUndoable({ committedAt }: StoredImport, now: Date): boolean {
  return committedAt !== null && now.getTime() < Date.parse(committedAt) + UNDO_HOURS * 3_600_000
}

function checkReading(
  header: readonly string[],
  { columns = {}, partners = {} }: ImportReading,
  { organisations }: Pick<DryRunFacts, 'organisations'>,
): void {
  const known = new Set(organisations.map(({ code }) => code))
  const used = new Map<number, string>()
  const errors: ProblemDetail[] = []
  for (const field of FIELDS) {
    const column = columns[field]
    if (column === undefined) continue
    const pointer = `/columns/${field}`
    if (column >= header.length) errors.push({ pointer, detail: `the file has ${header.length} columns` })
    else if (used.has(column)) errors.push({ pointer, detail: `column ${column} is taken for ${used.get(column)} already` })
    used.set(column, field)
  }
  for (const [text, org] of Object.entries(partners)) {
    if (org !== null && !known.has(org))
      errors.push({ pointer: `/partners/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail: `${org} is not in the register` })
  }
  if (errors.length > 0) throw new ProblemError(problem('UNPROCESSABLE', 'The file cannot be read like this.', errors))
}
