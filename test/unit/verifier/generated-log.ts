/** Logs made with the writer's code and laid out as an export, to be checked by code that shares nothing with it. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { signCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { encodeLeaf, leafHash } from '../../../src/audit/format/leaf-bytes.ts'
import {
  appendAllToEdge,
  type Edge,
  emptyEdge,
  inclusionProof,
  consistencyProof as prove,
  type ReadNode,
  rootHash,
  rootOfEdge,
  TILE_WIDTH,
} from '../../../src/audit/format/merkle-tree.ts'
import { formatVkey, type NoteSigner, signerOf } from '../../../src/audit/format/signed-note.ts'
import { encodeEntryBundle, readNodeFromTiles, type TileCoordinate, tilePath, tileWidth } from '../../../src/audit/format/tile.ts'
import { formatTlogProof } from '../../../src/audit/format/tlog-proof.ts'
import { aDecision } from '../audit/leaf-examples.ts'

export type Files = Map<string, Uint8Array>

export interface GeneratedLog {
  readonly name: string
  readonly origin: string
  readonly size: number
  readonly signer: NoteSigner
  readonly vkey: string
  readonly leaves: readonly Uint8Array[]
  readonly files: Files
  readonly checkpointAt: (size: number) => string
  readonly consistencyProof: (oldSize: number, size: number) => Uint8Array[]
  readonly inclusionProof: (index: number, size: number) => Uint8Array[]
  readonly proofOf: (index: number, size?: number) => string
}

export const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey

/** Leaf `i` of a log of decisions: a real leaf, different for every index and for every `salt`. */
export function aLeaf(i: number, salt = 0): Uint8Array {
  const span = (i + 1).toString(16).padStart(16, '0')
  return encodeLeaf({ ...aDecision, span, ts: aDecision.ts + i, rev: salt })
}

export function generateLog(
  name: string,
  size: number,
  options: { salt?: number; key?: KeyObject; keep?: readonly Uint8Array[] /** Its last entries. */; end?: readonly Uint8Array[] } = {},
): GeneratedLog {
  const origin = `accord.example/log/${name}`
  const signer = signerOf(origin, options.key ?? newKey())
  const kept = options.keep ?? []
  const end = options.end ?? []
  const leaves = Array.from({ length: size }, (_, i) => kept[i] ?? end[i - size + end.length] ?? aLeaf(i, options.salt ?? 0))
  const { edge, completedTiles } = appendAllToEdge(emptyEdge(), leaves.map(leafHash))
  const files: Files = new Map()
  const put = (path: string, bytes: Uint8Array | string) =>
    files.set(`${name}/${path}`, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  for (let n = 0; n * 256 < size; n += 1) {
    put(tilePath({ level: 'entries', n, width: tileWidth(size, 'entries', n) }), encodeEntryBundle(leaves.slice(n * 256, (n + 1) * 256)))
  }
  for (const { level, n, hashes } of completedTiles) put(tilePath({ level, n, width: 256 }), hashes)
  for (const { tile, hashes } of partialTilesOfEdge(edge)) put(tilePath(tile), hashes)
  const read = reader(edge, files, name)
  const checkpointAt = (at: number) =>
    signCheckpoint({ origin, size: at, root: at === size ? rootOfEdge(edge) : rootHash(at, read) }, [signer])
  put('checkpoint', checkpointAt(size))
  put('vkey', `${formatVkey(signer)}\n`)
  return {
    name,
    origin,
    size,
    signer,
    vkey: formatVkey(signer),
    leaves,
    files,
    checkpointAt,
    consistencyProof: (oldSize, at) => prove(oldSize, at, read),
    inclusionProof: (index, at) => inclusionProof(index, at, read),
    proofOf: (index, at = size) => formatTlogProof({ index, hashes: inclusionProof(index, at, read), checkpointNote: checkpointAt(at) }),
  }
}

function reader(edge: Edge, files: Files, name: string): ReadNode {
  return readNodeFromTiles(edge.size, (tile) => files.get(`${name}/${tilePath(tile)}`) ?? Buffer.alloc(0))
}

/** The note with signature lines of a key and of a kind that nobody knows, before and behind ours, as later ones may carry (R27). */
export function greased(note: string): string {
  const line = (length: number) => `— grease.invalid ${Buffer.alloc(length, 0x6f).toString('base64')}\n`
  return `${note.replace('\n\n', `\n\n${line(2_424)}`)}${line(68)}`
}

/** The export of some logs, as files. */
export function exportOf(...logs: readonly GeneratedLog[]): Files {
  const listed = logs.map(({ name, origin, size }) => ({ name, origin, size }))
  const files: Files = new Map([['logs.json', Buffer.from(JSON.stringify({ logs: listed }))]])
  for (const log of logs) for (const [path, bytes] of log.files) files.set(path, bytes)
  return files
}

/** Files as the verifier reads them. */
export const inMemory = (files: Files) => ({ paths: [...files.keys()], read: (path: string) => files.get(path) })

/** A copy of `bytes` with one bit turned. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** The partial tiles of an edge with their bytes, as a checkpoint of its size needs them published. */
export function partialTilesOfEdge({ size, levels }: Edge): { tile: TileCoordinate; hashes: Uint8Array }[] {
  return levels.flatMap((row, level) => {
    if (row.length === 0) return []
    const n = Math.floor(size / TILE_WIDTH ** (level + 1))
    return [{ tile: { level, n, width: row.length }, hashes: Buffer.concat(row) }]
  })
}
