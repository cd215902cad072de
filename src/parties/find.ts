import { IDENTIFIER_KINDS, identifiersIn } from './identifiers.ts'
import { hasWords, nameKey, partsOf, placeKey } from './name-key.ts'
import type { RegisteredOrganisation } from './organisation.ts'

/** Finding bodies of the register by what people call them. Pure; made once for a register. */

/** How well a body fits what was asked; less is better. */
const FIT = { code: 0, identifier: 1, name: 2, meant: 3, beginning: 4, words: 5 } as const

/** What a name means: one body, several that a person has to choose from, or none. */
export type NameReading =
  | { readonly found: 'ONE'; readonly code: string; readonly by: 'CODE' | 'IDENTIFIER' | 'NAME' | 'DEPARTMENT' }
  | { readonly found: 'SEVERAL'; readonly codes: readonly string[] }
  | { readonly found: 'NONE' }

export type Finder = ReturnType<typeof finder>

/** The code of the body that a code names now; itself where it was never merged, or is no code of the register. */
export function currentCodes(organisations: readonly Pick<RegisteredOrganisation, 'code' | 'merged_into'>[]): (code: string) => string {
  const merged = new Map(organisations.flatMap(({ code, merged_into }) => (merged_into ? [[code, merged_into]] : [])))
  return (code) => merged.get(code) ?? code
}

/** Looks names and numbers up in these organisations; who was merged is found as the body that it is. */
export function finder(organisations: readonly RegisteredOrganisation[]) {
  const byCode = new Map(organisations.map((organisation) => [organisation.code, organisation]))
  const current = currentCodes(organisations)
  const known = organisations.map((organisation) => keysOf(organisation))
  const exact = { CODE: table(), IDENTIFIER: table(), NAME: table(), PLACE: table(), DEPARTMENT: table() }
  for (const { organisation, names, places, departments, identifiers } of known) {
    const code = current(organisation.code)
    add(exact.CODE, nameKey(organisation.code), code)
    for (const identifier of identifiers) add(exact.IDENTIFIER, identifier, code)
    for (const name of names) add(exact.NAME, name, code)
    for (const place of places) add(exact.PLACE, place, code)
    for (const department of departments) add(exact.DEPARTMENT, department, code)
  }

  /** The bodies that a text names exactly, by the first way in which it names any. */
  function named(text: string): { readonly by: keyof typeof exact; readonly codes: ReadonlySet<string> } | undefined {
    const key = nameKey(text)
    const numbers = new Set(identifiersIn(text).flatMap(({ kind, value }) => [...(exact.IDENTIFIER.get(`${kind} ${value}`) ?? [])]))
    const found = [
      { by: 'CODE', codes: exact.CODE.get(key) },
      { by: 'IDENTIFIER', codes: numbers },
      { by: 'NAME', codes: exact.NAME.get(key) },
      { by: 'PLACE', codes: exact.PLACE.get(placeKey(text)) },
      { by: 'DEPARTMENT', codes: exact.DEPARTMENT.get(key) ?? exact.DEPARTMENT.get(placeKey(text)) },
    ] as const
    const first = found.find(({ codes }) => codes !== undefined && codes.size > 0)
    return first?.codes ? { by: first.by, codes: first.codes } : undefined
  }

  /** What a name means. A name with another in brackets means a body only where both do not contradict each other. */
  function read(text: string): NameReading {
    const readings = partsOf(text).flatMap((part) => named(part) ?? [])
    const codes = [...new Set(readings.flatMap((reading) => [...reading.codes]))].toSorted()
    const [code, another] = codes
    if (code === undefined) return { found: 'NONE' }
    if (another !== undefined) return { found: 'SEVERAL', codes }
    const by = readings[0]?.by ?? 'NAME'
    return { found: 'ONE', code, by: by === 'PLACE' ? 'NAME' : by }
  }

  return {
    read,
    current,
    /** Bodies that fit, best first, then by code; each once, and as the body that it is now. */
    search(asked: string): RegisteredOrganisation[] {
      const wanted = {
        key: nameKey(asked),
        identifiers: identifiersIn(asked).map(({ kind, value }) => `${kind} ${value}`),
      }
      const reading = read(asked)
      const meant = reading.found === 'ONE' ? [reading.code] : reading.found === 'SEVERAL' ? reading.codes : []
      const fits = new Map<string, number>(meant.map((code) => [code, FIT.meant]))
      for (const keys of known) {
        const fit = fitOf(keys, wanted)
        const code = current(keys.organisation.code)
        if (fit !== undefined) fits.set(code, Math.min(fit, fits.get(code) ?? fit))
      }
      return [...fits].toSorted(([a, fitA], [b, fitB]) => fitA - fitB || (a < b ? -1 : 1)).flatMap(([code]) => byCode.get(code) ?? [])
    },
  }
}

interface Keys {
  readonly organisation: RegisteredOrganisation
  readonly names: readonly string[]
  readonly places: readonly string[]
  readonly departments: readonly string[]
  readonly identifiers: readonly string[]
}

/** A department is called by its own name, and by it beside a name of its body: "Adult Social Care, Camden". */
function keysOf(organisation: RegisteredOrganisation): Keys {
  const { legal_name, short_name, aliases, departments } = organisation
  const called = [legal_name, short_name, ...aliases]
  const places = [...new Set(called.map(placeKey))]
  const parts = departments.map(placeKey)
  return {
    organisation,
    names: [...new Set(called.map(nameKey))],
    places,
    departments: [
      ...new Set([
        ...departments.map(nameKey),
        ...parts.flatMap((part) => places.flatMap((place) => [`${place} ${part}`, `${part} ${place}`])),
      ]),
    ],
    identifiers: IDENTIFIER_KINDS.flatMap((kind) => (organisation[kind] === null ? [] : [`${kind} ${organisation[kind]}`])),
  }
}

function fitOf(
  { organisation, names, departments, identifiers }: Keys,
  { key, identifiers: numbers }: { readonly key: string; readonly identifiers: readonly string[] },
): number | undefined {
  if (key === '') return undefined
  if (nameKey(organisation.code) === key) return FIT.code
  if (numbers.some((number) => identifiers.includes(number))) return FIT.identifier
  if (names.includes(key)) return FIT.name
  if (names.some((name) => name.startsWith(key))) return FIT.beginning
  return [...names, ...departments].some((name) => hasWords(name, key)) ? FIT.words : undefined
}

function table(): Map<string, Set<string>> {
  return new Map()
}

function add(to: Map<string, Set<string>>, key: string, code: string): void {
  if (key !== '') to.set(key, (to.get(key) ?? new Set()).add(code))
}
