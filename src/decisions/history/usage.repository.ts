import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { DecisionPeriod, LastPermit, UnmetShare, WeekOfRefusals } from './usage.ts'

/** Counts decisions, as this transaction's reader may see them. It may never be asked on the way to an answer. */
export function usageRepository(tx: Transaction) {
  return {
    /** When each of these agreements last permitted; those that never did are left out. Simulated questions do not count. */
    async lastPermits(agreements: readonly string[]): Promise<LastPermit[]> {
      const { rows } = await sql<LastPermit>`
        select a.id as agreement, p.at from unnest(${agreements}::text[]) as a(id)
         cross join lateral (
           select s.at from public.decision_search s
            where s.agreement = a.id and s.outcome = 'PERMIT' and not s.simulated and public.may_see_decision(s.provider, s.recipient, s.caller_org)
            order by s.log_id desc, s.idx desc limit 1) p`.execute(tx)
      return rows
    },

    /** Questions that were denied because nothing on the register covers them, by pair and purpose, the most frequent first. `org`: whose; null: all. */
    async unmet(org: string | null, { from, to }: DecisionPeriod, limit: number): Promise<UnmetShare[]> {
      const { rows } = await sql<Omit<UnmetShare, 'asked'> & { asked: string }>`
        select s.provider, s.recipient, s.purpose, count(*) as asked, min(s.at) as first_asked_at, max(s.at) as last_asked_at
          from public.decision_search s
         where s.outcome = 'DENY' and not s.simulated and 'NO_AGREEMENT' = any (s.reasons) and s.at >= ${from} and s.at < ${to}
           and s.provider is not null and s.recipient is not null and s.purpose is not null
           and (${org}::text is null or ${org} in (s.provider, s.recipient))
           and public.may_see_decision(s.provider, s.recipient, s.caller_org)
         group by s.provider, s.recipient, s.purpose
         order by count(*) desc, s.provider, s.recipient, s.purpose limit ${limit}`.execute(tx)
      return rows.map((row) => ({ ...row, asked: Number(row.asked) }))
    },

    /**
     * Refusals by organisation and first reason, in two weeks that end and begin at `between`: of those that it would have provided or received, or asked
     * for. Simulated questions do not count, nor what names a body that is on no register.
     */
    async refusals({ from, between, to }: DecisionPeriod & { readonly between: string }): Promise<WeekOfRefusals[]> {
      const { rows } = await sql<{ org: string; reason: string; refusals: string; week_before: string }>`
        select o.code as org, s.reasons[1] as reason,
               count(*) filter (where s.at >= ${between}) as refusals, count(*) filter (where s.at < ${between}) as week_before
          from public.decision_search s
          cross join lateral (select distinct named.code from unnest(array[s.provider, s.recipient, s.caller_org]) as named(code)) n
          join public.organisation o on o.code = n.code
         where s.outcome = 'DENY' and not s.simulated and s.at >= ${from} and s.at < ${to} and s.reasons[1] is not null
         group by o.code, s.reasons[1]`.execute(tx)
      return rows.map(({ org, reason, ...counts }) => ({
        ...{ org, reason },
        ...{ refusals: Number(counts.refusals), week_before: Number(counts.week_before) },
      }))
    },
  }
}
