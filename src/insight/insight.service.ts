// Insight: where work waits, what of the register is used, and what is missing in it. Asks the rooms that know; keeps nothing.
// Words: to do, waiting on others, due soon, stage, unused agreement, unmet share.
// It must never change anything, nor count what its reader may not know.
import type { AgreementSummary } from '../agreements/agreement-view.ts'
import type { AgreementsDue } from '../agreements/finding/due.service.ts'
import type { ListingService } from '../agreements/finding/listing.service.ts'
import type { MeasuresService } from '../assessments/made/measures.service.ts'
import type { DecisionUsage } from '../decisions/history/usage.service.ts'
import type { UnmetShare } from '../decisions/history/usage.ts'
import type { Principal } from '../identity/principal.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { orThrow, refused } from '../platform/kernel/refusal.ts'
import type { RequestsService } from '../requests/requests.service.ts'
import type { SignOffInsightService } from '../workflow/insight/insight.service.ts'
import type { SignOffsService } from '../workflow/sign-offs.service.ts'
import { workOf } from './week.service.ts'

export interface InsightOptions {
  readonly clock: Clock
  readonly signOffs: Pick<SignOffsService, 'openTasks'>
  readonly signOffInsight: SignOffInsightService
  readonly due: AgreementsDue
  readonly listing: Pick<ListingService, 'list'>
  readonly usage: DecisionUsage
  readonly requests: Pick<RequestsService, 'openFor'>
  readonly measures: Pick<MeasuresService, 'openFor'>
}

/** A period as it is asked for, ISO 8601, `to` not included; what is absent is the last 365 days. */
export interface AskedPeriod {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

const DAY_MS = 86_400_000
const PERIOD_DAYS = 365
const UNMET_MAX = 200

export type InsightService = ReturnType<typeof insightService>

/** What somebody sees of the work and of the register, as far as they may know it. */
export function insightService({ clock, signOffs, signOffInsight, due, listing, usage, requests, measures }: InsightOptions) {
  const work = workOf({ signOffs, signOffInsight, due, measures })
  return {
    /** What the caller has to do or may take, what others have to do first, and what falls due in 90 days. */
    work: async (principal: Principal) => ({ now: clock(), ...(await work(principal)) }),

    /** How long the stages of sign-offs take, and who is waited for. @throws Refused for a period that ends before it begins */
    async stages(principal: Principal, asked: AskedPeriod) {
      const period = periodOf(asked)
      return { ...period, ...(await signOffInsight.stages(principal, period)) }
    },

    /** Agreements in force that have permitted nothing since an instant, a page of the register at a time. @throws Refused as the list of agreements */
    async unused(
      principal: Principal,
      { since, cursor, limit }: { readonly since?: string | undefined; readonly cursor?: string | undefined; readonly limit: number },
    ) {
      const from = since ?? daysAgo(PERIOD_DAYS)
      const page = orThrow(await listing.list(principal, { state: 'IN_FORCE', sort: 'id', cursor, limit }))
      const { rows, unsearched } = await usage.lastPermits(page.agreements.map(({ id }) => id))
      const last = new Map(rows.map(({ agreement, at }) => [agreement, at]))
      const agreements = page.agreements.flatMap((agreement: AgreementSummary) => {
        const at = last.get(agreement.id) ?? null
        return at !== null && Date.parse(at) >= Date.parse(from) ? [] : [{ agreement, last_permit_at: at }]
      })
      return { since: from, agreements, next_cursor: page.next_cursor, unsearched }
    },

    /** Shares that were asked for without an agreement, with the request that is open for each. @throws Refused for a period that ends before it begins */
    async unmet(principal: Principal, asked: AskedPeriod) {
      const period = periodOf(asked)
      const { rows, unsearched } = await usage.unmet(principal, period, UNMET_MAX + 1)
      const shares = rows.slice(0, UNMET_MAX)
      const open = await requests.openFor(principal, shares)
      const requestFor = ({ provider, recipient, purpose }: UnmetShare) =>
        open.find(({ question }) => question.provider === provider && question.recipient === recipient && question.purpose === purpose)
      return {
        ...period,
        shares: shares.map((share) => {
          const found = requestFor(share)
          return { ...share, request: found ? { id: found.id, status: found.status } : null }
        }),
        more: rows.length > UNMET_MAX,
        unsearched,
      }
    },
  }

  function periodOf({ from, to }: AskedPeriod) {
    // What happened in this very millisecond counts.
    const period = { from: from ?? daysAgo(PERIOD_DAYS), to: to ?? new Date(clock().getTime() + 1).toISOString() }
    if (Date.parse(period.from) < Date.parse(period.to)) return period
    throw refused('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: '/query/to', detail: 'must be later than from' }])
  }

  function daysAgo(days: number): string {
    return new Date(clock().getTime() - days * DAY_MS).toISOString()
  }
}

/** Whole days from one instant to another. */
export function daysSince(at: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(at)) / DAY_MS))
}

/** London days from today to a day; negative: it is over. */
export function daysLeft(day: string, now: Date): number {
  return Math.round((Date.parse(day) - Date.parse(londonDay(now.getTime()))) / DAY_MS)
}
