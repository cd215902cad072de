import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../platform/kernel/clock.ts'
import { logSigner } from '../format/log-keys.ts'
import { formatVkey } from '../format/signed-note.ts'
import { type KeeperConnection, keeperConnection } from '../store/keeper-connection.repository.ts'
import { type LogState, treeRepository } from '../store/tree.repository.ts'
import { lastOfEnded } from './ended-log.service.ts'
import { type Failing, failures } from './failing.ts'
import type { HighWater } from './high-water.service.ts'
import { HEAD_IS_MISSING, type Incident, IncidentError, TREE_IS_MISSING } from './incident.ts'
import { integrate } from './integrator.service.ts'
import { type Published, signRound } from './signer.service.ts'

/**
 * Keeps the trees of all logs grown and signed, on a connection of its own, beside the service.
 *
 * Words: round (integrate, then sign what is due), published (acknowledged and kept, so it may be shown), incident.
 * It never holds up an answer, never signs what it did not read back, and never repairs.
 */
export interface LogKeeperOptions {
  readonly url: string
  /** Undefined: the session user. */
  readonly role: string | undefined
  readonly clock: Clock
  readonly logKey: Uint8Array
  readonly highWater: HighWater
  readonly checkpointIntervalMs: number
  /** Told once of each thing that is wrong with a log, before anything else is done about it. */
  readonly onIncident?: (incident: Incident) => void | Promise<void>
  /** Told once when the keeping of a log, or of all, begins to fail, and once when it works again. */
  readonly onFailing?: (failing: Failing) => void
  /** Told after a round, with the logs as found. */
  readonly onRound?: (logs: readonly LogStatus[]) => void
  /** For tests: see `signRound`. */
  readonly afterCommit?: () => Promise<void>
}

/** How a log stands, for health and metrics. */
export interface LogStatus {
  readonly logId: number
  readonly name: string
  readonly kind: 'decisions' | 'governance'
  readonly isSealed: boolean
  /** Leaves appended, under the tree, and under a published checkpoint. */
  readonly size: number
  readonly integrated: number
  readonly published: number
  /** Time for which some leaf has been waiting for a published checkpoint, milliseconds. */
  readonly uncoveredMs: number
  /** Since the newest published checkpoint was signed here or first seen, milliseconds; null while there is none. An idle log signs none. */
  readonly checkpointAgeMs: number | null
  /** What stopped the keeping of this log; null while all is well. */
  readonly incident: Incident | null
  /** Why the keeping of this log fails at present and is tried again; null while it does not. */
  readonly failure: string | null
}

const POLL_MS = 250
/** After an append the tree is grown this soon: each growth hashes the edge of the tree twice, so many batches share one. */
const WAKE_MS = 200
const STATEMENT_TIMEOUT_MS = 30_000
const RETRY_MS = 1_000

export type LogKeeper = ReturnType<typeof logKeeper>

