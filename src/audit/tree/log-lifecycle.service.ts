import { Buffer } from 'node:buffer'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { bareEntryOf } from '../format/entry.ts'
import type { LogLeaf, LogOpenedLeaf, RecordedCheckpoint } from '../format/leaf.ts'
import { logSigner } from '../format/log-keys.ts'
import { formatVkey, parseVkey } from '../format/signed-note.ts'
import { appendInTransaction } from '../store/append.repository.ts'
import { type LogHead, type LogRow, logsRepository } from '../store/logs.repository.ts'
import type { HighWater } from './high-water.service.ts'
import type { Incident } from './incident.ts'
import { newestFirst, nextName, yearOf } from './log-names.ts'

/** Which log takes entries now: opened at its first use, closed with its year, followed by another incarnation after an incident (R30, R31). */
export interface LogLifecycleOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly publicHost: string
  /** Secret of the log keys, at least 32 bytes. */
  readonly logKey: Uint8Array
  readonly highWater: HighWater
}

type Kind = LogRow['kind']
type BareLeaf = Exclude<LogLeaf, { readonly c: string }>
type WithoutStamp<L> = L extends unknown ? Omit<L, 'id' | 'ts' | 'v'> : never

export type LogLifecycle = ReturnType<typeof logLifecycle>

