import { type Selectable, sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import type { Emergency } from './emergency.ts'

const isSeen = sql<boolean>`public.may_see_one_off(e.provider, e.recipient)`

/** One with the version of its row. */
export interface StoredEmergency {
  readonly emergency: Emergency
  readonly version: string
  readonly actCount: number
}

/** Reads and writes emergencies. Maps, never decides. */
export function emergenciesRepository(tx: Transaction) {
  const emergencies = () => tx.selectFrom('emergency as e').selectAll('e').where(isSeen)
  const one = async (column: 'e.id' | 'e.decision_id', value: string, lock = false): Promise<StoredEmergency | undefined> => {
    const row = await emergencies()
      .where(column, '=', value)
      .$if(lock, (query) => query.forUpdate())
      .executeTakeFirst()
    return row && { emergency: toEmergency(row), version: row.row_version, actCount: Number(row.act_count) }
  }

  return {
    async insert({ sign_off, actor, ...emergency }: Emergency): Promise<void> {
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
      readonly before: string | null
      readonly limit: number
    }): Promise<Emergency[]> {
      const { status, before, limit } = filter
      const rows = await emergencies()
        .$if(status !== null, (query) => query.where('e.status', '=', status))
        .$if(before !== null, (query) => query.where('e.id', '<', before as string))
        .orderBy('e.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toEmergency)
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

function toEmergency(row: Selectable<DB['emergency']>): Emergency {
  const { actor_issuer, actor_sub, sign_off_id, row_version: _version, act_count: _count, status, outcome, ...rest } = row
  return {
    ...rest,
    status: status as Emergency['status'],
    outcome: outcome as Emergency['outcome'],
    sign_off: sign_off_id,
    actor: actor_issuer !== null && actor_sub !== null ? { issuer: actor_issuer, sub: actor_sub } : null,
  }
}
