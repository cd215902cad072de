import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { evaluationId } from '../decision-entry.ts'

/** One decision that something follows from. */
export interface FollowedRow {
  readonly decision_id: string
  readonly at: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly callerOrg: string
  readonly isBreakGlass: boolean
}

/** What of a log is to be looked at next, and up to where it was when that is done. */
export interface FollowedPage {
  readonly logId: number
  readonly next: string
  readonly rows: readonly FollowedRow[]
}

/** Decisions of one call stand together, so a page is cut between calls. */
const CALLS = 200

/** Finds decisions that something follows from, log by log, and keeps how far that was done. Reads as the system. */
export function logFollowRepository(tx: Transaction) {
  return {
    /** The next stretch of a log that was not looked at; undefined: everything that is searchable was. */
    async next(): Promise<FollowedPage | undefined> {
      const { rows: stretches } = await sql<{ log_id: number; from: string; to: string }>`
        select p.log_id, coalesce(f.next_idx, 0) as from, p.next_idx as to
          from decision_search_progress p left join decision_follow_progress f on f.log_id = p.log_id
         where p.next_idx > coalesce(f.next_idx, 0) order by p.log_id limit 1`.execute(tx)
      const [stretch] = stretches
      if (!stretch) return undefined
      const { rows } = await sql<Row>`
        select s.idx, s.decision_id, s.evaluation, s.evaluations, s.at, s.provider, s.recipient, s.purpose, s.caller_org, s.via
          from decision_search s
         where s.log_id = ${stretch.log_id} and s.idx >= ${stretch.from} and s.idx < ${stretch.to} and not s.simulated
           and (s.via = 'BREAK_GLASS' or (s.mode = 'AD_HOC' and 'ADHOC_SCOPE_EXCEEDED' = any (s.reasons)))
           and s.idx in (select c.idx from decision_search c
             where c.log_id = ${stretch.log_id} and c.idx >= ${stretch.from} and c.idx < ${stretch.to} and not c.simulated
               and (c.via = 'BREAK_GLASS' or (c.mode = 'AD_HOC' and 'ADHOC_SCOPE_EXCEEDED' = any (c.reasons)))
             order by c.idx limit ${CALLS})
         order by s.idx, s.evaluation`.execute(tx)
      const calls = new Set(rows.map(({ idx }) => idx))
      const last = rows.at(-1)
      const next = calls.size < CALLS || !last ? stretch.to : String(Number(last.idx) + 1)
      return { logId: stretch.log_id, next, rows: rows.flatMap(toFollowed) }
    },

    async advance({ logId, next }: FollowedPage): Promise<void> {
      await tx
        .insertInto('decision_follow_progress')
        .values({ log_id: logId, next_idx: next })
        .onConflict((conflict) =>
          conflict.column('log_id').doUpdateSet({ next_idx: sql`greatest(decision_follow_progress.next_idx, ${next})` }),
        )
        .execute()
    },
  }
}

interface Row {
  readonly idx: string
  readonly decision_id: string
  readonly evaluation: number
  readonly evaluations: number
  readonly at: string
  readonly provider: string | null
  readonly recipient: string | null
  readonly purpose: string | null
  readonly caller_org: string | null
  readonly via: string | null
}

/** Nothing follows where nobody knows any longer between whom it was. */
function toFollowed({ decision_id, evaluation, evaluations, at, provider, recipient, purpose, caller_org, via }: Row): FollowedRow[] {
  if (provider === null || recipient === null || purpose === null || caller_org === null) return []
  const id = evaluationId(decision_id, evaluation, evaluations)
  return [{ decision_id: id, at, provider, recipient, purpose, callerOrg: caller_org, isBreakGlass: via === 'BREAK_GLASS' }]
}
