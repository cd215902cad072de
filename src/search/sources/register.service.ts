import type { PersonNamesService } from '../../identity/sessions/person-names.service.ts'
import type { OrganisationsPage, PartiesService } from '../../parties/parties.service.ts'
import type { PeopleService } from '../../people/people.service.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { type Asked, type Candidate, type FieldText, NOTHING, plain, type Source, type SourcePage } from '../found.ts'
import { noSuchPlace } from './journeys.service.ts'

/** Roles that are looked through: of all organisations only administrators and auditors read them. */
const ROLES_MAX = 2_000

/** Organisations, by the search of their list. */
export function organisationSource(parties: Pick<PartiesService, 'list'>): Source {
  return {
    kind: 'ORGANISATION',
    async search(_principal, { q }, { limit, cursor }) {
      const { organisations, next_after }: OrganisationsPage = orThrow(await parties.list({ q, limit, after: cursor }))
      const found = organisations.map((one): Candidate => {
        const names = [one.short_name, one.legal_name, ...one.aliases, ...one.departments]
        const numbers = [one.code, one.ods, one.gss, one.ico_registration_no, one.company_number, one.charity_number]
        const texts: FieldText[] = [
          ...names.map((text) => ({ field: 'NAME' as const, text })),
          ...numbers.flatMap((text) => (text === null ? [] : [{ field: 'REFERENCE' as const, text }])),
        ]
        return plain('ORGANISATION', one.code, one.short_name, { of: one.type, status: one.status, texts })
      })
      return { found, next: next_after }
    },
  }
}

/** Who holds which role, by name, by what tokens call them, and by role: of those whose roles the reader may read. */
export function personSource(people: Pick<PeopleService, 'readable'>, personNames: Pick<PersonNamesService, 'namesOf'>): Source {
  return {
    kind: 'PERSON',
    async search(principal, asked, page) {
      const held = await people.readable(principal, ROLES_MAX)
      const words = asked.wording
      const nameOf = await personNames.namesOf(held.map(({ person }) => ({ issuer: person.issuer, sub: person.subject })))
      const all = held.map(({ id, person, org, role }): Candidate => {
        const name = nameOf({ issuer: person.issuer, sub: person.subject }) ?? person.subject
        const label = words.entries.find(({ list, code }) => list === 'GOV_ROLE' && code === role)?.label ?? role
        const texts: FieldText[] = [
          { field: 'NAME', text: name },
          { field: 'NAME', text: person.subject },
          { field: 'ROLE', text: label },
          ...words.namesOf(org).map((text) => ({ field: 'PARTY' as const, text })),
        ]
        return plain('PERSON', id, name, { of: org, status: role, parties: [org], texts })
      })
      return pageOf(
        all.filter((one) => isNamed(one, asked)),
        page,
        ({ id }) => id,
      )
    },
  }
}

/** What the law and the lists call things: purposes, data, gateways, lawful bases. */
export const codeSource: Source = {
  kind: 'CODE',
  async search(_principal, asked, page) {
    const found = asked.wording.entries.filter(({ list, code }) => asked.codes.has(`${list} ${code}`))
    const exact = found.filter(({ code }) => code.toUpperCase() === asked.q.toUpperCase())
    const all = [...exact, ...found.filter((one) => !exact.includes(one))].map(({ list, code, label, citation, valid_to }) =>
      plain('CODE', code, label, {
        ...{ of: list, status: valid_to === null ? null : `UNTIL ${valid_to}` },
        texts: [
          { field: 'NAME', text: label },
          { field: 'REFERENCE', text: code },
          ...(citation === null ? [] : [{ field: 'CITATION' as const, text: citation }]),
        ],
      }),
    )
    return pageOf(all, page, ({ id, of }) => `${of} ${id}`)
  },
}

/** Whether each term begins a word of the name, the account or the role, and none that must not be there does. */
function isNamed({ texts }: Candidate, { words }: Asked): boolean {
  const all = fold(texts.map(({ text }) => text).join(' ')).split(/[^\p{L}\p{N}]+/u)
  return (
    words.length > 0 &&
    words.every(({ text, isExcluded }) => {
      const parts = fold(text).split(' ')
      return parts.every((part) => all.some((word) => word.startsWith(part))) !== isExcluded
    })
  )
}

function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** A page of a list that is known whole, after the one that the cursor names. */
function pageOf(
  all: readonly Candidate[],
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
  keyOf: (one: Candidate) => string,
): SourcePage {
  if (all.length === 0 && cursor === undefined) return NOTHING
  const from = cursor === undefined ? 0 : all.findIndex((one) => keyOf(one) === cursor) + 1
  if (cursor !== undefined && from === 0) throw noSuchPlace()
  const found = all.slice(from, from + limit)
  const last = found.at(-1)
  return { found, next: from + limit < all.length && last ? keyOf(last) : null }
}
