import { readFileSync, writeFileSync } from 'node:fs'
import type { Agreement } from '../src/agreements/agreement.ts'
import { demoRegister, type RegisterContent } from '../src/demo/register-content.ts'
import type { Organisation } from '../src/parties/organisation.ts'
import { shippedOrganisations } from '../src/parties/shipped-organisations.service.ts'
import { shippedCodeLists } from '../src/reference/reference.service.ts'

// What the benchmarks ask about: agreements of three boroughs with two flows each, and questions about them.

const boroughs: readonly string[] = shippedOrganisations()
  .filter(({ type }) => type === 'LONDON_BOROUGH' || type === 'CITY_CORPORATION')
  .map(({ code }) => code)

/** How many bodies the benchmark is of: pairs recur every `BODIES * (BODIES - 1)` agreements. */
export const BODIES = boroughs.length

/** The shipped lists and organisations, and nothing agreed yet. */
export function emptyRegister(): RegisterContent {
  return { lists: shippedCodeLists(), organisations: shippedOrganisations() as Organisation[], agreements: [], disclosureDecisions: [] }
}

const pattern = demoRegister().agreements.find(({ agreement }) => agreement.id === 'DEMO-CURL')?.agreement as Agreement

/** How many agreements list the same two bodies, about, in a register of any size. */
const SHARED_BY = 6

/**
 * Bodies for so many agreements of three parties that each two of them share about six: the boroughs, and beyond what they can
 * share others like them. A register grows with its bodies, not in what two of them agreed.
 */
export function bodiesFor(agreements: number): readonly Organisation[] {
  const shipped = shippedOrganisations().filter(({ code }) => boroughs.includes(code)) as readonly Organisation[]
  const count = Math.max(shipped.length, Math.ceil(Math.sqrt((6 * agreements) / SHARED_BY)))
  const more = Array.from({ length: count - shipped.length }, (_, n) => {
    const code = `BENCH_BODY_${letters(n)}`
    return { ...(shipped[n % shipped.length] as Organisation), code, legal_name: code, short_name: code, aliases: [] }
  })
  return [...shipped, ...more]
}

function letters(n: number): string {
  return n < 26 ? String.fromCharCode(65 + n) : letters(Math.floor(n / 26) - 1) + String.fromCharCode(65 + (n % 26))
}

/**
 * Agreement `n` (from 0): the first of its three parties sends to the other two, the second to the first. Pairs of 33 bodies recur
 * every 1,056 agreements.
 */
export function agreementOf(n: number, bodies: readonly string[] = boroughs): Agreement {
  const orgs = partiesOf(n, bodies)
  const [first, second, third] = orgs
  const text = JSON.parse(JSON.stringify(pattern)) as { -readonly [Member in keyof Agreement]: unknown } & {
    versions: { terms: { flows: Record<string, unknown>[] } }[]
  }
  const flow = text.versions[0]?.terms.flows[0] ?? {}
  const party = (org: string) => ({ org, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'], left_at: null })
  Object.assign(text, {
    id: `BENCH-${String(n).padStart(6, '0')}`,
    title: `Homelessness between boroughs, number ${n} (for measuring)`,
    owner_org: first,
    parties: orgs.map(party),
    signatures: orgs.map((org, at) => ({ org, version: 1, signed_at: `2019-12-01T1${at}:00:00+00:00` })),
  })
  const terms = text.versions[0]?.terms
  if (terms)
    terms.flows = [
      { ...flow, id: 'F1', providers: [first], recipients: [second, third] },
      { ...flow, id: 'F2', providers: [second], recipients: [first] },
    ]
  return text as unknown as Agreement
}

/** The ordered pair number `n` of two different bodies, and a third. */
function partiesOf(n: number, bodies: readonly string[]): readonly [string, string, string] {
  const size = bodies.length
  const first = n % size
  const step = 1 + (Math.floor(n / size) % (size - 1))
  const third = (first + step + 1 + (n % 7)) % size
  const others = bodies.filter((_, at) => at !== first && at !== (first + step) % size)
  return [
    bodies[first] as string,
    bodies[(first + step) % size] as string,
    third === first ? (others[0] as string) : (others[third % others.length] as string),
  ]
}

/** A question that agreement `n` permits, asked by its provider. */
export function permitted(n: number, bodies: readonly string[] = boroughs) {
  const [provider, recipient] = partiesOf(n, bodies)
  return {
    provider,
    recipient,
    purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
    data_items: ['IDENTITY.NAME'],
    data_subjects: ['HOMELESS_APPLICANT'],
    method: 'API_MTLS',
    country: 'GB',
    mode: 'SYSTEMATIC',
  }
}

/** The same with one item more than was agreed: denied, with what would remedy it. */
export function denied(n: number) {
  return { ...permitted(n), data_items: ['IDENTITY.NAME', 'FINANCE.INCOME'] }
}

export type Figures = Readonly<Record<string, number | null>>

const FIGURES = new URL('./figures.json', import.meta.url)

/** What was recorded as usual for this repository, by `bench -- --record`. */
export function recordedFigures(): Figures {
  return JSON.parse(readFileSync(FIGURES, 'utf8'))
}

/** Records figures as usual, to four digits. */
export function recordFigures(figures: Figures): void {
  const rounded = Object.entries(figures).map(([name, value]) => [name, value === null ? null : Number(value.toPrecision(4))])
  writeFileSync(FIGURES, `${JSON.stringify(Object.fromEntries(rounded), null, 2)}\n`)
}
