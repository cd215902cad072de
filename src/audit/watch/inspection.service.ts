import { Buffer } from 'node:buffer'
import { openCheckpoint } from '../format/checkpoint.ts'
import { leafHash } from '../format/leaf-bytes.ts'
import {
  appendAllToEdge,
  type CompletedTile,
  type Edge,
  edgeFromBytes,
  emptyEdge,
  HASH_BYTES,
  rootOfEdge,
  TILE_WIDTH,
} from '../format/merkle-tree.ts'
import { parseVkey } from '../format/signed-note.ts'
import type { HighWater } from '../tree/high-water.service.ts'
import type { LogState, StoredCheckpoint, TreeRepository } from '../tree/tree.repository.ts'
import type { Incident } from './incident.ts'

/** What one pass over a log looks at; each is a check that holds or a list of faults. */
export type Inspected = 'leaves' | 'leaf hashes' | 'tiles' | 'tree' | 'checkpoints' | 'high water'

/** A fault, by the name of what is wrong and where. */
export interface Finding extends Incident {
  readonly check: Inspected
}

/** Passed checks say what was found; failed ones have findings. */
export interface Inspection {
  readonly findings: readonly Finding[]
  readonly leaves: number
  readonly checkpoints: number
}

const ZERO = Buffer.alloc(HASH_BYTES)

/**
 * One pass over a log: every leaf hashed anew from its bytes and compared with what the tree was built of, every tile and the
 * edge recomputed, every checkpoint's signature and root checked, and the checkpoint kept outside the database (R46).
 * Reads only. Work is done in steps of 256 leaves, so that a caller can rest between them.
 */
