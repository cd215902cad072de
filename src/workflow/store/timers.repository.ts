import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** A timer: something of a room that falls due. */
export interface StoredTimer {
  /** Which room knows what it means. */
  readonly room: string
  /** What it is about there. */
  readonly subjectId: string
  /** What falls due, in the words of the room. */
  readonly name: string
  /** ISO 8601. */
  readonly dueAt: string
}

/** Timers of every room; those that have fired stay on record. */
export function timersRepository(tx: Transaction) {
  return {
    /** Those that are due and have not fired, in the order in which they fell due, after one of them. */
    async due(now: string, after: StoredTimer | null, limit: number): Promise<StoredTimer[]> {
      const rows = await tx
        .selectFrom('timer as t')
        .select(['t.room', 't.subject_id', 't.name', 't.due_at'])
        .where('t.fired_at', 'is', null)
        .where('t.due_at', '<=', now)
        .$if(after !== null, (query) =>
          query.where(
            sql<boolean>`(t.due_at, t.room, t.subject_id, t.name) > (${after?.dueAt}::timestamptz, ${after?.room}, ${after?.subjectId}, ${after?.name})`,
          ),
        )
        .orderBy('t.due_at')
        .orderBy('t.room')
        .orderBy('t.subject_id')
        .orderBy('t.name')
        .limit(limit)
        .execute()
      return rows.map(({ room, subject_id, name, due_at }) => ({ room, subjectId: subject_id, name, dueAt: due_at }))
    },

    /** Notes that a timer has fired; false where it has already, or is there no more: it fires once, whoever fires it. */
    async fired({ room, subjectId, name }: Omit<StoredTimer, 'dueAt'>, at: string): Promise<boolean> {
      const row = await tx
        .updateTable('timer')
        .set({ fired_at: at })
        .where('room', '=', room)
        .where('subject_id', '=', subjectId)
        .where('name', '=', name)
        .where('fired_at', 'is', null)
        .where('due_at', '<=', at)
        .returning('name')
        .executeTakeFirst()
      return row !== undefined
    },

    /** Sets timers that are not set yet; what has fired does not fire again. */
    async add(timers: readonly StoredTimer[]): Promise<void> {
      if (timers.length === 0) return
      const rows = timers.map(({ room, subjectId, name, dueAt }) => ({ room, subject_id: subjectId, name, due_at: dueAt }))
      await sql`insert into timer (room, subject_id, name, due_at)
        select r.room, r.subject_id, r.name, r.due_at from json_populate_recordset(null::public.timer, ${JSON.stringify(rows)}::json) as r
        on conflict do nothing`.execute(tx)
    },
  }
}
