import { parseVkey } from '../format/signed-note.ts'
import type { LogState, StoredLeaf, TreeRepository } from '../store/tree.repository.ts'
import { type HighWater, keyIdHex } from '../tree/high-water.service.ts'
import type { LogFault } from './inspection.service.ts'

/** What the first entries of a log say of the one before it. */
interface Continued {
  readonly by: string
  readonly origin: string
  readonly size: number
  readonly isRollback: boolean
}

/**
 * Logs that are not in the database at all, though this machine published them or a later log continues them: no pass over the
 * logs that are there can miss them. One that the next log says was rolled back has been told already, and signed for.
 */
export async function lostLogs(repository: TreeRepository, highWater: HighWater): Promise<LogFault[]> {
  // Read before the logs, so that one which is opened and published meanwhile is among them.
  const kept = highWater.kept()
  const logs = await repository.logs()
  const continued = (await Promise.all(logs.map(async (log) => continuedBy(log, await repository.leaves(log.logId, 0, 2))))).flat()
  const lost = new Map<string, LogFault>()
  const add = (origin: string, how: string) => {
    const log = origin.split('/').at(-1) ?? origin
    const detail = `${how}, and the database has no such log`
    if (!lost.has(origin)) lost.set(origin, { log, check: 'log', why: 'GAP', detail })
  }
  for (const { name, keyId, origin, size } of kept) {
    const isThere = logs.some((log) => log.name === name && keyIdHex(parseVkey(log.vkey)) === keyId)
    if (!isThere && isOfThisService(origin, logs)) add(origin, `this machine published ${size} leaves of ${origin}`)
  }
  for (const { by, origin, size } of continued)
    if (!logs.some((log) => log.origin === origin)) add(origin, `${by} continues ${origin} at ${size} leaves`)
  for (const { origin, isRollback } of continued) if (isRollback) lost.delete(origin)
  return [...lost.values()]
}

/** A machine may have served, on trial or for another database, logs of another name than these. Without any log, all may be ours. */
function isOfThisService(origin: string, logs: readonly LogState[]): boolean {
  const service = (of: string) => of.slice(0, of.lastIndexOf('/'))
  return logs.length === 0 || logs.some((log) => service(log.origin) === service(origin))
}

function continuedBy({ name }: LogState, [first, second]: readonly StoredLeaf[]): Continued[] {
  const prev = membersOf(first)['prev'] as { readonly origin?: unknown; readonly size?: unknown } | undefined
  if (typeof prev?.origin !== 'string') return []
  return [{ by: name, origin: prev.origin, size: Number(prev.size), isRollback: membersOf(second)['why'] === 'ROLLBACK' }]
}

/** None where the bytes are no leaf: the pass over that log names it. */
function membersOf(leaf: StoredLeaf | undefined): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(String(leaf?.leaf)))
  } catch {
    return {}
  }
}
