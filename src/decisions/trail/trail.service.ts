import type { AuditService } from '../../audit/audit.service.ts'
import { isRecorded } from '../../audit/format/commitment.ts'
import type { LogReading } from '../../audit/reading/log-reading.service.ts'
import { permits, readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import { answered, type Refusal, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import type { DecisionEvidence } from '../history/decision-evidence.service.ts'
import { type LogFiller, logFiller } from '../history/log-filler.service.ts'
import type { RecordedReads } from '../history/recorded-reads.service.ts'
import type { FoundAct, FoundRead, TrailFilter, TrailPosition } from './found-entry.ts'
import { trailRepository } from './trail.repository.ts'

/** A page of what was found. */
export interface TrailPage<Item> {
  readonly items: readonly Item[]
  /** Where the next page begins; null at the end. */
  readonly next: TrailPosition | null
  /** Entries that were not looked at, because they are not searchable yet; 0: the search is complete. */
  readonly unsearched: number
}

/** Which page. */
export interface TrailRequest {
  readonly filter: TrailFilter
  readonly after: TrailPosition | null
  readonly limit: number
}

interface TrailOptions {
  readonly db: Database
  readonly audit: Pick<AuditService, 'payloadOf'>
  readonly reading: Pick<LogReading, 'entry' | 'proof'>
  readonly reads: RecordedReads
  readonly filler: LogFiller
}

/** Makes acts searchable behind them. */
export function trailFiller(options: { readonly db: Database; readonly everyMs: number }): LogFiller {
  return logFiller(options, trailRepository)
}

export type TrailService = ReturnType<typeof trailService>

/**
 * The trail: who did what to which record, and who read which part of the log. An organisation sees what it did and what concerns it, an
 * auditor everything. What others did is read on record, this too (R39).
 */
export function trailService({ db, audit, reading, reads, filler }: TrailOptions) {
  async function page<Item extends FoundAct | FoundRead>(
    principal: Principal,
    { limit }: Pick<TrailRequest, 'limit'>,
    look: (
      repository: ReturnType<typeof trailRepository>,
      reader: Reader,
    ) => Promise<{ readonly position: TrailPosition; readonly found: Item }[]>,
  ): Promise<TrailPage<Item>> {
    const unsearched = await filler.catchUp()
    const reader = readerFor(principal)
    const rows = await withTransactionAs(db, reader, (tx) => look(trailRepository(tx), reader))
    const shown = rows.slice(0, limit)
    await reads.record(
      principal,
      'PAYLOAD',
      shown.map(({ found: { log, index, org } }) => ({ log, index, caller: org })),
    )
    return {
      items: shown.map(({ found }) => found),
      next: rows.length > limit ? (shown.at(-1)?.position ?? null) : null,
      unsearched,
    }
  }

  return {
    /** Acts, newest first. */
    acts: (principal: Principal, request: TrailRequest): Promise<Result<TrailPage<FoundAct>, Refusal>> =>
      answered(() => page(principal, request, (trail, reader) => trail.acts(request.filter, { ...request, reader }))),

    /** Reads of the logs, newest first. */
    reads: (principal: Principal, request: TrailRequest): Promise<Result<TrailPage<FoundRead>, Refusal>> =>
      answered(() => page(principal, request, (trail, reader) => trail.reads(request.filter, { ...request, reader }))),

    /**
     * One entry of the log of acts, its place and its proof; an auditor reads the words that it commits to, on record. Refused NOT_FOUND where
     * there is none, or it is not for the reader to know.
     */
    evidence: (principal: Principal, id: string): Promise<Result<DecisionEvidence, Refusal>> =>
      answered(async () => {
        const entry = await reading.entry(id)
        await filler.catchUp()
        const isSeen = await withTransactionAs(db, readerFor(principal), (tx) => trailRepository(tx).isSeen(id))
        if (entry?.log.kind !== 'governance' || !isSeen) throw refused('NOT_FOUND', 'There is no act with this identifier.')
        const leaf = entry.leaf.toString('utf8')
        const kept = permits(principal.roles, 'agreement:audit')
          ? await audit.payloadOf(id, (JSON.parse(leaf) as { readonly ts: number }).ts)
          : undefined
        const stored = kept && isRecorded(id, leaf, kept) ? kept : undefined
        if (stored) await reads.record(principal, 'PAYLOAD', [{ log: entry.log.name, index: entry.index, caller: null }])
        return {
          record: {
            leaf,
            payload: stored?.body.toString('utf8') ?? null,
            salt: stored?.salt.toString('hex') ?? null,
            payload_is_altered: kept !== undefined && stored === undefined,
          },
          receipt: { origin: entry.log.origin, index: entry.index, leaf_hash: entry.leafHash.toString('hex') },
          proof: await reading.proof(entry.log.logId, entry.index, 0),
        }
      }),
  }
}
