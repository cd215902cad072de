import fc from 'fast-check'
import type { Test } from 'tap'
import type { Outcome } from '../../src/decisions/evaluation/evaluate.ts'

/** What chances this run has: another number each time, printed by the runner. `TEST_SEED` repeats them. */
export const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** `npm run test:all` tries each property this many times as often. */
const TIMES = Number(process.env['PROPERTY_TIMES'] ?? 1)

// Of every property of the process; one that fails prints its seed and path.
fc.configureGlobal({ seed: SEED, numRuns: 100 * TIMES })

/** How often a property is tried, where a hundred times are too few or too many. */
export function runs(count = 250): { readonly numRuns: number } {
  return { numRuns: count * TIMES }
}

/**
 * Counts what a property met, and fails it when it met too little to show anything: less than a tenth of what is usual, since
 * the chances are others at each run, and what is met often comes in heaps. What is usual is at least 20, so that it cannot fail by bad luck.
 */
export function tally(test: Pick<Test, 'ok'>, usual: Readonly<Record<string, number>>) {
  const seen: Record<string, number> = {}
  return {
    saw: (what: string) => {
      seen[what] = (seen[what] ?? 0) + 1
    },
    check: () => {
      for (const [what, count] of Object.entries(usual)) {
        test.ok((seen[what] ?? 0) >= Math.ceil(count / 10), `met ${what} ${seen[what] ?? 0} times, usually ${count}`)
      }
    },
  }
}

/** What two equal answers share: nothing that depends on object identity. */
export function comparable(outcome: Outcome): unknown {
  if (outcome.decision === 'DENY') {
    return { reasons: outcome.reasons, agreement: outcome.agreement?.id ?? null, flow: outcome.nearest?.flow?.id ?? null }
  }
  if (outcome.via === 'AGREEMENT') {
    return { agreement: outcome.finding.agreement.id, version: outcome.finding.version?.version, flow: outcome.finding.flow?.id }
  }
  return outcome.via === 'AD_HOC' ? { oneOff: outcome.oneOff.id } : { prohibitedBy: outcome.prohibitedBy?.id ?? null }
}
