import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Transaction } from './database.ts'
import { toInstant } from './postgres-types.ts'
import type { DB } from './schema.gen.ts'

/** Rows of several tables by a name each, as one statement read them. */
export type Rows<Tables extends Readonly<Record<string, keyof DB>>> = {
  readonly [Name in keyof Tables]: readonly Selectable<DB[Tables[Name]]>[]
}

/** Columns of type `timestamptz`, and those of type `bigint` whose value is used, by their names: a test compares them with the catalogue. */
export const INSTANT_COLUMN = /(^|_)(at|since)$|^(until|held_until|active_from|active_to)$/
export const BIGINT_COLUMN = /^(row_version|act_count|left_sequence|sequence)$/

/** Rows as a function of the database answers them: a member a table, null where it found none; and of another room a member of its own. */
export interface JsonRows {
  readonly [name: string]: Record<string, unknown>[] | JsonRows | null
}

/** What a function of the database answers that reads rows of several tables in one statement. */
export async function readJson(tx: Transaction, rows: RawBuilder<unknown>): Promise<JsonRows> {
  return (await sql<{ found: JsonRows | null }>`select ${rows} as found`.execute(tx)).rows[0]?.found ?? {}
}

/** The rows of these tables among what was read. Every value is as our pools give it (`postgresTypes`). */
export function rowsOf<Tables extends Readonly<Record<string, keyof DB>>>(tables: Tables, found: JsonRows): Rows<Tables> {
  const rows = (name: string) => (found[name] ?? []) as Record<string, unknown>[]
  return Object.fromEntries(Object.keys(tables).map((name) => [name, asFromPool(rows(name))])) as Rows<Tables>
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
