/**
 * A whole exported log: every entry hashed, every tile recomputed, the root compared with what the log signed.
 *
 * The folder is not trusted: only the keys (and the old checkpoint) that the reader brings are.
 */
import { announcedKey, type LinkedLog, linkOf, verifyLinks } from './chain.ts'
import { type CheckResult, check, fail } from './check.ts'
import { entryAt, verifyFiles } from './export-files.ts'
import { type ExportFiles, mustRead } from './files.ts'
import { claimedOrigin, type LogKey, openHead, readVkey, readVkeys, type SignedHead, utf8 } from './note.ts'
import type { CoveredLog } from './receipt.ts'
import { askedOf, verifyExtends, verifyWitnessed, type Witnesses } from './witnessed.ts'

/** What `logs.json` says of a log. */
interface ListedLog {
  readonly name: string
  readonly origin: string
  readonly size: number
}

/** `unvouched`: logs no given key speaks for, so checked only against themselves. `ignored`: files that say nothing about a log. */
export interface ExportReport {
  readonly checks: CheckResult[]
  readonly unvouched: string[]
  readonly ignored: string[]
  /** The logs whose checkpoint was signed, with the size signed for, and by whose key. */
  readonly logs: readonly CoveredLog[]
}

/**
 * Checks every log of an export folder.
 *
 * `vkey`: the trusted keys, one a line, obtained apart from the folder; each must speak for a log in it.
 * `oldCheckpoint`: a checkpoint kept from earlier, of one of those logs; the export must extend it.
 * `witnesses`: keys of witnesses, one a line, and how many of them must have cosigned each log; absent: all of them.
 * Never throws for what the folder holds. A log without a trusted key is checked against the key it brings itself and
 * named in `unvouched`: that shows the folder is whole, not that it is the log.
 */
export function verifyExport(files: ExportFiles, vkey: string, oldCheckpoint?: string, witnesses?: Witnesses): ExportReport {
  const checks: CheckResult[] = []
  const unvouched: string[] = []
  const accounted = new Set(['logs.json'])
  const covered: CoveredLog[] = []
  let [keys, logs]: [LogKey[], ListedLog[]] = [[], []]
  let oldHead: SignedHead | undefined
  check(checks, 'trusted keys', () => {
    keys = readVkeys(vkey)
    return keys.map(({ name }) => name).join(', ')
  })
  check(checks, 'logs.json', () => {
    logs = readLogs(files)
    return `${logs.length} logs`
  })
  for (const key of keys) {
    if (!logs.some(({ origin }) => origin === key.name))
      check(checks, `trusted key ${key.name}`, () => fail('logs.json: no log of this name in the export'))
  }
  if (oldCheckpoint !== undefined) {
    check(checks, 'old checkpoint', () => {
      const origin = claimedOrigin(oldCheckpoint)
      const old = openHead(oldCheckpoint, keys)
      if (!logs.some((log) => log.origin === origin)) fail(`logs.json: no log ${origin} in the export`)
      oldHead = old
      return `${old.origin} had ${old.size} leaves`
    })
  }
  const asked = witnesses && askedOf(witnesses, checks)
  const heads = logs.flatMap((log) => {
    const trusted = keys.filter(({ name }) => name === log.origin)
    if (trusted.length === 0) unvouched.push(log.name)
    const head = verifyHead(files, log, trusted, checks, accounted)
    return head ? [{ log, head, trusted }] : []
  })
  const entries = (name: string, size: number, ...indices: readonly number[]) => indices.map((index) => entryAt(files, name, size, index))
  const links = heads.flatMap(({ log, head }) => linkOf(log.name, entries(log.name, head.size, 0, 1)) ?? [])
  const linked: LinkedLog[] = []
  for (const { log, head, trusted } of heads) {
    covered.push({ name: log.name, origin: head.origin, size: head.size, isVouched: trusted.length > 0 })
    const witnessed = verifyWitnessed(files, log, trusted, asked, checks, accounted)
    const sizes = links.flatMap(({ prev }) => (prev?.origin === head.origin ? [prev.size] : []))
    const roots = new Map<number, Uint8Array | undefined>(
      [...sizes, ...(witnessed ? [witnessed.size] : [])].map((size) => [size, undefined]),
    )
    verifyFiles(files, log.name, head, oldHead?.origin === log.origin ? oldHead : undefined, checks, accounted, roots)
    if (witnessed) verifyExtends(log.name, witnessed, head, roots, checks)
    const announced = announcedKey(entries(log.name, head.size, head.size - 2, head.size - 1))
    linked.push({ name: log.name, origin: head.origin, size: head.size, roots, announced })
  }
  verifyLinks(links, linked, checks)
  return { checks, unvouched, ignored: files.paths.filter((path) => !accounted.has(path)), logs: covered }
}

