import { setTimeout as sleep } from 'node:timers/promises'
import { refused } from '../../platform/kernel/refusal.ts'
import { type KeeperConnection, keeperConnection } from '../store/keeper-connection.repository.ts'
import { treeRepository } from '../store/tree.repository.ts'
import { lastOfEnded } from './ended-log.service.ts'
import type { HighWater } from './high-water.service.ts'
import { IncidentError } from './incident.ts'
import type { LogKeeper } from './log-keeper.service.ts'
import { signRound } from './signer.service.ts'

/** Learns what other nodes have published, so that whoever was shown a checkpoint by one of them is not shown an older one here. */
export interface NewestPublishedOptions {
  readonly url: string
  /** Undefined: the session user. */
  readonly role: string | undefined
  readonly highWater: HighWater
  readonly keeper: Pick<LogKeeper, 'published' | 'adopt'>
}

const STATEMENT_TIMEOUT_MS = 5_000
/** Longest wait of a reader: a checkpoint that no standby confirms must not be shown, and older ones not any more. */
const WAIT_MAX_MS = 2_000

export function newestPublished({ url, role, highWater, keeper }: NewestPublishedOptions) {
  const asked = new Map<number, Promise<void>>()
  let last: Promise<unknown> = Promise.resolve()
  let connection: KeeperConnection | undefined

  /** One small statement where this process knows the newest; else what a signer does before it shows another's checkpoint. */
  async function look(logId: number): Promise<void> {
    try {
      connection ??= await keeperConnection({ url, role, name: 'accord-log-follower', statementTimeoutMs: STATEMENT_TIMEOUT_MS })
      const repository = treeRepository(connection)
      const [stored, known] = [await repository.newestCheckpoint(logId), keeper.published(logId)]
      if (!stored || (known && stored.size <= known.size)) return
      const log = (await repository.logs()).find((one) => one.logId === logId)
      if (!log) return
      const next =
        log.sealedWhy === 'INCIDENT'
          ? await lastOfEnded(connection, log, known).catch(asBefore)
          : await signRound(connection, log, { signer: undefined, highWater, published: known, now: () => '' })
      if (next) keeper.adopt(log, next)
    } catch (error) {
      await connection?.close()
      connection = undefined
      throw error
    }
  }

  return {
    /**
     * The keeper knows the newest checkpoint that was published when this was called. Calls that wait share one look.
     *
     * @throws Refused LOG_UNAVAILABLE when that cannot be found out in time
     */
    async refresh(logId: number): Promise<void> {
      let looking = asked.get(logId)
      if (!looking) {
        // Taken off before it begins: who comes later must see what was published until then.
        const next = last.then(() => {
          asked.delete(logId)
          return look(logId)
        })
        last = next.catch(() => {})
        asked.set(logId, next)
        looking = next
      }
      const stop = new AbortController()
      const isLate = sleep(WAIT_MAX_MS, true, { signal: stop.signal }).catch(() => false)
      const outcome = looking.then(
        () => undefined,
        (error: unknown) => error ?? new Error('unknown'),
      )
      const found = await Promise.race([outcome, isLate])
      stop.abort()
      if (found === undefined) return
      throw refused('LOG_UNAVAILABLE', 'It cannot be found out at present which checkpoint is the newest.', [], {
        ...(found === true ? {} : { cause: found }),
      })
    },
    async close(): Promise<void> {
      await last
      await connection?.close()
    },
  }
}

/** What is wrong with a log that has ended is told by the keeper; what was shown of it so far stays. */
function asBefore(error: unknown): undefined {
  if (!(error instanceof IncidentError)) throw error
}
