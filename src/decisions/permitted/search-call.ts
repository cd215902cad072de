import type { DecisionCall } from '../decision-call.ts'
import type { CallEvent, RecordedSearch } from '../decision-entry.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { Asking, Place } from './seek.ts'

/** One search call, as the edge hands it over. */
export interface SearchCall<T> extends Pick<DecisionCall, 'caller' | 'trace' | 'references'> {
  readonly event: CallEvent
  /** Everything that was asked but the page: with a token it must be what it was. */
  readonly asked: unknown
  /** What of it is recorded. */
  readonly request: RecordedSearch
  /** The instant it was asked for, where it says one. */
  readonly at: string | null
  readonly wanted: number | null
  /** `in`: where in the request the page stands, for what is said of it; absent: `/page`. */
  readonly page: { readonly token?: string; readonly limit?: number; readonly in?: '/query' }
  readonly find: (asking: Asking, index: PolicyIndex, after: Place | null, limit: number) => FoundPage<T>
  /** The answer as it is sent and recorded. */
  readonly inWords: (found: Found<T>) => object
}

/** A page of results, and where the next one begins; null: there is none. */
export interface FoundPage<T> {
  readonly results: readonly T[]
  readonly next: Place | null
}

/** What one call found. */
export interface Found<T> {
  readonly id: string
  readonly at: string
  readonly revision: number
  /** The policy revision of the first page: not the same where the policy moved since. */
  readonly firstRevision: number
  readonly results: readonly T[]
  /** '': this was the last page. */
  readonly nextToken: string
}
