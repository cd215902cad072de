import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Verdict } from './words.ts'

/** The counts of a run, as printed last and kept in a file so that a run can be resumed. */
export interface Counts {
  readonly seed: number
  readonly rounds: number
  readonly acknowledged: number
  readonly suspensions: number
  readonly lost: number
  readonly answers_without_leaf: number
  readonly stale_permits: number
  readonly leaves_without_answer: number
  /** Rounds with a finding of any kind. */
  readonly failed: number
  /** Rounds that this machine could not run, by kind. */
  readonly skipped: Readonly<Record<string, number>>
}

export function noCounts(seed: number): Counts {
  const nothing = { rounds: 0, acknowledged: 0, suspensions: 0, lost: 0, answers_without_leaf: 0, stale_permits: 0 }
  return { seed, ...nothing, leaves_without_answer: 0, failed: 0, skipped: {} }
}

export function withVerdict(counts: Counts, verdict: Verdict): Counts {
  return {
    ...counts,
    rounds: counts.rounds + 1,
    acknowledged: counts.acknowledged + verdict.acknowledged,
    suspensions: counts.suspensions + verdict.suspensions,
    lost: counts.lost + verdict.lost,
    answers_without_leaf: counts.answers_without_leaf + verdict.answersWithoutLeaf,
    stale_permits: counts.stale_permits + verdict.stalePermits,
    leaves_without_answer: counts.leaves_without_answer + verdict.leavesWithoutAnswer,
    failed: counts.failed + (verdict.findings.length > 0 ? 1 : 0),
  }
}

export function withSkipped(counts: Counts, kind: string): Counts {
  return { ...counts, rounds: counts.rounds + 1, skipped: { ...counts.skipped, [kind]: (counts.skipped[kind] ?? 0) + 1 } }
}

export function readCounts(file: string): Counts | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counts) : undefined
}

export function keepCounts(file: string, counts: Counts): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(counts)}\n`)
  renameSync(`${file}.new`, file)
}
