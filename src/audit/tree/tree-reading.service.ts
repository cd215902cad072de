import {
  consistencyProof,
  HASH_BYTES,
  inclusionProof,
  nodesOfConsistencyProof,
  nodesOfInclusionProof,
  nodesOfRoot,
  rootHash,
  type TreeNode,
} from '../format/merkle-tree.ts'
import { readNodeFromTiles, type TileCoordinate, tilePath, tilesOfNodes } from '../format/tile.ts'
import type { TreeRepository } from '../store/tree.repository.ts'

/** Fetches the bytes of one hash tile. */
export type FetchTile = (tile: TileCoordinate & { readonly level: number }) => Promise<Uint8Array>

/** The tiles of one log, as stored. */
export const tilesOf =
  (repository: TreeRepository, logId: number): FetchTile =>
  (tile) =>
    repository.tile(logId, tile)

/** Root of the first `size` leaves out of today's tiles. Throws when tiles are missing. */
export function rootFromTiles(fetch: FetchTile, size: number): Promise<Uint8Array> {
  return withNodes(fetch, size, nodesOfRoot(size), (read) => rootHash(size, read))
}

/** Inclusion proof of a leaf in the tree of `size`. Throws when tiles are missing. */
export function inclusionFromTiles(fetch: FetchTile, index: number, size: number): Promise<Uint8Array[]> {
  return withNodes(fetch, size, nodesOfInclusionProof(index, size), (read) => inclusionProof(index, size, read))
}

/** Consistency proof from one size to a later one. Throws when tiles are missing. */
export function consistencyFromTiles(fetch: FetchTile, oldSize: number, size: number): Promise<Uint8Array[]> {
  return withNodes(fetch, size, nodesOfConsistencyProof(oldSize, size), (read) => consistencyProof(oldSize, size, read))
}

async function withNodes<T>(
  fetch: FetchTile,
  size: number,
  nodes: readonly TreeNode[],
  work: (read: ReturnType<typeof readNodeFromTiles>) => T,
): Promise<T> {
  const tiles = new Map<string, Uint8Array>()
  for (const tile of tilesOfNodes(size, nodes) as (TileCoordinate & { level: number })[]) {
    const bytes = await fetch(tile)
    if (bytes.length < tile.width * HASH_BYTES)
      throw new MissingTileError(`${tilePath(tile)} has ${bytes.length / HASH_BYTES} hashes of ${tile.width}`)
    tiles.set(tilePath(tile), bytes)
  }
  return work(readNodeFromTiles(size, (tile) => tiles.get(tilePath(tile)) ?? Buffer.alloc(0)))
}

/** A part of the tree that must be there is not. */
export class MissingTileError extends Error {
  override name = 'MissingTileError'
}
