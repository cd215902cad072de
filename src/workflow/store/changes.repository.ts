import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { SignOffEvent } from '../model/events.ts'
import type { SignOff } from '../model/sign-off.ts'
import { changedRows, NOTHING_PROJECTED, type Projection, projectionOf } from '../projection.ts'
import { instantOf, onlyOrgOf, withoutRoutes } from '../stored-event.ts'
import { rowsWritten, SIGN_OFF_TIMERS } from './projection.repository.ts'

/**
 * What a change of a sign-off writes, each in one statement: its row, its events, and the rows that lists and timers are made of. Joins the
 * caller's transaction, which reads as the system; maps, never decides.
 */
export function changesRepository(tx: Transaction) {
  return {
    /** A sign-off that begins. */
    async begin(signOff: SignOff, events: readonly SignOffEvent[]): Promise<void> {
      const { id, subject, keeper, route, status, startedAt, eventCount } = signOff
      await sql`with begun as (insert into sign_off
          (id, subject_type, subject_id, subject_version, subject_hash, keeper, route, status, event_count, started_at)
          values (${id}, ${subject.type}, ${subject.id}, ${subject.version}, ${subject.hash}, ${keeper}, ${route}, ${status}, ${eventCount}, ${startedAt})),
        ${eventsWritten(signOff, 1, events)}, ${rowsMoved(id, NOTHING_PROJECTED, projectionOf(signOff))}
        select 1`.execute(tx)
    },

    /** Events that came after those that there are, and the state that they made of the one before; answers the new version of its row. */
    async move(before: SignOff, after: SignOff, events: readonly SignOffEvent[], isAct: boolean): Promise<string> {
      const { id, status, eventCount } = after
      const { rows } = await sql<{ row_version: string }>`with moved as (update sign_off
          set status = ${status}, event_count = ${eventCount}, row_version = row_version + 1, act_count = act_count + ${isAct ? 1 : 0}
          where id = ${id} returning row_version),
        ${eventsWritten(after, before.eventCount + 1, events)}, ${rowsMoved(id, projectionOf(before), projectionOf(after))}
        select row_version from moved`.execute(tx)
      if (!rows[0]) throw new RangeError(`there is no sign-off ${id}`)
      return rows[0].row_version
    },
  }
}

/** `first` is the number of the first. */
function eventsWritten({ id, threads }: SignOff, first: number, events: readonly SignOffEvent[]): RawBuilder<unknown> {
  const rows = events.map((event, at) => ({
    ...{ sign_off_id: id, sequence: first + at, at: instantOf(event), type: event.type },
    ...{ only_org: onlyOrgOf(event, threads), data: withoutRoutes(event) },
  }))
  return sql`events as (insert into sign_off_event (sign_off_id, sequence, at, type, only_org, data)
    select r.sign_off_id, r.sequence, r.at, r.type, r.only_org, r.data from json_populate_recordset(null::public.sign_off_event, ${JSON.stringify(rows)}::json) as r)`
}

/** What has gone is none of what is written, so that one statement may do both. */
function rowsMoved(id: string, before: Projection, after: Projection): RawBuilder<unknown> {
  const chains = changedRows(before.chains, after.chains, ({ org }) => org)
  const tasks = changedRows(before.tasks, after.tasks, (row) => `${row.chain_org}/${row.step}/${row.task}`)
  const timers = changedRows(before.timers, after.timers, ({ name }) => name)
  return sql`gone_tasks as (delete from sign_off_task as t
        using json_populate_recordset(null::public.sign_off_task, ${JSON.stringify(tasks.gone)}::json) as g
        where t.sign_off_id = ${id} and t.chain_org = g.chain_org and t.step = g.step and t.task = g.task),
      gone_timers as (delete from timer
        where room = ${SIGN_OFF_TIMERS} and subject_id = ${id} and name = any (${timers.gone.map(({ name }) => name)}::text[]) and fired_at is null),
      ${rowsWritten([{ id, chains: chains.upserted, tasks: tasks.upserted, timers: timers.upserted }])}`
}
