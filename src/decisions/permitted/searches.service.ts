import type { Caller } from '../../identity/principal.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { nowOn } from '../decide.ts'
import { searchedEntry } from '../decision-entry.ts'
import type { LivePolicy } from '../live-policy.service.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import { type Recorder, refusalOf } from '../recorder.service.ts'
import { digestOf, type PageToken, type PageTokens } from './page-tokens.ts'
import type { Found, SearchCall } from './search-call.ts'

/** Results of a page where its size is not asked for, and at most. */
export const LIMIT = { usual: 100, max: 1_000 } as const
/** How long after a page its next one can be asked for. */
export const TOKEN_MINUTES = 15

/** The answer to a search, and the receipt of its record. */
export interface AnsweredSearch {
  readonly id: string
  /** JSON, as recorded. */
  readonly text: string
  readonly count: number
  readonly receipt: string
}

export interface SearchesOptions {
  readonly recorder: Recorder
  readonly live: LivePolicy
  readonly tokens: PageTokens
  readonly clock: Clock
  readonly random: RandomBytes
}

export type SearchesService = ReturnType<typeof searchesService>

/**
 * Searches that are recorded like decisions: one record a call, made before it is answered. Every page stands on the policy of its moment. It
 * may never answer from a policy that has moved, nor go on with a page of another call.
 */
export function searchesService({ recorder, live, tokens, clock, random }: SearchesOptions) {
  return {
    /** Finds, records, answers. Refused (and recorded) where the page asked for is none of this search. */
    async search<T>(call: SearchCall<T>): Promise<Result<AnsweredSearch, Refusal>> {
      const { caller, wanted } = call
      try {
        live.mustNotBeRevoked(caller)
        const from = beginningOf(call) ?? live.whyNotNow([call])
        if (from && 'code' in from) return refuse(await recorder.recordRefused({ ...call, simulated: false }, from))
        await live.reachRevision(wanted)
        live.mustHaveReached(wanted, caller)
        const { id, ...made } = recorder.idsOf(call)
        let page = onPage(call, from, live.current())
        const appended = await recorder.record(() => {
          live.mustNotBeRevoked(caller)
          live.mustHaveReached(wanted, caller)
          // Looked for before others' answers waited for it, and anew only where the policy moved since.
          if (page.index !== live.current()) page = onPage(call, from, live.current())
          const { index, now, results } = page
          const text = JSON.stringify(call.inWords(foundOn(call, from, page, id)))
          const facts = { id, ...made, ...recorder.basisOf(index), caller, now }
          return { entry: searchedEntry({ request: call.request, count: results.length, text }, facts, random), value: { now, text } }
        })
        const { now, text } = appended.value
        return ok({ id, text, count: page.results.length, receipt: recorder.receiptOf(appended, now) })
      } catch (error) {
        return refuse(refusalOf(error))
      }
    },

    /** Records a search that does not fit the contract. */
    recordRefused: recorder.recordRefused,
  }

  /** Where the page begins: null at the beginning; a refusal where its token is not of this search. */
  function beginningOf<T>({ asked, event, caller, page }: SearchCall<T>): PageToken | Refusal | null {
    if (!page.token) return null
    const { in: place = '/page' } = page
    const noToken = (detail: string) => notOfThis(`${place}/token`, detail)
    const token = tokens.open(page.token)
    if (!token || token.caller !== whois(caller)) return noToken('is none that this service gave this caller')
    if (token.until < clock().getTime()) return noToken(`is older than ${TOKEN_MINUTES} minutes: search anew`)
    if (token.asked !== digestOf([event, asked]))
      return noToken('belongs to another request: all but the page must be as it was on the first')
    if (page.limit !== undefined && limitOf(page) !== token.limit)
      return notOfThis(`${place}/limit`, `was ${token.limit} on the first page`)
    return token
  }

  function onPage<T>(call: SearchCall<T>, from: PageToken | null, index: PolicyIndex) {
    const now = clock().getTime()
    const { caller } = call
    const limit = from?.limit ?? limitOf(call.page)
    return { index, now, limit, ...call.find({ caller, at: nowOn(index, now) }, index, from?.after ?? null, limit) }
  }

  function foundOn<T>(
    { asked, event, caller }: SearchCall<T>,
    from: PageToken | null,
    { index, now, limit, results, next }: ReturnType<typeof onPage<T>>,
    id: string,
  ): Found<T> {
    const firstRevision = from?.revision ?? index.revision
    const until = now + TOKEN_MINUTES * 60_000
    const nextToken =
      next === null
        ? ''
        : tokens.seal({ asked: digestOf([event, asked]), caller: whois(caller), until, limit, revision: firstRevision, after: next })
    return { id, at: new Date(now).toISOString(), revision: index.revision, firstRevision, results, nextToken }
  }
}

function limitOf({ limit = LIMIT.usual }: { readonly limit?: number }): number {
  return Math.min(limit, LIMIT.max)
}

/** One caller, whatever its roles. */
function whois({ sub, org, clientId }: Caller): string {
  return digestOf([sub, org, clientId])
}

function notOfThis(pointer: string, detail: string): Refusal {
  return refusal('INVALID_REQUEST', 'The page is not of this search.', [{ pointer, detail }])
}
