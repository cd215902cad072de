import type { AuditService } from '../../audit/audit.service.ts'
import type { AlteredPayloads } from '../../audit/watch/altered-payloads.service.ts'
import { permits, readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { answered, type Refusal, type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import { emergencyReviewBy } from '../evaluation/obligations.ts'
import { batchesOf } from './batches.ts'
import type { DecisionParties } from './decision-parties.ts'
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

/** Which page. */
export interface PageRequest {
  readonly filter: DecisionFilter
  readonly after: Position | null
  readonly limit: number
}

export type ExportFormat = 'adl' | 'cloudevents'
/** Stored bytes of payload that one page shows: callers choose the sizes, so rows alone would bound nothing. */
const PAGE_BYTES = 4 * 1024 * 1024
/** Stored bytes that are read at once, and so long nobody else is answered. */
const BATCH_BYTES = 256 * 1024
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

  /**
   * A page: as many rows as asked for, and where their payloads are wanted, no more of them than `PAGE_BYTES` but at least one.
   * What is shown is recorded as read before it is given.
   * @throws Refused 400 for a cursor at which no page ended
   */
  async function read(
    principal: Principal,
    { filter, after, limit, what }: PageRequest & { readonly what: 'PAYLOAD' | 'EXPORT' },
    withPayloads: boolean,
  ): Promise<{ readonly shown: readonly FoundDecision[]; readonly batches: readonly string[][] } & Omit<Page<never>, 'items'>> {
    const reader = readerFor(principal)
    const unsearched = await filler.catchUp()
    const page = await withTransactionAs(db, reader, async (tx) => {
      const repository = logSearchRepository(tx)
      if (after && !(await repository.isPlace(after))) throw noSuchPlace()
      const rows = await repository.search(filter, { after, limit, org: reader.kind === 'party' ? reader.org : null })
      const sizes = withPayloads ? await repository.sizes(rows.slice(0, limit).map(({ found }) => found.decision_id)) : []
      const count = withPayloads ? countWithin(sizes, PAGE_BYTES) : limit
      const shown = rows.slice(0, count)
      return {
        shown: shown.map(({ found }) => found),
        batches: batchesOf(sizes.slice(0, count), BATCH_BYTES),
        next: rows.length > count ? (shown.at(-1)?.position ?? null) : null,
      }
    })
    await reads.record(
      principal,
      what,
      page.shown.map(({ log, index, caller_org: caller, provider, recipient }) => ({ log, index, caller, others: [provider, recipient] })),
    )
    return { ...page, unsearched }
  }

  /** The records of a page, a batch at a time, each in a transaction of its own: whoever takes them slowly holds no connection. */
  async function* recordsIn(principal: Principal, batches: readonly string[][]): AsyncGenerator<DecisionRecord> {
    for (const ids of batches) {
      const records = await withTransactionAs(db, readerFor(principal), (tx) => logSearchRepository(tx).records(ids))
      for (const record of records) {
        if (record.isAltered) altered.report({ log: record.log, index: record.index, id: record.decisionId })
        yield record
      }
    }
  }

  return {
    /** Whom a decision is about, out of what the search keeps: that stays when its payload is erased. */
    async partiesOf(id: string): Promise<DecisionParties | undefined> {
      const found = await withTransactionAs(db, { kind: 'system' }, (tx) => logSearchRepository(tx).partiesOf(id))
      const [first] = found
      if (!first) return undefined
      const shares = found.flatMap(({ provider, recipient }) => (provider !== null && recipient !== null ? [{ provider, recipient }] : []))
      return { caller: first.caller_org, shares, withholds: false }
    },

    /** Decisions, newest first. */
    search: (principal: Principal, request: PageRequest): Promise<Result<Page<FoundDecision>, Refusal>> =>
      answered(async () => {
        const { shown, next, unsearched } = await read(principal, { ...request, what: 'PAYLOAD' }, false)
        return { items: shown, next, unsearched }
      }),

    /** The same decisions with request and response, as records of another standard, one object each, made as they are taken. */
    export: (
      principal: Principal,
      format: ExportFormat,
      request: PageRequest,
    ): Promise<Result<Omit<Page<never>, 'items'> & { readonly items: AsyncIterable<object> }, Refusal>> =>
      answered(async () => {
        const { shown, batches, next, unsearched } = await read(principal, { ...request, what: 'EXPORT' }, true)
        const write = format === 'adl' ? toDecisionLogRecord : toCloudEvent
        const known = new Map(shown.map((one) => [one.decision_id, one]))
        async function* items(): AsyncGenerator<object> {
          for await (const record of recordsIn(principal, batches)) {
            const agreement = known.get(record.decisionId)?.agreement ?? null
            yield write({ record, origin: originOf(audit, record.log), agreement } satisfies Exportable)
          }
        }
        return { items: items(), next, unsearched }
      }),

    /** Live uses of break glass, newest first, with the day by which each must have been reviewed (EM-4, EM-5). */
    breakGlass: (principal: Principal, request: PageRequest): Promise<Result<Page<BreakGlassUse>, Refusal>> =>
      answered(async () => {
        const filter = { ...request.filter, via: 'BREAK_GLASS', simulated: false }
        const { shown, batches, next, unsearched } = await read(principal, { ...request, filter, what: 'PAYLOAD' }, true)
        const records = new Map<string, DecisionRecord>()
        const pause = pauses()
        for await (const record of recordsIn(principal, batches)) {
          records.set(record.decisionId, record)
          await pause()
        }
        const today = londonDay(clock().getTime())
        const items = shown.map((one) => {
          const isParty = one.provider === principal.org || one.recipient === principal.org
          const knowsAll = isParty || permits(principal.roles, 'agreement:audit')
          return toUse(one, records.get(one.decision_id), { today, knowsAll })
        })
        return { items, next, unsearched }
      }),
  }
}

/** How many payloads of a list fit into so many bytes; at least one, so that every page goes on. */
function countWithin(sizes: readonly { readonly bytes: number }[], bytesMax: number): number {
  let sum = 0
  const end = sizes.findIndex(({ bytes }, at) => {
    sum += bytes
    return at > 0 && sum > bytesMax
  })
  return end < 0 ? sizes.length : end
}

function noSuchPlace(): Refused {
  return refused('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: '/query/cursor', detail: 'is not one of ours' }])
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
