import { Buffer } from 'node:buffer'
import type { Checkpoint } from '../format/checkpoint.ts'
import { type Edge, edgeFromBytes, rootOfEdge } from '../format/merkle-tree.ts'
import type { LogState, TreeRepository } from '../store/tree.repository.ts'
import { HEAD_IS_MISSING, type Incident, TREE_IS_MISSING } from '../tree/incident.ts'

/** What one pass over a log looks at; each is a check that holds or a list of faults. */
export type Inspected = 'leaves' | 'leaf hashes' | 'tiles' | 'tree' | 'checkpoints' | 'high water'

/** Notes a fault: which check, what it is, at which leaf, in words. */
export type Find = (check: Inspected, why: Incident['why'], at: number, detail: string) => void

/**
 * What can only be seen once every leaf was: whether the tree, the newest checkpoint and the one kept on this machine end
 * where the leaves do. Reads only.
 *
 * @param edge of all leaves, as computed from them
 */
export async function inspectEnd({
  repository,
  log,
  kept,
  edge,
  find,
}: {
  readonly repository: TreeRepository
  readonly log: LogState
  readonly kept: Checkpoint | undefined
  readonly edge: Edge
  readonly find: Find
}): Promise<void> {
  if (!log.hasHead) find('leaves', 'GAP', 0, HEAD_IS_MISSING)
  const sizeNow = async () => (await repository.logs()).find(({ logId }) => logId === log.logId)?.size ?? 0
  const hasGrownTo = async (size: number) => (await sizeNow()) >= size
  const later = await repository.leaves(log.logId, log.size, 10)
  // Read after the leaves: what was appended while we looked is inside by now.
  const size = later.length > 0 ? await sizeNow() : log.size
  for (const { index } of later.filter((leaf) => leaf.index >= size))
    find('leaves', 'CORRUPT_LEAF', index, `leaf ${index} stands beyond the end of the log, which has ${size}`)
  const tree = await repository.tree(log.logId)
  if (!tree) find('tree', 'CORRUPT_TILE', 0, TREE_IS_MISSING)
  // Between our reading of the log and of the tree more may have been appended; then the next pass looks at it.
  else if (tree.size > log.size && tree.size === log.treeSize)
    find('tree', 'ROLLBACK', log.size, `the tree covers ${tree.size} leaves, the log ends at ${log.size}`)
  else if (tree.size === edge.size && !tree.root.equals(rootOfEdge(edge)))
    find('tree', 'CORRUPT_TILE', tree.size, `the tree of ${tree.size} leaves has another root than the leaves`)
  else if (tree.size === edge.size && !isEdge(tree, edge))
    find('tree', 'CORRUPT_TILE', tree.size, `the edge of the tree of ${tree.size} leaves is not what the leaves hash to`)
  const last = await repository.newestCheckpoint(log.logId)
  const isEnded = log.sealedWhy === 'INCIDENT'
  if (last && last.size > log.size && log.treeSize <= log.size && !isEnded && !(await hasGrownTo(last.size)))
    find('checkpoints', 'ROLLBACK', log.size, `a checkpoint covers ${last.size} leaves, the log ends at ${log.size}: leaves were cut off`)
  if (kept && kept.size > log.size && !isEnded && !(await hasGrownTo(kept.size)))
    find(
      'high water',
      'ROLLBACK',
      log.size,
      `this machine published a checkpoint of ${kept.size} leaves, the log ends at ${log.size}: it was rolled back`,
    )
}

/** Whether the stored edge is a readable one with the root of the leaves' own. */
function isEdge(stored: { readonly size: number; readonly edge: Buffer }, edge: Edge): boolean {
  try {
    return Buffer.from(rootOfEdge(edgeFromBytes(stored.size, stored.edge))).equals(Buffer.from(rootOfEdge(edge)))
  } catch {
    return false
  }
}
