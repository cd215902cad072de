import type { AlteredPayloads } from '../../audit/watch/altered-payloads.service.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { PolicyGrounds } from '../decide.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import { batchesOf } from './batches.ts'
import { type EvaluatedRecord, isEvaluated } from './decision-record.ts'
import type { Position } from './found-decision.ts'
import { logSearchRepository } from './log-search.repository.ts'
import { type RecordedReads, shownRecord } from './recorded-reads.service.ts'
import { type Replay, replay } from './replay.ts'

/** A replay, and whether the rules are those of then: with other rules a difference is no fault of the record. */
export interface ReplayedDecision extends Replay {
  readonly decision_id: string
  readonly policy_revision: number
  readonly engine_same: boolean
}

/** A decision that nothing could be evaluated for, and why: it counts as one that differs. */
export interface NotReplayed {
  readonly decision_id: string
  readonly policy_revision: number
  readonly why: string
}

const PAGE = 500
/** Stored bytes that are read at once. */
const BATCH_BYTES = 256 * 1024
const FILL = 1_000

export type ReplayService = ReturnType<typeof replayService>

/** What every replay needs. */
export interface ReplayOptions {
  readonly db: Database
  readonly policy: PolicyService
  readonly engine: string
}

/** Evaluates one recorded decision again, for whoever may see it. It changes nothing; that somebody looked is recorded. */
export function replayService(
  options: ReplayOptions & { readonly reads: RecordedReads; readonly altered: Pick<AlteredPayloads, 'report'> },
) {
  const { db, policy, reads, altered } = options
  return {
    /**
     * Replays one decision for a party, its caller or an auditor. Refused to anybody else, and where nothing was evaluated or the
     * payload is gone or not the recorded one.
     */
    async one(principal: Principal, decisionId: string): Promise<Result<ReplayedDecision, Refusal>> {
      const isAuditor = permits(principal.roles, 'agreement:audit')
      const [record] = await withTransactionAs(db, isAuditor ? { kind: 'auditor' } : { kind: 'party', org: principal.org }, (tx) =>
        logSearchRepository(tx).records([decisionId]),
      )
      if (!record) return refuse(refusal('NOT_FOUND', 'There is no decision with this identifier.'))
      if (record.isAltered) {
        altered.report({ log: record.log, index: record.index, id: record.decisionId })
        return refuse(refusal('ILLEGAL_STATE', ALTERED))
      }
      if (record.payload === null) return refuse(refusal('ILLEGAL_STATE', 'What was asked is no longer kept, so it cannot be asked again.'))
      if (!isEvaluated(record)) return refuse(refusal('ILLEGAL_STATE', 'Nothing was evaluated in this call.'))
      await reads.record(principal, 'PAYLOAD', [shownRecord(record)])
      const found = await replayOrWhyNot(options, record, policy.at)
      if ('why' in found) return refuse(refusal('ILLEGAL_STATE', found.why))
      return ok(found)
    },
  }
}

/**
 * Replays every decision since an instant (ISO), oldest first; `onEach` gets each result. Those without a payload are left out.
 * One that cannot be replayed is reported as such and the run goes on. For the operator: it shows what differs, never what was asked.
 */
export async function replaySince(
  options: ReplayOptions,
  instant: string,
  onEach: (replayed: ReplayedDecision | NotReplayed) => void,
): Promise<void> {
  const { db, policy } = options
  while ((await withTransaction(db, (tx) => logSearchRepository(tx).fill(FILL))) > 0);
  const forward = policy.forward()
  const pause = pauses()
  for (let after: Position | null = null; ; ) {
    const page = await withTransactionAs(db, { kind: 'system' }, async (tx) => {
      const ids = await logSearchRepository(tx).idsSince(instant, after, PAGE)
      return { last: ids.at(-1)?.position ?? null, sizes: await logSearchRepository(tx).sizes(ids.map(({ id }) => id)) }
    })
    if (page.last === null) return
    for (const ids of batchesOf(page.sizes, BATCH_BYTES)) {
      const records = await withTransactionAs(db, { kind: 'system' }, (tx) => logSearchRepository(tx).records(ids))
      for (const record of records) {
        const { decisionId: decision_id, leaf } = record
        if (record.isAltered) onEach({ decision_id, policy_revision: leaf.rev, why: ALTERED })
        else if (isEvaluated(record)) onEach(await replayOrWhyNot(options, record, forward))
        await pause()
      }
    }
    after = page.last
  }
}

const ALTERED = 'What is stored as payload is not what was recorded.'

/** A record that today's rules cannot read is one finding; what the database refuses still ends the run. */
async function replayOrWhyNot(options: ReplayOptions, record: EvaluatedRecord, at: PolicyAt): Promise<ReplayedDecision | NotReplayed> {
  const grounds = await groundsOf(options, record, at)
  const named = { decision_id: record.decisionId, policy_revision: record.leaf.rev }
  if (!grounds) return { ...named, why: NO_POLICY }
  try {
    return replayed(options, record, grounds)
  } catch {
    return { ...named, why: UNREADABLE }
  }
}

type PolicyAt = (revision: number) => Promise<PolicyIndex | undefined>

const UNREADABLE = 'What was recorded cannot be read by the rules of today.'
const NO_POLICY = 'The policy that this was decided on is not there.'

async function groundsOf({ policy }: ReplayOptions, record: EvaluatedRecord, at: PolicyAt): Promise<PolicyGrounds | undefined> {
  const index = await at(record.leaf.rev)
  // Acts that were lost leave their numbers to others.
  if (index && record.leaf.pol !== `sha256:${index.head.digest}`) return undefined
  const callersRevision = record.payload.callers_revision
  const callers = callersRevision === undefined ? index : await policy.at(callersRevision)
  return index && callers && { index, callers }
}

function replayed({ engine }: ReplayOptions, record: EvaluatedRecord, grounds: PolicyGrounds): ReplayedDecision {
  const isSameEngine = record.leaf.cfg === engine
  const found = replay(record, grounds, isSameEngine)
  return { decision_id: record.decisionId, policy_revision: record.leaf.rev, engine_same: isSameEngine, ...found }
}
