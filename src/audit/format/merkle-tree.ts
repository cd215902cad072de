/**
 * The Merkle tree of a log: hashing, the incremental edge that grows it, roots and proofs read out of stored nodes.
 *
 * Words: leaf hash, tree size, root hash, inclusion and consistency proof (RFC 6962); edge, tile (256 hashes of one level).
 * Every hash is 32 bytes of SHA-256. Sizes and indices are integers from 0 to 2^53 - 1.
 */
import { hash } from 'node:crypto'

/** A complete subtree: it covers the leaves [index * 2^level, (index + 1) * 2^level). Level 0 is the leaf hashes. */
export interface TreeNode {
  readonly level: number
  readonly index: number
}

/** Fetches the hash of a complete subtree. */
export type ReadNode = (level: number, index: number) => Uint8Array

/** Half-open range of leaves. */
type Range = readonly [lo: number, hi: number]

/** Hashes in a full tile, and their bytes. */
export const TILE_WIDTH = 256
export const HASH_BYTES = 32

/** Root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = hash('sha256', '', 'buffer')

/** SHA-256(0x01 || left || right). @see RFC 6962 section 2.1 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const joined = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  joined[0] = 0x01
  joined.set(left, 1)
  joined.set(right, 1 + HASH_BYTES)
  return hash('sha256', joined, 'buffer')
}

/** Root of a tree of `size` leaves, out of its stored nodes. Throws when size is no tree size. @see RFC 6962 section 2.1 */
export function rootHash(size: number, readNode: ReadNode): Uint8Array {
  mustBeSize(size)
  return size === 0 ? EMPTY_ROOT : hashRange([0, size], readNode)
}

/** The inclusion proof of leaf `index` in the tree of `size`, leaf's sibling first. Throws unless index < size. @see RFC 6962 section 2.1.1 */
export function inclusionProof(index: number, size: number, readNode: ReadNode): Uint8Array[] {
  return inclusionRanges(index, size).map((range) => hashRange(range, readNode))
}

/**
 * The proof that the tree of `oldSize` is a prefix of the tree of `size`. Empty when the sizes are equal or the old
 * tree is empty: there is nothing to show. Throws unless oldSize <= size. @see RFC 6962 section 2.1.2
 */
export function consistencyProof(oldSize: number, size: number, readNode: ReadNode): Uint8Array[] {
  return consistencyRanges(oldSize, size).map((range) => hashRange(range, readNode))
}

/** The stored nodes that `rootHash` reads: fetch them first when the store answers asynchronously. */
export function nodesOfRoot(size: number): TreeNode[] {
  mustBeSize(size)
  return nodesOfRange([0, size])
}

/** The stored nodes that `inclusionProof` reads. */
export function nodesOfInclusionProof(index: number, size: number): TreeNode[] {
  return inclusionRanges(index, size).flatMap(nodesOfRange)
}

/** The stored nodes that `consistencyProof` reads. */
export function nodesOfConsistencyProof(oldSize: number, size: number): TreeNode[] {
  return consistencyRanges(oldSize, size).flatMap(nodesOfRange)
}

function inclusionRanges(index: number, size: number): Range[] {
  mustBeSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new Error(`leaf index ${index} is not in a tree of ${size}`)
  const ranges: Range[] = []
  for (let lo = 0, hi = size; hi - lo > 1; ) {
    const middle = lo + largestPowerBelow(hi - lo)
    ranges.push(index < middle ? [middle, hi] : [lo, middle])
    if (index < middle) hi = middle
    else lo = middle
  }
  return ranges.reverse()
}

function consistencyRanges(oldSize: number, size: number): Range[] {
  mustBeSize(size)
  mustBeSize(oldSize)
  if (oldSize > size) throw new Error(`tree size ${oldSize} is larger than ${size}`)
  if (oldSize === 0) return []
  const ranges: Range[] = []
  let [lo, hi, isOldRootKnown] = [0, size, true]
  while (oldSize !== hi) {
    const middle = lo + largestPowerBelow(hi - lo)
    ranges.push(oldSize <= middle ? [middle, hi] : [lo, middle])
    if (oldSize <= middle) hi = middle
    else [lo, isOldRootKnown] = [middle, false]
  }
  if (!isOldRootKnown) ranges.push([lo, hi])
  return ranges.reverse()
}

