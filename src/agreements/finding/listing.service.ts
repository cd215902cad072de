import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { answered, type Refusal, type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { type AgreementSummary, agreementSummary } from '../agreement-view.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { DERIVED_STATES, type DerivedState } from '../model/derived-states.ts'
import { readerFor, seenBy } from '../visibility.ts'
import { type Listed, type ListingFilter, type ListingSort, listAgreements } from './listing.repository.ts'
import { formatCursor, parseCursor } from './listing-cursor.ts'

/** What is asked of the list. */
export interface ListingQuery extends Omit<ListingFilter, 'status' | 'owner'> {
  /** A stored status or a derived state. */
  readonly state?: string | undefined
  readonly mine?: boolean | undefined
  readonly sort?: ListingSort | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

export interface ListingPage {
  readonly agreements: readonly AgreementSummary[]
  readonly next_cursor: string | null
}

export type ListingService = ReturnType<typeof listingService>

const LIMIT = 25
/** So many at once: more would be read and worked out in one go. */
const PAGE_MAX = 100
/** Agreements looked at for one page: a derived state is worked out one by one, and a rare one must not hold a call for ever. */
const EXAMINED_MAX = 1000

/** Lists and finds agreements: only those the caller may know, counted nowhere else. */
export function listingService({
  db,
  clock,
  agreements,
}: {
  readonly db: Database
  readonly clock: Clock
  readonly agreements: AgreementsService
}) {
  /** One page. @throws Refused for a cursor that is not of this list, or for more than a page holds */
  async function page(principal: Principal, query: ListingQuery): Promise<ListingPage> {
    const { limit = LIMIT } = query
    if (limit > PAGE_MAX) throw misasked('/query/limit', `must be <= ${PAGE_MAX} for a page of JSON`)
    const { sort, after, derived, narrowed, reader, now } = asListed(principal, query)
    return withTransaction(db, async (tx) => {
      await readAs(tx, reader)
      const found: AgreementSummary[] = []
      let place: Pick<Listed, 'key' | 'id'> | null = after
      for (let examined = 0; examined < EXAMINED_MAX; ) {
        // One more than asked for tells whether there is a next page.
        const listed: Listed[] = await listAgreements(tx, { reader, filter: narrowed, sort, after: place, limit: limit + 1, now })
        const stored = await agreements.read(
          tx,
          listed.map(({ id }) => id),
        )
        for (const at of listed) {
          if (found.length === limit) return { agreements: found, next_cursor: place && formatCursor({ sort, ...only(place) }) }
          place = at
          const whole = stored.find(({ id }) => id === at.id)
          const agreement = whole && seenBy(reader, whole, instantOf(now))
          if (!agreement) continue
          const summary = agreementSummary(agreement, at.updatedAt, now)
          if (holds(summary, derived) && (agreement === whole || isStillSo(summary, narrowed))) found.push(summary)
        }
        if (listed.length <= limit) return { agreements: found, next_cursor: null }
        examined += listed.length
      }
      return { agreements: found, next_cursor: place && formatCursor({ sort, ...only(place) }) }
    })
  }

  /** References of a list in order, `limit` at most, and where it goes on; null: it ends. @throws Refused as `page` */
  async function ids(principal: Principal, query: ListingQuery & { readonly limit: number }) {
    const { sort, after, derived, narrowed, reader, now } = asListed(principal, query)
    if (derived === undefined) {
      const listed = await withTransaction(db, async (tx) => {
        await readAs(tx, reader)
        return listAgreements(tx, { reader, filter: narrowed, sort, after, limit: query.limit + 1, now })
      })
      const [last] = listed.slice(0, query.limit).slice(-1)
      const hasMore = listed.length > query.limit && last !== undefined
      return { ids: listed.slice(0, query.limit).map(({ id }) => id), next: hasMore ? formatCursor({ sort, ...only(last) }) : null }
    }
    const found: string[] = []
    let cursor = query.cursor
    do {
      const next = await page(principal, { ...query, limit: Math.min(query.limit - found.length, PAGE_MAX), cursor })
      found.push(...next.agreements.map(({ id }) => id))
      cursor = next.next_cursor ?? undefined
    } while (cursor !== undefined && found.length < query.limit)
    return { ids: found, next: cursor ?? null }
  }

  return {
    /** One page. Refused for a cursor that is not of this list, or for more than a page holds. */
    list: (principal: Principal, query: ListingQuery): Promise<Result<ListingPage, Refusal>> => answered(() => page(principal, query)),
    /** References of a list in order, `limit` at most, and where it goes on; null: it ends. Refused as `list`. */
    ids: (principal: Principal, query: ListingQuery & { readonly limit: number }) => answered(() => ids(principal, query)),
  }

  /** What is asked, as the list takes it. @throws Refused for a cursor that is not of this list */
  function asListed(principal: Principal, { state, mine, sort: asked, limit: _, cursor, ...filter }: ListingQuery) {
    const sort = asked ?? (filter.q === undefined ? 'updated' : 'relevance')
    const after = cursor === undefined ? null : parseCursor(cursor, sort)
    if (after === undefined) throw misasked('/query/cursor', 'is not a cursor of this list in this order')
    if (sort === 'relevance' && filter.q === undefined) throw misasked('/query/sort', 'relevance needs words to search for')
    const derived = DERIVED_STATES.find((known) => known === state)
    const narrowed = { ...filter, ...(derived ? {} : { status: state }), ...(mine ? { owner: principal.org } : {}) }
    return { sort, after, derived, narrowed, reader: readerFor(principal), now: clock().toISOString() }
  }
}

function holds(summary: AgreementSummary, derived: DerivedState | undefined): boolean {
  return derived === undefined || summary.derived.includes(derived)
}

/** Whether an agreement as a reader knew it when its part ended is what the list asks for: it was looked for as it is now. */
function isStillSo({ status, review_due, owner_org }: AgreementSummary, filter: ListingFilter): boolean {
  const isDue = filter.review_due_before === undefined || (review_due !== null && review_due < filter.review_due_before)
  return isDue && (filter.status === undefined || filter.status === status) && (filter.owner === undefined || filter.owner === owner_org)
}

function only({ key, id }: Pick<Listed, 'key' | 'id'>) {
  return { key, id }
}

function misasked(pointer: string, detail: string): Refused {
  return refused('INVALID_REQUEST', 'the request has 1 fault', [{ pointer, detail }])
}
