import type { Appended, Build } from '../audit/append/append-queue.ts'
import { NotRecordedError } from '../audit/append/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { DisclosuresService } from '../disclosures/disclosures.service.ts'
import { type Database, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { Answer } from './answer.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import type { PolicyService } from './policy/policy.service.ts'

interface Decided {
  readonly answer: Answer
  readonly outcome: Outcome
}

/** Answers a live one-off request: a single-use permit is consumed in the transaction that records it. */
export type OneOffUse = (build: Build<Decided>, recordPlainly: () => Promise<Appended<Decided>>) => Promise<Appended<Decided>>

const ATTEMPTS_MAX = 20

/**
 * Consumption is atomic with the decision log write (AH-1). Using a decision changes what is permitted, so it makes a
 * policy revision: of two calls at once, on whatever node, one permits and the other finds it used.
 */
export function oneOffUse(options: {
  readonly db: Database
  readonly audit: AuditService
  readonly policy: PolicyService
  readonly disclosures: DisclosuresService
  readonly clock: Clock
}): OneOffUse {
  const { db, audit, policy, disclosures, clock } = options
  return async (build, recordPlainly) => {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const built = build()
      const { outcome } = built.value
      const isUse = outcome.decision === 'PERMIT' && outcome.via === 'AD_HOC' && outcome.oneOff.singleUse
      if (!isUse) return recordPlainly()
      const evaluatedOn = policy.current().revision
      const place = await withTransaction(db, async (tx) => {
        const at = clock().toISOString()
        const used = await disclosures.consume(tx, outcome.oneOff.id, at, built.entry.id)
        if (!used) throw new MovedError()
        const revision = await policy.publish(tx, [{ kind: 'DISCLOSURE_DECISION', id: used.id, body: used }], at)
        // The lock is held now, so the revision before ours was the newest: was it the one this was decided on?
        if (revision !== evaluatedOn + 1) throw new MovedError()
        return audit.recordInTransaction(tx, built.entry)
      }).catch((error: unknown) => {
        if (error instanceof MovedError) return null
        throw new NotRecordedError('the use could not be recorded', { cause: error })
      })
      if (place !== null) return { ...place, entry: built.entry, value: built.value }
      await policy.refresh()
    }
    throw new NotRecordedError('the policy keeps changing')
  }
}

/** The policy changed under the decision: roll back and decide again. */
class MovedError extends Error {
  override name = 'MovedError'
}
