import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** A legal hold that stands. */
export interface LegalHold {
  readonly id: number
  readonly first: string
  readonly last: string
  readonly reference: string
}

/** Purging, erasing and holding payload; the functions in the database refuse what is not due. Days are `yyyy-mm-dd`. */
export function retentionRepository(tx: Transaction) {
  return {
    async purge(before: string, today: string, simulated: boolean): Promise<{ first: string; last: string; count: number } | undefined> {
      const { rows } = await sql<{ first_day: string | null; last_day: string | null; purged: string }>`
        select first_day, last_day, purged from audit.purge_payload(${before}::date, ${today}::date, ${simulated})`.execute(tx)
      const [row] = rows
      return row?.first_day && row.last_day ? { first: row.first_day, last: row.last_day, count: Number(row.purged) } : undefined
    },

    /** The days before one that hold nothing, oldest first. */
    async emptyDays(before: string): Promise<string[]> {
      const { rows } = await sql<{ day: string }>`select day from audit.empty_days(${before}::date) as d(day)`.execute(tx)
      return rows.map(({ day }) => day)
    },

    /** Drops a day that holds nothing; false when somebody reads or writes the log at this moment. */
    async dropEmptyDay(day: string): Promise<boolean> {
      const { rows } = await sql<{ dropped: boolean }>`select audit.drop_empty_day(${day}::date) as dropped`.execute(tx)
      return rows[0]?.dropped === true
    },

    async erase(ids: readonly string[]): Promise<number> {
      const { rows } = await sql<{ count: string }>`select audit.erase_payload(${[...ids]}::uuid[]) as count`.execute(tx)
      return Number(rows[0]?.count)
    },

    async placeHold(first: string, last: string, reference: string, at: string): Promise<number> {
      const { rows } = await sql<{ id: string }>`
        select audit.place_hold(${first}::date, ${last}::date, ${reference}, ${at}::timestamptz) as id`.execute(tx)
      return Number(rows[0]?.id)
    },

    async liftHold(id: number, at: string): Promise<boolean> {
      const { rows } = await sql<{ lifted: boolean }>`select audit.lift_hold(${id}, ${at}::timestamptz) as lifted`.execute(tx)
      return rows[0]?.lifted === true
    },

    async holds(): Promise<LegalHold[]> {
      const rows = await tx
        .selectFrom('audit.legal_hold as h')
        .select(['h.hold_id', 'h.first_day', 'h.last_day', 'h.reference'])
        .where('h.lifted_at', 'is', null)
        .orderBy('h.hold_id')
        .execute()
      return rows.map((row) => ({ id: Number(row.hold_id), first: row.first_day, last: row.last_day, reference: row.reference }))
    },
  }
}
