import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { KnownRecord, RowStatus } from './plan.ts'
import type { ImportedRecordRow, ImportStatus, ReplacedRecord, RowPlan, StoredImport, StoredRow } from './stored-import.ts'

/** What a new import is stored with. */
export type NewImport = Omit<StoredImport, 'rowVersion' | 'status' | 'committedAt' | 'undoneAt' | 'openPartners'> & {
  readonly uploadedBy: string
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
          picks: JSON.stringify(made.picks),
          open_partners: '[]',
          uploaded_at: made.uploadedAt,
          uploaded_by: made.uploadedBy,
        })
        .execute()
    },

    async insertRows(
      importId: string,
      org: string,
      rows: readonly { readonly row: number; readonly cells: readonly string[] }[],
    ): Promise<void> {
      await sql`
        insert into register_import_row (import_id, org, row, cells, plan)
        select ${importId}::uuid, ${org}, r.row, r.cells, '{}'::jsonb
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(row int, cells jsonb)`.execute(tx)
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
          picks: row.picks as unknown as StoredImport['picks'],
          openPartners: row.open_partners as unknown as StoredImport['openPartners'],
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
        readonly picks?: StoredImport['picks']
        readonly openPartners?: StoredImport['openPartners']
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
          ...(change.picks ? { picks: JSON.stringify(change.picks) } : {}),
          ...(change.openPartners ? { open_partners: JSON.stringify(change.openPartners) } : {}),
          ...(change.committed ? { committed_at: change.committed.at, committed_by: change.committed.by } : {}),
          ...(change.undone ? { undone_at: change.undone.at, undone_by: change.undone.by } : {}),
        }))
        .where('id', '=', id)
        .execute()
    },

    /** Lines after a line, in order; with a status, those that the dry run gave it. */
    async rows(
      importId: string,
      page: { readonly after?: number; readonly limit?: number; readonly status?: RowStatus | undefined } = {},
    ): Promise<StoredRow[]> {
      const rows = await tx
        .selectFrom('register_import_row as r')
        .selectAll('r')
        .where('r.import_id', '=', importId)
        .where('r.row', '>', page.after ?? 0)
        .$if(page.status !== undefined, (query) => query.where(sql`r.plan ->> 'status'`, '=', page.status ?? ''))
        .orderBy('r.row')
        .$if(page.limit !== undefined, (query) => query.limit(page.limit ?? 0))
        .execute()
      return rows.map(toRow)
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
        from register_import_row where import_id = ${importId} group by 1`.execute(tx)
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
      await sql`
        update register_import_row as r set plan = p.plan
        from jsonb_to_recordset(${JSON.stringify(plans)}::jsonb) as p(row int, plan jsonb)
        where r.import_id = ${importId} and r.row = p.row`.execute(tx)
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

    /** What earlier imports of an organisation left, by source key, with whether anybody has acted on it since. */
    async known(org: string): Promise<Map<string, KnownRecord>> {
      const rows = await tx
        .selectFrom('imported_record as k')
        .innerJoin('agreement as a', 'a.id', 'k.agreement_id')
        .select(['k.source_key', 'k.agreement_id', 'k.row_hash', 'k.act_count', 'a.act_count as acts'])
        .where('k.org', '=', org)
        .execute()
      return new Map(
        rows.map((row) => [row.source_key, { agreement: row.agreement_id, hash: row.row_hash, isTouched: row.act_count !== row.acts }]),
      )
    },

    /** The record of a key, locked until the transaction ends. */
    async record(org: string, key: string): Promise<ImportedRecordRow | undefined> {
      const row = await tx
        .selectFrom('imported_record as k')
        .selectAll('k')
        .where('k.org', '=', org)
        .where('k.source_key', '=', key)
        .forUpdate()
        .executeTakeFirst()
      return (
        row && { agreement: row.agreement_id, hash: row.row_hash, actCount: Number(row.act_count), importId: row.import_id, row: row.row }
      )
    },

    /** Remembers which record a key is; false when another import has taken the key at this moment. */
    async addRecord(org: string, key: string, record: ImportedRecordRow): Promise<boolean> {
      const added = await tx
        .insertInto('imported_record')
        .values({ org, source_key: key, ...recordColumns(record) })
        .onConflict((conflict) => conflict.columns(['org', 'source_key']).doNothing())
        .returning('source_key')
        .executeTakeFirst()
      return added !== undefined
    },

    async changeRecord(org: string, key: string, record: ImportedRecordRow): Promise<void> {
      await tx.updateTable('imported_record').set(recordColumns(record)).where('org', '=', org).where('source_key', '=', key).execute()
    },

    async dropRecord(org: string, key: string): Promise<void> {
      await tx.deleteFrom('imported_record').where('org', '=', org).where('source_key', '=', key).execute()
    },

    /** How many acts there were on an agreement before the one at hand. */
    async actCount(agreementId: string): Promise<number> {
      const row = await tx.selectFrom('agreement as a').select('a.act_count').where('a.id', '=', agreementId).executeTakeFirstOrThrow()
      return Number(row.act_count)
    },

    /** Signatures that a register claims; they count for nothing before a person confirms them. */
    async insertClaimed(
      agreementId: string,
      claimed: readonly { readonly id: string; readonly org: string; readonly signed_at: string; readonly signatory_name: string | null }[],
    ): Promise<void> {
      if (claimed.length === 0) return
      await tx
        .insertInto('signature')
        .values(claimed.map((signature) => ({ ...signature, agreement_id: agreementId, version: 1, confirmed_at: null })))
        .execute()
    },

    /** Puts the status of an agreement and of its versions to what is given. */
    async setStanding(
      agreementId: string,
      status: string,
      versions: readonly { readonly version: number; readonly status: string }[],
    ): Promise<void> {
      await tx.updateTable('agreement').set({ status }).where('id', '=', agreementId).execute()
      for (const one of versions) {
        await tx
          .updateTable('agreement_version')
          .set({ status: one.status })
          .where('agreement_id', '=', agreementId)
          .where('version', '=', one.version)
          .execute()
      }
    },
  }
}

function recordColumns({ agreement, hash, actCount, importId, row }: ImportedRecordRow) {
  return { agreement_id: agreement, row_hash: hash, act_count: actCount, import_id: importId, row }
}

function toRow(row: {
  readonly row: number
  readonly cells: unknown
  readonly plan: unknown
  readonly agreement_id: string | null
  readonly replaced: unknown
  readonly done_at: string | null
  readonly undone_at: string | null
}): StoredRow {
  return {
    row: row.row,
    cells: row.cells as StoredRow['cells'],
    plan: row.plan as RowPlan,
    agreementId: row.agreement_id,
    replaced: row.replaced as ReplacedRecord | null,
    doneAt: row.done_at,
    undoneAt: row.undone_at,
  }
}
