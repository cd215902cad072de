import type { PolicyPublication } from '../../agreements/acts/act-shell.service.ts'
import type { Organisation } from '../../parties/organisation.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { policyRepository } from './policy.repository.ts'
import { type CodeListEdition, emptyPolicyIndex, type PolicyIndex, type PolicyRecord } from './policy-index.ts'

/** Past policies kept compiled: a replay and a question about the past often come in series. */
const PAST_INDEXES_MAX = 4

export type PolicyService = ReturnType<typeof policyService>

/**
 * Holds the compiled policy of this process and keeps it fresh. It may lag behind the database for a moment; that is
 * harmless, since an append on a revision that has moved is refused and the decision is made again.
 */
export function policyService(db: Database) {
  let index = emptyPolicyIndex()
  /** The load that runs now, and the one load that all who asked since it began share. */
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let refreshedAt = Number.NEGATIVE_INFINITY
  let announced = 0

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
    announced = Math.max(announced, head.revision)
    refreshedAt = performance.now()
  }

  function start(): Promise<void> {
    const begun = load().finally(() => {
      if (running === begun) running = undefined
    })
    running = begun
    return begun
  }

  const past = remembering(PAST_INDEXES_MAX, (revision) => indexAt(db, revision, emptyPolicyIndex()))

  return {
    current: (): PolicyIndex => index,
    /**
     * Brings the index to a revision at least as new as the newest at the moment of this call. A load that had begun before
     * may have missed that one, so it never satisfies the call; calls made while one runs share the next.
     */
    refresh(): Promise<void> {
      if (!running) return start()
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined
          return start()
        })
      return next
    },
    /** Somebody said that this revision exists. It is hearsay: only a load makes it ours. */
    announce(revision: number): void {
      announced = Math.max(announced, revision)
    },
    /** How far behind what was announced this process is, in revisions, and how long ago it last looked, in milliseconds. */
    freshness: () => ({ behind: Math.max(0, announced - index.revision), sinceRefreshMs: performance.now() - refreshedAt }),
    /** Publishes records as the next revision, inside the transaction that changed them. See `policyRepository.publish`. */
    publish: (tx: Transaction, records: readonly PolicyRecord[], instant: string): Promise<number> =>
      policyRepository(tx).publish(records, instant),
    /** Whether anything was ever published. */
    hasRevision: async (tx: Transaction): Promise<boolean> => (await policyRepository(tx).head()).revision > 0,
    /** The code lists as they stand now, with their words; undefined in an empty register. */
    codeLists: (): Promise<CodeListEdition | undefined> =>
      withTransaction(db, async (tx) => {
        const found = await policyRepository(tx).record('CODE_LISTS', 'current')
        return found?.kind === 'CODE_LISTS' ? found.body : undefined
      }),
    /** The policy as it stood at a revision; undefined when there is none with that number yet. */
    at: (revision: number): Promise<PolicyIndex | undefined> => past(revision),
    /** Past revisions one after another, each made out of the one before where they ascend: for going through many. */
    forward(): (revision: number) => Promise<PolicyIndex | undefined> {
      let reached = emptyPolicyIndex()
      return async (revision) => {
        if (revision < reached.revision) return past(revision)
        if (revision > reached.revision) {
          const moved = await indexAt(db, revision, reached)
          if (!moved) return undefined
          reached = moved
        }
        return reached
      }
    },
  }
}

/** The index at a revision, made out of an earlier one; undefined when there is no revision with that number yet. */
function indexAt(db: Database, revision: number, from: PolicyIndex): Promise<PolicyIndex | undefined> {
  return withTransaction(db, async (tx) => {
    const repository = policyRepository(tx)
    const head = await repository.revision(revision)
    return head && from.apply(await repository.records(from.revision, revision), head)
  })
}

/** Keeps the last few results: a revision never changes, so a kept one is never stale. What is undefined or failed is not kept. */
function remembering<T>(most: number, make: (key: number) => Promise<T | undefined>): (key: number) => Promise<T | undefined> {
  const kept = new Map<number, Promise<T | undefined>>()
  const forget = (key: number) => void kept.delete(key)
  return (key) => {
    const known = kept.get(key)
    if (known) return known
    const made = make(key)
    kept.set(key, made)
    made.then(
      (value) => value === undefined && forget(key),
      () => forget(key),
    )
    for (const oldest of kept.keys()) if (kept.size > most) forget(oldest)
    return made
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

/** The policy as the register of organisations tells it of one that follows another. */
export function policySuccession(policy: PolicyService) {
  return {
    head: policyPublication(policy).head,
    publishOrganisations: (tx: Transaction, organisations: readonly Organisation[], instant: string): Promise<number> =>
      policy.publish(
        tx,
        organisations.map((body) => ({ kind: 'ORGANISATION', id: body.code, body })),
        instant,
      ),
  }
}
