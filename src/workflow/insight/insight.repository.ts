import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { PASSAGE_EVENTS, type SlimEvent } from './passages.ts'

/** A sign-off as insight counts it: what it is of, and the keys of the routes of its chains. */
export interface CountedSignOff {
  readonly id: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly route: string
  /** Key of the route by organisation; its own where an organisation has none. */
  readonly routes: Readonly<Record<string, string>>
}

/** A task that somebody else has to do. */
export interface TaskOfOthers {
  readonly signOff: string
  readonly subject: { readonly type: string; readonly id: string; readonly version: number }
  readonly org: string
  readonly role: string
  readonly kind: string
  readonly step: string
  readonly due: string | null
  readonly openedAt: string
}

/** What insight counts of sign-offs. */
export function insightRepository(tx: Transaction) {
  return {
    /** Sign-offs that this transaction's reader may know as they stand now: those at work, and those begun since an instant, where one is named; in order, after one. */
    async counted(since: Instant | null, after: string | null, limit: number): Promise<CountedSignOff[]> {
      const rows = await tx
        .selectFrom('sign_off as s')
        .select(['s.id', 's.subject_type', 's.subject_id', 's.route'])
        .select(
          sql<Readonly<Record<string, string>> | null>`(select json_object_agg(c.org, c.route) from sign_off_chain c
            where c.sign_off_id = s.id)`.as('routes'),
        )
        .where((eb) => {
          const isAtWork = eb('s.status', 'in', ['OPEN', 'HELD'])
          return since === null ? isAtWork : eb.or([isAtWork, eb('s.started_at', '>=', new Date(since).toISOString())])
        })
        .where(sql<boolean>`public.knows_subject_until(s.subject_type, s.subject_id) > clock_timestamp()`)
        .$if(after !== null, (query) => query.where('s.id', '>', after ?? ''))
        .orderBy('s.id')
        .limit(limit)
        .execute()
      return rows.map(({ id, subject_type: type, subject_id, route, routes }) => ({
        ...{ id, route, routes: routes ?? {} },
        subject: { type, id: subject_id },
      }))
    },

    /** What opens, ends or holds the steps of these sign-offs, in order. Asked as the system, of sign-offs that the reader may know. */
    async events(ids: readonly string[]): Promise<SlimEvent[]> {
      const rows = await tx
        .selectFrom('sign_off_event as e')
        .select(['e.sign_off_id', 'e.at', 'e.type'])
        .select([sql<string | null>`e.data ->> 'org'`.as('org'), sql<string | null>`e.data ->> 'step'`.as('step')])
        .where(sql<boolean>`e.sign_off_id = any (${ids}::uuid[])`)
        .where(sql<boolean>`e.type = any (${PASSAGE_EVENTS}::text[])`)
        .orderBy('e.sign_off_id')
        .orderBy('e.sequence')
        .execute()
      return rows.map(({ sign_off_id: signOff, at, type, org, step }) => ({ signOff, at: instantOf(at), type, org, step }))
    },

    /** Open tasks of other organisations in these sign-offs, by due day. Asked as the system, of sign-offs that the reader may know. */
    async tasksOfOthers(org: string, ids: readonly string[], limit: number): Promise<TaskOfOthers[]> {
      const rows = await tx
        .selectFrom('sign_off_task as t')
        .select(['t.sign_off_id', 't.subject_type', 't.subject_id', 't.subject_version', 't.org', 't.role', 't.kind', 't.step'])
        .select(['t.due_day', 't.opened_at'])
        .where(sql<boolean>`t.sign_off_id = any (${ids}::uuid[])`)
        .where('t.state', '=', 'OPEN')
        .where('t.org', '<>', org)
        .where('t.sign_off_status', '=', 'OPEN')
        .orderBy('t.due_day')
        .orderBy('t.opened_at')
        .orderBy('t.sign_off_id')
        .orderBy('t.org')
        .orderBy('t.step')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        signOff: row.sign_off_id,
        subject: { type: row.subject_type, id: row.subject_id, version: row.subject_version },
        ...{ org: row.org, role: row.role, kind: row.kind, step: row.step, due: row.due_day, openedAt: row.opened_at },
      }))
    },
  }
}
