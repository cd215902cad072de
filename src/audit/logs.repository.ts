import { sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'

/** A log as stored. */
export interface LogRow {
  readonly logId: number
  readonly name: string
  readonly kind: 'decisions' | 'governance'
  readonly origin: string
  readonly vkey: string
}

/** Opens and finds logs. */
export function logsRepository(tx: Transaction) {
  return {
    async find(name: string): Promise<LogRow | undefined> {
      const row = await tx
        .selectFrom('audit.log as l')
        .select(['l.log_id', 'l.name', 'l.kind', 'l.origin', 'l.vkey'])
        .where('l.name', '=', name)
        .executeTakeFirst()
      return row && { logId: row.log_id, name: row.name, kind: row.kind as LogRow['kind'], origin: row.origin, vkey: row.vkey }
    },

    /** Opens a log, or answers the number of the one that is open with this name, origin and key. */
    async open(log: Omit<LogRow, 'logId'>, at: string): Promise<number> {
      const { rows } = await sql<{ id: number }>`
        select audit.open_log(${log.name}, ${log.kind}, ${log.origin}, ${log.vkey}, ${at}::timestamptz) as id`.execute(tx)
      return Number(rows[0]?.id)
    },

    /** Makes room for the payload of a day. */
    async openDay(day: string): Promise<void> {
      await sql`select audit.open_day(${day}::date)`.execute(tx)
    },
  }
}
