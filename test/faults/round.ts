import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadSeen } from './load.ts'
import { percentile } from './load.ts'
import type { TestSystem } from './test-system.ts'
import type { Trio } from './test-systems.ts'
import type { RoundResult } from './words.ts'

/** What a round may use. */
export interface RoundContext<S extends TestSystem = TestSystem> {
  readonly system: S
  readonly random: () => number
}

interface RoundBase {
  readonly kind: string
  /** The rows of the failure matrix it stands for. */
  readonly faults: string
  /** Why this machine cannot run it; null when it can. */
  readonly lacks?: () => string | null
  /** Whether it puts an old database back, whose logs end and are opened anew. */
  readonly restores?: true
}

/** A kind of round, by the test system it runs on. */
export type Round =
  | (RoundBase & { readonly on: 'single'; run(context: RoundContext): Promise<RoundResult> })
  | (RoundBase & { readonly on: 'trio'; run(context: RoundContext<Trio>): Promise<RoundResult> })
  | (RoundBase & { readonly on: 'disk'; run(context: RoundContext): Promise<RoundResult> })
  /** On a test system made for it alone. */
  | (RoundBase & {
      readonly on: 'own'
      open(folder: string, logFile: string): Promise<TestSystem>
      run(context: RoundContext): Promise<RoundResult>
    })

/** A whole number of milliseconds between two bounds. */
export function between(random: () => number, low: number, high: number): number {
  return Math.round(low + random() * (high - low))
}

/** Runs `work` while callers ask and the agreement is suspended and lifted; what the load saw, and how the acts were answered. */
export async function underLoad(
  system: TestSystem,
  work: () => Promise<void>,
  options: { readonly callers?: number; readonly holdMs?: number; readonly restMs?: number; readonly afterMs?: number } = {},
): Promise<{ readonly seen: LoadSeen; readonly acts: ReadonlyMap<string, number> }> {
  const { name: decisions, acts: governance } = logNames()
  system.checkpoints.start([decisions, governance])
  const load = system.load(options.callers)
  const acts = system.govern(options.holdMs, options.restMs)
  try {
    await work()
    await sleep(options.afterMs ?? 500)
  } finally {
    await acts.stop()
    await load.stop()
    await system.checkpoints.stop()
  }
  return { seen: load.seen, acts: acts.statuses }
}

/** Names of the logs of this year, the ones whose checkpoints are fetched all along. */
function logNames() {
  const year = new Date().getUTCFullYear()
  return { name: `decisions-${year}`, acts: `governance-${year}` }
}

/** Faults every round looks for: 500 is for defects, and nobody waits much longer than the deadline. */
function usualFindings({ seen, acts }: { readonly seen: LoadSeen; readonly acts: ReadonlyMap<string, number> }): string[] {
  const findings: string[] = []
  for (const [key, count] of [...seen.statuses].filter(([status]) => /^(4\d\d|500)$/.test(status)))
    findings.push(`${count} decisions answered ${key}`)
  for (const [key, count] of [...acts].filter(([status]) => /(4\d\d|500)$/.test(status) && !/^(agree|lift) (404|409)$/.test(status)))
    findings.push(`${count} acts: ${key}`)
  return findings
}

/** What goes onto the line: the answers, the refusals, what broke, and how long it took. */
function usualNotes(seen: LoadSeen): Record<string, number> {
  const sum = (test: RegExp) => [...seen.statuses].reduce((total, [key, count]) => total + (test.test(key) ? count : 0), 0)
  return { refused: sum(/^503$/), broken: sum(/^[A-Z]/), p50_ms: percentile(seen.accepted, 0.5), p99_ms: percentile(seen.accepted, 0.99) }
}

/** Answers that were begun and received inside a window. */
export function answersWithin(seen: LoadSeen, from: number, to: number): number {
  return seen.answers.filter(({ begun, received }) => begun > from && received < to).length
}

/** What a round that ran under load found: what every round looks for first, then its own. */
export function judged(
  { seen, acts }: { readonly seen: LoadSeen; readonly acts: ReadonlyMap<string, number> },
  own: { readonly findings?: readonly (string | false)[]; readonly notes?: RoundResult['notes'] } = {},
): RoundResult {
  const findings = (own.findings ?? []).filter((finding) => finding !== false)
  return {
    findings: [...usualFindings({ seen, acts }), ...mustHaveAnswered(seen), ...findings],
    notes: { ...own.notes, ...usualNotes(seen) },
  }
}

/** Whether anybody was answered who began after an instant. */
export function answersAfter(seen: LoadSeen, instant: number): boolean {
  return seen.answers.some(({ begun }) => begun > instant)
}

/** A round that did nothing proves nothing. */
export function mustHaveAnswered(seen: LoadSeen, least = 20): string[] {
  return seen.accepted.length >= least ? [] : [`only ${seen.accepted.length} answers: the round proves nothing`]
}

export { sleep }
