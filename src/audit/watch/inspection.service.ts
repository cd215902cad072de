import { Buffer } from 'node:buffer'
import { type Checkpoint, openCheckpoint } from '../format/checkpoint.ts'
import { leafHash, leafId } from '../format/leaf-bytes.ts'
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
import type { LogState, StoredCheckpoint, TreeRepository } from '../store/tree.repository.ts'
import type { HighWater } from '../tree/high-water.service.ts'
import type { Incident } from '../tree/incident.ts'
import { type Find, type Inspected, inspectEnd } from './inspection-end.service.ts'

export type { Inspected } from './inspection-end.service.ts'

/** A fault, by the name of what is wrong and where. */
export interface LogFault extends Incident {
  /** `log`: whether there is one at all. */
  readonly check: Inspected | 'log'
}

/** Passed checks say what was found; failed ones have findings. */
export interface Inspection {
  readonly findings: readonly LogFault[]
  /** Leaves from the first one on that have been looked at, by this pass or those it continues. */
  readonly leaves: number
  readonly checkpoints: number
  /** The tree at the last checkpoint that agreed with its leaves: from there a later pass may continue. */
  readonly verified: Edge
}

const ZERO = Buffer.alloc(HASH_BYTES)

/**
 * One pass over a log: every leaf hashed anew from its bytes and compared with what the tree was built of, every tile and the
 * edge recomputed, every checkpoint's signature and root checked, and the checkpoint kept outside the database (R46).
 * Reads only. Work is done in steps of 256 leaves, so that a caller can rest between them.
 *
 * @param from where an earlier pass found everything in order: only what came later is looked at
 */
export function inspection(repository: TreeRepository, log: LogState, highWater: HighWater, from: Edge = emptyEdge()) {
  const findings: LogFault[] = []
  const verifier = parseVkey(log.vkey)
  let edge = from
  let verified = from
  let position = from.size
  let pending: StoredCheckpoint[] | undefined
  let checkpoints = 0
  let isFinished = false
  const kept = highWaterOf()

  const find: Find = (check, why, at, detail) => {
    findings.push({ log: log.name, check, why, at, detail })
  }

  /** Up to 256 leaves, one level 0 tile. Answers whether there is more to come. */
  async function step(): Promise<boolean> {
    const start = position
    const width = Math.min(TILE_WIDTH - (start % TILE_WIDTH), log.size - start)
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
        else if (row && row.id !== leafId(row.leaf))
          find('leaf hashes', 'CORRUPT_LEAF', index, `leaf ${index} is filed under ${row.id}, which is not its own identifier`)
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
    const n = Math.floor(start / TILE_WIDTH)
    const within = (hashes: readonly Uint8Array[]) =>
      hashes.slice(start % TILE_WIDTH, (start % TILE_WIDTH) + width).map((hash) => Buffer.from(hash))
    if ((n + 1) * TILE_WIDTH <= log.treeSize) {
      const [tile] = await repository.tileRows(log.logId, 0, n, 1)
      return tile?.n === n ? within(split(tile.hashes)) : undefined
    }
    const tree = await repository.tree(log.logId)
    try {
      const row = tree && edgeFromBytes(tree.size, tree.edge).levels[0]
      return row && Math.floor(tree.size / TILE_WIDTH) === n ? within(row) : undefined
    } catch {
      return undefined
    }
  }

  /** Grows the tree leaf by leaf to each checkpoint on the way, the kept one too, and compares the tiles it fills with those stored. */
  async function grow(hashes: readonly Buffer[]): Promise<void> {
    let rest = hashes
    while (rest.length > 0) {
      pending ??= await repository.checkpoints(log.logId, edge.size, 1_000)
      const next = pending[0]
      const stops = [next?.size, kept?.size].filter((size) => size !== undefined && size > edge.size) as number[]
      const take = Math.min(rest.length, ...stops.map((size) => size - edge.size))
      const grown = appendAllToEdge(edge, rest.slice(0, take))
      edge = grown.edge
      for (const tile of grown.completedTiles) await compareTile(tile)
      rest = rest.slice(take)
      const reached = next?.size === edge.size ? next : undefined
      if (reached) compareCheckpoint(reached)
      if (kept?.size === edge.size) compareKept(kept, reached)
      if (!reached || !pending) continue
      verified = edge
      pending.shift()
      if (pending.length === 0) pending = undefined
    }
  }

  /** The checkpoint kept outside the database is the one thing that whoever owns the database could not change with the rest. */
  function compareKept({ size, root }: Checkpoint, stored: StoredCheckpoint | undefined): void {
    if (!Buffer.from(rootOfEdge(edge)).equals(Buffer.from(root)))
      find('high water', 'FORK', size, `the first ${size} leaves are not those of the checkpoint kept on this machine`)
    if (!stored) find('high water', 'ROLLBACK', size, `the checkpoint of ${size} leaves that this machine published is missing`)
    else if (!stored.root.equals(root))
      find('high water', 'FORK', size, `the checkpoint of ${size} leaves is not the one kept on this machine`)
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
    await inspectEnd({ repository, log, kept, edge, find })
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

  const result = (): Inspection => ({ findings, leaves: position, checkpoints, verified })
  return {
    step,
    result,
    /** The whole pass at once. */
    async run(): Promise<Inspection> {
      while (await step());
      return result()
    },
  }
}

function split(hashes: Buffer): Buffer[] {
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}
