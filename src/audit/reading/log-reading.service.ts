import { answered, type Refusal, type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { leafId } from '../format/leaf-bytes.ts'
import { HASH_BYTES, TILE_WIDTH } from '../format/merkle-tree.ts'
import { encodeEntryBundle, type TileCoordinate, tilePath, tileWidth } from '../format/tile.ts'
import { formatTlogProof } from '../format/tlog-proof.ts'
import { type LogState, type Sql, treeRepository } from '../store/tree.repository.ts'
import type { LogKeeper } from '../tree/log-keeper.service.ts'
import { type FetchTile, inclusionFromTiles, tilesOf } from '../tree/tree-reading.service.ts'

/** What strangers read: only what is published, out of tables that never change. Full tiles are kept in memory. */
export interface LogReadingOptions {
  /** As a role that can read everything but payload. */
  readonly sql: Sql
  readonly keeper: Pick<LogKeeper, 'published' | 'covered'>
  /** Lets the keeper know the newest checkpoint that any node has published; absent: there is no other node. */
  readonly refresh?: (logId: number) => Promise<void>
}

const TILES_KEPT_MAX = 512
const LOGS_AGE_MAX_MS = 1_000

export type LogReading = ReturnType<typeof logReading>

export function logReading({ sql, keeper, refresh = async () => {} }: LogReadingOptions) {
  const repository = treeRepository(sql)
  const kept = new Map<string, Uint8Array>()
  let logs = new Map<string, LogState>()
  let readAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined

  /** One look at a time: whoever asks meanwhile waits for what it finds. One that failed has found nothing out. */
  function look(): Promise<void> {
    looking ??= repository
      .logs()
      .then((found) => {
        logs = new Map(found.map((log) => [log.name, log]))
        readAt = performance.now()
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  /** A name that is not known is looked for again at most once a second. */
  async function find(name: string): Promise<LogState | undefined> {
    if (!logs.has(name) && performance.now() - readAt > LOGS_AGE_MAX_MS) await look()
    return logs.get(name)
  }

  async function byId(logId: number): Promise<LogState | undefined> {
    const known = () => [...logs.values()].find((log) => log.logId === logId)
    if (known()) return known()
    // A look that began before the entry was read may have missed its log.
    await looking?.catch(() => {})
    if (!known()) await look()
    return known()
  }

  /** @throws Refused LOG_UNAVAILABLE when hashes are missing: a short tile would be kept for ever by whoever gets it */
  function fetchOf(logId: number): FetchTile {
    const stored = tilesOf(repository, logId)
    return async (tile) => {
      const key = `${logId}/${tilePath(tile)}`
      const known = kept.get(key)
      const bytes = known ?? (await stored(tile))
      if (bytes.length !== tile.width * HASH_BYTES) throw incomplete(`${tilePath(tile)} has ${bytes.length / HASH_BYTES} hashes`)
      if (tile.width < TILE_WIDTH) return bytes
      kept.delete(key)
      kept.set(key, bytes)
      if (kept.size > TILES_KEPT_MAX) kept.delete(kept.keys().next().value as string)
      return bytes
    }
  }

  return {
    /** A log by its name. */
    find,
    /** The newest checkpoint published by any node, as a signed note: nobody is shown one and then an older one. */
    async checkpoint(name: string): Promise<string | undefined> {
      const log = await find(name)
      if (log) await refresh(log.logId)
      return log && keeper.published(log.logId)?.note
    },
    /** The newest checkpoint that most witnesses cosigned, with every cosignature kept for it. */
    async witnessed(name: string): Promise<string | undefined> {
      const log = await find(name)
      const found = log && (await repository.newestWitnessed(log.logId))
      return found && `${found.note}${found.lines.join('')}`
    },
    /** When the checkpoint of a size was signed, ISO 8601, by the clock of the service. */
    async signedAt(name: string, size: number): Promise<string | undefined> {
      const log = await find(name)
      return log && repository.signedAt(log.logId, size)
    },
    /**
     * The bytes of a hash tile or an entry bundle of the published tree. Refused NOT_FOUND when it does not reach that far, and
     * LOG_UNAVAILABLE when it does and a part is missing.
     */
    tile: (name: string, tile: TileCoordinate): Promise<Result<Uint8Array, Refusal>> =>
      answered(async () => {
        const log = await find(name)
        if (!log) throw notThere()
        const reaches = () => tileWidth(keeper.published(log.logId)?.size ?? 0, tile.level, tile.n) >= tile.width
        if (!reaches()) await refresh(log.logId)
        if (!reaches()) throw notThere()
        if (tile.level !== 'entries') return fetchOf(log.logId)({ ...tile, level: tile.level })
        const first = tile.n * TILE_WIDTH
        const rows = await repository.leaves(log.logId, first, tile.width)
        const isWhole = rows.length === tile.width && rows.every(({ index }, i) => index === first + i)
        if (!isWhole) throw incomplete(`${tilePath(tile)} lacks an entry`)
        return encodeEntryBundle(rows.map(({ leaf }) => leaf))
      }),
    /**
     * An entry by its id, and the log it stands in.
     *
     * @throws Refused LOG_UNAVAILABLE when another entry is filed under this id: one decision must not be shown for another
     */
    async entry(
      id: string,
    ): Promise<{ readonly log: LogState; readonly index: number; readonly leaf: Buffer; readonly leafHash: Buffer } | undefined> {
      const found = await repository.leafOf(id)
      if (found && leafId(found.leaf) !== id) throw incomplete(`leaf ${found.index} of log ${found.logId} is filed under ${id}`)
      const log = found && (await byId(found.logId))
      return found && log && { log, index: found.index, leaf: found.leaf, leafHash: found.leafHash }
    },
    /**
     * The proof that an entry is in its log, as text (C2SP tlog-proof), under the newest published checkpoint; null while none
     * covers it. Waits for one at most `waitMs`.
     */
    async proof(logId: number, index: number, waitMs: number): Promise<string | null> {
      if (waitMs > 0) await keeper.covered(logId, index + 1, waitMs)
      await refresh(logId)
      const published = keeper.published(logId)
      if (!published || published.size <= index) return null
      const hashes = await inclusionFromTiles(fetchOf(logId), index, published.size)
      return formatTlogProof({ index, hashes, checkpointNote: published.note })
    },
  }
}

/** What is refused where no published part has an address. */
export function notThere(): Refused {
  return refused('NOT_FOUND', 'No published part of a log has this address.')
}

/** Part of the log is not as it was published; the monitor and fsck say which. */
function incomplete(detail: string): Refused {
  return refused('LOG_UNAVAILABLE', 'This part of the log is not as it was published, and is not shown.', [], {
    cause: new Error(detail),
  })
}
