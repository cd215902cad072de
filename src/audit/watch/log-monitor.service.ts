import { setImmediate as pause, setTimeout as sleep } from 'node:timers/promises'
import type { Edge } from '../format/merkle-tree.ts'
import { type LogState, type Sql, treeRepository } from '../store/tree.repository.ts'
import { type HighWater, noHighWater } from '../tree/high-water.service.ts'
import { repeating } from '../tree/repeating.ts'
import type { AlteredPayloads } from './altered-payloads.service.ts'
import { type DatabaseNumbers, databaseNumbers } from './database-numbers.repository.ts'
import { type Inspection, inspection, type LogFault } from './inspection.service.ts'
import { lostLogs } from './lost-logs.service.ts'

/** What appends an entry that says nothing, and waits until a published checkpoint covers it (false: not within the milliseconds). */
export interface Canaries {
  recordCanary(kind: 'decisions' | 'governance'): Promise<{ readonly logId: number; readonly index: number }>
  readonly keeper: { covered(logId: number, size: number, withinMs: number): Promise<boolean> }
}

/**
 * The service's own auditor: with rights to read only, it looks at what is new in every log, and rereads them from their
 * first leaf now and then (R46). It shares the process with the answers, so it rests more than it reads.
 */
export interface LogMonitorOptions {
  /** As a role that can read everything but payload. */
  readonly sql: Sql
  readonly audit: Canaries
  readonly highWater?: HighWater
  /** Time between looks at what is new, and between canaries, milliseconds; absent: a minute. */
  readonly everyMs?: number
  /** Time after which a log is read again from its first leaf, milliseconds; absent: an hour. */
  readonly rereadMs?: number
  /** Absent: payloads are not compared with their leaves. */
  readonly altered?: AlteredPayloads
  readonly onFinding?: (finding: LogFault) => void
}

/** What the monitor knows, for health and metrics. Times in milliseconds. */
export interface MonitorState {
  readonly findings: readonly LogFault[]
  /** Whole passes over all logs. */
  readonly passes: number
  readonly leaves: number
  readonly checkpoints: number
  /** How long the last canaries waited for a published checkpoint, the slower one; null before the first. */
  readonly mergeDelayMs: number | null
  /** Since it last looked at what is new, or was started. */
  readonly ageMs: number
  /** As of the last look; null before the first. */
  readonly database: DatabaseNumbers | null
}

/** What is known of one log. `verified`: the tree up to which the last reading, and the looks after it, found it in order. */
interface Watched {
  readonly read: Inspection
  readonly since: readonly LogFault[]
  readonly verified: Edge
  readonly checkpoints: number
  readonly rereadAt: number
}

const EVERY_MS = 60_000
const REREAD_MS = 3_600_000
const CANARY_LIMIT_MS = 60_000
/** Payloads compared a look and log, in slices of 256: with a look a minute, a million in less than two hours. */
const PAYLOAD_SLICES = 40
/** Rest for each part of the time that a step of 256 leaves took. */
const REST = 3
/** A log with faults is reread sooner, to see whether they are mended, but not for more than a tenth of the time. */
const FAULTY_REST = 10

