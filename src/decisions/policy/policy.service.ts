import type { Agreement } from '../../agreements/agreement.ts'
import type { Assessment } from '../../assessments/assessment.ts'
import type { DisclosureRecord } from '../../disclosures/disclosure-record.ts'
import { organisationsForPolicy, type RegisteredOrganisation } from '../../parties/organisation.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { versionWithLocalCodes, withLocalCodes } from '../../reference/local-code.ts'
import { pastPolicies } from './past-policies.service.ts'
import { policyRepository } from './policy.repository.ts'
import {
  type CodeListEdition,
  changesUpTo,
  emptyPolicyIndex,
  type PolicyHead,
  type PolicyIndex,
  type PolicyRecord,
} from './policy-index.ts'
import { toStored } from './policy-record.ts'

export type PolicyService = ReturnType<typeof policyService>

/**
 * Holds the compiled policy of this process and keeps it fresh. It may lag behind the database for a moment; that is
 * harmless, since an append on a revision that has moved is refused and the decision is made again.
 *
 * It is kept fresh over connections of its own (`reserve`), so that no decision waits for what others do with the pool.
 *
 * A number alone names no revision: a failover or a restore that loses acts lets others come to the same numbers. What this
 * process remembers is believed only while the database has it with the same digest, and is made anew otherwise.
 */
export function policyService(db: Database, reserve: Database = db) {
  let index = emptyPolicyIndex()
  /** How often the index was found to be of acts that the database has lost. */
  let losses = 0
  /** The load that runs now, and the one load that all who asked since it began share. */
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let refreshedAt = Number.NEGATIVE_INFINITY
  let announced = 0

  async function load(): Promise<void> {
    const heard = announced
    const { head, isLost, changed } = await reserve
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const repository = policyRepository(tx)
        const newest = await repository.head()
        const goesOn = newest.revision >= index.revision && (await repository.holds(index.head))
        const from = goesOn ? index : emptyPolicyIndex()
        const isNew = newest.digest !== index.head.digest
        const made = isNew && (await changesUpTo(newest, from, repository.records(from.revision, newest.revision)))
        return { head: newest, isLost: !goesOn, changed: made }
      })
    if (isLost) losses += 1
    if (changed) index = changed()
    // What was announced before is there by now, or was lost.
    announced = announced > heard ? Math.max(announced, head.revision) : head.revision
    refreshedAt = performance.now()
  }

  function start(): Promise<void> {
    const begun = load().finally(() => {
      if (running === begun) running = undefined
    })
    running = begun
    return begun
  }

  /**
   * Brings the index to a revision at least as new as the newest at the moment of this call. A load that had begun before
   * may have missed that one, so it never satisfies the call; calls made while one runs share the next.
   */
  function refresh(): Promise<void> {
    if (!running) return start()
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }

  /** Whether what was decided on this revision may stand: the database has it. Otherwise the index is soon made anew. */
  async function stands(tx: Transaction, head: PolicyHead): Promise<boolean> {
    const isHeld = await policyRepository(tx).holds(head)
    if (!isHeld) void refresh().catch(() => {})
    return isHeld
  }

  const past = pastPolicies(db)

  return {
    current: (): PolicyIndex => index,
    refresh,
    /** Another node says that this revision exists: not proof, so nothing is answered from it until it has been loaded. */
    announce(revision: number): void {
      announced = Math.max(announced, revision)
    },
    /** How far behind what was announced this process is, in revisions, and how long ago it last looked, in milliseconds. */
    freshness: () => ({ behind: Math.max(0, announced - index.revision), sinceRefreshMs: performance.now() - refreshedAt }),
    /** How often what this process knew turned out to be lost. While it stays the same, what was read before still stands. */
    losses: (): number => losses,
    stands,
    /** Whether there are rules, and the database has them too. */
    isReady: async (): Promise<boolean> => index.revision > 0 && withTransaction(reserve, (tx) => stands(tx, index.head)),
    /** Publishes records as the next revision, inside the transaction that changed them. See `policyRepository.publish`. */
    publish: (tx: Transaction, records: readonly PolicyRecord[], instant: string): Promise<number> =>
      policyRepository(tx).publish(toStored(records), instant),
    /** Whether anything was ever published. */
    hasRevision: async (tx: Transaction): Promise<boolean> => (await policyRepository(tx).head()).revision > 0,
    /** The code lists as they stand now, with their words and every local code; undefined in an empty register. */
    codeLists: (): Promise<CodeListEdition | undefined> =>
      withTransaction(db, async (tx) => {
        const repository = policyRepository(tx)
        const found = await repository.record('CODE_LISTS', 'current')
        if (found?.kind !== 'CODE_LISTS') return undefined
        const { version, lists } = found.body
        const local = await repository.localCodes()
        return { version: versionWithLocalCodes(version, local), lists: withLocalCodes(lists, local) }
      }),
    at: past.at,
    forward: past.forward,
  }
}

/** The policy as other modules tell it of their changes. Of a body that nobody confirmed it is never told. */
export function policyPublication(policy: PolicyService) {
  return {
    publish: (
      tx: Transaction,
      { organisations = [], agreements = [], disclosures = [], assessments = [] }: Changed,
      instant: string,
    ): Promise<number> => {
      const bodies = organisationsForPolicy(organisations).map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body }))
      const texts = agreements.map((body): PolicyRecord => ({ kind: 'AGREEMENT', id: body.id, body }))
      const oneOffs = disclosures.map((body): PolicyRecord => ({ kind: 'DISCLOSURE_DECISION', id: body.id, body }))
      const assessed = assessments.map(({ id, body }): PolicyRecord => ({ kind: 'ASSESSMENT', id, body }))
      return policy.publish(tx, [...bodies, ...texts, ...oneOffs, ...assessed], instant)
    },
    async head(tx: Transaction): Promise<{ readonly revision: number; readonly instant: string }> {
      const { revision, instant } = await policyRepository(tx).head()
      return { revision, instant: new Date(instant).toISOString() }
    },
  }
}

interface Changed {
  readonly organisations?: readonly RegisteredOrganisation[]
  readonly agreements?: readonly Agreement[]
  readonly disclosures?: readonly DisclosureRecord[]
  readonly assessments?: readonly { readonly id: string; readonly body: Assessment }[]
}
