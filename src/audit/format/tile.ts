/**
 * Tiles and entry bundles: the tree and the entries of a log as static files (R20).
 *
 * Words: tile, partial tile, entry bundle, width (C2SP tlog-tiles). Tile `n` of level L holds 256 subtree hashes of
 * height 8L, starting with subtree 256n; the rightmost tile of a level may be partial. A partial tile is never hashed upwards.
 */
import { HASH_BYTES, nodeHash, type ReadNode, TILE_WIDTH, type TreeNode } from './merkle-tree.ts'

/** Which tile: `width` is 1 to 256 and 256 means full. The level of entry bundles is `entries`. */
export interface TileCoordinate {
  readonly level: number | 'entries'
  readonly n: number
  readonly width: number
}

/** C2SP numbers levels 0 to 63; more than 6 are never used below 2^53 leaves. */
const LEVEL_MAX = 63
const ENTRY_BYTES_MAX = 65_535

/** Entries in a full bundle. */
export const TILE_ENTRIES_MAX = TILE_WIDTH

/** Path below the log's prefix: `tile/0/x001/234` or `tile/entries/000.p/7`. Throws on a coordinate that names no tile. */
export function tilePath({ level, n, width }: TileCoordinate): string {
  const isLevel = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= LEVEL_MAX)
  if (!isLevel || !Number.isSafeInteger(n) || n < 0 || !Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new Error(`no such tile: level ${level}, number ${n}, width ${width}`)
  }
  const digits = String(n)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? []
  const number = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${number}${width < TILE_WIDTH ? `.p/${width}` : ''}`
}

/** Reads a path back; undefined unless it is exactly what `tilePath` writes, so that one tile has one URL. */
export function parseTilePath(path: string): TileCoordinate | undefined {
  const parts = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path)
  if (parts === null) return undefined
  const [, level, number, width] = parts as unknown as [string, string, string, string | undefined]
  const coordinate: TileCoordinate = {
    level: level === 'entries' ? level : Number(level),
    n: Number(number.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  const isCanonical = isTile(coordinate) && tilePath(coordinate) === path
  return isCanonical ? coordinate : undefined
}

function isTile({ level, n, width }: TileCoordinate): boolean {
  return (level === 'entries' || level <= LEVEL_MAX) && Number.isSafeInteger(n) && width >= 1 && width <= TILE_WIDTH
}

/** Width of a tile in the tree of `size`: 256 full, 1 to 255 partial, 0 not there yet. */
export function tileWidth(size: number, level: number | 'entries', n: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level))
  return Math.max(0, Math.min(TILE_WIDTH, hashes - n * TILE_WIDTH))
}

/** Every tile and bundle of the tree of `size`, in the order of publication: bundles, then tiles level by level. */
export function* tilesOfTree(size: number): Generator<TileCoordinate> {
  for (let n = 0; tileWidth(size, 'entries', n) > 0; n += 1) yield { level: 'entries', n, width: tileWidth(size, 'entries', n) }
  for (let level = 0; tileWidth(size, level, 0) > 0; level += 1) {
    for (let n = 0; tileWidth(size, level, n) > 0; n += 1) yield { level, n, width: tileWidth(size, level, n) }
  }
}

/** The tiles, each once, in which the given nodes of the tree of `size` are found. */
export function tilesOfNodes(size: number, nodes: readonly TreeNode[]): TileCoordinate[] {
  const tiles = nodes.map((node) => whereIs(size, node).tile)
  return [...new Map(tiles.map((tile) => [tilePath(tile), tile])).values()]
}

/**
 * A node reader over the tiles of the tree of `size`: takes a run of a tile's hashes and hashes them together.
 * `readTile` is asked for exactly the width that size has; a wider tile (filled since) is as good. Throws when the tile
 * is too short or the node is not complete in this tree.
 */
export function readNodeFromTiles(size: number, readTile: (tile: TileCoordinate) => Uint8Array): ReadNode {
  return (level, index) => {
    const { tile, first, count } = whereIs(size, { level, index })
    const bytes = readTile(tile)
    if (bytes.length < tile.width * HASH_BYTES) throw new Error(`${tilePath(tile)} has ${bytes.length} bytes`)
    let row = Array.from({ length: count }, (_, i) => bytes.subarray((first + i) * HASH_BYTES, (first + i + 1) * HASH_BYTES))
    while (row.length > 1) row = row.flatMap((left, i) => (i % 2 === 0 ? [nodeHash(left, row[i + 1] as Uint8Array)] : []))
    return row[0] as Uint8Array
  }
}

function whereIs(size: number, { level, index }: TreeNode): { tile: TileCoordinate; first: number; count: number } {
  if ((index + 1) * 2 ** level > size) throw new Error(`subtree ${index} of height ${level} is not complete in a tree of ${size}`)
  const tileLevel = Math.floor(level / 8)
  const count = 2 ** (level % 8)
  const n = Math.floor((index * count) / TILE_WIDTH)
  return { tile: { level: tileLevel, n, width: tileWidth(size, tileLevel, n) }, first: index * count - n * TILE_WIDTH, count }
}

/** An entry bundle: each entry behind its length in two bytes, big-endian. Throws unless it holds 1 to 256 entries of 1 to 65,535 bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > TILE_WIDTH) throw new Error(`an entry bundle holds 1 to 256 entries, not ${entries.length}`)
  const parts = entries.flatMap((entry) => {
    if (entry.length < 1 || entry.length > ENTRY_BYTES_MAX) throw new Error(`an entry has 1 to 65535 bytes, not ${entry.length}`)
    return [Buffer.from([entry.length >> 8, entry.length & 0xff]), entry]
  })
  return Buffer.concat(parts)
}
