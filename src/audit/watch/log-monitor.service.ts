import { setImmediate as pause } from 'node:timers/promises'
import type { AuditService } from '../audit.service.ts'
import { type HighWater, noHighWater } from '../tree/high-water.service.ts'
import { type Sql, treeRepository } from '../tree/tree.repository.ts'
import type { AlteredPayloads } from './altered-payloads.service.ts'
import { type Finding, inspection } from './inspection.service.ts'
import { repeating } from './repeating.ts'

/** The service's own auditor: with rights to read only, it looks through every log again and again (R46). */
export interface LogMonitorOptions {
  /** As a role that can read everything but payload. */
  readonly sql: Sql
  readonly audit: Pick<AuditService, 'recordCanary' | 'keeper'>
  readonly highWater?: HighWater
  /** Time between passes, and between canaries; absent: a minute. */
  readonly everyMs?: number
  /** Absent: payloads are not compared with their leaves. */
  readonly altered?: AlteredPayloads
  readonly onFinding?: (finding: Finding) => void
}

/** What the monitor knows, for health and metrics. Times in milliseconds. */
export interface MonitorState {
  readonly findings: readonly Finding[]
  /** Whole passes over all logs. */
  readonly passes: number
  readonly leaves: number
  readonly checkpoints: number
  /** How long the last canary waited for a published checkpoint; null before the first. */
  readonly mergeDelayMs: number | null
}

const EVERY_MS = 60_000
const CANARY_LIMIT_MS = 60_000
/** Payloads compared a pass and log, in slices of 256: with a pass a minute, a million in less than two hours. */
const PAYLOAD_SLICES = 40

export type LogMonitor = ReturnType<typeof logMonitor>

export function logMonitor({ sql, audit, highWater = noHighWater, everyMs = EVERY_MS, altered, onFinding }: LogMonitorOptions) {
  const repository = treeRepository(sql)
  const told = new Set<string>()
  let state: MonitorState = { findings: [], passes: 0, leaves: 0, checkpoints: 0, mergeDelayMs: null }
  let isClosed = false

  /** Looks through all logs once; the event loop gets a turn after every 256 leaves. */
  async function pass(): Promise<MonitorState> {
    const findings: Finding[] = []
    let [leaves, checkpoints] = [0, 0]
    for (const log of await repository.logs()) {
      const look = inspection(repository, log, highWater)
      while (!isClosed && (await look.step())) await pause()
      if (!isClosed) await altered?.patrol(repository, log, PAYLOAD_SLICES)
      const found = look.result()
      findings.push(...found.findings)
      leaves += found.leaves
      checkpoints += found.checkpoints
    }
    state = { ...state, findings, leaves, checkpoints, passes: state.passes + 1 }
    for (const finding of findings) {
      const key = `${finding.log} ${finding.detail}`
      if (told.has(key)) continue
      told.add(key)
      onFinding?.(finding)
    }
    return state
  }

  /** Appends an entry and sees how long it stays uncovered. Answers milliseconds, or the limit when it was not covered within it. */
  async function canary(limitMs = CANARY_LIMIT_MS): Promise<number> {
    const started = performance.now()
    const { logId, index } = await audit.recordCanary()
    await audit.keeper.covered(logId, index + 1, limitMs)
    const mergeDelayMs = performance.now() - started
    state = { ...state, mergeDelayMs }
    return mergeDelayMs
  }

  async function round(): Promise<void> {
    try {
      await pass()
      if (!isClosed) await canary()
    } catch {
      // A database that cannot be read is told by the other checks; the next round tries again.
    }
  }

  const rounds = repeating(round, everyMs)
  return {
    start: rounds.start,
    pass,
    canary,
    state: () => state,
    async close(): Promise<void> {
      isClosed = true
      await rounds.stop()
    },
  }
}