export function logLifecycle({ db, clock, newId, publicHost, logKey, highWater }: LogLifecycleOptions) {
  const day = () => clock().toISOString().slice(0, 10)

  /** Leaf after leaf into one log, in the caller's transaction. */
  async function append(tx: Transaction, logId: number, leaves: readonly WithoutStamp<BareLeaf>[]): Promise<void> {
    const entries = leaves.map((leaf) => bareEntryOf({ ...leaf, id: newId(), ts: clock().getTime(), v: 1 } as BareLeaf))
    await appendInTransaction(tx, logId, entries, day())
  }

  async function open(
    tx: Transaction,
    kind: Kind,
    name: string,
    origin: string,
    first: Pick<LogOpenedLeaf, 'why' | 'prev'>,
    then: readonly WithoutStamp<BareLeaf>[] = [],
  ): Promise<LogRow> {
    const vkey = formatVkey(logSigner(logKey, origin))
    const log = { name, kind, origin, vkey }
    const logId = await logsRepository(tx).open(log, clock().toISOString())
    await append(tx, logId, [{ t: 'audit.log.opened', origin, vkey, ...first }, ...then])
    return { logId, ...log }
  }

  /**
   * The first log of a kind. When this machine has published one that the database lacks, of whatever year, it is an
   * incarnation of its own that names the last of them: the database was lost.
   */
  function openFirst(tx: Transaction, kind: Kind): Promise<LogRow> {
    const originOf = (name: string) => `${publicHost}/log/${name}`
    const lost = newestKept(kind, originOf)
    const year = Math.max(clock().getUTCFullYear(), lost ? yearOf(lost.name) : 0)
    if (!lost) return open(tx, kind, `${kind}-${year}`, originOf(`${kind}-${year}`), { why: 'FIRST' })
    const prev = { origin: lost.origin, root: Buffer.from(lost.root).toString('hex'), size: lost.size }
    const name = nextName(kind, year, highWater.names())
    return open(tx, kind, name, originOf(name), { why: 'INCIDENT', prev }, [{ t: 'audit.incident', why: 'ROLLBACK', seen: prev }])
  }

  /** The last log of a kind that this machine has published under our key. */
  function newestKept(kind: Kind, originOf: (name: string) => string) {
    for (const name of newestFirst(kind, highWater.names())) {
      const kept = highWater.read({ name, vkey: formatVkey(logSigner(logKey, originOf(name))) })
      if (kept) return { name, ...kept }
    }
    return undefined
  }

  return {
    /**
     * The log of a kind that takes entries; opened when there is none. One that ended with its year is followed once it is
     * signed to its last leaf, undefined until then; `isFinal: false` does not wait for that.
     */
    current(kind: Kind, { isFinal = true } = {}): Promise<LogRow | undefined> {
      return withTransaction(db, async (tx) => {
        const logs = logsRepository(tx)
        const newest = (await logs.ofKind(kind))[0]
        if (newest && !newest.sealedWhy) return mustHaveOurKey(newest)
        await logs.lockLifecycle()
        const now = (await logs.ofKind(kind))[0]
        if (!now) return openFirst(tx, kind)
        if (!now.sealedWhy) return now
        const isSigned = now.sealedWhy === 'INCIDENT' || (await logs.newestCheckpoint(now.logId))?.size === now.size
        return isSigned || !isFinal ? follow(tx, now, { why: now.sealedWhy }) : undefined
      })
    },

    /** Whether the year has turned since the log was opened. A clock that goes back turns nothing. */
    isOver: (log: Pick<LogRow, 'name'>): boolean => clock().getUTCFullYear() > yearOf(log.name),

    /** Ends a log whose year is over: its last leaf says so, and it takes no more. Idempotent. */
    close(kind: Kind): Promise<void> {
      return withTransaction(db, async (tx) => {
        const logs = logsRepository(tx)
        await logs.lockLifecycle()
        const log = (await logs.ofKind(kind))[0]
        if (!log || log.sealedWhy || clock().getUTCFullYear() <= yearOf(log.name)) return
        // The size is only known once the head is ours: an entry may come in between the two statements.
        await appendClosed(tx, log)
        await logs.seal(log.logId, 'PERIOD')
      })
    },

    /**
     * Ends a log so that the next one has another key (R28): its last leaves announce that key, under the old one's signature, and
     * say that it is closed. Only a service that has the new key opens the next log. Answers the announced key (vkey).
     *
     * @param nextKey secret of the new key, at least 32 bytes
     */
    announceKey(kind: Kind, nextKey: Uint8Array): Promise<string> {
      return withTransaction(db, async (tx) => {
        const logs = logsRepository(tx)
        await logs.lockLifecycle()
        const all = await logs.ofKind(kind)
        const [log] = all
        if (!log || log.sealedWhy) throw new Error(`there is no log of ${kind} that takes entries`)
        mustHaveOurKey(log)
        const year = Math.max(clock().getUTCFullYear(), yearOf(log.name))
        const name = nextName(kind, year, [...all.map((one) => one.name), ...highWater.names()])
        const vkey = formatVkey(logSigner(nextKey, originBeside(log, name)))
        if (formatVkey(logSigner(logKey, originBeside(log, name))) === vkey) throw new Error('the new key is the old one')
        await append(tx, log.logId, [{ t: 'audit.key.added', vkey }])
        await appendClosed(tx, log)
        await logs.seal(log.logId, 'PERIOD')
        return vkey
      })
    },

    /**
     * Ends the newest log of a kind at its last published checkpoint and opens the next incarnation, which records why (R31).
     *
     * @param incident `log`: the one that it happened to. Where another follows it already, that one is answered: of several nodes that
     * see one incident the first ends the log, and none ends its healthy successor.
     */
    reopen(kind: Kind, incident: Pick<Incident, 'why' | 'at' | 'seen'> & { readonly log?: string }): Promise<LogRow> {
      return withTransaction(db, async (tx) => {
        const logs = logsRepository(tx)
        await logs.lockLifecycle()
        const log = (await logs.ofKind(kind))[0]
        if (!log) return openFirst(tx, kind)
        if (incident.log !== undefined && incident.log !== log.name && !log.sealedWhy) return log
        await logs.seal(log.logId, 'INCIDENT')
        return follow(tx, log, { why: 'INCIDENT', incident })
      })
    },
  }

  async function appendClosed(tx: Transaction, log: LogHead): Promise<void> {
    // An empty append takes the head's lock and answers the size, which then stands until this transaction ends.
    const size = await appendInTransaction(tx, log.logId, [], day())
    await append(tx, log.logId, [{ t: 'audit.log.closed', size: size + 1, why: 'PERIOD' }])
  }

  async function follow(
    tx: Transaction,
    log: LogHead,
    how: { readonly why: 'PERIOD' | 'INCIDENT'; readonly incident?: Pick<Incident, 'why' | 'at' | 'seen'> },
  ): Promise<LogRow> {
    const newest = await logsRepository(tx).newestCheckpoint(log.logId)
    const stored = newest && { origin: log.origin, root: newest.root.toString('hex'), size: newest.size }
    const kept = highWater.read(log)
    const published: RecordedCheckpoint | undefined =
      kept && kept.size > (stored?.size ?? 0)
        ? { origin: log.origin, root: Buffer.from(kept.root).toString('hex'), size: kept.size }
        : stored
    const prev = how.incident?.seen ?? published
    // A year that some node has ended is over for all, also where the clock is slow: or they would end each other's logs by turns.
    const year = Math.max(clock().getUTCFullYear(), yearOf(log.name) + (how.why === 'PERIOD' ? 1 : 0))
    const known = [...(await logsRepository(tx).ofKind(log.kind)).map(({ name }) => name), ...highWater.names()]
    const name = nextName(log.kind, year, known)
    const { incident } = how
    const announced = how.why === 'PERIOD' ? await logsRepository(tx).announcedKey(log.logId) : null
    if (announced !== null) return openAnnounced(tx, log, announced, prev)
    const leaves: WithoutStamp<BareLeaf>[] = incident
      ? [
          {
            t: 'audit.incident',
            why: incident.why,
            ...(incident.at === undefined ? {} : { at: incident.at }),
            ...(prev ? { seen: prev } : {}),
          },
        ]
      : []
    return open(tx, log.kind, name, originBeside(log, name), { why: how.why, ...(prev ? { prev } : {}) }, leaves)
  }

  /** The log whose key the one before has announced, under the name that is in that key; its second leaf lets the old key go. */
  function openAnnounced(tx: Transaction, before: LogHead, vkey: string, prev: RecordedCheckpoint | undefined): Promise<LogRow> {
    const origin = parseVkey(vkey).name
    const name = origin.split('/').at(-1) ?? ''
    if (formatVkey(logSigner(logKey, origin)) !== vkey) {
      throw new Error(`log ${before.name} has ended for a change of its key: give this service the new one (LOG_KEY_FILE) to open ${name}`)
    }
    const removed = { t: 'audit.key.removed', vkey: before.vkey } as const
    return open(tx, before.kind, name, origin, { why: 'PERIOD', ...(prev ? { prev } : {}) }, [removed])
  }

  /** Logs of one service differ in their names only. */
  function originBeside(log: Pick<LogRow, 'origin'>, name: string): string {
    return log.origin.replace(/[^/]+$/, name)
  }

  /** Another key for a known log would make every checkpoint unverifiable: better not to start at all. */
  function mustHaveOurKey(log: LogHead): LogRow {
    if (log.vkey !== formatVkey(logSigner(logKey, log.origin))) {
      throw new Error(
        `log ${log.name} exists with another key: give the key it was opened with, or open the next log with this one (accord log reopen --reason KEY_COMPROMISE)`,
      )
    }
    return log
  }
}
