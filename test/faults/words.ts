/**
 * The words of the fault harness. It is a program, not a test file: `npm run faults` does what operations do to a service at
 * their worst, and compares what clients were told with what the database holds afterwards.
 *
 * Words: test system (servers, services, keys and files that rounds share), round (one fault under load), acknowledged (what a client
 * received and wrote to disk), oracle (what is looked at after the round), finding (anything that is not as it must be).
 */

/** An answer a client received, as it stands in the ledger. Times are milliseconds of one monotonic clock. */
export interface AcknowledgedDecision {
  readonly id: string
  readonly decision: 'PERMIT' | 'DENY'
  readonly begun: number
  readonly received: number
}

/** A suspension that was acknowledged, and when its lifting was asked for; infinite while nobody has. */
export interface AcknowledgedSuspension {
  readonly id: string
  readonly received: number
  liftAsked: number
}

/** What a round saw, before the oracle. `findings` are faults the round itself found; `notes` go onto its line. */
export interface RoundResult {
  readonly findings: readonly string[]
  readonly notes: Readonly<Record<string, number | string>>
}

/** What one round adds to the count. */
export interface Verdict {
  readonly acknowledged: number
  readonly suspensions: number
  readonly lost: number
  readonly answersWithoutLeaf: number
  readonly stalePermits: number
  readonly leavesWithoutAnswer: number
  readonly findings: readonly string[]
}

/** Milliseconds of a clock that only goes forward, the same for everything in this process. */
export function instant(): number {
  return performance.timeOrigin + performance.now()
}

/** Numbers from a seed (mulberry32): the same rounds and the same moments for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Polls until `isTrue` or the time is over; says which. */
export async function until(isTrue: () => boolean | Promise<boolean>, limitMs: number, everyMs = 25): Promise<boolean> {
  for (const deadline = instant() + limitMs; ; await new Promise((resolve) => setTimeout(resolve, everyMs))) {
    if (await isTrue()) return true
    if (instant() > deadline) return false
  }
}
