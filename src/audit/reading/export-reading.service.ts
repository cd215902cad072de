import { TILE_WIDTH } from '../format/merkle-tree.ts'
import type { TileCoordinate } from '../format/tile.ts'
import { type Sql, treeRepository } from '../store/tree.repository.ts'

/** A log as it is exported: what its newest signed checkpoint covers. */
export interface ExportedLog {
  readonly logId: number
  readonly name: string
  readonly origin: string
  readonly vkey: string
  readonly size: number
  readonly note: string
}

/** Reads what an export holds, as a role that can read everything but payload. */
export function exportReading(sql: Sql) {
  const repository = treeRepository(sql)
  return {
    /** Every log that was ever signed, oldest first. */
    async logs(): Promise<ExportedLog[]> {
      const found: ExportedLog[] = []
      for (const { logId, name, origin, vkey } of await repository.logs()) {
        const newest = await repository.newestCheckpoint(logId)
        if (newest) found.push({ logId, name, origin, vkey, size: newest.size, note: newest.note })
      }
      return found
    },
    /** The entries of a bundle. @throws Error naming the first one that is missing */
    async entries(log: ExportedLog, { n, width }: TileCoordinate): Promise<Buffer[]> {
      const rows = (await repository.leaves(log.logId, n * TILE_WIDTH, width)).filter(({ index }) => index < n * TILE_WIDTH + width)
      const missing = rows.findIndex(({ index }, i) => index !== n * TILE_WIDTH + i)
      if (rows.length < width || missing >= 0) {
        throw new Error(`${log.name}: entry ${n * TILE_WIDTH + (missing < 0 ? rows.length : missing)} is missing; run accord log fsck`)
      }
      return rows.map(({ leaf }) => leaf)
    },
    /** The newest checkpoint within the export that most witnesses cosigned, with every cosignature kept for it; undefined when none did. */
    async witnessed({ logId, size }: ExportedLog): Promise<string | undefined> {
      const found = await repository.newestWitnessed(logId, size)
      return found && `${found.note}${found.lines.join('')}`
    },
    /** The bytes of a hash tile. */
    tile: (log: ExportedLog, tile: TileCoordinate): Promise<Buffer> =>
      repository.tile(log.logId, tile as TileCoordinate & { level: number }),
    /** Every log with how far it has come, for a pass over all. */
    repository,
  }
}
