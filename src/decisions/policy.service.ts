import type { PolicyPublication } from '../agreements/act-shell.service.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { policyRepository } from './policy.repository.ts'
import { emptyPolicyIndex, type PolicyIndex, type PolicyRecord } from './policy-index.ts'

export type PolicyService = ReturnType<typeof policyService>

/**
 * Holds the compiled policy of this process and keeps it fresh. It may lag behind the database for a moment; that is
 * harmless, since an append on a revision that has moved is refused and the decision is made again.
 */
export function policyService(db: Database) {
  let index = emptyPolicyIndex()
  let loading: Promise<void> | undefined

  async function load(): Promise<void> {
    const { records, head } = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const repository = policyRepository(tx)
        const newest = await repository.head()
        return { head: newest, records: newest.revision > index.revision ? await repository.records(index.revision, newest.revision) : [] }
      })
    if (head.revision > index.revision) index = index.apply(records, head)
  }

  return {
    current: (): PolicyIndex => index,
    /** Brings the index to the newest revision. Calls at the same time share one load. */
    refresh(): Promise<void> {
      loading ??= load().finally(() => {
        loading = undefined
      })
      return loading
    },
    /** Publishes records as the next revision, inside the transaction that changed them. See `policyRepository.publish`. */
    publish: (tx: Transaction, records: readonly PolicyRecord[], instant: string): Promise<number> =>
      policyRepository(tx).publish(records, instant),
    /** The policy as it stood at a revision; undefined when there was none with that number yet. */
    at: (revision: number): Promise<PolicyIndex | undefined> =>
      withTransaction(db, async (tx) => {
        const repository = policyRepository(tx)
        const head = await repository.revision(revision)
        return head && emptyPolicyIndex().apply(await repository.records(0, revision), head)
      }),
  }
}

/** The policy as agreements tell it of their changes. */
export function policyPublication(policy: PolicyService): PolicyPublication {
  return {
    publishAgreements: (tx, agreements, instant) =>
      policy.publish(
        tx,
        agreements.map((body) => ({ kind: 'AGREEMENT', id: body.id, body })),
        instant,
      ),
    async head(tx) {
      const { revision, instant } = await policyRepository(tx).head()
      return { revision, instant: new Date(instant).toISOString() }
    },
  }
}
