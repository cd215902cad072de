import type { Fault } from '../platform/kernel/refusal.ts'
import type { Finder } from './find.ts'
import { IDENTIFIER_KINDS, type Identifiers, labelOf, readIdentifiers } from './identifiers.ts'
import { nameKey, placeKey } from './name-key.ts'
import type { RegisteredOrganisation } from './organisation.ts'

/** What somebody says of a body that is to be in the register. Pure. */

/** A description as it is sent: absent and null are the same. */
export interface Description extends Partial<Identifiers> {
  readonly legal_name: string
  readonly short_name?: string | null | undefined
  readonly type: string
  readonly aliases?: readonly string[] | undefined
  readonly departments?: readonly string[] | undefined
  readonly public_authority?: boolean | undefined
  readonly competent_authority?: RegisteredOrganisation['competent_authority'] | undefined
  readonly health_or_social_care_authority?: boolean | undefined
  /** Bodies of the same name that this one is not. */
  readonly distinct_from?: readonly string[] | undefined
}

/** A body that is to be in the register: its code where it is to have a certain one, and what it is needed for. */
export interface OrganisationProposal {
  readonly organisation: Description
  readonly code?: string | undefined
  readonly note?: string | undefined
}

/** The members of an organisation that a description gives. */
export type Described = Pick<RegisteredOrganisation, 'legal_name' | 'short_name' | 'type' | 'aliases' | 'departments'> &
  Pick<RegisteredOrganisation, 'public_authority' | 'competent_authority' | 'health_or_social_care_authority'> &
  Identifiers

const CODE_LENGTH = 48

/**
 * A description in the form in which it is kept, and what is wrong with it. What is not said of its standing in law is
 * taken as before, else as none: nobody decides on it before somebody confirms it and says so.
 */
export function describe(
  given: Description,
  types: ReadonlySet<string>,
  before?: RegisteredOrganisation,
): { readonly described: Described; readonly faults: readonly Fault[] } {
  const { identifiers, faults } = readIdentifiers(given)
  const tidy = (names: readonly string[] | undefined) =>
    distinct((names ?? []).map((name) => name.normalize('NFC').replaceAll(/\s+/g, ' ').trim()))
  const legal_name = given.legal_name.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
  const named = [
    { pointer: '/legal_name', names: [legal_name] },
    { pointer: '/short_name', names: given.short_name === null || given.short_name === undefined ? [] : [given.short_name] },
    { pointer: '/aliases', names: given.aliases ?? [] },
    { pointer: '/departments', names: given.departments ?? [] },
  ]
  return {
    described: {
      legal_name,
      short_name: given.short_name?.normalize('NFC').trim() ?? before?.short_name ?? legal_name.slice(0, 100),
      type: given.type,
      ...identifiers,
      aliases: tidy(given.aliases),
      departments: tidy(given.departments),
      public_authority: given.public_authority ?? before?.public_authority ?? false,
      competent_authority: given.competent_authority ?? before?.competent_authority ?? 'NONE',
      health_or_social_care_authority: given.health_or_social_care_authority ?? before?.health_or_social_care_authority ?? false,
    },
    faults: [
      ...faults,
      ...(types.has(given.type)
        ? []
        : [{ pointer: '/type', detail: `${JSON.stringify(given.type)} is not a code of ORG_TYPE.`, code: 'UNKNOWN_CODE' }]),
      ...named.flatMap(({ pointer, names }) =>
        names.some((name) => nameKey(name) === '') ? [{ pointer, detail: 'A name holds a letter or a digit.', code: 'NAME_FORM' }] : [],
      ),
    ],
  }
}

/** Bodies of the register that this may be: one that has its number for certain, others of its name unless it is said to be none of them. */
export function namesakeFaults(
  described: Described,
  distinctFrom: readonly string[],
  organisations: readonly RegisteredOrganisation[],
  find: Finder,
  own?: string,
): Fault[] {
  const others = organisations.filter(({ code }) => find.current(code) !== own && code !== own)
  const nameOf = (code: string) => `${code} (${organisations.find((known) => known.code === code)?.legal_name})`
  const numbered = IDENTIFIER_KINDS.flatMap((kind) => {
    const holder = described[kind] === null ? undefined : others.find((other) => other[kind] === described[kind])
    if (!holder) return []
    return [
      { pointer: `/${kind}`, detail: `This ${labelOf(kind)} is that of ${nameOf(find.current(holder.code))}.`, code: 'KNOWN_IDENTIFIER' },
    ]
  })
  const spared = new Set(distinctFrom)
  const called = [
    ['/legal_name', [described.legal_name]],
    ['/short_name', [described.short_name]],
    ['/aliases', described.aliases],
    ['/departments', described.departments],
  ] as const
  const named = called.flatMap(([pointer, names]) =>
    names.flatMap((name) => {
      const reading = find.read(name)
      const codes = reading.found === 'ONE' ? [reading.code] : reading.found === 'SEVERAL' ? reading.codes : []
      return codes
        .filter((code) => code !== own && !spared.has(code))
        .map((code) => ({
          pointer,
          detail: `${JSON.stringify(name)} is a name of ${nameOf(code)}. Name it in distinct_from if this is another body.`,
          code: 'KNOWN_NAME',
        }))
    }),
  )
  return [...numbered, ...named]
}

/** Whether a body is what is described: the same name in law, type and numbers. */
export function isDescribed(body: RegisteredOrganisation, described: Described): boolean {
  return (
    nameKey(body.legal_name) === nameKey(described.legal_name) &&
    body.type === described.type &&
    IDENTIFIER_KINDS.every((kind) => body[kind] === described[kind])
  )
}

/** A code for a body, made of its name; `isTaken` says which are in use. */
export function codeFor(type: string, name: string, isTaken: (code: string) => boolean): string {
  const plain = (placeKey(name) || nameKey(name))
    .normalize('NFKD')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9 ]/g, '')
    .trim()
    .replaceAll(/ +/g, '_')
  const prefix = PREFIXES[type] ?? 'ORG'
  const stem = `${prefix}_${plain === '' ? 'X' : plain}`.slice(0, CODE_LENGTH).replace(/_+$/, '')
  if (!isTaken(stem)) return stem
  for (let count = 2; ; count++) if (!isTaken(`${stem}_${count}`)) return `${stem}_${count}`
}

/** How codes of a type begin. */
const PREFIXES: Readonly<Record<string, string>> = {
  GROUP: 'GROUP',
  LONDON_BOROUGH: 'LBC',
  OTHER_LOCAL_AUTHORITY: 'LA',
  NHS_TRUST: 'NHS',
  NHS_ICB: 'ICB',
  GP_PRACTICE: 'GP',
  SCHOOL: 'SCH',
  ACADEMY_TRUST: 'MAT',
  FE_HE: 'EDU',
  HOUSING_ASSOCIATION: 'HA',
  CHARITY: 'CHA',
  PRIVATE_COMPANY: 'CO',
  PROCESSOR_ONLY: 'PROC',
  GOV_DEPARTMENT: 'GOV',
  POLICE_FORCE: 'POL',
  PROBATION: 'PROB',
  UTILITY: 'UTIL',
}

function distinct(names: readonly string[]): string[] {
  const keys = names.map(nameKey)
  return names.filter((_name, index) => keys.indexOf(keys[index] as string) === index)
}
