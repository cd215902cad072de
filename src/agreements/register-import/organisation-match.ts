import { placeKey } from '../../parties/name-key.ts'
import { isLondonAuthority, type Organisation } from '../../parties/organisation.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import { plain } from '../model/register-columns.ts'

/** A body that a name could mean; 1 is certain. */
export interface OrganisationMatch {
  readonly org: string
  readonly name: string
  readonly score: number
}

/** What the name of a partner was taken for. */
export interface PartnerReading {
  readonly text: string
  /** Empty where nobody is known by the name. */
  readonly orgs: readonly string[]
  /** Whether it is one of the names in the register of organisations, and no more than like one of them. */
  readonly isExact: boolean
}

/** The register of organisations by the names in it; made once for a file. */
export interface OrganisationNames {
  /** Whom a name means. Takes the same time however many organisations there are. */
  lookup(text: string): PartnerReading
  /** Who could be meant by a name, best first. Its work is bounded, whatever the name. */
  like(text: string): OrganisationMatch[]
}

const SHOWN = 5
const LEAST_SCORE = 0.3
/** Names are compared by so many of their rarest pairs of letters, with at most so many names each. */
const PAIRS_COMPARED = 24
const NAMES_COMPARED = 500
const ALL_BOROUGHS = new Set([
  'all london boroughs',
  'all boroughs',
  'london boroughs',
  '33 london boroughs',
  'all 33 london boroughs',
  'all london authorities',
])

/**
 * Finds the bodies that names mean: exact by code, legal name, short name or alias; else the one body whose name is the
 * same but for its title ("Camden Council"); else nobody, and the nearest ones to pick from.
 *
 * @param pause awaited between organisations, so that a long register holds nobody up
 */
export async function organisationNames(organisations: readonly Organisation[], pause: Pause = async () => {}): Promise<OrganisationNames> {
  const exact = new Map<string, string>()
  const bare = new Map<string, Set<string>>()
  const names: { readonly organisation: Organisation; readonly size: number }[] = []
  const byPair = new Map<string, number[]>()
  for (const organisation of organisations) {
    for (const name of namesOf(organisation)) {
      const held = exact.get(plain(name))
      // Two bodies of one name, such as two schools: a person says which.
      exact.set(plain(name), held === undefined || held === organisation.code ? organisation.code : '')
      const key = placeKey(name)
      if (key === '') continue
      multi(bare, key, () => new Set<string>()).add(organisation.code)
      const pairs = pairsOf(key)
      for (const pair of pairs) multi(byPair, pair, () => []).push(names.length)
      names.push({ organisation, size: pairs.size })
    }
    await pause()
  }
  const boroughs = organisations.filter(isLondonAuthority).map(({ code }) => code)
  return {
    lookup(text) {
      const key = plain(text)
      if (ALL_BOROUGHS.has(key)) return { text, orgs: boroughs, isExact: true }
      const known = exact.get(key)
      // "Hackney?" is a doubt for a person to look at.
      if (known) return { text, orgs: [known], isExact: !text.includes('?') }
      const inBrackets = /^(.+?)\s*\(([^()]+)\)$/s.exec(text.trim())
      const named = inBrackets && exact.get(plain(inBrackets[1] ?? ''))
      if (named && inBrackets) {
        // "Metropolitan Police Service (MPS)": both name the same; any other remark in brackets is for a person to look at.
        const also = exact.get(plain(inBrackets[2] ?? ''))
        if (also === undefined || also === named) return { text, orgs: [named], isExact: also === named }
      }
      const [one, another] = bare.get(placeKey(text)) ?? []
      return { text, orgs: one && !another ? [one] : [], isExact: false }
    },
    like(text) {
      const wanted = pairsOf(placeKey(text))
      const rarest = [...wanted]
        .map((pair) => byPair.get(pair) ?? [])
        .sort((a, b) => a.length - b.length)
        .slice(0, PAIRS_COMPARED)
      const shared = new Map<number, number>()
      for (const found of rarest) for (const name of found.slice(0, NAMES_COMPARED)) shared.set(name, (shared.get(name) ?? 0) + 1)
      const best = new Map<string, OrganisationMatch>()
      for (const [name, count] of shared) {
        const known = names[name]
        if (!known) continue
        const { code: org, short_name } = known.organisation
        const score = likeness(count, wanted.size, known.size)
        if (score >= LEAST_SCORE && score > (best.get(org)?.score ?? 0)) best.set(org, { org, name: short_name, score })
      }
      return [...best.values()].sort((a, b) => b.score - a.score || (a.org < b.org ? -1 : 1)).slice(0, SHOWN)
    },
  }
}

function namesOf({ code, legal_name, short_name, aliases }: Organisation): string[] {
  return [code, legal_name, short_name, ...aliases]
}

function pairsOf(text: string): ReadonlySet<string> {
  const padded = ` ${text} `
  return new Set(Array.from({ length: padded.length - 1 }, (_, index) => padded.slice(index, index + 2)))
}

/** Dice's coefficient: shared pairs of letters, twice, over all pairs. Rounded to two digits; 1 is kept for exact names. */
function likeness(shared: number, a: number, b: number): number {
  return Math.min(Math.round(((2 * shared) / (a + b || 1)) * 100) / 100, 0.94)
}

function multi<Key, Value>(map: Map<Key, Value>, key: Key, empty: () => Value): Value {
  const known = map.get(key) ?? empty()
  map.set(key, known)
  return known
}