export function logMonitor(options: LogMonitorOptions) {
  const { sql, audit, highWater = noHighWater, everyMs = EVERY_MS, rereadMs = REREAD_MS, altered, onFinding } = options
  const repository = treeRepository(sql)
  const watched = new Map<string, Watched>()
  const reported = new Set<string>()
  let lost: readonly LogFault[] = []
  let passes = 0
  let mergeDelayMs: number | null = null
  let database: DatabaseNumbers | null = null
  let lookedAt = performance.now()
  let isClosed = false

  /** Reads a log from its first leaf. The event loop gets a turn after every 256 leaves; `rest` may take longer. */
  async function reread(log: LogState, rest: (stepMs: number) => Promise<void>): Promise<void> {
    const began = performance.now()
    const look = inspection(repository, log, highWater)
    for (let from = began; !isClosed && (await look.step()); from = performance.now()) await rest(performance.now() - from)
    if (isClosed) return
    const read = look.result()
    const soon = Math.max(everyMs, FAULTY_REST * (performance.now() - began))
    const rereadAt = performance.now() + (read.findings.length > 0 ? Math.min(rereadMs, soon) : rereadMs)
    watched.set(log.name, { read, since: [], verified: read.verified, checkpoints: read.checkpoints, rereadAt })
    tell()
  }

  /** Looks at what came after the last leaf that was in order; with a fault there, at the same again next time. */
  async function lookOn(log: LogState, before: Watched): Promise<void> {
    const look = inspection(repository, log, highWater, before.verified)
    while (!isClosed && (await look.step())) await pause()
    const { findings, verified, checkpoints } = look.result()
    const now = watched.get(log.name)
    if (isClosed || !now || now.read !== before.read) return
    if (findings.length > 0) watched.set(log.name, { ...now, since: findings })
    else watched.set(log.name, { ...now, since: [], verified, checkpoints: now.checkpoints + checkpoints })
  }

  async function lookAtPayloads(log: LogState): Promise<void> {
    if (!isClosed) await altered?.patrol(repository, log, PAYLOAD_SLICES)
  }

  async function lookAtNew(): Promise<void> {
    database = await databaseNumbers(sql)
    lost = await lostLogs(repository, highWater)
    for (const log of await repository.logs()) {
      const known = watched.get(log.name)
      // One that is shorter than what was read has lost something: that is seen by reading it from its first leaf.
      if (known && log.size >= known.verified.size) await lookOn(log, known)
      await lookAtPayloads(log)
    }
    lookedAt = performance.now()
    tell()
  }

  const isDue = ({ name, size }: LogState): boolean => {
    const known = watched.get(name)
    return !known || size < known.verified.size || performance.now() >= known.rereadAt
  }

  async function restAndLook(stepMs: number): Promise<void> {
    await sleep(REST * stepMs, undefined, { ref: false })
    if (performance.now() - lookedAt >= everyMs) await lookAtNew()
  }

  function findings(): LogFault[] {
    const inLogs = [...watched.values()].flatMap(({ read, since }) => {
      const known = new Set(read.findings.map(({ detail }) => detail))
      return [...read.findings, ...since.filter(({ detail }) => !known.has(detail))]
    })
    return [...lost, ...inLogs]
  }

  function tell(): void {
    for (const finding of findings()) {
      const key = `${finding.log} ${finding.detail}`
      if (reported.has(key)) continue
      reported.add(key)
      onFinding?.(finding)
    }
  }

  function state(): MonitorState {
    const all = [...watched.values()]
    return {
      findings: findings(),
      passes,
      leaves: all.reduce((sum, { read, verified }) => sum + Math.max(read.leaves, verified.size), 0),
      checkpoints: all.reduce((sum, { checkpoints }) => sum + checkpoints, 0),
      mergeDelayMs,
      ageMs: performance.now() - lookedAt,
      database,
    }
  }

  /** Reads all logs from their first leaves, now. */
  async function pass(): Promise<MonitorState> {
    lost = await lostLogs(repository, highWater)
    for (const log of await repository.logs()) {
      await reread(log, () => pause())
      await lookAtPayloads(log)
    }
    passes += 1
    return state()
  }

  /** Looks at what is new, and rereads the logs for which it is time. */
  async function look(): Promise<MonitorState> {
    await lookAtNew()
    const due = (await repository.logs()).filter(isDue)
    for (const log of due) await reread(log, restAndLook)
    if (due.length > 0 && !isClosed) passes += 1
    return state()
  }

  /** Appends an entry to each log that takes some, and sees how long they stay uncovered. Answers milliseconds, at most the limit. */
  async function canary(limitMs = CANARY_LIMIT_MS): Promise<number> {
    const waits = await Promise.all(
      (['decisions', 'governance'] as const).map(async (kind) => {
        const started = performance.now()
        const { logId, index } = await audit.recordCanary(kind)
        await audit.keeper.covered(logId, index + 1, limitMs)
        return performance.now() - started
      }),
    )
    mergeDelayMs = Math.max(...waits)
    return mergeDelayMs
  }

  /** A database that cannot be read or written is told by the other checks, and by the age of the last look; it is tried again. */
  const trying = (work: () => Promise<unknown>) => () =>
    work().then(
      () => {},
      () => {},
    )
  const looks = repeating(trying(look), everyMs)
  const canaries = repeating(
    trying(() => canary()),
    everyMs,
  )
  return {
    start(): void {
      looks.start()
      canaries.start()
    },
    pass,
    look,
    canary,
    state,
    async close(): Promise<void> {
      isClosed = true
      await Promise.all([looks.stop(), canaries.stop()])
    },
  }
}
