import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { evaluationId } from '../decision-entry.ts'
import { callIdOf, type DecisionRecord, recordsOf, type StoredCall } from './decision-record.ts'
import type { DecisionFilter, FoundDecision, Position } from './found-decision.ts'

/** Row-level security says the same, where the database has the roles for it; without them the service owns the tables and is exempt. */
const isSeen = sql<boolean>`public.may_see_decision(s.provider, s.recipient, s.caller_org)`

/**
 * Looks decisions up, as the reader of the transaction (`readAs`) may see them.
 * It may never be asked on the way to an answer.
 */
export function logSearchRepository(tx: Transaction) {
  return {
    /** The newest first; one row more than `limit` tells that there are more. */
    async search(filter: DecisionFilter, page: { readonly after: Position | null; readonly limit: number; readonly org: string | null }) {
      const { after, limit, org } = page
      // An organisation that only asked (an agent) knows the agreement it was told, not the one relied on.
      const agreement =
        org === null
          ? sql<string | null>`s.agreement`
          : sql<string | null>`case when ${org} in (s.provider, s.recipient) then s.agreement else s.told_agreement end`
      let query = tx
        .selectFrom('decision_search as s')
        .innerJoin('audit.log as l', 'l.log_id', 's.log_id')
        .select([
          's.log_id',
          's.idx',
          's.decision_id',
          's.evaluation',
          's.evaluations',
          's.at',
          's.outcome',
          's.simulated',
          's.reasons',
          's.via',
          's.mode',
          's.provider',
        ])
        .select(['s.recipient', 's.purpose', 's.caller_org', 's.caller_client', 's.revision', 'l.name', agreement.as('known_agreement')])
        .where(isSeen)
        .orderBy('s.log_id', 'desc')
        .orderBy('s.idx', 'desc')
        .orderBy('s.evaluation', 'desc')
        .limit(limit + 1)
      if (after) query = query.where(sql<boolean>`(s.log_id, s.idx, s.evaluation) < (${after.logId}, ${after.index}, ${after.evaluation})`)
      if (filter.id !== undefined) query = query.where('s.decision_id', '=', callIdOf(filter.id))
      if (filter.from !== undefined) query = query.where('s.at', '>=', filter.from)
      if (filter.to !== undefined) query = query.where('s.at', '<', filter.to)
      if (filter.provider !== undefined) query = query.where('s.provider', '=', filter.provider)
      if (filter.recipient !== undefined) query = query.where('s.recipient', '=', filter.recipient)
      const { party } = filter
      if (party !== undefined) query = query.where((eb) => eb.or([eb('s.provider', '=', party), eb('s.recipient', '=', party)]))
      if (filter.outcome !== undefined) query = query.where('s.outcome', '=', filter.outcome)
      if (filter.reason !== undefined) query = query.where(sql<boolean>`${filter.reason} = any (s.reasons)`)
      if (filter.agreement !== undefined) query = query.where(agreement, '=', filter.agreement)
      if (filter.caller !== undefined) query = query.where('s.caller_org', '=', filter.caller)
      if (filter.client !== undefined) query = query.where('s.caller_client', '=', filter.client)
      if (filter.mode !== undefined) query = query.where('s.mode', '=', filter.mode)
      if (filter.via !== undefined) query = query.where('s.via', '=', filter.via)
      if (filter.simulated !== undefined) query = query.where('s.simulated', '=', filter.simulated)
      const rows = await query.execute()
      return rows.map((row) => ({
        position: { logId: row.log_id, index: Number(row.idx), evaluation: row.evaluation },
        found: {
          decision_id: evaluationId(row.decision_id, row.evaluation, row.evaluations),
          at: row.at,
          outcome: row.outcome as FoundDecision['outcome'],
          simulated: row.simulated,
          reasons: row.reasons,
          via: row.via,
          mode: row.mode,
          provider: row.provider,
          recipient: row.recipient,
          purpose: row.purpose,
          agreement: row.known_agreement,
          caller_org: row.caller_org,
          caller_client: row.caller_client,
          policy_revision: Number(row.revision),
          log: row.name,
          index: Number(row.idx),
        } satisfies FoundDecision,
      }))
    },

    /** Ids of decisions from an instant on, oldest first, after a position: for going through all of them. */
    async idsSince(since: string, after: Position | null, limit: number): Promise<{ id: string; position: Position }[]> {
      let query = tx
        .selectFrom('decision_search as s')
        .select(['s.decision_id', 's.evaluation', 's.evaluations', 's.log_id', 's.idx'])
        .where(isSeen)
        .where('s.at', '>=', since)
        .orderBy('s.log_id')
        .orderBy('s.idx')
        .orderBy('s.evaluation')
        .limit(limit)
      if (after) query = query.where(sql<boolean>`(s.log_id, s.idx, s.evaluation) > (${after.logId}, ${after.index}, ${after.evaluation})`)
      const rows = await query.execute()
      return rows.map((row) => ({
        id: evaluationId(row.decision_id, row.evaluation, row.evaluations),
        position: { logId: row.log_id, index: Number(row.idx), evaluation: row.evaluation },
      }))
    },

    /**
     * Bytes of leaf and payload, in the order of the ids, of those this reader may see: measured, not read. Evaluations of one call
     * are read together, so the first of them counts for all.
     */
    async sizes(ids: readonly string[]): Promise<{ id: string; bytes: number }[]> {
      if (ids.length === 0) return []
      const { rows } = await sql<{ decision_id: string; bytes: string }>`
        select r.decision_id, octet_length(r.leaf) + coalesce(octet_length(r.body), 0) as bytes
          from public.recorded_decisions(${callsOf(ids)}::uuid[]) r`.execute(tx)
      const uncounted = new Map(rows.map((row) => [row.decision_id, Number(row.bytes)]))
      return ids.map((id) => {
        const bytes = uncounted.get(callIdOf(id)) ?? 0
        uncounted.delete(callIdOf(id))
        return { id, bytes }
      })
    },

    /** Whether a page can have ended here: the log has a searchable decision at this place or a later one. */
    async isPlace({ logId, index }: Position): Promise<boolean> {
      const row = await tx
        .selectFrom('decision_search as s')
        .select('s.idx')
        .where('s.log_id', '=', logId)
        .where('s.idx', '>=', String(index))
        .where(isSeen)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /**
     * The records of evaluations, in the order of the ids; those this reader may not see are missing.
     */
    async records(ids: readonly string[]): Promise<DecisionRecord[]> {
      if (ids.length === 0) return []
      const { rows } = await sql<StoredCall>`
        select r.decision_id, l.name as log, r.idx, r.leaf, r.salt, r.body, r.seen
          from public.recorded_decisions(${callsOf(ids)}::uuid[]) r join audit.log l on l.log_id = r.log_id`.execute(tx)
      const found = new Map(rows.flatMap(recordsOf).map((record) => [record.decisionId, record]))
      return ids.flatMap((id) => found.get(id) ?? [])
    },

    /** Whom the evaluations of a call are about. */
    partiesOf: (call: string) =>
      tx
        .selectFrom('decision_search as s')
        .select(['s.provider', 's.recipient', 's.caller_org'])
        .where('s.decision_id', '=', call)
        .where(isSeen)
        .execute(),

    /** Makes up to `limit` more leaves searchable; answers how many it read. */
    async fill(limit: number): Promise<number> {
      const { rows } = await sql<{ read: number }>`select public.fill_decision_search(${limit}) as read`.execute(tx)
      return rows[0]?.read ?? 0
    },

    /** How many leaves no search finds yet. */
    async unsearched(): Promise<number> {
      const { rows } = await sql<{ left: string }>`select public.unsearched_decisions() as left`.execute(tx)
      return Number(rows[0]?.left ?? 0)
    },
  }
}

function callsOf(ids: readonly string[]): string[] {
  return [...new Set(ids.map(callIdOf))]
}
