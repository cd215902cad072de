/**
 * The chain of logs: the first entry of each says which log it continues, and with which checkpoint that one ended.
 */
import { type CheckResult, check, fail } from './check.ts'
import { same } from './tree.ts'

/** What the first entries of a log say of the one before it. */
export interface Link {
  /** The log that says so. */
  readonly name: string
  readonly why: string
  readonly prev: { readonly origin: string; readonly size: number; readonly root: string } | undefined
  /** Why the log before ended, where it ended with an incident. */
  readonly incident: string | undefined
  /** The key (vkey) that the log says it has. */
  readonly vkey: string
}

/** A log as its own checkpoint has it, and its roots at the sizes that links name; undefined where its entries do not reach. */
export interface LinkedLog {
  readonly name: string
  readonly origin: string
  readonly size: number
  readonly roots: ReadonlyMap<number, Uint8Array | undefined>
  /** The key (vkey) of the log after it, where it ended by announcing one. */
  readonly announced?: string | undefined
}

/** The key that the last two entries of a log announce for the next one: `audit.key.added`, then `audit.log.closed`. */
export function announcedKey([added, closed]: readonly (Uint8Array | undefined)[]): string | undefined {
  const [announcement, end] = [entry(added), entry(closed)]
  return announcement?.['t'] === 'audit.key.added' && end?.['t'] === 'audit.log.closed' ? String(announcement['vkey']) : undefined
}

/** The link that the first two entries of a log make; undefined when the first does not open a log. */
export function linkOf(name: string, [first, second]: readonly (Uint8Array | undefined)[]): Link | undefined {
  const opened = entry(first)
  if (opened?.['t'] !== 'audit.log.opened') return undefined
  const then = entry(second)
  const prev = opened['prev'] as Partial<NonNullable<Link['prev']>> | undefined
  const isWhole = typeof prev?.origin === 'string' && Number.isSafeInteger(prev.size) && /^[0-9a-f]{64}$/.test(String(prev.root))
  return {
    name,
    why: String(opened['why']),
    vkey: String(opened['vkey']),
    prev: isWhole ? (prev as NonNullable<Link['prev']>) : undefined,
    incident: then?.['t'] === 'audit.incident' ? String(then['why']) : undefined,
  }
}

/**
 * Compares each link with the log it names. One that ended with its period must have ended with exactly that checkpoint, and the
 * next one has the key that it announced, if it did. One that ended with an incident must hold that checkpoint, unless the incident
 * is that it does not: ROLLBACK or FORK. Its announced key may be what was lost: that another was taken is said, and no fault.
 */
export function verifyLinks(links: readonly Link[], logs: readonly LinkedLog[], checks: CheckResult[]): void {
  for (const link of links) {
    if (link.why === 'FIRST') continue
    check(checks, `${link.name}: continues the log before`, () => {
      const { prev } = link
      if (prev === undefined) return link.why === 'INCIDENT' ? 'nothing of the log before was signed' : fail('entry 0 names no checkpoint')
      const before = logs.find(({ origin }) => origin === prev.origin)
      if (before === undefined) return `${prev.origin}, which is not in the export`
      const isOtherKey = before.announced !== undefined && before.announced !== link.vkey
      const what = `${before.name} at ${prev.size} leaves${isOtherKey ? ', under another key than it announced' : ''}`
      if (link.why !== 'INCIDENT' && before.size !== prev.size)
        fail(`entry 0 says that ${before.name} ended at ${prev.size} leaves, it has ${before.size}`)
      if (isOtherKey && link.why !== 'INCIDENT') fail(`entry 0 names another key than ${before.name} announced for it`)
      const root = before.roots.get(prev.size)
      if (root !== undefined && same(root, Buffer.from(prev.root, 'hex'))) return what
      if (link.why === 'INCIDENT' && /^(ROLLBACK|FORK)$/.test(link.incident ?? ''))
        return `${what}, which it no longer holds: ${link.incident}`
      return fail(`entry 0 names ${what} with another root than its entries hash to`)
    })
  }
}

function entry(bytes: Uint8Array | undefined): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
