import type { FastifyRequest } from 'fastify'
import type { ListingQuery, ListingService, ListingSort } from '../../agreements/finding/listing.service.ts'
import { LINES_MAX, type RegisterExportService } from '../../agreements/finding/register-export.service.ts'
import { DERIVED_STATES } from '../../agreements/model/derived-states.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { CSV_TYPE } from '../../platform/http/list-files.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface AgreementListPagesOptions {
  readonly listing: Pick<ListingService, 'list' | 'references'>
  readonly registerExport: Pick<RegisterExportService, 'file'>
  readonly clock: Clock
}

const PAGE = 25
/** The statuses and derived states by which the list may be narrowed, in the order of an agreement's life. */
const STATES = ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE', ...DERIVED_STATES, 'REJECTED', 'TERMINATED', 'WITHDRAWN']
const CLASSES: readonly (readonly [code: string, words: string])[] = [
  ['SPECIAL', 'Special category data (UK GDPR Article 9)'],
  ['CRIMINAL', 'Criminal offence data (Article 10)'],
  ['ORDINARY', 'Other personal data'],
]
/** Days ahead within which a review falls due, with their words. */
const REVIEWS: readonly (readonly [days: string, words: string])[] = [
  ['0', 'Before today'],
  ['30', 'In the next 30 days'],
  ['90', 'In the next 90 days'],
]
const SORTS: readonly (readonly [sort: ListingSort, words: string])[] = [
  ['updated', 'Latest change first'],
  ['title', 'Title'],
  ['review_due', 'Review due first'],
  ['id', 'Reference'],
]
/** What the list is narrowed by, in the order in which the form asks for it, and how a choice that was made is called. */
const NARROWINGS = [
  ['q', 'Words'],
  ['state', 'State'],
  ['party', 'Organisation'],
  ['partner', 'With'],
  ['purpose', 'Purpose'],
  ['lawful_basis', 'Lawful basis'],
  ['category', 'Kind of data'],
  ['review', 'Review due'],
  ['mine', 'Kept by'],
] as const

/** The list of agreements, narrowed and in an order, on pages and as files. */
export function agreementListPages({ listing, registerExport, clock }: AgreementListPagesOptions) {
  /** What the address asks for: a choice that the form does not offer is none. */
  function asked(request: FastifyRequest): { readonly form: Readonly<Record<string, string>>; readonly query: ListingQuery } {
    const form = Object.fromEntries([...NARROWINGS.map(([name]) => name), 'sort'].map((name) => [name, chosen(request, name)]))
    const text = (name: string) => form[name] || undefined
    const review = REVIEWS.find(([days]) => days === form['review'])
    return {
      form,
      query: {
        ...{ q: text('q')?.slice(0, 200), party: text('party'), partner: text('partner'), purpose: text('purpose') },
        ...{ lawful_basis: text('lawful_basis'), category: CLASSES.find(([code]) => code === form['category'])?.[0] },
        state: STATES.find((known) => known === form['state']),
        review_due_before: review && addDays(londonDay(clock().getTime()), Number(review[0])),
        mine: form['mine'] === 'yes' || undefined,
        sort: SORTS.find(([sort]) => sort === form['sort'])?.[0],
        cursor: chosen(request, 'cursor') || undefined,
      },
    }
  }

  /** The address of what is asked for, changed, without where in the list it begins. */
  const addressing = (form: Readonly<Record<string, string>>) => {
    const given = new URLSearchParams(Object.entries(form).filter(([, value]) => value !== ''))
    return (path: string, change: (search: URLSearchParams) => void = () => {}) => {
      const search = new URLSearchParams(given)
      change(search)
      return search.size === 0 ? path : `${path}?${search}`
    }
  }
  const from = (cursor: string | null | undefined) => (search: URLSearchParams) => {
    if (cursor) search.set('cursor', cursor)
  }

  return ({ page, file }: Web): void => {
    page('/agreements', 'listAgreements', async (request) => {
      const principal = callerOf(request)
      const { form, query } = asked(request)
      const { agreements, next_cursor: next } = orThrow(await listing.list(principal, { ...query, limit: PAGE }))
      const address = addressing(form)
      return {
        template: 'agreements/list.njk',
        title: 'Agreements',
        data: {
          ...{ form, agreements, stateCodes: STATES, classes: CLASSES, reviews: REVIEWS, sorts: SORTS },
          seesAll: permits(principal.roles, 'agreement:audit'),
          narrowedBy: NARROWINGS.filter(([name]) => form[name]).map(([name, words]) => ({
            ...{ name, words, value: form[name] },
            without: address('/agreements', (search) => search.delete(name)),
          })),
          next: next && address('/agreements', from(next)),
          // What stands on one page is one file.
          download: address(next || query.cursor ? '/agreements/files' : '/agreements.csv'),
        },
      }
    })
    page('/agreements/files', 'listAgreements', async (request) => {
      const { form, query } = asked(request)
      const { ids, next } = orThrow(await listing.references(callerOf(request), { ...query, limit: LINES_MAX }))
      const address = addressing(form)
      return {
        template: 'agreements/files.njk',
        title: 'Download agreements',
        data: {
          ...{ count: ids.length, max: LINES_MAX, isLater: query.cursor !== undefined, list: address('/agreements') },
          csv: address('/agreements.csv', from(query.cursor)),
          next: next && address('/agreements/files', from(next)),
        },
      }
    })
    file('/agreements.csv', 'listAgreements', async (request, reply) => {
      const { bytes } = orThrow(await registerExport.file(callerOf(request), asked(request).query))
      return reply.type(CSV_TYPE).header('content-disposition', 'attachment; filename="agreements.csv"').send(bytes)
    })
  }
}
