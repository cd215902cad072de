import { type Selectable, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import type { DateOrder } from './cells.ts'
import { CHARACTERS_AT_ONCE, inBatches } from './json-batches.ts'
import type { RowStatus } from './plan.ts'
import type { CellRemark } from './remarks.ts'
import type { ImportStatus, ReplacedRecord, RowPlan, StoredImport, StoredRow } from './stored-import.ts'

/** So many lines of a file are read at once. */
const ROWS_AT_ONCE = 200
/** So many lines are held while they are taken in or out, each in an act of its own. */
const LINES_WORKED_AT_ONCE = 20
/** A page of lines ends once it holds so many characters of JSON. */
const CHARACTERS_SHOWN = 500_000

/** What a new import is stored with. */
export type NewImport = Omit<StoredImport, 'rowVersion' | 'status' | 'committedAt' | 'undoneAt'> & {
  readonly uploadedBy: string
}

/** What is done with lines: taken in, then what they replaced taken out of use; taken out, then what they had replaced put back. */
export type LineWork = 'commit' | 'replace' | 'undo' | 'restore'
const LEFT_TO: Readonly<Record<LineWork, ReturnType<typeof sql<boolean>>>> = {
  commit: sql`r.done_at is null and r.plan ->> 'status' in ('NEW', 'CHANGED')`,
  replace: sql`r.done_at is not null and r.undone_at is null and r.replaced ->> 'isWithdrawn' = 'false'`,
  undo: sql`r.done_at is not null and r.undone_at is null`,
  restore: sql`r.undone_at is not null and r.replaced ->> 'isWithdrawn' = 'true'`,
}

/** Imports and their lines. Maps, never decides; joins the caller's transaction. */
export function importsRepository(tx: Transaction) {
  return {
    async insert(made: NewImport): Promise<void> {
      await tx
        .insertInto('register_import')
        .values({
          id: made.id,
          org: made.org,
          status: 'READY',
          file_hash: made.fileHash,
          header: JSON.stringify(made.header),
          header_row: made.headerRow,
          mapping: JSON.stringify(made.mapping),
          answers: JSON.stringify(made.answers),
          date_order: made.dateOrder,
          uploaded_at: made.uploadedAt,
          uploaded_by: made.uploadedBy,
        })
        .execute()
    },

    /** Stores the lines of the file, some at a time. */
    async insertRows(
      importId: string,
      org: string,
      rows: readonly { readonly row: number; readonly cells: readonly string[] }[],
      pause: Pause,
    ): Promise<void> {
      for (const piece of inBatches(rows)) {
        await sql`
          insert into register_import_row (import_id, org, row, cells, plan)
          select ${importId}::uuid, ${org}, r.row, r.cells, '{}'::jsonb
          from jsonb_to_recordset(${piece}::jsonb) as r(row int, cells jsonb)`.execute(tx)
        await pause()
      }
    },

    /** The import, locked until the transaction ends where it is to be changed; undefined where the reader may not see it. */
    async find(id: string, lock: boolean): Promise<StoredImport | undefined> {
      const row = await tx
        .selectFrom('register_import as i')
        .selectAll('i')
        .where('i.id', '=', id)
        .$if(lock, (query) => query.forUpdate())
        .executeTakeFirst()
      return (
        row && {
          id: row.id,
          org: row.org,
          status: row.status as ImportStatus,
          fileHash: row.file_hash,
          header: row.header as unknown as StoredImport['header'],
          headerRow: row.header_row,
          mapping: row.mapping as unknown as StoredImport['mapping'],
          dateOrder: row.date_order as DateOrder,
          answers: row.answers as unknown as StoredImport['answers'],
          rowVersion: row.row_version,
          uploadedAt: row.uploaded_at,
          committedAt: row.committed_at,
          undoneAt: row.undone_at,
        }
      )
    },

    /** Changes how the import is read or how far it is, and moves its version. */
    async update(
      id: string,
      change: {
        readonly status?: ImportStatus
        readonly mapping?: StoredImport['mapping']
        readonly answers?: StoredImport['answers']
        readonly header?: StoredImport['header']
        readonly headerRow?: number
        readonly dateOrder?: DateOrder
        readonly committed?: { readonly at: string; readonly by: string }
        readonly undone?: { readonly at: string; readonly by: string }
      },
    ): Promise<void> {
      await tx
        .updateTable('register_import')
        .set((eb) => ({
          row_version: eb('row_version', '+', '1'),
          ...(change.status ? { status: change.status } : {}),
          ...(change.mapping ? { mapping: JSON.stringify(change.mapping) } : {}),
          ...(change.answers ? { answers: JSON.stringify(change.answers) } : {}),
          ...(change.header ? { header: JSON.stringify(change.header) } : {}),
          ...(change.headerRow === undefined ? {} : { header_row: change.headerRow }),
          ...(change.dateOrder ? { date_order: change.dateOrder } : {}),
          ...(change.committed ? { committed_at: change.committed.at, committed_by: change.committed.by } : {}),
          ...(change.undone ? { undone_at: change.undone.at, undone_by: change.undone.by } : {}),
        }))
        .where('id', '=', id)
        .execute()
    },

    /** Lines with something left to be done, in order from the one after `after`: the first so many. */
    async linesTo(work: LineWork, importId: string, after: number): Promise<StoredRow[]> {
      const rows = await tx
        .selectFrom('register_import_row as r')
        .selectAll('r')
        .where('r.import_id', '=', importId)
        .where('r.row', '>', after)
        .where(LEFT_TO[work])
        .orderBy('r.row')
        .limit(LINES_WORKED_AT_ONCE)
        .execute()
      return rows.map(toRow)
    },

    /** Every line of an import as it stood in the file, in order from the one after `from`, some at a time. */
    async *inPieces(importId: string, from: number): AsyncGenerator<readonly Pick<StoredRow, 'row' | 'cells'>[]> {
      for (let after = from; ; ) {
        const { rows } = await sql<{ row: number; cells: StoredRow['cells'] }>`
          select row, cells from (
            select r.row, r.cells, sum(length(r.cells::text)) over (order by r.row) - length(r.cells::text) as before
            from (select row, cells from register_import_row where import_id = ${importId} and row > ${after} order by row limit ${ROWS_AT_ONCE}) as r
          ) as s where before < ${CHARACTERS_AT_ONCE} order by row`.execute(tx)
        if (rows.length === 0) return
        yield rows
        after = rows.at(-1)?.row ?? after
      }
    },

    /** The lines up to one, to look for headers among them; for 0, every line. */
    async firstLines(importId: string, upTo: number): Promise<readonly Pick<StoredRow, 'row' | 'cells'>[]> {
      const { rows } = await sql<{ row: number; cells: string[] }>`
        select row, cells from register_import_row
        where import_id = ${importId} and (row <= ${upTo} or ${upTo} = 0) order by row desc limit ${upTo === 0 ? ROWS_AT_ONCE : 1}`.execute(
        tx,
      )
      return rows
    },

    /** The cells of some lines, in order. */
    async cellsOf(importId: string, lines: readonly number[]): Promise<StoredRow['cells'][]> {
      const { rows } = await sql<{ cells: string[] }>`
        select cells from register_import_row where import_id = ${importId} and row = any(${[...lines]}::int[]) order by row`.execute(tx)
      return rows.map(({ cells }) => cells)
    },

    /** The references that a column of a file names, each once. */
    async named(importId: string, column: number, from: number): Promise<string[]> {
      const { rows } = await sql<{ named: string }>`
        select distinct btrim(cells ->> ${sql.lit(column)}, E' \t\r\n') as named from register_import_row
        where import_id = ${importId} and row > ${from} and length(cells ->> ${sql.lit(column)}) between 1 and 300`.execute(tx)
      return rows.map(({ named }) => named)
    },

    /** Lines that are read anew from another header line on have no plan until they are. */
    async forgetPlans(importId: string): Promise<void> {
      await tx.updateTable('register_import_row').set({ plan: '{}' }).where('import_id', '=', importId).execute()
    },

    /** Lines after a line, in order, as many as are asked for and fit into a page; with a status, those that the dry run gave it. */
    async page(
      importId: string,
      { after, limit, status }: { readonly after: number; readonly limit: number; readonly status: RowStatus | undefined },
    ): Promise<{ readonly rows: StoredRow[]; readonly hasMore: boolean }> {
      const { rows } = await sql<Parameters<typeof toRow>[0] & { before: string }>`
        select r.*, sum(length(r.plan::text)) over (order by r.row) - length(r.plan::text) as before
        from (
          select row, cells, plan, agreement_id, replaced, done_at, undone_at from register_import_row
          where import_id = ${importId} and row > ${after} and plan ? 'status' and (${status ?? null}::text is null or plan ->> 'status' = ${status ?? null})
          order by row limit ${limit + 1}
        ) as r order by r.row`.execute(tx)
      const shown = rows.slice(0, limit).filter(({ before }) => Number(before) < CHARACTERS_SHOWN)
      return { rows: shown.map(toRow), hasMore: shown.length < rows.length }
    },

    /** One line, locked until the transaction ends. */
    async lockRow(importId: string, row: number): Promise<StoredRow | undefined> {
      const found = await tx
        .selectFrom('register_import_row as r')
        .selectAll('r')
        .where('r.import_id', '=', importId)
        .where('r.row', '=', row)
        .forUpdate()
        .executeTakeFirst()
      return found && toRow(found)
    },

    /** One line of this or an earlier import. */
    async line(importId: string, row: number): Promise<StoredRow | undefined> {
      const found = await tx
        .selectFrom('register_import_row as r')
        .selectAll('r')
        .where('r.import_id', '=', importId)
        .where('r.row', '=', row)
        .executeTakeFirst()
      return found && toRow(found)
    },

    /** Refuses a line that could not be taken in, saying why. */
    async refuseRow(importId: string, row: number, why: CellRemark): Promise<void> {
      await sql`
        update register_import_row set plan = plan || jsonb_build_object('status', 'REFUSED', 'errors', plan -> 'errors' || ${JSON.stringify([why])}::jsonb)
        where import_id = ${importId} and row = ${row} and done_at is null`.execute(tx)
    },

    /** How many lines have each status, and how many are in, were taken out again, or have yet to come. */
    async counts(importId: string): Promise<{
      readonly byStatus: Readonly<Record<string, number>>
      readonly done: number
      readonly undone: number
      readonly open: number
    }> {
      const { rows } = await sql<{ status: string; total: string; done: string; undone: string }>`
        select plan ->> 'status' as status, count(*) as total, count(*) filter (where done_at is not null and undone_at is null) as done,
          count(*) filter (where undone_at is not null) as undone
        from register_import_row where import_id = ${importId} and plan ? 'status' group by 1`.execute(tx)
      const sum = (pick: (row: (typeof rows)[number]) => string) => rows.reduce((total, row) => total + Number(pick(row)), 0)
      const wanted = rows.filter(({ status }) => status === 'NEW' || status === 'CHANGED')
      return {
        byStatus: Object.fromEntries(rows.map(({ status, total }) => [status, Number(total)])),
        done: sum((row) => row.done),
        undone: sum((row) => row.undone),
        open: wanted.reduce((total, row) => total + Number(row.total) - Number(row.done) - Number(row.undone), 0),
      }
    },

    async savePlans(importId: string, plans: readonly { readonly row: number; readonly plan: RowPlan }[]): Promise<void> {
      for (const piece of inBatches(plans)) {
        await sql`
          update register_import_row as r set plan = p.plan
          from jsonb_to_recordset(${piece}::jsonb) as p(row int, plan jsonb)
          where r.import_id = ${importId} and r.row = p.row`.execute(tx)
      }
    },

    async updateRow(
      importId: string,
      row: number,
      change: {
        readonly done?: { readonly at: string; readonly agreement: string }
        readonly undoneAt?: string
        readonly replaced?: ReplacedRecord
      },
    ): Promise<void> {
      await tx
        .updateTable('register_import_row')
        .set({
          ...(change.done ? { done_at: change.done.at, agreement_id: change.done.agreement } : {}),
          ...(change.undoneAt ? { undone_at: change.undoneAt } : {}),
          ...(change.replaced ? { replaced: JSON.stringify(change.replaced) } : {}),
        })
        .where('import_id', '=', importId)
        .where('row', '=', row)
        .execute()
    },
  }
}

type RowColumn = 'row' | 'cells' | 'plan' | 'agreement_id' | 'replaced' | 'done_at' | 'undone_at'

function toRow(row: Pick<Selectable<DB['register_import_row']>, RowColumn>): StoredRow {
  return {
    row: row.row,
    cells: row.cells as unknown as StoredRow['cells'],
    plan: row.plan as unknown as RowPlan,
    agreementId: row.agreement_id,
    replaced: row.replaced as unknown as ReplacedRecord | null,
    doneAt: row.done_at,
    undoneAt: row.undone_at,
  }
}
