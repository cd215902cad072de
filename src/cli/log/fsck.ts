import { exportReading } from '../../audit/reading/export-reading.service.ts'
import { rootFromTiles, tilesOf } from '../../audit/tree/tree-reading.service.ts'
import { type AlteredPayload, alteredPayloadsOf, inWords } from '../../audit/watch/altered-payloads.service.ts'
import { type Inspected, inspection, type LogFault } from '../../audit/watch/inspection.service.ts'
import { lostLogs } from '../../audit/watch/lost-logs.service.ts'
import { announcedKey, type LinkedLog, linkOf, verifyLinks } from '../../verifier/chain.ts'
import type { CheckResult } from '../../verifier/check.ts'
import { type Command, usage } from '../command.ts'
import { openLogDatabase } from './log-database.ts'
import { report } from './verify.ts'

type Repository = ReturnType<typeof exportReading>['repository']
type LogState = Awaited<ReturnType<Repository['logs']>>[number]

const OTHER_ROOT = 'leaves has another root than the leaves'

/** `log fsck`: the database against its tiles against its checkpoints, every fault by name and index. Reads only. */
export const fsck: Command = async (args, io) => {
  if (args.length > 0) return usage(io, 'usage: accord log fsck')
  const database = await openLogDatabase(io.env)
  try {
    const { repository } = exportReading((await database.open('audit_reader')).pool)
    const checks: CheckResult[] = []
    const lost = await lostLogs(repository, database.highWater)
    checks.push(...lost.map(({ log, check, why, detail }) => ({ name: `${log}: ${check}`, ok: false, detail: `${why}: ${detail}` })))
    const logs = await repository.logs()
    for (const log of logs) {
      const { findings, leaves, checkpoints } = await inspection(repository, log, database.highWater).run()
      const well: Readonly<Record<Inspected, string>> = {
        leaves: `${leaves}, none missing`,
        'leaf hashes': 'every leaf hashes to what the tree was built of',
        tiles: 'every tile is what the leaves hash to',
        tree: 'its edge and root are what the leaves hash to',
        checkpoints: `${checkpoints} signed by the log, each with the root of its leaves`,
        'high water': 'nothing published by this machine is missing',
      }
      for (const [name, detail] of Object.entries(well)) {
        const faults = inShort(findings.filter(({ check }) => check === name))
        if (faults.length === 0) checks.push({ name: `${log.name}: ${name}`, ok: true, detail })
        for (const fault of faults) checks.push({ name: `${log.name}: ${name}`, ok: false, detail: `${fault.why}: ${fault.detail}` })
      }
      const corrupt = new Set(findings.flatMap(({ why, at }) => (why === 'CORRUPT_LEAF' && at !== undefined ? [at] : [])))
      checks.push(...payloadChecks(log.name, await alteredPayloadsOf(repository, log), corrupt))
    }
    await checkLinks(repository, logs, checks)
    return report(checks, io)
  } finally {
    await database.close()
  }
}

/** One altered leaf gives every later checkpoint another root: those are one line, which says which they are. */
function inShort(faults: readonly LogFault[]): readonly Pick<LogFault, 'why' | 'detail'>[] {
  const roots = faults.filter(({ detail }) => detail.endsWith(OTHER_ROOT))
  const [first, last] = [roots[0], roots.at(-1)]
  if (!first || !last || roots.length < 2) return faults
  const line = {
    why: first.why,
    detail: `${roots.length} checkpoints, from ${first.at} to ${last.at} leaves, have another root than the leaves`,
  }
  return [line, ...faults.filter((fault) => !roots.includes(fault))]
}

/** Where the leaf itself is not the recorded one (`corrupt`, told already) nothing can be said of its payload. */
function payloadChecks(log: string, found: readonly AlteredPayload[], corrupt: ReadonlySet<number>): CheckResult[] {
  const name = `${log}: payloads`
  const altered = found.filter(({ index }) => !corrupt.has(index))
  if (altered.length === 0) return [{ name, ok: true, detail: 'each that is kept is the one its entry commits to' }]
  return altered.map((one) => ({ name, ok: false, detail: `ALTERED_PAYLOAD: ${inWords(one)}` }))
}

/**
 * Whether each log continues the one before it, as its first entries say; a log that was not signed yet is left out, and so is one
 * whose predecessor is not there at all, which is told by itself. Tiles that are missing leave a root unknown.
 */
async function checkLinks(repository: Repository, logs: readonly LogState[], checks: CheckResult[]): Promise<void> {
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
