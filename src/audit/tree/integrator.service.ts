import type { Buffer } from 'node:buffer'
import { leafHash, leafId } from '../format/leaf-bytes.ts'
import { appendAllToEdge, type Edge, edgeFromBytes, edgeToBytes, rootOfEdge } from '../format/merkle-tree.ts'
import { inTransaction, type LogState, type Sql, treeRepository } from '../store/tree.repository.ts'
import { IncidentError } from './incident.ts'

/** Leaves taken in one transaction. */
const LEAVES_MAX = 8_192

/**
 * Brings the tree of a log up to its leaves, one step: reads leaves back, recomputes every hash, stores the tiles that
 * became full and the new edge (R20-R22). Answers how many leaves it took; 0 when there were none or another integrator is
 * at work. What it writes follows from the leaves, so running it again, or twice at once, does no harm; the commit need not wait.
 *
 * @throws IncidentError GAP, CORRUPT_LEAF or CORRUPT_TILE: nothing was written and nothing may be signed
 */
export async function integrate(
  sql: Sql,
  log: Pick<LogState, 'logId' | 'name'>,
  options: { readonly lock?: boolean } = {},
): Promise<number> {
  const repository = treeRepository(sql)
  return inTransaction(sql, async () => {
    await sql.query('set local synchronous_commit = off')
    if (options.lock !== false && !(await repository.tryLock(log.logId))) return 0
    const tree = await repository.tree(log.logId, { lock: true })
    if (!tree) throw new Error(`${log.name} has no tree`)
    const edge = readEdge(log, tree)
    const rows = await repository.leaves(log.logId, tree.size, LEAVES_MAX)
    if (rows.length === 0) return 0
    rows.forEach(({ index, id, leaf, leafHash: stored }, offset) => {
      const expected = tree.size + offset
      if (index !== expected) stop(log, 'GAP', expected, `leaf ${expected} is missing (the next one is ${index})`)
      if (!stored.equals(leafHash(leaf))) stop(log, 'CORRUPT_LEAF', index, `leaf ${index} does not hash to the hash stored with it`)
      // Whoever asks for a decision by its identifier must not be shown another one's.
      if (leafId(leaf) !== id) stop(log, 'CORRUPT_LEAF', index, `leaf ${index} is filed under ${id}, which is not its own identifier`)
    })
    const grown = appendAllToEdge(
      edge,
      rows.map((row) => row.leafHash),
    )
    if (grown.completedTiles.length > 0) await repository.insertTiles(log.logId, grown.completedTiles)
    const next = { size: grown.edge.size, root: rootOfEdge(grown.edge), edge: edgeToBytes(grown.edge) }
    return (await repository.advance(log.logId, tree.size, next)) ? rows.length : 0
  })
}

/** The stored edge, after checking that it is the edge of a tree of that size and hashes to the stored root. */
export function readEdge(log: Pick<LogState, 'name'>, tree: { readonly size: number; readonly root: Buffer; readonly edge: Buffer }): Edge {
  let edge: Edge
  try {
    edge = edgeFromBytes(tree.size, tree.edge)
  } catch (error) {
    return stop(log, 'CORRUPT_TILE', tree.size, `the tree's edge is damaged: ${(error as Error).message}`)
  }
  if (!tree.root.equals(rootOfEdge(edge)))
    stop(log, 'CORRUPT_TILE', tree.size, `the tree's edge of ${tree.size} leaves does not hash to its root`)
  return edge
}

function stop(log: Pick<LogState, 'name'>, why: 'GAP' | 'CORRUPT_LEAF' | 'CORRUPT_TILE', at: number, detail: string): never {
  throw new IncidentError({ log: log.name, why, at, detail })
}
