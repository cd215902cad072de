/**
 * Code lists: what each code means, since when, on which authority.
 *
 * Words: list, entry, edition. Entries are never deleted, they end (`valid_to`). This module never decides.
 */

/** One code of a list. `attributes` hold what rules read; which ones depends on the list. */
export interface CodeListEntry {
  readonly code: string
  readonly label: string
  readonly citation: string | null
  /** First day of validity, London local date; null: before any date we hold. */
  readonly valid_from: string | null
  /** Last day of validity, included; null: open. */
  readonly valid_to: string | null
  /** False where no source was seen: shown to users, to be confirmed before go-live. */
  readonly verified: boolean
  readonly source: string | null
  readonly replaced_by: string | null
  /** The code this one is narrower than, in the same list. */
  readonly broader: string | null
  readonly attributes: Readonly<Record<string, unknown>>
  /** Added by an organisation (local-code.ts); absent: shipped. */
  readonly local?: boolean
  /** Which organisation added it. */
  readonly owner_org?: string
}

/** A named list in one edition. */
export interface CodeList {
  readonly list: string
  readonly title: string
  readonly description: string
  readonly edition: string
  readonly source: string
  readonly entries: readonly CodeListEntry[]
}

/**
 * The texts of an attribute that should be a list of them. The contract leaves attributes free in shape: what is no text becomes
 * the empty one, which is no code, so that a list which limits does not become one that does not.
 */
export function textsIn(attribute: unknown): readonly string[] {
  return Array.isArray(attribute) ? attribute.map((one) => (typeof one === 'string' ? one : '')) : []
}

/** Whether `day` (yyyy-mm-dd, London) lies between two days, both included; null is open. */
export function isValidOn(day: string, from: string | null, to: string | null): boolean {
  return (from === null || day >= from) && (to === null || day <= to)
}

/** The day of an edition: the newest of its lists; empty for no lists. */
export function editionOf(lists: readonly CodeList[]): string {
  return lists.reduce((latest, { edition }) => (edition > latest ? edition : latest), '')
}

/** Those of these codes that no purpose of the lists has, in their order: a setting that names one would protect nothing. Pure. */
export function unknownPurposes(codes: readonly string[], lists: readonly CodeList[]): readonly string[] {
  const purposes = new Set(lists.find(({ list }) => list === 'PURPOSE')?.entries.map(({ code }) => code))
  return codes.filter((code) => !purposes.has(code))
}
