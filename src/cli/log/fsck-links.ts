import type { exportReading } from '../../audit/reading/export-reading.service.ts'
import { rootFromTiles, tilesOf } from '../../audit/tree/tree-reading.service.ts'
import { announcedKey, type LinkedLog, linkOf, verifyLinks } from '../../verifier/chain.ts'
import type { Check } from '../../verifier/check.ts'

type Repository = ReturnType<typeof exportReading>['repository']
type LogState = Awaited<ReturnType<Repository['logs']>>[number]

/**
 * Whether each log continues the one before it, as its first entries say; a log that was not signed yet is left out, and so is one
 * whose predecessor is not there at all, which is told by itself. Tiles that are missing leave a root unknown.
 */
export async function checkLinks(repository: Repository, logs: readonly LogState[], checks: Check[]): Promise<void> {
  const read = async ({ logId, name }: LogState) =>
    linkOf(
      name,
      (await repository.leaves(logId, 0, 2)).map(({ leaf }) => leaf),
    )
  const isThere = (origin: string) => logs.some((log) => log.origin === origin)
  const links = (await Promise.all(logs.map(read))).filter((link) => link !== undefined).filter(({ prev }) => !prev || isThere(prev.origin))
  const linked: LinkedLog[] = []
  for (const { logId, name, origin } of logs) {
    const newest = await repository.newestCheckpoint(logId)
    if (!newest) continue
    const sizes = links.flatMap(({ prev }) => (prev?.origin === origin && prev.size <= newest.size ? [prev.size] : []))
    const roots = new Map<number, Uint8Array | undefined>()
    for (const size of sizes) roots.set(size, await rootFromTiles(tilesOf(repository, logId), size).catch(() => undefined))
    const last = newest.size < 2 ? [] : await repository.leaves(logId, newest.size - 2, 2)
    linked.push({ name, origin, size: newest.size, roots, announced: announcedKey(last.map(({ leaf }) => leaf)) })
  }
  verifyLinks(links, linked, checks)
}
