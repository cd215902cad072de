import { createHash } from 'node:crypto'
import type { CodeList, CodeListEntry } from './code-list.ts'

/**
 * Local codes: a purpose or data item that an organisation adds under a broader one of the lists, unverified. Only a flow that
 * names it exactly covers it; laws that carry the broader purpose carry it, bans of anything broader ban it, and a data item is
 * as protected as the broader one and everything narrower than that. Pure.
 *
 * The form `LOCAL:<owner>:<name>` keeps those of two organisations apart, and from every code of a list, which has no colon. It
 * has no dot either, so no rule that reads the part before a dot (CK-17) ever takes it for a child.
 */

/** The lists that an organisation may add to. */
export const LISTS_WITH_LOCAL_CODES = ['PURPOSE', 'DATA_ITEM'] as const
export type ListWithLocalCodes = (typeof LISTS_WITH_LOCAL_CODES)[number]

/** A local code, as decisions stand on it. */
export interface LocalCode {
  readonly list: ListWithLocalCodes
  readonly code: string
  /** The organisation that added it and may end it. */
  readonly owner_org: string
  readonly label: string
  /** A shipped code of the list; for an item also the part before a dot of one. */
  readonly broader: string
  /** First and last day, London, both included; null: open. */
  readonly valid_from: string
  readonly valid_to: string | null
}

/** A local code with what decisions do not read: why it was needed, and who added it when. */
export interface StoredLocalCode extends LocalCode {
  readonly name: string
  readonly why: string
  readonly added_at: string
  readonly added_by: string
  readonly row_version: string
}

/** The code of this name of an organisation. */
export function localCodeOf(owner: string, name: string): string {
  return `LOCAL:${owner}:${name}`
}

/** The list of this name, in either spelling; undefined for one that takes no local codes. */
export function listWithLocalCodes(name: string): ListWithLocalCodes | undefined {
  return LISTS_WITH_LOCAL_CODES.find((list) => list === name.toUpperCase().replaceAll('-', '_'))
}

/** The lists with the local codes at their ends, by code. What is shipped is never replaced. */
export function withLocalCodes(lists: readonly CodeList[], codes: readonly LocalCode[]): CodeList[] {
  if (codes.length === 0) return [...lists]
  const sorted = codes.toSorted((a, b) => (a.code < b.code ? -1 : 1))
  return lists.map((list) => {
    const taken = new Set(list.entries.map(({ code }) => code))
    const added = sorted.filter((local) => local.list === list.list && !taken.has(local.code))
    if (added.length === 0) return list
    const relatives = relativesIn(list.entries)
    return { ...list, entries: [...list.entries, ...added.map((local) => entryOf(local, relatives(local.broader)))] }
  })
}

/**
 * The version under which answers name these lists: that of the shipped ones, and a digest of the local codes as they stand where
 * there are any. So two answers with one version stood on the same codes.
 */
export function versionWithLocalCodes(version: string, codes: readonly LocalCode[]): string {
  if (codes.length === 0) return version
  const lines = codes.map((local) =>
    JSON.stringify([local.list, local.code, local.owner_org, local.label, local.broader, local.valid_from, local.valid_to]),
  )
  return `${version}+local.${createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 16)}`
}

/** Where a local code stands among the shipped ones. */
export interface Relatives {
  /** The broader code itself or, where that is the part before a dot and no code of its own, everything under it. */
  readonly parents: readonly CodeListEntry[]
  /** Everything else under it, at any depth, whatever has ended. */
  readonly narrower: readonly CodeListEntry[]
}

/** Looks up the relatives of what stands under a code of these entries; each code is worked out once. */
export function relativesIn(entries: readonly CodeListEntry[]): (broader: string | null) => Relatives {
  const shipped = entries.filter(({ local }) => local !== true)
  const byCode = new Map(shipped.map((entry) => [entry.code, entry]))
  const known = new Map<string, Relatives>()
  return (broader) => {
    if (broader === null) return { parents: [], narrower: [] }
    const found = known.get(broader) ?? relativesOf(broader, shipped, byCode)
    known.set(broader, found)
    return found
  }
}

function relativesOf(broader: string, shipped: readonly CodeListEntry[], byCode: ReadonlyMap<string, CodeListEntry>): Relatives {
  const isUnder = (entry: CodeListEntry): boolean => {
    if (entry.code.startsWith(`${broader}.`)) return true
    // Bounded by the list's length, as every walk through it.
    let at: CodeListEntry | undefined = entry
    for (let depth = 0; at && depth <= shipped.length; depth++) {
      if (at.broader === broader) return true
      at = byCode.get(at.broader ?? '')
    }
    return false
  }
  const narrower = shipped.filter((entry) => entry.code !== broader && isUnder(entry))
  const parent = byCode.get(broader)
  return parent ? { parents: [parent], narrower } : { parents: narrower, narrower: [] }
}

function entryOf({ list, code, owner_org, label, broader, valid_from, valid_to }: LocalCode, relatives: Relatives): CodeListEntry {
  return {
    ...{ code, label, broader, valid_from, valid_to, owner_org, local: true },
    ...{ citation: null, verified: false, source: `Added by ${owner_org}`, replaced_by: null },
    attributes: list === 'DATA_ITEM' ? strictestAttributes(relatives) : {},
  }
}

/** How each attribute of a local item reads in the list: the strictest of its relatives. What rules read is compiled, not this. */
function strictestAttributes({ parents, narrower }: Relatives): Readonly<Record<string, unknown>> {
  const relatives = [...parents, ...narrower]
  const values = (name: string) => relatives.map(({ attributes }) => attributes[name])
  const any = (name: string) => values(name).includes(true)
  const first = (name: string, ...ranked: readonly string[]) =>
    ranked.find((value) => values(name).includes(value)) ?? values(name).find((value) => typeof value === 'string') ?? null
  return {
    class: first('class', 'SPECIAL', 'CRIMINAL'),
    special_kind: first('special_kind'),
    duty_of_confidence: any('duty_of_confidence'),
    patient_information: any('patient_information'),
    health_information: any('health_information'),
    origin: values('origin').find((value) => typeof value === 'string' && value !== 'LOCAL') ?? 'LOCAL',
    children_relevant: any('children_relevant'),
    as_strict_as: relatives.map(({ code }) => code),
  }
}
