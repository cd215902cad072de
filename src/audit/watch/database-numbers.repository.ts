import type { Sql } from '../store/tree.repository.ts'

/** What the database says of the room it takes. */
export interface DatabaseNumbers {
  /** Versions of the sequencer's rows that are dead and not removed yet: they grow while some transaction stays open (R8). */
  readonly deadHeadRows: number
  /** Everything in this database, bytes. How much room is left no server of PostgreSQL tells: that is for its host to watch (FM-19). */
  readonly bytes: number
}

/** Reads them; any role may. The first is as old as the server's statistics, about a second. */
export async function databaseNumbers(sql: Sql): Promise<DatabaseNumbers> {
  const { rows } = await sql.query(
    `select pg_stat_get_dead_tuples('audit.head'::regclass) as dead, pg_database_size(current_database()) as bytes`,
  )
  return { deadHeadRows: Number(rows[0]?.['dead'] ?? 0), bytes: Number(rows[0]?.['bytes'] ?? 0) }
}
