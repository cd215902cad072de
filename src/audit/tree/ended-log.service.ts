import { Buffer } from 'node:buffer'
import { openCheckpoint } from '../format/checkpoint.ts'
import { parseVkey } from '../format/signed-note.ts'
import type { KeeperConnection } from '../store/keeper-connection.repository.ts'
import { type LogState, treeRepository } from '../store/tree.repository.ts'
import { IncidentError } from './incident.ts'
import { mustBeDurable, type Published } from './signer.service.ts'
import { rootFromTiles, tilesOf } from './tree-reading.service.ts'

/**
 * What to show of a log that ended with an incident: its last checkpoint, where that is larger than the one shown so far (another
 * node may have signed it just before the end); undefined where nothing changes. The log is signed no more, so one call is enough.
 * The checkpoint is compared with the tree only where the tree still matches the one shown before: otherwise leaves or tiles were
 * altered, and the tree proves nothing about a checkpoint whose signature holds.
 *
 * @throws IncidentError FORK when it is not signed by the log, or does not continue the one shown before
 */
export async function lastOfEnded(
  connection: KeeperConnection,
  log: LogState,
  shown: Published | undefined,
): Promise<Published | undefined> {
  const repository = treeRepository(connection)
  const last = await repository.newestCheckpoint(log.logId)
  if (!last || last.size <= (shown?.size ?? 0)) return undefined
  try {
    const { checkpoint: signed } = openCheckpoint(last.note, [parseVkey(log.vkey)])
    if (signed.size !== last.size || !Buffer.from(signed.root).equals(last.root)) throw new Error('it is filed as another than it is')
  } catch (error) {
    fork(`its last checkpoint cannot be verified: ${(error as Error).message}`)
  }
  const isRootOfToday = async ({ size, root }: Published) => {
    const today = await rootFromTiles(tilesOf(repository, log.logId), size).catch(() => undefined)
    return today !== undefined && Buffer.from(today).equals(root)
  }
  if (shown && (await isRootOfToday(shown)) && !(await isRootOfToday(last)))
    fork(`its last checkpoint does not continue the one of ${shown.size} leaves that was shown before`)
  // It may be visible before a standby has it (R24).
  await mustBeDurable(connection)
  return last

  function fork(detail: string): never {
    throw new IncidentError({ log: log.name, why: 'FORK', at: last?.size ?? 0, detail })
  }
}
