import type { Test } from 'tap'
import type { Outcome } from '../../src/decisions/evaluation/evaluate.ts'

/** How often a property is tried, always with the same chances. */
export const RUNS = { numRuns: 250, seed: 20261122 }

/** Counts what a property met, and fails it when it met too little to show anything. */
export function tally(test: Pick<Test, 'ok'>, atLeast: Readonly<Record<string, number>>) {
  const seen: Record<string, number> = {}
  return {
    saw: (what: string) => {
      seen[what] = (seen[what] ?? 0) + 1
    },
    check: () => {
      for (const [what, least] of Object.entries(atLeast)) {
        test.ok((seen[what] ?? 0) >= least, `met ${what} ${seen[what] ?? 0} times, at least ${least}`)
      }
    },
  }
}

/** What two equal answers share: nothing that depends on object identity. */
export function essence(outcome: Outcome): unknown {
  if (outcome.decision === 'DENY') {
    return { reasons: outcome.reasons, agreement: outcome.agreement?.id ?? null, flow: outcome.nearest?.flow?.id ?? null }
  }
  if (outcome.via === 'AGREEMENT') {
    return { agreement: outcome.finding.agreement.id, version: outcome.finding.version?.version, flow: outcome.finding.flow?.id }
  }
  return outcome.via === 'AD_HOC' ? { oneOff: outcome.oneOff.id } : { prohibitedBy: outcome.prohibitedBy?.id ?? null }
}
