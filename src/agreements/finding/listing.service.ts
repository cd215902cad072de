import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { answered, answering, type Refusal, type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { Agreement } from '../agreement.ts'
import { type AgreementSummary, agreementSummary } from '../agreement-view.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { DERIVED_STATES, type DerivedState, derivedStates } from '../model/derived-states.ts'
import { keeperOf, statusAt } from '../model/standing.ts'
import { type Listed, type ListingFilter, type ListingSort, listAgreements, listNamed, titlesOf } from './listing.repository.ts'
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

/** The agreements of a list, in its order. */
export interface ListedReferences {
  readonly ids: readonly string[]
  /** Where the list goes on; null: it ends. */
  readonly next: string | null
  /** Whether an agreement as the reader may know it at an instant belongs in the list; asked of each before it is shown. */
  readonly isListed: (agreement: Agreement, at: Instant) => boolean
}

export type { ListingSort }

export type ListingService = ReturnType<typeof listingService>

const LIMIT = 25
/** So many at once: more would be read and worked out in one go. */
const PAGE_MAX = 100
/** Agreements looked at for one page: a derived state is worked out one by one, and a rare one must not hold a call for ever. */
const EXAMINED_MAX = 1000
/** A file looks at what so many pages may: what is left goes on in the next one. */
const PAGES_FOR_FILE = 5

/** Lists and finds agreements: only those the caller may know, counted nowhere else. */
export function listingService({
  db,
  clock,
  agreements,
  examinedMax = EXAMINED_MAX,
}: {
  readonly db: Database
  readonly clock: Clock
  readonly agreements: AgreementsService
  readonly examinedMax?: number
}) {
  /** One page, each agreement as it is `shown`. @throws Refused for a cursor that is not of this list, or for more than a page holds */
  async function page<Shown>(
    principal: Principal,
    query: ListingQuery,
    shown: (agreement: Agreement, at: Listed, now: string) => Shown,
  ): Promise<{ readonly agreements: readonly Shown[]; readonly next_cursor: string | null; readonly examined: number }> {
    const { limit = LIMIT } = query
    if (limit > PAGE_MAX) throw misasked('/query/limit', `must be <= ${PAGE_MAX} for a page of JSON`)
    const { sort, after, narrowed, isListed, reader, now } = asListed(principal, query)
    return withTransactionAs(db, reader, async (tx) => {
      const found: Shown[] = []
      let place: Pick<Listed, 'key' | 'id'> | null = after
      let examined = 0
      const pause = pauses()
      const upToHere = () => ({ agreements: found, next_cursor: place && formatCursor({ sort, ...only(place) }), examined })
      while (examined < examinedMax) {
        // One more than asked for tells whether there is a next page.
        const listed: Listed[] = await listAgreements(tx, { reader, filter: narrowed, sort, after: place, limit: limit + 1, now })
        const ids = listed.map(({ id }) => id)
        const known = await agreements.readFor(tx, reader, ids, instantOf(now))
        for (const at of listed) {
          if (found.length === limit) return upToHere()
          await pause()
          place = at
          examined += 1
          const agreement = known.find(({ id }) => id === at.id)
          if (agreement && isListed(agreement, instantOf(now))) found.push(shown(agreement, at, now))
        }
        if (listed.length <= limit) return { ...upToHere(), next_cursor: null }
      }
      return upToHere()
    })
  }

  /** @throws Refused as `page` */
  async function references(principal: Principal, query: ListingQuery & { readonly limit: number }): Promise<ListedReferences> {
    const { sort, after, derived, narrowed, isListed, reader, now } = asListed(principal, query)
    if (derived === undefined) {
      const listed = await withTransactionAs(db, reader, (tx) =>
        listAgreements(tx, { reader, filter: narrowed, sort, after, limit: query.limit + 1, now }),
      )
      const [last] = listed.slice(0, query.limit).slice(-1)
      const hasMore = listed.length > query.limit && last !== undefined
      const ids = listed.slice(0, query.limit).map(({ id }) => id)
      return { ids, next: hasMore ? formatCursor({ sort, ...only(last) }) : null, isListed }
    }
    const ids: string[] = []
    let examined = 0
    let cursor = query.cursor
    do {
      const next = await page(principal, { ...query, limit: Math.min(query.limit - ids.length, PAGE_MAX), cursor }, ({ id }) => id)
      ids.push(...next.agreements)
      examined += next.examined
      cursor = next.next_cursor ?? undefined
    } while (cursor !== undefined && ids.length < query.limit && examined < examinedMax * PAGES_FOR_FILE)
    return { ids, next: cursor ?? null, isListed }
  }

  return {
    /** One page. Refused for a cursor that is not of this list, or for more than a page holds. */
    list: (principal: Principal, query: ListingQuery): Promise<Result<ListingPage, Refusal>> =>
      answered(async () => {
        const { examined: _, ...shown } = await page(principal, query, summary)
        return shown
      }),
    /** One page of the same, each agreement as the caller may know it beside its summary. Refused as `list`. */
    search: answering(async (principal: Principal, query: ListingQuery) => {
      const { agreements: found, next_cursor: next } = await page(principal, query, (agreement, ...at) => ({
        ...{ agreement, summary: summary(agreement, ...at) },
      }))
      return { found, next }
    }),
    /** The agreements that have one of these references, or stand on an assessment that has, as the caller may know them. */
    async named(principal: Principal, references: readonly string[]) {
      const [reader, now] = [readerFor(principal), clock().toISOString()]
      return withTransactionAs(db, reader, async (tx) => {
        const listed = await listNamed(tx, references)
        const known = await agreements.readFor(
          tx,
          reader,
          listed.map(({ id }) => id),
          instantOf(now),
        )
        return listed.flatMap((at) => {
          const agreement = known.find(({ id }) => id === at.id)
          return agreement ? [{ agreement, summary: summary(agreement, at, now) }] : []
        })
      })
    },
    /** The agreements of a list by reference, `limit` at most. Refused as `list`. */
    references: answering(references),
    /** Titles by reference; what the caller may not know is not among them. */
    titles: (principal: Principal, ids: readonly string[]): Promise<ReadonlyMap<string, string>> =>
      ids.length === 0 ? Promise.resolve(new Map()) : withTransactionAs(db, readerFor(principal), (tx) => titlesOf(tx, [...new Set(ids)])),
  }

  /** What is asked, as the list takes it. @throws Refused for a cursor that is not of this list */
  function asListed(principal: Principal, { state, mine, sort: asked, limit: _, cursor, ...filter }: ListingQuery) {
    const sort = asked ?? (filter.q === undefined ? 'updated' : 'relevance')
    const after = cursor === undefined ? null : parseCursor(cursor, sort)
    if (after === undefined) throw misasked('/query/cursor', 'is not a cursor of this list in this order')
    if (sort === 'relevance' && filter.q === undefined) throw misasked('/query/sort', 'relevance needs words to search for')
    const derived = DERIVED_STATES.find((known) => known === state)
    const narrowed = { ...filter, ...(derived ? {} : { status: state }), ...(mine ? { owner: principal.org } : {}) }
    const isListed = (agreement: Agreement, at: Instant) => isAsked(agreement, { ...narrowed, derived }, at)
    return { sort, after, derived, narrowed, isListed, reader: readerFor(principal), now: clock().toISOString() }
  }
}

/** Whether an agreement is what a list asks for as its reader may know it: the query looked for it as it is now. */
function isAsked(agreement: Agreement, asked: ListingFilter & { readonly derived: DerivedState | undefined }, at: Instant): boolean {
  const { derived, status, owner, review_due_before: before } = asked
  return (
    (derived === undefined || derivedStates(agreement, at).includes(derived)) &&
    (status === undefined || statusAt(agreement, at) === status) &&
    (owner === undefined || keeperOf(agreement, at) === owner) &&
    (before === undefined || (agreement.review_due !== null && agreement.review_due < before))
  )
}

function summary(agreement: Agreement, { updatedAt }: Pick<Listed, 'updatedAt'>, now: string): AgreementSummary {
  return agreementSummary(agreement, updatedAt, now)
}

function only({ key, id }: Pick<Listed, 'key' | 'id'>) {
  return { key, id }
}

function misasked(pointer: string, detail: string): Refused {
  return refused('INVALID_REQUEST', 'the request has 1 fault', [{ pointer, detail }])
}
