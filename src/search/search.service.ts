import { type Permission, permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import { type Database, withTransaction } from '../platform/database/database.ts'
import type { AskedTerm } from '../platform/kernel/asked-terms.ts'
import { answering } from '../platform/kernel/refusal.ts'
import type { Asked, Found, Kind, Source, Why } from './found.ts'
import { lexemesOf } from './marking.repository.ts'
import { withWhy } from './marking.service.ts'
import { spelledAs } from './spelling.ts'
import { typed } from './terms.ts'
import type { Wording } from './wording.ts'

export interface SearchQuery {
  readonly q: string
  /** Only records of this kind, page after page; absent: the first of each. */
  readonly kind?: Kind | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

export interface SearchGroup {
  readonly kind: Kind
  readonly found: readonly (Found & { readonly why: readonly Why[] })[]
  /** Where the list of this kind goes on; null: this is all. */
  readonly next: string | null
}

export interface SearchAnswer {
  /** What was looked for: what was typed, or what comes nearest to it where that found nothing. */
  readonly searched: string
  /** The one record that was named by its reference or key; null: none was. */
  readonly direct: { readonly kind: Kind; readonly id: string } | null
  readonly groups: readonly SearchGroup[]
}

/** Who is shown records of which kind: whoever may list or read them. */
const PERMISSION: Readonly<Record<Kind, Permission>> = {
  AGREEMENT: 'agreement:read',
  ORGANISATION: 'organisation:read',
  PERSON: 'role:read',
  REQUEST: 'request:read',
  DISCLOSURE: 'disclosure:read',
  EMERGENCY: 'emergency:read',
  DECISION: 'decision:read',
  REVIEW: 'sign_off:read',
  ASSESSMENT: 'agreement:read',
  FILE: 'file:read',
  CODE: 'reference:read',
}
/** Records of each kind where all kinds are asked for, and of one. */
const OF_EACH = 5
const PAGE = 20
const LEXEMES_MAX = 20_000

export type SearchService = ReturnType<typeof searchService>

/** One box over all that somebody may see, each kind by the service that shows it. */
export function searchService({
  db,
  sources,
  wording,
}: {
  readonly db: Database
  /** In the order in which their groups are shown. */
  readonly sources: readonly Source[]
  readonly wording: () => Promise<Wording>
}) {
  /** Words of labels and of the names of bodies as they are compared, kept between searches: everybody may read them. */
  const lexemes = new Map<string, readonly string[]>()

  async function lexemesIn(terms: readonly string[], { entries, bodies }: Wording): Promise<string[][]> {
    const unknown = [...new Set([...entries.map(textOf), ...bodies.map(({ text }) => text)])].filter((text) => !lexemes.has(text))
    if (lexemes.size + unknown.length > LEXEMES_MAX) lexemes.clear()
    const found = await withTransaction(db, (tx) => lexemesOf(tx, [...terms, ...unknown]))
    for (const [at, text] of unknown.entries()) lexemes.set(text, found[terms.length + at] ?? [])
    return found.slice(0, terms.length)
  }

  /** What was typed, with the codes that each of its terms names; a term that says nothing by itself, such as "the", is none. */
  async function understood(q: string, words: Wording): Promise<Asked> {
    const asked = typed(q)
    const found = await lexemesIn(
      asked.terms.map(({ text }) => text),
      words,
    )
    const terms: (AskedTerm & { readonly keys: ReadonlySet<string> })[] = []
    for (const [at, term] of asked.terms.entries()) {
      const own = found[at] ?? []
      if (own.length === 0) continue
      const holds = (text: string) => own.every((lexeme) => lexemes.get(text)?.includes(lexeme))
      const named = words.entries.filter((entry) => holds(textOf(entry)) || entry.code.toUpperCase() === term.text.toUpperCase())
      const codes = [...new Set([...named, ...words.bodies.filter(({ text }) => holds(text))].map(({ code }) => code))]
      terms.push({ ...term, codes, keys: new Set(named.map(({ list, code }) => `${list} ${code}`)) })
    }
    const wanted = terms.filter(({ isExcluded }) => !isExcluded)
    const [first] = wanted
    const keys = [...(first?.keys ?? [])].filter((key) => terms.every((term) => term.keys.has(key) !== term.isExcluded))
    const exact = words.entries
      .filter(({ code }) => code.toUpperCase() === asked.q.toUpperCase())
      .map(({ list, code }) => `${list} ${code}`)
    // What must not be there narrows what is found, and finds nothing by itself.
    return {
      ...asked,
      ...{
        words: wanted.length === 0 ? [] : terms.map(({ keys: _, ...term }) => term),
        codes: new Set([...exact, ...keys]),
        wording: words,
      },
    }
  }

  async function groupsFor(principal: Principal, q: string, words: Wording, { kind, limit, cursor }: SearchQuery): Promise<SearchGroup[]> {
    const asked = await understood(q, words)
    if (asked.words.length === 0 && asked.key === null) return []
    const page = { limit: limit ?? (kind === undefined ? OF_EACH : PAGE), cursor }
    const groups: SearchGroup[] = []
    for (const source of sources) {
      if ((kind !== undefined && source.kind !== kind) || !permits(principal.roles, PERMISSION[source.kind])) continue
      const { found, next } = await source.search(principal, asked, page)
      if (found.length === 0) continue
      const terms = asked.words.filter(({ isExcluded }) => !isExcluded).map(({ text }) => text)
      groups.push({ kind: source.kind, found: await withWhy(db, found, terms), next })
    }
    return groups
  }

  /** What one of them was named by, whole. */
  function directOf(q: string, groups: readonly SearchGroup[]): SearchAnswer['direct'] {
    const { key, references } = typed(q)
    const all = groups.flatMap(({ found }) => found)
    const named =
      key === null
        ? all.filter(({ kind, id }) => kind === 'AGREEMENT' && references.includes(id))
        : all.filter(({ id }) => id === key || id === key.split('.')[0])
    const [one] = named
    return one && named.length === 1 ? { kind: one.kind, id: one.id } : null
  }

  return {
    /** What is found of what the caller may see. Refused for a cursor that is not of this search. */
    search: answering(async (principal: Principal, query: SearchQuery): Promise<SearchAnswer> => {
      const words = await wording()
      const groups = await groupsFor(principal, query.q, words, query)
      const near = groups.length === 0 && query.cursor === undefined ? spelledAs(typed(query.q), words) : null
      if (near === null) return { searched: query.q, direct: query.kind ? null : directOf(query.q, groups), groups }
      return { searched: near, direct: null, groups: await groupsFor(principal, near, words, query) }
    }),
  }
}

function textOf({ label, citation, code }: Wording['entries'][number]): string {
  return `${label} . ${citation ?? ''} . ${code.replaceAll(/[._:-]/g, ' ')}`
}
