import type { Transaction } from '../platform/database/database.ts'
import type { ListWithLocalCodes, StoredLocalCode } from './local-code.ts'

/** Stores local codes. Nobody changes one: it is added, and it ends. */
export function localCodesRepository(tx: Transaction) {
  const rows = () =>
    tx
      .selectFrom('local_code as c')
      .select(['c.code', 'c.list', 'c.owner_org', 'c.name', 'c.label', 'c.broader', 'c.why', 'c.valid_from', 'c.valid_to'])
      .select(['c.added_at', 'c.added_by', 'c.row_version'])
  return {
    /** All of them, by code. */
    async read(): Promise<StoredLocalCode[]> {
      return (await rows().orderBy('c.code').execute()).map(toStored)
    },
    async find(code: string): Promise<StoredLocalCode | undefined> {
      const row = await rows().where('c.code', '=', code).executeTakeFirst()
      return row && toStored(row)
    },
    /** As `find`, locked until the transaction ends. */
    async lock(code: string): Promise<StoredLocalCode | undefined> {
      const row = await rows().where('c.code', '=', code).forUpdate().executeTakeFirst()
      return row && toStored(row)
    },
    async insert(stored: Omit<StoredLocalCode, 'row_version' | 'valid_to'>): Promise<void> {
      await tx.insertInto('local_code').values(stored).execute()
    },
    /** Sets the last day and moves the row's version. */
    async end(code: string, lastDay: string, by: string): Promise<void> {
      await tx
        .updateTable('local_code')
        .set((eb) => ({ valid_to: lastDay, ended_by: by, row_version: eb('row_version', '+', '1') }))
        .where('code', '=', code)
        .execute()
    },
  }
}

function toStored<Row extends { readonly list: string }>(row: Row): Row & { readonly list: ListWithLocalCodes } {
  return { ...row, list: row.list === 'PURPOSE' ? 'PURPOSE' : 'DATA_ITEM' }
}