/** Complete subtrees of the range, left to right: its start is a multiple of the first one's width, as in all ranges above. */
function nodesOfRange([lo, hi]: Range): TreeNode[] {
  const nodes: TreeNode[] = []
  let [level, width] = [0, 1]
  while (width * 2 <= hi - lo) [level, width] = [level + 1, width * 2]
  for (let at = lo; at < hi; [level, width] = [level - 1, width / 2]) {
    if (hi - at < width) continue
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

function hashRange(range: Range, readNode: ReadNode): Uint8Array {
  return nodesOfRange(range)
    .map(({ level, index }) => readNode(level, index))
    .reduceRight((right, left) => nodeHash(left, right))
}

/** Largest power of two smaller than n; n is at least 2. By multiplication, since bit operators stop at 2^31. */
function largestPowerBelow(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function mustBeSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new Error(`${size} is not a tree size`)
}

/**
 * All of a growing tree that is not in full tiles yet: per tile level at most 255 hashes. Immutable.
 * Level L holds the roots of the full tiles of level L - 1 that do not make a full tile themselves; level 0 leaf hashes.
 */
export interface Edge {
  readonly size: number
  readonly levels: readonly (readonly Uint8Array[])[]
}

/** A tile that has just become full, and with it immutable: number `n` of its level, 8,192 bytes, and its subtree's root. */
export interface CompletedTile {
  readonly level: number
  readonly n: number
  readonly hashes: Uint8Array
  readonly root: Uint8Array
}

/** The edge of the tree without leaves. */
export function emptyEdge(): Edge {
  return { size: 0, levels: [] }
}

/**
 * The edge after more leaves, and the tiles they completed, at most one per level and leaf, lowest level first: two hashes a leaf,
 * whatever the size of the tree. Throws on a hash that is not 32 bytes.
 */
export function appendAllToEdge(edge: Edge, leafHashes: readonly Uint8Array[]): { edge: Edge; completedTiles: CompletedTile[] } {
  const levels = edge.levels.map((row) => [...row])
  const completedTiles: CompletedTile[] = []
  let size = edge.size
  for (const leafHash of leafHashes) {
    if (leafHash.length !== HASH_BYTES) throw new Error(`leaf hash of ${leafHash.length} bytes at index ${size}`)
    size += 1
    let carried: Uint8Array | undefined = leafHash
    for (let level = 0, span = TILE_WIDTH; carried !== undefined; level += 1, span *= TILE_WIDTH) {
      const row: Uint8Array[] = levels[level] ?? []
      levels[level] = row
      row.push(carried)
      carried = undefined
      if (row.length < TILE_WIDTH) continue
      carried = hashRow(row)
      completedTiles.push({ level, n: size / span - 1, hashes: Buffer.concat(row), root: carried })
      levels[level] = []
    }
  }
  return { edge: { size, levels }, completedTiles }
}

/** Root of the whole tree out of its edge: the higher the level, the further left its hashes stand. */
export function rootOfEdge(edge: Edge): Uint8Array {
  let right: Uint8Array | undefined
  for (const row of edge.levels) {
    for (let end = row.length; end > 0; ) {
      const width = end & -end
      const left = hashRow(row.slice(end - width, end))
      right = right === undefined ? left : nodeHash(left, right)
      end -= width
    }
  }
  return right ?? EMPTY_ROOT
}

/** The edge as bytes for a table row: its hashes, level 0 first. With the tree size they say it all. */
export function edgeToBytes(edge: Edge): Uint8Array {
  return Buffer.concat(edge.levels.flat())
}

/** Reads an edge back. Throws when the bytes are not exactly the edge of a tree of `size`. */
export function edgeFromBytes(size: number, bytes: Uint8Array): Edge {
  mustBeSize(size)
  const levels: Uint8Array[][] = []
  let at = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / TILE_WIDTH)) {
    const row = Array.from({ length: rest % TILE_WIDTH }, (_, i) => bytes.slice(at + i * HASH_BYTES, at + (i + 1) * HASH_BYTES))
    at += row.length * HASH_BYTES
    levels.push(row)
  }
  if (at !== bytes.length) throw new Error(`the edge of a tree of ${size} has ${at} bytes, not ${bytes.length}`)
  return { size, levels }
}

/** Root of a complete subtree over a power of two of hashes. */
function hashRow(row: readonly Uint8Array[]): Uint8Array {
  let hashes = row
  while (hashes.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < hashes.length; i += 2) above.push(nodeHash(hashes[i] as Uint8Array, hashes[i + 1] as Uint8Array))
    hashes = above
  }
  return hashes[0] as Uint8Array
}
