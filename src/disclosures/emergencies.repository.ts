import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import { holdsTerms } from '../platform/database/words.ts'
import type { SearchedTerms } from '../platform/kernel/asked-terms.ts'
import { breachesRepository } from './breaches.repository.ts'
import type { Emergency } from './emergency.ts'

const isSeen = sql<boolean>`public.may_see_one_off(e.provider, e.recipient)`
const hasOpenBreach = sql<boolean>`e.aware_at is not null and not exists (
  select from public.breach_assessment a left join public.breach_communication c using (emergency_id)
  where a.emergency_id = e.id and (a.finding <> 'HIGH_RISK' or c.emergency_id is not null))`

/** One with the version of its row. */
export interface StoredEmergency {
  readonly emergency: Emergency
  readonly version: string
  readonly actCount: number
}

/** Reads and writes emergencies. Maps, never decides. */
export function emergenciesRepository(tx: Transaction) {
  const emergencies = () => tx.selectFrom('emergency as e').selectAll('e').where(isSeen)
  /** Rows with what was recorded of their breaches. */
  const toEmergencies = async (rows: readonly Selectable<DB['emergency']>[]): Promise<Emergency[]> => {
    const { assessments, communications } = await breachesRepository(tx).of(
      rows.filter(({ aware_at }) => aware_at !== null).map(({ id }) => id),
    )
    return rows.map((row) => ({
      ...toEmergency(row),
      assessment: assessments.get(row.id) ?? null,
      communication: communications.get(row.id) ?? null,
    }))
  }
  const one = async (column: 'e.id' | 'e.decision_id', value: string, lock = false): Promise<StoredEmergency | undefined> => {
    const row = await emergencies()
      .where(column, '=', value)
      .$if(lock, (query) => query.forUpdate())
      .executeTakeFirst()
    const [emergency] = row ? await toEmergencies([row]) : []
    return row && emergency && { emergency, version: row.row_version, actCount: Number(row.act_count) }
  }

  return {
    async insert({ sign_off, actor, assessment: _assessment, communication: _communication, ...emergency }: Emergency): Promise<void> {
      await tx
        .insertInto('emergency')
        .values({
          ...emergency,
          ...{ data_items: [...emergency.data_items], excessive_items: [...emergency.excessive_items], sign_off_id: sign_off },
          ...{ actor_issuer: actor?.issuer ?? null, actor_sub: actor?.sub ?? null },
        })
        .execute()
    },

    /** Stores in which sign-off one is reviewed, and what the review found. */
    async update({ id, status, sign_off, outcome, dsa_needed, reason, excessive_items, reviewed_at, aware_at }: Emergency): Promise<void> {
      const changed = {
        status,
        sign_off_id: sign_off,
        outcome,
        dsa_needed,
        reason,
        excessive_items: [...excessive_items],
        reviewed_at,
        aware_at,
      }
      await tx.updateTable('emergency').set(changed).where('id', '=', id).execute()
    },

    find: (id: string, lock = false) => one('e.id', id, lock),
    ofDecision: (decisionId: string) => one('e.decision_id', decisionId),

    /** How many of a pair and purpose happened after an instant. */
    async countSince(
      { provider, recipient, purpose }: Pick<Emergency, 'provider' | 'recipient' | 'purpose'>,
      since: string,
    ): Promise<number> {
      const row = await tx
        .selectFrom('emergency as e')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where('e.provider', '=', provider)
        .where('e.recipient', '=', recipient)
        .where('e.purpose', '=', purpose)
        .where('e.happened_at', '>', since)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    /** Newest first. */
    async list(filter: {
      readonly status: Emergency['status'] | null
      /** Only those of which a breach is still to be assessed, or its people to be told. */
      readonly hasOpenBreach: boolean
      readonly before: string | null
      readonly limit: number
    }): Promise<Emergency[]> {
      const { status, before, limit } = filter
      const rows = await emergencies()
        .$if(status !== null, (query) => query.where('e.status', '=', status))
        .$if(filter.hasOpenBreach, (query) => query.where(hasOpenBreach))
        .$if(before !== null, (query) => query.where('e.id', '<', before as string))
        .orderBy('e.id', 'desc')
        .limit(limit)
        .execute()
      return toEmergencies(rows)
    },

    /** Those that hold all of the terms, newest first. */
    async search({ terms, before, limit }: SearchedTerms): Promise<Emergency[]> {
      const named = (codes: RawBuilder<readonly string[]>) =>
        sql<boolean>`(e.provider = any (${codes}) or e.recipient = any (${codes}) or e.purpose = any (${codes}) or e.ground = any (${codes})
          or e.data_items && ${codes})`
      const rows = await emergencies()
        .where(sql<boolean>`${holdsTerms(terms, sql`e.words`, named)}`)
        .$if(before !== null, (query) => query.where('e.id', '<', before as string))
        .orderBy('e.id', 'desc')
        .limit(limit)
        .execute()
      return toEmergencies(rows)
    },

    /** Counts an act and moves the version; answers it. */
    async touch(id: string): Promise<string> {
      const row = await tx
        .updateTable('emergency')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },
  }
}

function toEmergency(row: Selectable<DB['emergency']>): Omit<Emergency, 'assessment' | 'communication'> {
  const { actor_issuer, actor_sub, sign_off_id, row_version: _version, act_count: _count, words: _words, status, outcome, ...rest } = row
  return {
    ...rest,
    status: status as Emergency['status'],
    outcome: outcome as Emergency['outcome'],
    sign_off: sign_off_id,
    actor: actor_issuer !== null && actor_sub !== null ? { issuer: actor_issuer, sub: actor_sub } : null,
  }
}
