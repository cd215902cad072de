import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { isEvaluated } from './decision-record.ts'
import type { LogFiller } from './log-filler.service.ts'
import { type FollowedRow, logFollowRepository } from './log-follow.repository.ts'
import { logSearchRepository } from './log-search.repository.ts'

/** A decision that something follows from, as the log has it. */
export interface FollowedDecision {
  readonly decision_id: string
  readonly at: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly callerOrg: string
  /** The following are empty where the words are no longer kept. */
  readonly data_items: readonly string[]
  readonly recordCount: number | null
  readonly actor: string | null
  readonly ground: string | null
  readonly lawfulBasis: string | null
}

/** Follows the decision log behind the answers. */
export interface DecisionFollower {
  /** Does what follows from everything that was recorded until now. */
  catchUp(): Promise<void>
  close(): Promise<void>
}

export interface DecisionFollowerOptions {
  readonly db: Database
  readonly filler: Pick<LogFiller, 'catchUp'>
  readonly everyMs: number
  /** What follows; each is done again where it failed, and done twice is done once. */
  readonly onBreakGlass: (found: FollowedDecision) => Promise<void>
  readonly onOneOffBeyondScope: (found: FollowedDecision) => Promise<void>
  readonly onFailure: (error: unknown) => void
}

/**
 * Does what follows from decisions (EM-5, AH-2), once they are searchable: a decision never waits for it. Resumable: it goes on where
 * its table says, and leaves nothing behind that failed.
 */
export function decisionFollower({ db, filler, everyMs, ...options }: DecisionFollowerOptions): DecisionFollower {
  let running: Promise<void> | undefined

  const asSystem = <T>(work: (tx: Parameters<typeof logFollowRepository>[0]) => Promise<T>) =>
    withTransactionAs(db, { kind: 'system' }, work)

  async function follow(): Promise<void> {
    await filler.catchUp()
    for (;;) {
      const page = await asSystem((tx) => logFollowRepository(tx).next())
      if (!page) return
      const failures = await handleEach(page.rows)
      // Looked at again from here, all of it: what was done already is done once.
      if (failures.length > 0) throw failures[0]
      await asSystem((tx) => logFollowRepository(tx).advance(page))
    }
  }

  /** One that fails keeps none that came after it waiting: the review of an emergency is due in two working days. */
  async function handleEach(rows: readonly FollowedRow[]): Promise<unknown[]> {
    const failures: unknown[] = []
    for (const row of rows) {
      try {
        await handle(row)
      } catch (error) {
        failures.push(error)
      }
    }
    return failures
  }

  async function handle(row: FollowedRow): Promise<void> {
    const [record] = await asSystem((tx) => logSearchRepository(tx).records([row.decision_id]))
    const evaluated = record && isEvaluated(record) ? record.payload : null
    const request = evaluated?.request
    const found: FollowedDecision = {
      ...{ decision_id: row.decision_id, at: row.at, provider: row.provider, recipient: row.recipient, purpose: row.purpose },
      ...{ callerOrg: row.callerOrg, data_items: request?.data_items ?? [], recordCount: request?.record_count ?? null },
      ...{ actor: evaluated?.caller.sub ?? null, ground: request?.emergency?.ground ?? null, lawfulBasis: request?.lawful_basis ?? null },
    }
    await (row.isBreakGlass ? options.onBreakGlass(found) : options.onOneOffBeyondScope(found))
  }

  /** A pass that began before the call may have missed what the caller has seen answered: then another one follows. */
  async function catchUp(): Promise<void> {
    if (running) await running.catch(() => {})
    running ??= follow().finally(() => {
      running = undefined
    })
    return running
  }

  const interval = setInterval(() => {
    if (!running) void catchUp().catch(options.onFailure)
  }, everyMs)
  interval.unref()

  return {
    catchUp,
    async close() {
      clearInterval(interval)
      await running?.catch(() => {})
    },
  }
}
