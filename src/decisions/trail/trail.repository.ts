import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import type { FoundAct, FoundRead, TrailFilter, TrailPosition } from './found-entry.ts'

interface TrailPage {
  readonly reader: Reader
  readonly after: TrailPosition | null
  readonly limit: number
}

/** Row-level security says the same, where the database has the roles for it (sql/migrations/0077_trail.sql). */
const isSeen = sql<boolean>`(coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
  or e.org = nullif(current_setting('accord.org', true), '')
  or e.concerns @> array[nullif(current_setting('accord.org', true), '')]
  or (e.sequence is not null and e.record in (select k.id from public.agreements_ever_known() k)
      and public.may_see_act(e.record, e.sequence, e.at)))`
const READ = 'log.read'

/** Looks entries of the governance log up, as the reader of the transaction (`readAs`) may see them. */
export function trailRepository(tx: Transaction) {
  /** Entries that the reader may see, the newest first. An organisation's are found in order by `trail_concern`, however many there are of others. */
  function entries(filter: TrailFilter, { reader, after, limit }: TrailPage) {
    const isConcern = sql<boolean>`(c.org, c.log_id, c.idx) = (${reader.kind === 'party' ? reader.org : ''}, e.log_id, e.idx)`
    let query = tx
      .selectFrom('trail_entry as e')
      .$if(reader.kind === 'party', (entry) => entry.innerJoin('trail_concern as c', (on) => on.on(isConcern)))
      .selectAll('e')
      // Not by a join: what a new database guesses of so small a table would make the order of an index look dear.
      .select(sql<string>`(select l.name from audit.log l where l.log_id = e.log_id)`.as('name'))
      .where(isSeen)
      .orderBy('e.log_id', 'desc')
      .orderBy('e.idx', 'desc')
      .limit(limit + 1)
    if (after) query = query.where(sql<boolean>`(e.log_id, e.idx) < (${after.logId}, ${after.index})`)
    if (filter.from !== undefined) query = query.where('e.at', '>=', filter.from)
    if (filter.to !== undefined) query = query.where('e.at', '<', filter.to)
    if (filter.person !== undefined) query = query.where('e.actor', '=', filter.person)
    if (filter.org !== undefined) query = query.where('e.org', '=', filter.org)
    return query
  }

  return {
    /** Acts, the newest first; one row more than `limit` tells that there are more. */
    async acts(filter: TrailFilter, page: TrailPage): Promise<{ position: TrailPosition; found: FoundAct }[]> {
      let query = entries(filter, page)
      query = filter.event === undefined ? query.where('e.event', '<>', READ) : query.where('e.event', '=', filter.event)
      if (filter.record_type !== undefined) query = query.where('e.record_type', '=', filter.record_type)
      if (filter.record !== undefined) query = query.where('e.record', '=', filter.record)
      if (filter.outcome !== undefined) query = query.where('e.refused', '=', filter.outcome === 'REFUSED')
      return (await query.execute()).map((row) => ({
        position: { logId: row.log_id, index: Number(row.idx) },
        found: {
          ...commonOf(row),
          event: row.event,
          act: row.act,
          record_type: row.record_type,
          record: row.record,
          sequence: row.sequence === null ? null : Number(row.sequence),
          from: row.from_status,
          to: row.to_status,
          refused: row.refused,
        },
      }))
    },

    /** Reads of the logs, the newest first; one row more than `limit` tells that there are more. */
    async reads(filter: TrailFilter, page: TrailPage): Promise<{ position: TrailPosition; found: FoundRead }[]> {
      const rows = await entries(filter, page).where('e.event', '=', READ).execute()
      return rows.map((row) => ({
        position: { logId: row.log_id, index: Number(row.idx) },
        found: {
          ...commonOf(row),
          what: row.what,
          of_log: row.of_log,
          first: row.first_entry === null ? null : Number(row.first_entry),
          entries: row.entries === null ? null : Number(row.entries),
        },
      }))
    },

    /** Whether the entry is for this reader to know. */
    async isSeen(leafId: string): Promise<boolean> {
      const row = await tx.selectFrom('trail_entry as e').select('e.idx').where('e.leaf_id', '=', leafId).where(isSeen).executeTakeFirst()
      return row !== undefined
    },

    /** Makes up to `limit` more leaves searchable; answers how many it read. */
    async fill(limit: number): Promise<number> {
      const { rows } = await sql<{ read: number }>`select public.fill_trail(${limit}) as read`.execute(tx)
      return rows[0]?.read ?? 0
    },

    /** How many leaves no search finds yet. */
    async unsearched(): Promise<number> {
      const { rows } = await sql<{ left: string }>`select public.unsearched_acts() as left`.execute(tx)
      return Number(rows[0]?.left ?? 0)
    },
  }
}

interface Row {
  readonly leaf_id: string
  readonly at: string
  readonly org: string | null
  readonly actor: string | null
  readonly issuer: string | null
  readonly name: string
  readonly idx: string | number
}

function commonOf({ leaf_id, at, org, actor, issuer, name, idx }: Row) {
  return { leaf_id, at, org, actor, issuer, log: name, index: Number(idx) }
}