export function inspection(repository: TreeRepository, log: LogState, highWater: HighWater) {
  const findings: Finding[] = []
  const verifier = parseVkey(log.vkey)
  let edge: Edge = emptyEdge()
  let position = 0
  let pending: StoredCheckpoint[] | undefined
  let checkpoints = 0
  let isFinished = false
  const kept = highWaterOf()

  const find = (check: Inspected, why: Finding['why'], at: number, detail: string): void => {
    findings.push({ log: log.name, check, why, at, detail })
  }

  /** Up to 256 leaves, one level 0 tile. Answers whether there is more to come. */
  async function step(): Promise<boolean> {
    const start = position
    const width = Math.min(TILE_WIDTH, log.size - start)
    if (width > 0) {
      const rows = new Map(
        (await repository.leaves(log.logId, start, width)).filter(({ index }) => index < start + width).map((row) => [row.index, row]),
      )
      const expected = await expectedHashes(start, width)
      const hashes: Buffer[] = []
      for (let index = start; index < start + width; index += 1) {
        const row = rows.get(index)
        const built = expected?.[index - start]
        if (!row) find('leaves', 'GAP', index, `leaf ${index} is missing`)
        const computed = row ? Buffer.from(leafHash(row.leaf)) : undefined
        if (row && computed && !row.leafHash.equals(computed))
          find('leaf hashes', 'CORRUPT_LEAF', index, `leaf ${index} does not hash to the hash stored with it`)
        else if (computed && built && !computed.equals(built))
          find('leaf hashes', 'CORRUPT_LEAF', index, `leaf ${index} is not the one the tree was built of`)
        hashes.push(computed ?? built ?? ZERO)
      }
      await grow(hashes)
      position = start + width
    }
    if (position < log.size) return true
    await finish()
    return false
  }

  /** What the tree holds for these leaves: the full tile, or the edge; undefined where the tree has not come so far. */
  async function expectedHashes(start: number, width: number): Promise<Buffer[] | undefined> {
    const n = start / TILE_WIDTH
    if ((n + 1) * TILE_WIDTH <= log.treeSize) {
      const [tile] = await repository.tileRows(log.logId, 0, n, 1)
      return tile?.n === n ? split(tile.hashes) : undefined
    }
    const tree = await repository.tree(log.logId)
    try {
      const row = tree && edgeFromBytes(tree.size, tree.edge).levels[0]
      return row && Math.floor(tree.size / TILE_WIDTH) === n ? row.slice(0, width).map((hash) => Buffer.from(hash)) : undefined
    } catch {
      return undefined
    }
  }

  /** Grows the tree leaf by leaf to each checkpoint on the way, and compares the tiles it fills with those stored. */
  async function grow(hashes: readonly Buffer[]): Promise<void> {
    let rest = hashes
    for (;;) {
      pending ??= await repository.checkpoints(log.logId, edge.size, 1_000)
      const next = pending[0]
      const take = next ? Math.min(next.size - edge.size, rest.length) : rest.length
      const grown = appendAllToEdge(edge, rest.slice(0, take))
      edge = grown.edge
      for (const tile of grown.completedTiles) await compareTile(tile)
      rest = rest.slice(take)
      if (!next || next.size > edge.size) return
      compareCheckpoint(next)
      pending.shift()
      if (pending.length === 0) pending = undefined
      if (rest.length === 0) return
    }
  }

  async function compareTile({ level, n, hashes, root }: CompletedTile): Promise<void> {
    const first = n * TILE_WIDTH ** (level + 1)
    if (first + TILE_WIDTH ** (level + 1) > log.treeSize) return
    const name = `tile ${level}/${n}`
    const [stored] = await repository.tileRows(log.logId, level, n, 1)
    if (stored?.n !== n) return find('tiles', 'CORRUPT_TILE', first, `${name} is missing`)
    const wrong = split(stored.hashes).findIndex(
      (hash, i) => !hash.equals(Buffer.from(hashes).subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
    )
    if (wrong >= 0)
      find(
        'tiles',
        'CORRUPT_TILE',
        first + wrong * TILE_WIDTH ** level,
        `${name} does not hold what the leaves hash to, from hash ${wrong}`,
      )
    else if (!stored.root.equals(root)) find('tiles', 'CORRUPT_TILE', first, `${name} has another root than its hashes`)
  }

  function compareCheckpoint(checkpoint: StoredCheckpoint): void {
    checkpoints += 1
    const { size } = checkpoint
    const fault = signatureFault(checkpoint)
    if (fault) find('checkpoints', 'FORK', size, `the checkpoint of ${size} leaves ${fault}`)
    else if (!checkpoint.root.equals(rootOfEdge(edge)))
      find('checkpoints', 'FORK', size, `the checkpoint of ${size} leaves has another root than the leaves`)
    if (kept?.size === size && !Buffer.from(kept.root).equals(checkpoint.root))
      find('high water', 'FORK', size, `the checkpoint of ${size} leaves is not the one kept on this machine`)
  }

  function signatureFault(checkpoint: StoredCheckpoint): string | undefined {
    try {
      const signed = openCheckpoint(checkpoint.note, [verifier]).checkpoint
      if (signed.origin !== log.origin) return `was signed for ${signed.origin}`
      if (signed.size !== checkpoint.size) return `was signed for ${signed.size}`
      return checkpoint.root.equals(signed.root) ? undefined : 'was signed for another root'
    } catch (error) {
      return `cannot be verified: ${(error as Error).message}`
    }
  }

  async function finish(): Promise<void> {
    if (isFinished) return
    isFinished = true
    const later = await repository.leaves(log.logId, log.size, 10)
    // Read after the leaves: what was appended while we looked is inside by now.
    const size = later.length > 0 ? await sizeNow() : log.size
    for (const { index } of later.filter((leaf) => leaf.index >= size))
      find('leaves', 'CORRUPT_LEAF', index, `leaf ${index} stands beyond the end of the log, which has ${size}`)
    const tree = await repository.tree(log.logId)
    if (!tree) find('tree', 'CORRUPT_TILE', 0, 'the tree is missing')
    // Between our reading of the log and of the tree more may have been appended; then the next pass looks at it.
    else if (tree.size > log.size && tree.size === log.treeSize)
      find('tree', 'ROLLBACK', log.size, `the tree covers ${tree.size} leaves, the log ends at ${log.size}`)
    else if (tree.size === edge.size && !tree.root.equals(rootOfEdge(edge)))
      find('tree', 'CORRUPT_TILE', tree.size, `the tree of ${tree.size} leaves has another root than the leaves`)
    else if (tree.size === edge.size) compareEdge(tree)
    const last = await repository.newestCheckpoint(log.logId)
    const isEnded = log.sealedWhy === 'INCIDENT'
    if (last && last.size > log.size && log.treeSize <= log.size && !isEnded && !(await hasGrownTo(last.size))) {
      find('checkpoints', 'ROLLBACK', log.size, `a checkpoint covers ${last.size} leaves, the log ends at ${log.size}: leaves were cut off`)
    }
    if (kept && kept.size > log.size && !isEnded && !(await hasGrownTo(kept.size)))
      find(
        'high water',
        'ROLLBACK',
        log.size,
        `this machine published a checkpoint of ${kept.size} leaves, the log ends at ${log.size}: it was rolled back`,
      )
  }

  function compareEdge(tree: { readonly size: number; readonly edge: Buffer }): void {
    try {
      const stored = edgeFromBytes(tree.size, tree.edge)
      if (Buffer.from(rootOfEdge(stored)).equals(Buffer.from(rootOfEdge(edge)))) return
    } catch {
      // Told below.
    }
    find('tree', 'CORRUPT_TILE', tree.size, `the edge of the tree of ${tree.size} leaves is not what the leaves hash to`)
  }

  async function hasGrownTo(size: number): Promise<boolean> {
    return (await sizeNow()) >= size
  }

  async function sizeNow(): Promise<number> {
    return (await repository.logs()).find(({ logId }) => logId === log.logId)?.size ?? 0
  }

  function highWaterOf() {
    try {
      return highWater.read(log)
    } catch (error) {
      const detail = `the checkpoint kept on this machine cannot be verified: ${(error as Error).message}`
      findings.push({ log: log.name, check: 'high water', why: 'FORK', at: 0, detail })
      return undefined
    }
  }

  return {
    step,
    result: (): Inspection => ({ findings, leaves: position, checkpoints }),
    /** The whole pass at once. */
    async run(): Promise<Inspection> {
      while (await step());
      return { findings, leaves: position, checkpoints }
    },
  }
}

function split(hashes: Buffer): Buffer[] {
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}
