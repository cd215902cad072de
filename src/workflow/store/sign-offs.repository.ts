import { sql } from 'kysely'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { grouped } from '../../platform/kernel/grouped.ts'
import type { SignOffEvent } from '../model/events.ts'
import { replayed } from '../model/evolve.ts'
import type { Route } from '../model/route.ts'
import type { SignOff, Subject } from '../model/sign-off.ts'
import { type NumberedEvent, routeKeysOf, type StoredEvent, withRoutes } from '../stored-event.ts'
import { routesRepository } from './routes.repository.ts'

/** A sign-off by its row: what it is of, and how it stands. */
export interface StoredSignOff {
  readonly id: string
  readonly subject: Subject
  readonly status: SignOff['status']
  readonly version: string
  readonly actCount: number
}

/** Sign-offs as they are stored: a row for each, and its events. Joins the caller's transaction; maps, never decides. */
export function signOffsRepository(tx: Transaction) {
  const rows = () =>
    tx
      .selectFrom('sign_off as s')
      .select(['s.id', 's.subject_type', 's.subject_id', 's.subject_version', 's.subject_hash', 's.status', 's.row_version', 's.act_count'])

  return {
    async find(id: string): Promise<StoredSignOff | undefined> {
      const row = await rows().where('s.id', '=', id).executeTakeFirst()
      return row && toStored(row)
    },

    async keeperOf(id: string): Promise<string | undefined> {
      return (await tx.selectFrom('sign_off as s').select('s.keeper').where('s.id', '=', id).executeTakeFirst())?.keeper
    },

    /** Sign-offs in which a person has open tasks of these roles in an organisation, by subject: the order in which they are locked. */
    async heldBy({ issuer, sub }: Identity, org: string, roles: readonly string[]): Promise<StoredSignOff[]> {
      const found = await rows()
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('sign_off_task as t')
              .select('t.step')
              .whereRef('t.sign_off_id', '=', 's.id')
              .where('t.org', '=', org)
              .where('t.state', '=', 'OPEN')
              .where('t.assignee_sub', '=', sub)
              .where('t.assignee_issuer', '=', issuer)
              .where('t.role', 'in', roles),
          ),
        )
        .orderBy('s.subject_type')
        .orderBy('s.subject_id')
        .orderBy('s.id')
        .execute()
      return found.map(toStored)
    },

    /** Sign-offs in which a person has open tasks in an organisation, or stands in for whoever has, in the order in which they are locked. */
    async inHandsOf({ issuer, sub }: Identity, org: string, limit: number): Promise<StoredSignOff[]> {
      const found = await rows()
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('sign_off_task as t')
              .select('t.step')
              .whereRef('t.sign_off_id', '=', 's.id')
              .where('t.org', '=', org)
              .where('t.state', '=', 'OPEN')
              .where(
                sql<boolean>`((t.assignee_sub = ${sub} and t.assignee_issuer = ${issuer}) or (t.deputy_sub = ${sub} and t.deputy_issuer = ${issuer}))`,
              ),
          ),
        )
        .orderBy('s.subject_type')
        .orderBy('s.subject_id')
        .orderBy('s.id')
        .limit(limit)
        .execute()
      return found.map(toStored)
    },

    /** How many tasks somebody has done for an organisation: signatures, and others. */
    async doneBy({ issuer, sub }: Identity, org: string): Promise<{ readonly signatures: number; readonly steps: number }> {
      const { rows: found } = await sql<{ signatures: number; steps: number }>`
        select count(*) filter (where t.kind = 'SIGNATURE')::int as signatures, count(*) filter (where t.kind <> 'SIGNATURE')::int as steps
        from sign_off_task t where t.org = ${org} and t.state = 'DONE' and t.done_sub = ${sub} and t.done_issuer = ${issuer}`.execute(tx)
      return found[0] ?? { signatures: 0, steps: 0 }
    },

    /** Locked until the transaction ends. */
    async lock(id: string): Promise<StoredSignOff | undefined> {
      const row = await rows().where('s.id', '=', id).forUpdate().executeTakeFirst()
      return row && toStored(row)
    },

    /** The sign-offs of a subject, of one version of it where that is named, the last begun first. */
    async ofSubject({
      type,
      id,
      version,
    }: {
      readonly type: string
      readonly id: string
      readonly version?: number
    }): Promise<StoredSignOff[]> {
      const found = await rows()
        .where('s.subject_type', '=', type)
        .where('s.subject_id', '=', id)
        .$if(version !== undefined, (query) => query.where('s.subject_version', '=', version ?? 0))
        .orderBy('s.id', 'desc')
        .execute()
      return found.map(toStored)
    },

    /** Subjects of a type that have a sign-off of one of these statuses. */
    async subjectsOf(type: string, statuses: readonly SignOff['status'][]): Promise<string[]> {
      const found = await tx
        .selectFrom('sign_off as s')
        .select('s.subject_id')
        .distinct()
        .where('s.subject_type', '=', type)
        .where('s.status', 'in', statuses)
        .orderBy('s.subject_id')
        .execute()
      return found.map(({ subject_id }) => subject_id)
    },

    /** Its events that this transaction's reader may read, in order, with the routes that they name (`routeKeysOf`). */
    async events(id: string): Promise<SignOffEvent[]> {
      const { rows: found } = await sql<{ events: StoredEvent[] | null; routes: Record<string, Route> | null }>`
        with e as (select e.sequence, e.type, e.data from sign_off_event as e where e.sign_off_id = ${id})
        select (select json_agg(e.data order by e.sequence) from e) as events,
          (select json_object_agg(r.key, r.route) from sign_off_route as r where r.key in (
            select jsonb_path_query(e.data, '$.**.route') #>> '{}' from e where e.type in ('STARTED', 'CHAIN_ADDED'))) as routes`.execute(
        tx,
      )
      const { events, routes } = found[0] ?? {}
      return (events ?? []).map((event) => withRoutes(event, routes ?? {}))
    },

    /** What happened in it as this transaction's reader may read it, after an event, with the number of each. */
    async history(id: string, after: number, limit: number): Promise<NumberedEvent[]> {
      const found = await tx
        .selectFrom('sign_off_event as e')
        .select(['e.sequence', 'e.data'])
        .where('e.sign_off_id', '=', id)
        .where('e.sequence', '>', String(after))
        .orderBy('e.sequence')
        .limit(limit)
        .execute()
      return found.map(({ sequence, data }) => ({ sequence: Number(sequence), event: data as unknown as StoredEvent }))
    },

    /** Its state, made of what this transaction's reader may read. */
    async state(id: string): Promise<SignOff> {
      return replayed(await this.events(id))
    },

    /** The states of some sign-offs, in the order of their ids, after one of them; each locked until the transaction ends. */
    async lockedStates(after: string | null, limit: number): Promise<SignOff[]> {
      const locked = await tx
        .selectFrom('sign_off as s')
        .select('s.id')
        .$if(after !== null, (query) => query.where('s.id', '>', after ?? ''))
        .orderBy('s.id')
        .limit(limit)
        .forUpdate()
        .execute()
      if (locked.length === 0) return []
      const found = await tx
        .selectFrom('sign_off_event as e')
        .select(['e.sign_off_id', 'e.data'])
        .where(
          'e.sign_off_id',
          'in',
          locked.map(({ id }) => id),
        )
        .orderBy('e.sign_off_id')
        .orderBy('e.sequence')
        .execute()
      const stored = found.map(({ sign_off_id, data }) => ({ id: sign_off_id, event: data as unknown as StoredEvent }))
      const routes = await routesRepository(tx).byKey([...new Set(stored.flatMap(({ event }) => routeKeysOf(event)))])
      const eventsOf = grouped(stored, ({ id }) => id)
      return locked.map(({ id }) => replayed(eventsOf(id).map(({ event }) => withRoutes(event, routes))))
    },
  }
}

interface Row {
  readonly id: string
  readonly subject_type: string
  readonly subject_id: string
  readonly subject_version: number
  readonly subject_hash: string
  readonly status: string
  readonly row_version: string
  readonly act_count: string
}

function toStored(row: Row): StoredSignOff {
  const subject = { type: row.subject_type, id: row.subject_id, version: row.subject_version, hash: row.subject_hash }
  return { id: row.id, subject, status: row.status as SignOff['status'], version: row.row_version, actCount: Number(row.act_count) }
}