/** The log's own statement: its key, its signature, and that logs.json says the same. */
function verifyHead(
  files: ExportFiles,
  log: ListedLog,
  trusted: readonly LogKey[],
  checks: CheckResult[],
  accounted: Set<string>,
): SignedHead | undefined {
  let own: LogKey | undefined
  let head: SignedHead | undefined
  const vkeyPath = `${log.name}/vkey`
  const checkpointPath = `${log.name}/checkpoint`
  accounted.add(vkeyPath).add(checkpointPath)
  check(checks, `${log.name}: key`, () => {
    const lines = utf8(mustRead(files, vkeyPath), vkeyPath)
    own = readVkey(lines.endsWith('\n') ? lines.slice(0, -1) : lines)
    if (own.name !== log.origin) fail(`${vkeyPath}: the key is named ${own.name}, the log ${log.origin}`)
    if (trusted.length > 0 && !trusted.some(({ vkey }) => vkey === own?.vkey)) fail(`${vkeyPath}: not the key you gave for ${log.origin}`)
    return trusted.length > 0 ? 'the key you gave' : 'its own key: nobody you trust vouches for it'
  })
  check(checks, `${log.name}: checkpoint signature`, () => {
    const keys = trusted.length > 0 ? trusted : own === undefined ? [] : [own]
    head = openHead(mustRead(files, checkpointPath), keys)
    return `${head.origin} signed ${head.size} leaves`
  })
  check(checks, `${log.name}: logs.json entry`, () => {
    if (head === undefined) return fail(`${checkpointPath}: nothing signed to compare with`)
    if (head.origin !== log.origin) fail(`logs.json: origin ${log.origin}, ${checkpointPath}: ${head.origin}`)
    if (head.size !== log.size) fail(`logs.json: size ${log.size}, ${checkpointPath}: ${head.size}`)
    return `${log.origin}, ${log.size} leaves`
  })
  return head
}

/** `{"logs":[{"name","origin","size"}, ...]}`; more members may follow and are not read. */
function readLogs(files: ExportFiles): ListedLog[] {
  const text = utf8(mustRead(files, 'logs.json'), 'logs.json')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    fail('logs.json: not JSON')
  }
  const listed = (parsed as { logs?: unknown } | null)?.logs
  if (!Array.isArray(listed) || listed.length === 0) return fail('logs.json: no list of logs')
  const logs = listed.map((entry: Partial<ListedLog> | null, i) => {
    const { name, origin, size } = entry ?? {}
    if (typeof name !== 'string' || !/^[a-z0-9-]+$/.test(name)) return fail(`logs.json: log ${i} has no proper name`)
    if (typeof origin !== 'string' || origin === '') return fail(`logs.json: ${name} has no origin`)
    return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
      ? { name, origin, size }
      : fail(`logs.json: ${name} has no size`)
  })
  const distinct = new Set(logs.flatMap(({ name, origin }) => [`name ${name}`, `origin ${origin}`]))
  return distinct.size === logs.length * 2 ? logs : fail('logs.json: two logs of one name or origin')
}
