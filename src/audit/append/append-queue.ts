import type { Entry } from '../format/entry.ts'
import type { PolicyRevision } from '../store/policy-revision.ts'

/**
 * Batches appends: while one commit is in flight, everything that arrives becomes the next batch (natural group commit). One that
 * comes alone goes at once; where one comes after the other, each turn of the event loop, they go together.
 *
 * Words: submission, batch, lane. It never answers before the commit was acknowledged, never drops what it took without
 * saying so, and never waits for a timer.
 */
export interface AppendQueueOptions {
  /** Writes a batch; where its first entry stands, or null when the policy revision has moved and nothing was written. */
  readonly append: (entries: readonly Entry[], revision: PolicyRevision) => Promise<Place | null>
  /** The policy revision that entries built now stand on. */
  readonly revision: () => PolicyRevision
  /** Brings the policy to the database's, which the one given is not. */
  readonly refresh: (stale: PolicyRevision) => Promise<void>
  /** Whether the error says that one row of the batch is bad, rather than that the log cannot be written. */
  readonly isBadEntry: (error: unknown) => boolean
  /** Milliseconds that only go forward. */
  readonly now: () => number
  readonly batchMax: number
  readonly batchBytesMax: number
  readonly queueMax: number
  readonly queueAgeMaxMs: number
  readonly onBatch?: (size: number, milliseconds: number) => void
}

/** An entry made at the moment its batch is written, on the policy revision of that moment; called again if it moves. */
export type Build<T> = () => { readonly entry: Entry; readonly value: T }

/** Where an entry stands: in the log of this name, at this index. */
export interface Place {
  readonly origin: string
  readonly index: number
}

/** An entry that stands in the log, and what came of its build. */
export interface Appended<T> extends Place {
  readonly entry: Entry
  readonly value: T
}

/** The queue is full or its oldest submission waits too long: nothing was taken. */
export class QueueFullError extends Error {
  override name = 'QueueFullError'
}

/** The entry may or may not have been written: there is no answer. */
export class NotRecordedError extends Error {
  override name = 'NotRecordedError'
}

interface Waiting {
  readonly build: Build<unknown>
  readonly since: number
  readonly resolve: (appended: Appended<unknown>) => void
  readonly reject: (error: unknown) => void
}

interface Built {
  readonly waiting: Waiting
  readonly entry: Entry
  readonly value: unknown
}

/** So many make a batch that costs little more than its rows: no more are waited for. */
const GATHERED_MAX = 64
/** How often a batch is built again because the policy moved under it, before its callers are told to come back. */
const ATTEMPTS_MAX = 100

export type AppendQueue = ReturnType<typeof appendQueue>

/** @param laneCount batches that may be in flight at once; each needs a connection of its own */
export function appendQueue(options: AppendQueueOptions, laneCount: number) {
  const waiting: Waiting[] = []
  let free = laneCount
  let isGathering = false
  const enough = Math.min(options.batchMax, GATHERED_MAX)
  let idle: (() => void)[] = []

  function submit<T>(build: Build<T>): Promise<Appended<T>> {
    const oldest = waiting[0]
    if (waiting.length >= options.queueMax) return Promise.reject(new QueueFullError('the queue is full'))
    if (oldest && options.now() - oldest.since > options.queueAgeMaxMs) return Promise.reject(new QueueFullError('the queue does not move'))
    return new Promise((resolve, reject) => {
      waiting.push({ build, since: options.now(), resolve: resolve as Waiting['resolve'], reject })
      startLane()
    })
  }

  /** Takes what waits, if a lane is free for it. */
  function startLane(): void {
    if (waiting.length === 0 || free === 0 || isGathering) return
    free -= 1
    isGathering = true
    setImmediate(gather, waiting.length)
  }

  /** Everything that arrives in this turn of the event loop goes into the same batch, and in the next ones while more and more comes. */
  function gather(before: number): void {
    if (waiting.length > before && waiting.length < enough) return void setImmediate(gather, waiting.length)
    isGathering = false
    void writeBatch(waiting.splice(0, options.batchMax)).then(laneIsFree)
    startLane()
  }

  function laneIsFree(): void {
    free += 1
    startLane()
    if (free < laneCount) return
    for (const wake of idle) wake()
    idle = []
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    for (let remaining = batch; remaining.length > 0; ) remaining = await writePart(remaining)
  }

  /**
   * Writes as many of these, from the first on, as fit into a batch's bytes, built again whenever the policy moves under them.
   * Answers those that are left; whoever is not among them has been told what became of it.
   */
  async function writePart(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    let pending = batch
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const revision = options.revision()
      const { built, later } = buildWithinLimit(pending)
      if (built.length === 0) return later
      try {
        const started = options.now()
        const first = await options.append(
          built.map((one) => one.entry),
          revision,
        )
        if (first === null) {
          // Whoever was refused while this was built has been told so, and is not recorded after all.
          pending = [...built.map((one) => one.waiting), ...later]
          await options.refresh(revision)
          continue
        }
        options.onBatch?.(built.length, options.now() - started)
        built.forEach(({ waiting: one, entry, value }, offset) => {
          one.resolve({ origin: first.origin, index: first.index + offset, entry, value })
        })
      } catch (error) {
        await refuse(built, error)
      }
      return later
    }
    for (const one of pending) one.reject(new NotRecordedError('the policy keeps changing'))
    return []
  }

  /** A build that throws refuses its own caller alone; what does not fit into the batch's bytes stays for the next. */
  function buildWithinLimit(batch: readonly Waiting[]): { built: Built[]; later: Waiting[] } {
    const built: Built[] = []
    let bytes = 0
    for (const [position, one] of batch.entries()) {
      try {
        const { entry, value } = one.build()
        bytes += entry.leaf.length + entry.body.length
        if (built.length > 0 && bytes > options.batchBytesMax) return { built, later: batch.slice(position) }
        built.push({ waiting: one, entry, value })
      } catch (error) {
        one.reject(error)
      }
    }
    return { built, later: [] }
  }

  async function refuse(built: readonly Built[], error: unknown): Promise<void> {
    if (!options.isBadEntry(error) || built.length === 1) {
      const what = options.isBadEntry(error) ? 'the log refused the entry' : 'the log could not be written'
      for (const { waiting: one } of built) one.reject(new NotRecordedError(what, { cause: error }))
      return
    }
    // One bad row refuses the whole statement: halve until it stands alone (FM-27).
    const middle = Math.ceil(built.length / 2)
    await writeBatch(built.slice(0, middle).map((one) => one.waiting))
    await writeBatch(built.slice(middle).map((one) => one.waiting))
  }

  return {
    submit,
    /** How many wait, and for how long the oldest has. */
    state: () => ({ length: waiting.length, oldestMs: waiting[0] ? options.now() - waiting[0].since : 0 }),
    /** Resolves when nothing waits and nothing is in flight. */
    drained: (): Promise<void> =>
      free === laneCount && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)),
  }
}
