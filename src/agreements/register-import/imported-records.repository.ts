import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { GoneRecord } from './import-view.ts'
import type { KnownRecord } from './plan.ts'
import type { RegisterRow } from './row.ts'
import type { ImportedRecordRow } from './stored-import.ts'

/** Which record a line of a register is at present, from one import to the next, and how it stands. Joins the caller's transaction. */
export function importedRecords(tx: Transaction) {
  return {
    /** Records of earlier imports that no line of this one names: the first so many, and how many there are. */
    async gone(org: string, importId: string, limit: number): Promise<{ readonly first: GoneRecord[]; readonly total: number }> {
      const { rows } = await sql<GoneRecord & { total: string }>`
        select k.agreement_id as agreement, a.title, r.plan -> 'read' ->> 'ref' as reference, count(*) over () as total
        from imported_record as k
        join agreement as a on a.id = k.agreement_id
        join register_import_row as r on r.import_id = k.import_id and r.row = k.row
        where k.org = ${org} and k.import_id <> ${importId}::uuid and not exists (
          select from register_import_row as l where l.import_id = ${importId}::uuid and l.plan ->> 'key' = k.source_key)
        order by k.agreement_id limit ${limit}`.execute(tx)
      return { first: rows.map(({ total: _, ...record }) => record), total: Number(rows[0]?.total ?? 0) }
    },

    /** What earlier imports of an organisation left, by source key, with whether anybody has acted on it since. */
    async known(org: string): Promise<Map<string, KnownRecord>> {
      const rows = await tx
        .selectFrom('imported_record as k')
        .innerJoin('agreement as a', 'a.id', 'k.agreement_id')
        .innerJoin('register_import_row as r', (join) => join.onRef('r.import_id', '=', 'k.import_id').onRef('r.row', '=', 'k.row'))
        .select(['k.source_key', 'k.agreement_id', 'k.row_hash', 'k.act_count', 'a.act_count as acts'])
        .select(sql<RegisterRow | null>`r.plan -> 'row'`.as('line'))
        .where('k.org', '=', org)
        .execute()
      return new Map(
        rows.map((row) => [
          row.source_key,
          { agreement: row.agreement_id, hash: row.row_hash, row: row.line, isTouched: row.act_count !== row.acts },
        ]),
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
      claimed: readonly {
        readonly id: string
        readonly org: string
        readonly signed_at: string | null
        readonly signatory_name: string | null
      }[],
    ): Promise<void> {
      if (claimed.length === 0) return
      await tx
        .insertInto('signature')
        .values(claimed.map((signature) => ({ ...signature, agreement_id: agreementId, version: 1, confirmed_at: null })))
        .execute()
    },

    /** Puts the status and the end of an agreement and the status of its versions to what is given. */
    async setStanding(
      agreementId: string,
      { status, terminatedAt }: { readonly status: string; readonly terminatedAt: string | null },
      versions: readonly { readonly version: number; readonly status: string }[],
    ): Promise<void> {
      await tx.updateTable('agreement').set({ status, terminated_at: terminatedAt }).where('id', '=', agreementId).execute()
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
