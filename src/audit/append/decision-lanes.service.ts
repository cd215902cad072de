import type { Entry } from '../format/entry.ts'
import { appender, isBadEntry, isSealed, NotDurableError } from '../store/append.repository.ts'
import type { DurabilityLevel } from '../store/durability.ts'
import type { LogRow } from '../store/logs.repository.ts'
import type { PolicyRevision } from '../store/policy-revision.ts'
import { type AppendQueue, type AppendQueueOptions, appendQueue, type Place } from './append-queue.ts'

/** What decisions are appended through. A lane may never answer before its commit was acknowledged, nor find an old entry instead of writing (R17). */
export interface DecisionLanesOptions extends Pick<AppendQueueOptions, 'revision' | 'refresh' | 'batchMax' | 'queueMax' | 'queueAgeMaxMs'> {
  readonly url: string
  readonly role: string | undefined
  readonly durability?: DurabilityLevel
  /** An append that hangs longer is looked after: does the server still work on it? */
  readonly stalledAfterMs: number
  readonly lanes: number
  readonly onBatch?: AppendQueueOptions['onBatch']
  /** The log that takes decisions, as this process knows it; `turn` asks anew when it was found sealed (FM-28). */
  readonly log: () => LogRow
  readonly turn: () => Promise<LogRow>
  readonly today: () => string
  /** Something was appended, or may have been. */
  readonly onAppend: () => void
  /** A commit came back that is not durable (R16), or the server takes none. */
  readonly onNotDurable: (why: string) => void
}

const BATCH_BYTES_MAX = 1_048_576

export type DecisionLanes = Pick<AppendQueue, 'submit'> & {
  /** How many wait, how long the oldest has, and how long the database has kept the longest append in flight, milliseconds. */
  state(): ReturnType<AppendQueue['state']> & { readonly inFlightMs: number }
  /** Resolves when nothing waits any more and every connection is closed. */
  close(): Promise<void>
}

/** Opens the lanes: the queue of the hot path, and a connection of its own for each batch that may be in flight. */
export function decisionLanes(options: DecisionLanesOptions): DecisionLanes {
  const connections = Array.from({ length: options.lanes }, () => appender(options))
  const free = [...connections]
  const queue = appendQueue(
    {
      append,
      revision: options.revision,
      refresh: options.refresh,
      isBadEntry,
      now: () => performance.now(),
      batchMax: options.batchMax,
      batchBytesMax: BATCH_BYTES_MAX,
      queueMax: options.queueMax,
      queueAgeMaxMs: options.queueAgeMaxMs,
      ...(options.onBatch ? { onBatch: options.onBatch } : {}),
    },
    options.lanes,
  )

  async function append(entries: readonly Entry[], revision: PolicyRevision): Promise<Place | null> {
    const connection = free.pop()
    if (!connection) throw new Error('more batches in flight than lanes')
    const into = async ({ logId, origin }: LogRow) => {
      const index = await connection.append(logId, entries, revision, options.today())
      return index === null ? null : { origin, index }
    }
    try {
      return await into(options.log()).catch(async (error: unknown) => {
        if (!isSealed(error)) throw error
        return into(await options.turn())
      })
    } catch (error) {
      if (error instanceof NotDurableError) options.onNotDurable(error.message)
      throw error
    } finally {
      options.onAppend()
      free.push(connection)
    }
  }

  return {
    submit: queue.submit,
    state: () => ({ ...queue.state(), inFlightMs: Math.max(0, ...connections.map((connection) => connection.inFlightMs())) }),
    async close(): Promise<void> {
      await queue.drained()
      await Promise.all(connections.map((connection) => connection.close()))
    },
  }
}
