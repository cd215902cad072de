import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Projection } from '../projection.ts'

/** The room of the timers of sign-offs. */
export const SIGN_OFF_TIMERS = 'sign_off'

/** What may change in the row of a task. */
const CHANGED = sql.join(
  [
    ...['sign_off_status', 'org', 'role', 'kind', 'state', 'assignee_issuer', 'assignee_sub', 'due_day', 'opened_at'],
    ...['deputy_issuer', 'deputy_sub', 'deputy_first', 'deputy_last', 'done_issuer', 'done_sub', 'done_at', 'outcome'],
  ].map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`),
)

/** The rows that lists and timers are made of. */
export function projectionRepository(tx: Transaction) {
  return {
    /** Deletes the rows of some sign-offs; timers that have fired stay. */
    async clear(ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return
      await tx.deleteFrom('sign_off_chain').where('sign_off_id', 'in', ids).execute()
      await tx.deleteFrom('sign_off_task').where('sign_off_id', 'in', ids).execute()
      await tx
        .deleteFrom('timer')
        .where('room', '=', SIGN_OFF_TIMERS)
        .where('subject_id', 'in', ids)
        .where('fired_at', 'is', null)
        .execute()
    },

    /** Writes rows of some sign-offs, in place of those of the same names. */
    async put(rows: readonly SignOffRows[]): Promise<void> {
      await sql`with ${rowsWritten(rows)} select 1`.execute(tx)
    },
  }
}

/** Rows of one sign-off. */
type SignOffRows = Projection & { readonly id: string }

/** Rows of some sign-offs as they are written, in place of those of the same names: parts of a `with`. */
export function rowsWritten(rows: readonly SignOffRows[]): RawBuilder<unknown> {
  const chains = rows.flatMap(({ id, chains }) => chains.map((row) => ({ sign_off_id: id, ...row })))
  const tasks = rows.flatMap(({ id, tasks }) => tasks.map((row) => ({ sign_off_id: id, ...row })))
  const timers = rows.flatMap(({ id, timers }) => timers.map((row) => ({ room: SIGN_OFF_TIMERS, subject_id: id, ...row })))
  return sql`chains as (insert into sign_off_chain (sign_off_id, org, route, status)
        select r.sign_off_id, r.org, r.route, r.status from json_populate_recordset(null::public.sign_off_chain, ${JSON.stringify(chains)}::json) as r
        on conflict (sign_off_id, org) do update set route = excluded.route, status = excluded.status),
      tasks as (insert into sign_off_task
        select r.* from json_populate_recordset(null::public.sign_off_task, ${JSON.stringify(tasks)}::json) as r
        on conflict (sign_off_id, chain_org, step, task) do update set ${CHANGED}),
      timers as (insert into timer (room, subject_id, name, due_at)
        select r.room, r.subject_id, r.name, r.due_at from json_populate_recordset(null::public.timer, ${JSON.stringify(timers)}::json) as r
        on conflict (room, subject_id, name) do update set due_at = excluded.due_at where timer.fired_at is null)`
}
