import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { changedRows, type Projection } from '../projection.ts'

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
    /** Makes the rows of a sign-off those after a change. */
    async move(id: string, before: Projection, after: Projection): Promise<void> {
      const chains = changedRows(before.chains, after.chains, ({ org }) => org)
      const tasks = changedRows(before.tasks, after.tasks, (row) => `${row.chain_org}/${row.step}/${row.task}`)
      const timers = changedRows(before.timers, after.timers, ({ name }) => name)
      for (const { chain_org, step, task } of tasks.gone)
        await tx
          .deleteFrom('sign_off_task')
          .where('sign_off_id', '=', id)
          .where('chain_org', '=', chain_org)
          .where('step', '=', step)
          .where('task', '=', task)
          .execute()
      if (timers.gone.length > 0)
        await tx
          .deleteFrom('timer')
          .where('room', '=', SIGN_OFF_TIMERS)
          .where('subject_id', '=', id)
          .where(
            'name',
            'in',
            timers.gone.map(({ name }) => name),
          )
          .where('fired_at', 'is', null)
          .execute()
      await this.put([{ id, chains: chains.upserted, tasks: tasks.upserted, timers: timers.upserted }])
    },

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
    async put(rows: readonly (Projection & { readonly id: string })[]): Promise<void> {
      const chains = rows.flatMap(({ id, chains }) => chains.map((row) => ({ sign_off_id: id, ...row })))
      const tasks = rows.flatMap(({ id, tasks }) => tasks.map((row) => ({ sign_off_id: id, ...row })))
      const timers = rows.flatMap(({ id, timers }) => timers.map((row) => ({ room: SIGN_OFF_TIMERS, subject_id: id, ...row })))
      if (chains.length > 0)
        await sql`insert into sign_off_chain (sign_off_id, org, route, status)
          select r.sign_off_id, r.org, r.route, r.status from json_populate_recordset(null::public.sign_off_chain, ${JSON.stringify(chains)}::json) as r
          on conflict (sign_off_id, org) do update set route = excluded.route, status = excluded.status`.execute(tx)
      if (tasks.length > 0)
        await sql`insert into sign_off_task
          select r.* from json_populate_recordset(null::public.sign_off_task, ${JSON.stringify(tasks)}::json) as r
          on conflict (sign_off_id, chain_org, step, task) do update set ${CHANGED}`.execute(tx)
      if (timers.length > 0)
        await sql`insert into timer (room, subject_id, name, due_at)
          select r.room, r.subject_id, r.name, r.due_at from json_populate_recordset(null::public.timer, ${JSON.stringify(timers)}::json) as r
          on conflict (room, subject_id, name) do update set due_at = excluded.due_at where timer.fired_at is null`.execute(tx)
    },
  }
}
