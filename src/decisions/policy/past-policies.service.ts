import { type Database, withTransaction } from '../../platform/database/database.ts'
import { policyRepository } from './policy.repository.ts'
import { changesUpTo, emptyPolicyIndex, type PolicyHead, type PolicyIndex } from './policy-index.ts'

/** Past policies kept compiled: a replay and a question about the past often come in series. */
const KEPT_MAX = 4
/** Past policies loaded at once: each takes a connection, and the memory and time of a whole register. */
const LOADS_MAX = 2

/** Answers the policy at a revision, as the database has it now; undefined when there is none with that number yet. */
export type PolicyAt = (revision: number) => Promise<PolicyIndex | undefined>

/** Policies as they stood at earlier revisions, compiled when somebody asks: few at once, the others in the order in which they asked. */
export function pastPolicies(db: Database): {
  readonly at: PolicyAt
  /** Past revisions one after another, each made out of the one before where they ascend: for going through many. */
  forward(): PolicyAt
} {
  const kept = new Map<string, Promise<PolicyIndex | undefined>>()
  const inTurn = atMost(LOADS_MAX)

  const headAt = (revision: number) => withTransaction(db, (tx) => policyRepository(tx).revision(revision))

  /** The index at a revision, made out of an earlier one where that stands; undefined when the database does not have it. */
  const load = (head: PolicyHead, earlier: PolicyIndex): Promise<PolicyIndex | undefined> =>
    inTurn(() =>
      withTransaction(db, async (tx) => {
        const repository = policyRepository(tx)
        if (!(await repository.holds(head))) return undefined
        const from = (await repository.holds(earlier.head)) ? earlier : emptyPolicyIndex()
        return (await changesUpTo(head, from, repository.records(from.revision, head.revision)))()
      }),
    )

  /** Kept by digest: what a digest names never changes, so a kept one is never stale. What is undefined or failed is not kept. */
  function remembered(head: PolicyHead): Promise<PolicyIndex | undefined> {
    const known = kept.get(head.digest)
    if (known) return known
    const made = load(head, emptyPolicyIndex())
    const forget = () => void (kept.get(head.digest) === made && kept.delete(head.digest))
    kept.set(head.digest, made)
    made.then((index) => index === undefined && forget(), forget)
    for (const oldest of kept.keys()) if (kept.size > KEPT_MAX) kept.delete(oldest)
    return made
  }

  async function at(revision: number): Promise<PolicyIndex | undefined> {
    const head = await headAt(revision)
    return head && remembered(head)
  }

  return {
    at,
    forward() {
      let reached = emptyPolicyIndex()
      return async (revision) => {
        if (revision < reached.revision) return at(revision)
        if (revision > reached.revision) {
          const head = await headAt(revision)
          const moved = head && (await load(head, reached))
          if (!moved) return undefined
          reached = moved
        }
        return reached
      }
    },
  }
}

/** Runs work as it is handed over, at most so many at once; what waits is run first come, first served. */
function atMost(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = most
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
