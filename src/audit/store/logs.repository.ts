import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** A log as stored. */
export interface LogRow {
  readonly logId: number
  readonly name: string
  readonly kind: 'decisions' | 'governance'
  readonly origin: string
  readonly vkey: string
}

/** A log with how far it has come. */
export interface LogHead extends LogRow {
  readonly size: number
  readonly sealedWhy: 'PERIOD' | 'INCIDENT' | null
}

const LIFECYCLE_LOCK = 7166111602

/** Opens, finds and seals logs. */
export function logsRepository(tx: Transaction) {
  return {
    /** Makes this transaction the only one that opens or seals logs, until it ends. */
    async lockLifecycle(): Promise<void> {
      await sql`select pg_advisory_xact_lock(${LIFECYCLE_LOCK})`.execute(tx)
    },

    /** The logs of a kind, newest first. */
    async ofKind(kind: LogRow['kind']): Promise<LogHead[]> {
      const rows = await tx
        .selectFrom('audit.log as l')
        .innerJoin('audit.head as h', 'h.log_id', 'l.log_id')
        .select(['l.log_id', 'l.name', 'l.kind', 'l.origin', 'l.vkey', 'h.size', 'h.sealed_why'])
        .where('l.kind', '=', kind)
        .orderBy('l.log_id', 'desc')
        .execute()
      return rows.map((row) => ({
        logId: row.log_id,
        name: row.name,
        kind: row.kind as LogRow['kind'],
        origin: row.origin,
        vkey: row.vkey,
        size: Number(row.size),
        sealedWhy: row.sealed_why as LogHead['sealedWhy'],
      }))
    },

    /** Opens a log, or answers the number of the one that is open with this name, origin and key. */
    async open(log: Omit<LogRow, 'logId'>, at: string): Promise<number> {
      const { rows } = await sql<{ id: number }>`
        select audit.open_log(${log.name}, ${log.kind}, ${log.origin}, ${log.vkey}, ${at}::timestamptz) as id`.execute(tx)
      return Number(rows[0]?.id)
    },

    /** Takes no entries any more. */
    async seal(logId: number, why: 'PERIOD' | 'INCIDENT'): Promise<void> {
      await sql`select audit.seal(${logId}, ${why})`.execute(tx)
    },

    /** The key (vkey) that the next log must have, where this one ended by announcing it (R28); null where it did not. */
    async announcedKey(logId: number): Promise<string | null> {
      const { rows } = await sql<{ vkey: string | null }>`select audit.announced_key(${logId}) as vkey`.execute(tx)
      return rows[0]?.vkey ?? null
    },

    /** The newest signed checkpoint of a log. */
    async newestCheckpoint(logId: number): Promise<{ readonly size: number; readonly root: Buffer } | undefined> {
      const row = await tx
        .selectFrom('audit.checkpoint as c')
        .select(['c.size', 'c.root'])
        .where('c.log_id', '=', logId)
        .orderBy('c.size', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && { size: Number(row.size), root: row.root }
    },

    /** Makes room for the payload of a day. */
    async openDay(day: string): Promise<void> {
      await sql`select audit.open_day(${day}::date)`.execute(tx)
    },

    /** Salt and body of one event; undefined once they are erased, or where there never were any. */
    async payloadOf(id: string, day: string): Promise<{ readonly salt: Buffer; readonly body: Buffer } | undefined> {
      const { rows } = await sql<{
        salt: Buffer
        body: Buffer
      }>`select salt, body from audit.payload_of(${id}::uuid, ${day}::date)`.execute(tx)
      return rows[0]
    },
  }
}
