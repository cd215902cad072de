import type { RegisteredOrganisation } from '../parties/organisation.ts'
import type { CodeList, CodeListEntry } from '../reference/code-list.ts'

/** Codes and organisations in words, and words as the codes that they name. Pure; made once for a search. */
export interface Wording {
  /** The names of a body that one may look for, the shortest first. */
  readonly namesOf: (org: string) => readonly string[]
  /** What a purpose or an item of data is called. */
  readonly label: (code: string) => string
  /** Bodies with all that they are called, in one text. */
  readonly bodies: readonly { readonly code: string; readonly text: string }[]
  readonly entries: readonly (CodeListEntry & { readonly list: string })[]
}

export function wordingOf(organisations: readonly RegisteredOrganisation[], lists: readonly CodeList[]): Wording {
  const byCode = new Map(organisations.map((organisation) => [organisation.code, organisation]))
  const entries = lists.flatMap(({ list, entries: own }) => own.map((entry) => ({ ...entry, list })))
  const labels = new Map(entries.map(({ code, label }) => [code, label]))
  return {
    namesOf(org) {
      const one = byCode.get(org)
      return one ? [...new Set([one.short_name, ...one.aliases, one.legal_name, one.code.replaceAll('_', ' ')])] : [org]
    },
    label: (code) => labels.get(code) ?? code,
    bodies: organisations.map(({ code, short_name, legal_name, aliases }) => ({
      code,
      text: [short_name, legal_name, ...aliases, code.replaceAll('_', ' ')].join(' . '),
    })),
    entries,
  }
}
