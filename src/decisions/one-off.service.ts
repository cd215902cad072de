import type { Appended, Build } from '../audit/append/append-queue.ts'
import { NotRecordedError } from '../audit/append/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { DisclosuresService } from '../disclosures/disclosures.service.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import type { PolicyService } from './policy/policy.service.ts'

interface Decided {
  readonly evaluations: readonly { readonly outcome: Outcome }[]
}

/**
 * Answers a live one-off request: a single-use permit is consumed in the transaction that records it. It may never permit what
 * it did not use up, nor use up what it did not permit.
 */
export type OneOffUse = <T extends Decided>(build: Build<T>) => Promise<Appended<T>>

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

  /** Records what uses nothing up. It is decided anew when its batch is written, and may have become a use by then. */
  function recordPlainly<T extends Decided>(build: Build<T>): Promise<Appended<T>> {
    return audit.record(() => {
      const built = build()
      if (usedUp(built.value) !== null) throw new MovedError()
      return built
    })
  }

  async function recordUse<T extends Decided>({ entry, value }: ReturnType<Build<T>>, id: string): Promise<Appended<T>> {
    const evaluatedOn = policy.current().head
    const use = async (tx: Transaction) => {
      const at = clock().toISOString()
      const used = await disclosures.consume(tx, id, at, entry.id)
      if (!used) throw new MovedError()
      const revision = await policy.publish(tx, [{ kind: 'DISCLOSURE_DECISION', id: used.id, body: used }], at)
      // The lock is held now, so the revision before ours was the newest: was it the one this was decided on?
      if (revision !== evaluatedOn.revision + 1 || !(await policy.stands(tx, evaluatedOn))) throw new MovedError()
      return audit.recordInTransaction(tx, entry)
    }
    const place = await audit
      .onOpenLog(() => withTransaction(db, use), 'decisions')
      .catch((error: unknown) => {
        if (error instanceof MovedError) throw error
        throw new NotRecordedError('the use could not be recorded', { cause: error })
      })
    return { ...place, entry, value }
  }

  return async (build) => {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const built = build()
      const id = usedUp(built.value)
      try {
        return await (id === null ? recordPlainly(build) : recordUse(built, id))
      } catch (error) {
        if (!(error instanceof MovedError)) throw error
        await policy.refresh()
      }
    }
    throw new NotRecordedError('the policy keeps changing')
  }
}

/** The one-off decision that giving this answer uses up; null when it uses none. A call that may use one has one evaluation. */
function usedUp({ evaluations: [one, ...others] }: Decided): string | null {
  if (!one || others.length > 0) throw new RangeError('a one-off decision is used in a call of its own')
  const { outcome } = one
  return outcome.decision === 'PERMIT' && outcome.via === 'AD_HOC' && outcome.oneOff.singleUse ? outcome.oneOff.id : null
}

/** The policy changed under the decision: roll back and decide again. */
class MovedError extends Error {
  override name = 'MovedError'
}
