import type { FastifyRequest } from 'fastify'
import { stepAsking } from '../../assessments/made/questions.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { OperationId } from '../../platform/http/openapi.ts'
import { isUuid } from '../../platform/kernel/ids.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { type Found, KINDS, type Kind, type Why } from '../../search/found.ts'
import type { SearchService } from '../../search/search.service.ts'
import { mayCall } from '../access.pages.ts'
import { stepPath } from '../dpia/dpia-tasks.ts'
import { chosen, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { helpFor } from './help.ts'

export interface SearchPagesOptions {
  readonly search: Pick<SearchService, 'search'>
}

/** As long as what the API looks for. */
const Q_MAX = 200
/** Searches with a word less that are offered where nothing was found. */
const FEWER_MAX = 5
/** How the records of a kind are called. */
const GROUPS: Readonly<Record<Kind, string>> = {
  AGREEMENT: 'Agreements',
  ORGANISATION: 'Organisations',
  PERSON: 'People and their roles',
  REQUEST: 'Requests for shares',
  DISCLOSURE: 'One-off disclosures',
  EMERGENCY: 'Emergencies',
  DECISION: 'Decisions',
  REVIEW: 'What was said in reviews',
  ASSESSMENT: 'Assessments',
  FILE: 'Files',
  CODE: 'Law, purposes and other codes',
}
/** Lists whose codes agreements are narrowed by, and how their list calls that. */
const NARROWS: Readonly<Record<string, string>> = { PURPOSE: 'purpose', LAWFUL_BASIS: 'lawful_basis' }

/** The box of every page: everything that somebody may see, with why it was found. A reference leads straight to its record. */
export function searchPages({ search }: SearchPagesOptions) {
  return ({ page }: Web): void =>
    page('/search', 'search', async (request): Promise<Page | Redirect> => {
      const q = chosen(request, 'q').slice(0, Q_MAX)
      const kind = KINDS.find((known) => known === chosen(request, 'kind'))
      const cursor = (kind && chosen(request, 'cursor')) || undefined
      const title = kind ? `Search: ${GROUPS[kind].toLowerCase()}` : 'Search'
      const shown = { template: 'search/search.njk', title }
      if (q === '') return { ...shown, data: { q, groups: [], pages: [], fewer: [] } }
      const { searched, direct, groups } = orThrow(await search.search(callerOf(request), { q, kind, cursor }))
      const [one] = direct ? groups.flatMap(({ found }) => found).filter(({ id }) => id === direct.id) : []
      const to = one && addressOf(request, one)
      if (to) return { to }
      return {
        ...shown,
        data: {
          ...{ q, kind, searched, isOther: searched !== q, isLater: cursor !== undefined, all: addressFor({ q }) },
          groups: groups.map((group) => ({
            ...group,
            name: GROUPS[group.kind],
            found: group.found.map((found) => ({
              ...{ ...found, href: addressOf(request, found) },
              why: found.why.map((why) => ({ ...why, href: placeOf(found, why) })),
            })),
            more: group.next && addressFor(kind ? { q: searched, kind, cursor: group.next } : { q: searched, kind: group.kind }),
          })),
          pages: kind ? [] : helpFor(q),
          fewer: groups.length === 0 ? fewer(q) : [],
        },
      }
    })
}

/** The page of a record; undefined: it has none, or it is not for whoever asks. */
function addressOf(request: FastifyRequest, { kind, id, agreement, of }: Found): string | undefined {
  const may = (operation: OperationId) => mayCall(callerOf(request), operation)
  const word = encodeURIComponent(id)
  switch (kind) {
    case 'AGREEMENT':
      return `/agreements/${word}`
    case 'ORGANISATION':
      return `/organisations/${word}`
    case 'PERSON':
      return `/organisations/${encodeURIComponent(of ?? '')}/roles/${word}`
    case 'REQUEST':
      return `/requests/${word}`
    case 'DISCLOSURE':
      return `/disclosures/${word}`
    case 'EMERGENCY':
      return `/emergencies/${word}`
    case 'DECISION':
      return `/decisions/${word}`
    case 'REVIEW':
      return `/reviews/${word}`
    case 'ASSESSMENT':
      // Those that are made here have a key.
      if (isUuid(id)) return `/assessments/${word}`
      return `/agreements/${encodeURIComponent(agreement ?? '')}/assessment`
    case 'FILE':
      return agreement === null ? `/files/${word}` : `/agreements/${encodeURIComponent(agreement)}/documents`
    case 'CODE': {
      const narrowed = NARROWS[of ?? '']
      return narrowed && may('listAgreements') ? `/agreements?${new URLSearchParams({ [narrowed]: id })}` : undefined
    }
  }
}

/** The very place at which the words stand, inside of what has places: a comment of a review, a part of an assessment. */
function placeOf({ kind, id }: Found, { field, section }: Why): string | undefined {
  if (kind === 'REVIEW' && field === 'COMMENT') return `/reviews/${id}/comments/${section}`
  if (kind !== 'ASSESSMENT' || section === null) return undefined
  if (field === 'RISK') return `/assessments/${id}${stepPath('RISKS')}`
  if (field === 'MEASURE') return `/assessments/${id}${stepPath('MEASURES')}`
  const step = stepAsking(section)
  return step && `/assessments/${id}${stepPath(step)}#${section}`
}

function addressFor(query: Readonly<Record<string, string>>): string {
  return `/search?${new URLSearchParams(query)}`
}

/** The same search with one word less, each. */
function fewer(q: string): { readonly words: string; readonly href: string }[] {
  const words = q.split(/\s+/)
  if (words.length < 2) return []
  return words.slice(0, FEWER_MAX).map((_, at) => {
    const left = words.toSpliced(at, 1).join(' ')
    return { words: left, href: addressFor({ q: left }) }
  })
}
