import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Transaction } from './database.ts'
import { toInstant } from './postgres-types.ts'
import type { DB } from './schema.gen.ts'

/** Rows of several tables by a name each, as one statement read them. */
export type Rows<Tables extends Readonly<Record<string, keyof DB>>> = {
  readonly [Name in keyof Tables]: readonly Selectable<DB[Tables[Name]]>[]
}

/** Columns of type `timestamptz`, and those of type `bigint` whose value is used, by their names: a test compares them with the catalogue. */
export const INSTANT_COLUMN = /(^|_)at$|^(until|held_until|active_from|active_to)$/
export const BIGINT_COLUMN = /^(row_version|act_count|left_sequence|sequence)$/

/**
 * Reads rows of several tables in one statement: `rows` is a function of the database that answers an object, a member a table, null
 * where it found none. Every value is as our pools give it (`postgresTypes`).
 */
export async function rowsInJson<Tables extends Readonly<Record<string, keyof DB>>>(
  tx: Transaction,
  tables: Tables,
  rows: RawBuilder<unknown>,
): Promise<Rows<Tables>> {
  const answer = await sql<{ found: Readonly<Record<string, Record<string, unknown>[] | null>> }>`select ${rows} as found`.execute(tx)
  const found = answer.rows[0]?.found ?? {}
  return Object.fromEntries(Object.keys(tables).map((name) => [name, asFromPool(found[name] ?? [])])) as Rows<Tables>
}

/** Changes the rows in place: nobody else holds them. */
function asFromPool(rows: Record<string, unknown>[]): readonly Record<string, unknown>[] {
  const columns = Object.keys(rows[0] ?? {})
  const instants = columns.filter((name) => INSTANT_COLUMN.test(name))
  const numbers = columns.filter((name) => BIGINT_COLUMN.test(name))
  for (const row of rows) {
    for (const name of instants) {
      const instant = row[name]
      if (typeof instant === 'string') row[name] = toInstant(instant.replace('T', ' ').replace('+00:00', '+00'))
    }
    for (const name of numbers) if (row[name] !== null) row[name] = String(row[name])
  }
  return rows
}
