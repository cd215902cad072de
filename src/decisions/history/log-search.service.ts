import type { AuditService } from '../../audit/audit.service.ts'
import type { DecisionParties } from '../../audit/reading/decision-parties.ts'
import type { AlteredPayloads } from '../../audit/watch/altered-payloads.service.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { emergencyReviewBy } from '../evaluation/obligations.ts'
import { type DecisionRecord, isEvaluated } from './decision-record.ts'
import type { DecisionFilter, FoundDecision, Position } from './found-decision.ts'
import { type Exportable, toCloudEvent, toDecisionLogRecord } from './log-export.ts'
import type { LogFiller } from './log-filler.service.ts'
import { logSearchRepository } from './log-search.repository.ts'
import { originOf, type RecordedReads } from './recorded-reads.service.ts'

/** A page of what was found. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page begins; null at the end. */
  readonly next: Position | null
  /** Recorded decisions that were not looked at, because they are not searchable yet; 0: the search is complete. */
  readonly unsearched: number
}

/** One use of break glass, with the words its reviewer judges, and by when another person must have reviewed it. */
export interface BreakGlassUse extends FoundDecision {
  readonly ground: string | null
  /** Who broke the glass: the subject of the duty manager's token (EM-2). */
  readonly actor: string | null
  readonly justification: string | null
  /** LAWFUL_BASIS and ART9 condition that were asserted. */
  readonly lawful_basis: string | null
  readonly art9: string | null
  /** Agreement whose prohibition was overridden. */
  readonly prohibited_by: string | null
  readonly data_items: readonly string[]
  /** Whether other words stand where the recorded ones were: then none of them is here. */
  readonly payload_is_altered: boolean
  readonly review_due: string
  readonly is_review_overdue: boolean
}

export type ExportFormat = 'adl' | 'cloudevents'
export type LogSearchService = ReturnType<typeof logSearchService>

/**
 * Search and export of the decision log: an organisation sees decisions it is provider, recipient or caller of, an auditor
 * all of them. What others asked is read on record (R39). Nothing here is on the way to an answer.
 */
export function logSearchService(options: {
  readonly db: Database
  readonly audit: Pick<AuditService, 'logs'>
  readonly reads: RecordedReads
  readonly altered: Pick<AlteredPayloads, 'report'>
  readonly filler: LogFiller
  readonly clock: Clock
}) {
  const { db, audit, reads, altered, filler, clock } = options

  async function read<Item>(
    principal: Principal,
    request: {
      readonly filter: DecisionFilter
      readonly after: Position | null
      readonly limit: number
      readonly what: 'PAYLOAD' | 'EXPORT'
    },
    toItems: (tx: Transaction, found: readonly FoundDecision[]) => Promise<readonly Item[]>,
  ): Promise<Page<Item>> {
    const { filter, after, limit, what } = request
    const isAuditor = permits(principal.roles, 'agreement:audit')
    const unsearched = await filler.catchUp()
    const page = await withTransaction(db, async (tx) => {
      await readAs(tx, isAuditor ? { kind: 'auditor' } : { kind: 'party', org: principal.org })
      const rows = await logSearchRepository(tx).search(filter, { after, limit, org: isAuditor ? null : principal.org })
      const shown = rows.slice(0, limit)
      const items = await toItems(
        tx,
        shown.map((row) => row.found),
      )
      return { shown, items, next: rows.length > limit ? (shown.at(-1)?.position ?? null) : null }
    })
    await reads.record(
      principal,
      what,
      page.shown.map(({ found }) => ({ log: found.log, index: found.index, caller: found.caller_org })),
    )
    return { items: page.items, next: page.next, unsearched }
  }

  return {
    /** Whom a decision is about, out of what the search keeps: that stays when its payload is erased. */
    async partiesOf(id: string): Promise<DecisionParties | undefined> {
      const found = await withTransaction(db, async (tx) => {
        await readAs(tx, { kind: 'system' })
        return logSearchRepository(tx).partiesOf(id)
      })
      if (!found) return undefined
      const { provider, recipient, caller_org: caller } = found
      return { caller, shares: provider !== null && recipient !== null ? [{ provider, recipient }] : [], withholds: false }
    },

    /** Decisions, newest first. */
    search: (principal: Principal, request: { readonly filter: DecisionFilter; readonly after: Position | null; readonly limit: number }) =>
      read<FoundDecision>(principal, { ...request, what: 'PAYLOAD' }, async (_tx, found) => found),

    /** The same decisions with request and response, as records of another standard, one object each. */
    export: (
      principal: Principal,
      format: ExportFormat,
      request: { readonly filter: DecisionFilter; readonly after: Position | null; readonly limit: number },
    ) =>
      read<object>(principal, { ...request, what: 'EXPORT' }, async (tx, found) => {
        const records = await recordsOf(tx, found)
        const write = format === 'adl' ? toDecisionLogRecord : toCloudEvent
        return found.flatMap((one) => {
          const record = records.get(one.decision_id)
          return record ? [write({ record, origin: originOf(audit, one.log), agreement: one.agreement } satisfies Exportable)] : []
        })
      }),

    /** Live uses of break glass, newest first, with the day by which each must have been reviewed (EM-4, EM-5). */
    breakGlass: (
      principal: Principal,
      request: { readonly filter: DecisionFilter; readonly after: Position | null; readonly limit: number },
    ) =>
      read<BreakGlassUse>(
        principal,
        { ...request, filter: { ...request.filter, via: 'BREAK_GLASS', simulated: false }, what: 'PAYLOAD' },
        async (tx, found) => {
          const records = await recordsOf(tx, found)
          const today = londonDay(clock().getTime())
          return found.map((one) => {
            const record = records.get(one.decision_id)
            const isParty = one.provider === principal.org || one.recipient === principal.org
            const knowsAll = isParty || permits(principal.roles, 'agreement:audit')
            return toUse(one, record, { today, knowsAll })
          })
        },
      ),
  }

  async function recordsOf(tx: Transaction, found: readonly FoundDecision[]): Promise<Map<string, DecisionRecord>> {
    const records = await logSearchRepository(tx).records(found.map(({ decision_id }) => decision_id))
    for (const { decisionId: id, log, index, isAltered } of records) if (isAltered) altered.report({ log, index, id })
    return new Map(records.map((record) => [record.decisionId, record]))
  }
}

/** A use as its reviewer reads it. An organisation that only asked is not told of an agreement that stood in the way. */
function toUse(
  found: FoundDecision,
  record: DecisionRecord | undefined,
  { today, knowsAll }: { readonly today: string; readonly knowsAll: boolean },
): BreakGlassUse {
  const evaluated = record && isEvaluated(record) ? record.payload : null
  const stated = evaluated?.request.emergency
  const promised = evaluated?.response.obligations.find(({ code }) => code === 'EMERGENCY_REVIEW_BY')?.parameters['date']
  const due = typeof promised === 'string' ? promised : emergencyReviewBy(Date.parse(found.at))
  return {
    ...found,
    ground: stated?.ground ?? null,
    actor: evaluated?.caller.sub ?? null,
    justification: stated?.justification ?? null,
    lawful_basis: evaluated?.request.lawful_basis ?? null,
    art9: stated?.art9 ?? null,
    prohibited_by: knowsAll ? (evaluated?.prohibited_by ?? null) : null,
    data_items: evaluated?.request.data_items ?? [],
    payload_is_altered: record?.isAltered === true,
    review_due: due,
    is_review_overdue: today > due,
  }
}