export function logKeeper(options: LogKeeperOptions) {
  const published = new Map<number, Published>()
  const publishedSince = new Map<number, number>()
  const incidents = new Map<string, Incident>()
  const uncovered = new Map<number, { size: number; since: number }>()
  const signedAt = new Map<number, number>()
  /** Logs that ended with an incident and whose last checkpoint is known. */
  const ended = new Set<number>()
  let logs: readonly LogState[] = []
  let waiting: { logId: number; size: number; resolve: () => void }[] = []
  let connection: KeeperConnection | undefined
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let timerAt = 0
  let isStopped = true
  const failing = failures(options.onFailing)

  async function connected(): Promise<KeeperConnection> {
    connection ??= await keeperConnection({
      url: options.url,
      role: options.role,
      name: 'accord-log-keeper',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    })
    return connection
  }

  async function disconnect(): Promise<void> {
    const open = connection
    connection = undefined
    await open?.close()
  }

  /**
   * What is wrong with one log holds up no other: one that ended years ago can be damaged too.
   *
   * @param mustSign signs whatever grew, without waiting for its interval
   */
  async function round(mustSign: boolean): Promise<void> {
    logs = await treeRepository(await connected()).logs()
    for (const log of logs) {
      if (incidents.has(log.name) || (!mustSign && failing.isResting(log.name, RETRY_MS))) continue
      try {
        await keep(await connected(), log, mustSign)
        failing.worked(log.name)
      } catch (error) {
        if (error instanceof IncidentError) await stopFor(error.incident)
        else await failedAt(log, error as Error)
      }
    }
    note(await treeRepository(await connected()).logs())
    options.onRound?.(status())
  }

  async function stopFor(incident: Incident): Promise<void> {
    incidents.set(incident.log, incident)
    failing.worked(incident.log)
    await options.onIncident?.(incident)
  }

  /** What is known of the log may be wrong now: everything is read anew, over another connection (R26). */
  async function failedAt(log: LogState, error: Error): Promise<void> {
    failing.failed(log.name, error)
    signedAt.delete(log.logId)
    await disconnect()
  }

  async function keep(open: KeeperConnection, log: LogState, mustSign: boolean): Promise<void> {
    if (log.sealedWhy === 'INCIDENT') return keepEnded(open, log)
    ended.delete(log.logId)
    if (!log.hasHead) throw new IncidentError({ log: log.name, why: 'GAP', at: 0, detail: HEAD_IS_MISSING })
    if (!log.hasTree) throw new IncidentError({ log: log.name, why: 'CORRUPT_TILE', at: 0, detail: TREE_IS_MISSING })
    // An idle log costs no statement of its own, and what is appended meanwhile is the next round's: it would come by the handful.
    for (let left = log.size - log.treeSize; left > 0; ) {
      const taken = await integrate(open, log)
      if (taken === 0) break
      left -= taken
    }
    const last = signedAt.get(log.logId)
    const isDue = mustSign || last === undefined || performance.now() - last >= options.checkpointIntervalMs
    if (!isDue) return
    const signer = logSigner(options.logKey, log.origin)
    const next = await signRound(open, log, {
      signer: formatVkey(signer) === log.vkey ? signer : undefined,
      highWater: options.highWater,
      published: published.get(log.logId),
      now: () => options.clock().toISOString(),
      ...(options.afterCommit ? { afterCommit: options.afterCommit } : {}),
    })
    signedAt.set(log.logId, performance.now())
    if (next) publish(log.logId, next)
  }

  /** Never goes back: another node's checkpoint may have come in during a round that began before it. */
  function publish(logId: number, next: Published): void {
    if (next.size <= (published.get(logId)?.size ?? 0)) return
    published.set(logId, next)
    publishedSince.set(logId, performance.now())
  }

  function checkpointAgeMs(logId: number): number | null {
    const since = publishedSince.get(logId)
    return since === undefined ? null : performance.now() - since
  }

  /** Signed no more, so its last checkpoint is looked for once after its end, and stays what it was. */
  async function keepEnded(open: KeeperConnection, log: LogState): Promise<void> {
    if (ended.has(log.logId)) return
    const last = await lastOfEnded(open, log, published.get(log.logId))
    if (last) publish(log.logId, last)
    ended.add(log.logId)
  }

  function note(found: readonly LogState[]): void {
    logs = found
    const now = performance.now()
    for (const { logId, size } of found) {
      const covered = published.get(logId)?.size ?? 0
      const since = uncovered.get(logId)
      if (covered >= size) uncovered.delete(logId)
      else if (!since || covered >= since.size) uncovered.set(logId, { size, since: now })
    }
    const done = waiting.filter(({ logId, size }) => (published.get(logId)?.size ?? 0) >= size)
    waiting = waiting.filter((one) => !done.includes(one))
    for (const { resolve } of done) resolve()
  }

  function status(): LogStatus[] {
    return logs.map((log) => ({
      logId: log.logId,
      name: log.name,
      kind: log.kind,
      isSealed: log.sealedWhy !== null,
      size: log.size,
      integrated: log.treeSize,
      published: published.get(log.logId)?.size ?? 0,
      uncoveredMs: log.sealedWhy === 'INCIDENT' ? 0 : uncoveredMs(log),
      checkpointAgeMs: checkpointAgeMs(log.logId),
      incident: incidents.get(log.name) ?? null,
      failure: failing.of(log.name)?.message ?? null,
    }))
  }

  /** A keeper that cannot even look counts as one that does not sign. */
  function uncoveredMs({ logId, name }: LogState): number {
    const now = performance.now()
    return now - Math.min(uncovered.get(logId)?.since ?? now, failing.since(name) ?? now)
  }

  /** One round at a time; whoever asks while one runs gets another after it. */
  function run(mustSign: boolean): Promise<void> {
    const next = (running ?? Promise.resolve()).then(async () => {
      try {
        await round(mustSign)
        failing.worked(null)
      } catch (error) {
        failing.failed(null, error as Error)
        await disconnect()
      }
    })
    running = next
    return next
  }

  function schedule(afterMs: number): void {
    if (isStopped) return
    const at = performance.now() + afterMs
    if (timer && timerAt <= at) return
    clearTimeout(timer)
    timerAt = at
    timer = setTimeout(() => {
      timer = undefined
      void run(false).then(() => schedule(failing.isResting(null, RETRY_MS) ? RETRY_MS : POLL_MS))
    }, afterMs)
    timer.unref()
  }

  return {
    /** Starts the rounds; the first one has ended when this returns, so that what is published is known. */
    async start(): Promise<void> {
      isStopped = false
      await run(true)
      schedule(POLL_MS)
    },
    /** Something was appended. Costs the caller nothing. */
    wake: () => schedule(WAKE_MS),
    /** Runs a round now and signs what grew. */
    round: () => run(true),
    status,
    /** Why some log, or all of them, could not be kept in the last round; null when they could. It is tried again. */
    failure: failing.first,
    /** How long that has lasted, milliseconds; 0 while all are kept. */
    failingMs: failing.lastedMs,
    /** The newest checkpoint of a log that may be shown. */
    published: (logId: number): Published | undefined => published.get(logId),
    /** Shows a checkpoint that another node has published; not of a log whose keeping was stopped here. */
    adopt(log: LogState, next: Published): void {
      if (!incidents.has(log.name)) publish(log.logId, next)
    },
    /** Resolves once a published checkpoint covers `size` leaves, or the time is over; says which. */
    async covered(logId: number, size: number, withinMs: number): Promise<boolean> {
      const isCovered = () => (published.get(logId)?.size ?? 0) >= size
      if (isCovered()) return true
      const stop = new AbortController()
      let one: (typeof waiting)[number] | undefined
      const reached = new Promise<void>((resolve) => {
        one = { logId, size, resolve }
        waiting.push(one)
      })
      await Promise.race([reached, sleep(withinMs, undefined, { signal: stop.signal }).catch(() => {})])
      stop.abort()
      waiting = waiting.filter((other) => other !== one)
      return isCovered()
    },
    /** Signs this log no more (R23): somebody outside has seen what it should hold and does not. */
    stop: (incident: Incident) => void incidents.set(incident.log, incident),
    /** Signs what is left and stops. */
    async close(): Promise<void> {
      if (!isStopped) await run(true)
      isStopped = true
      clearTimeout(timer)
      await running
      await disconnect()
      for (const { resolve } of waiting) resolve()
    },
  }
}
