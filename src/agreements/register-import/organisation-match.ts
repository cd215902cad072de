import { isLondonAuthority, type Organisation } from '../../parties/organisation.ts'
import { plain } from './columns.ts'

/** A body that a name could mean; 1 is certain. */
export interface OrganisationMatch {
  readonly org: string
  readonly name: string
  readonly score: number
}

/** What the name of a partner was taken for. `orgs` is empty where a person has to pick among `matches`. */
export interface PartnerReading {
  readonly text: string
  readonly orgs: readonly string[]
  /** Best first; empty where the name is exactly one that the register knows. */
  readonly matches: readonly OrganisationMatch[]
}

/** Looks names up in the register of organisations; made once for a file. */
export type PartnerLookup = (text: string) => PartnerReading

const SHOWN = 5
const LEAST_SCORE = 0.3
const SURE = 0.95
/** Ways of naming an authority that say nothing about which one it is. */
const TITLES =
  /\b(?:the|london borough of|royal borough of|lb of|lbc?|borough council|city council|council|borough of|mayor and burgesses of)\b/g
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
 */
export function partnerLookup(organisations: readonly Organisation[]): PartnerLookup {
  const exact = new Map<string, string>()
  const bare = new Map<string, Set<string>>()
  for (const organisation of organisations) {
    for (const name of namesOf(organisation)) {
      exact.set(plain(name), organisation.code)
      const key = withoutTitle(name)
      if (key !== '') bare.set(key, (bare.get(key) ?? new Set()).add(organisation.code))
    }
  }
  const shapes = organisations.map((organisation) => ({
    organisation,
    grams: namesOf(organisation).map((name) => bigrams(withoutTitle(name))),
  }))
  const nameOf = new Map(organisations.map(({ code, short_name }) => [code, short_name]))
  return (text) => {
    const key = plain(text)
    if (ALL_BOROUGHS.has(key)) return { text, orgs: organisations.filter(isLondonAuthority).map(({ code }) => code), matches: [] }
    const known = exact.get(key)
    if (known) return { text, orgs: [known], matches: [] }
    const [one, another] = [...(bare.get(withoutTitle(text)) ?? [])]
    if (one && !another) return { text, orgs: [one], matches: [{ org: one, name: nameOf.get(one) ?? one, score: SURE }] }
    const wanted = bigrams(withoutTitle(text))
    const matches = shapes
      .map(({ organisation, grams }) => ({
        org: organisation.code,
        name: organisation.short_name,
        score: Math.max(...grams.map((known) => likeness(wanted, known))),
      }))
      .filter(({ score }) => score >= LEAST_SCORE)
      .sort((a, b) => b.score - a.score || (a.org < b.org ? -1 : 1))
      .slice(0, SHOWN)
    return { text, orgs: [], matches }
  }
}

function namesOf({ code, legal_name, short_name, aliases }: Organisation): string[] {
  return [code, legal_name, short_name, ...aliases]
}

function withoutTitle(name: string): string {
  return plain(name).replaceAll(TITLES, ' ').replaceAll(/\s+/g, ' ').trim()
}

function bigrams(text: string): ReadonlySet<string> {
  const padded = ` ${text} `
  return new Set(Array.from({ length: Math.max(padded.length - 1, 0) }, (_, index) => padded.slice(index, index + 2)))
}

/** Dice's coefficient: shared pairs of letters, twice, over all pairs. Rounded to two digits; 1 is kept for exact names. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0
  for (const gram of a) if (b.has(gram)) shared += 1
  const score = Math.round(((2 * shared) / (a.size + b.size || 1)) * 100) / 100
  return Math.min(score, 0.94)
}
