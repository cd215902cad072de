import type { Refusal } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import type { DecisionCall } from '../decision-call.ts'
import type { CallEvent, RecordedSearch } from '../decision-entry.ts'
import type { PermitPolicy } from '../evaluation/expiry.ts'
import type { RefusedCall } from '../recorder.service.ts'
import { type Permission, type PermissionsAsked, permissionsOn } from './permissions.ts'
import type { Found, SearchCall } from './search-call.ts'
import type { AnsweredSearch, SearchesService } from './searches.service.ts'

/** Which part of the table is asked for; no organisation: the caller's own. */
export interface PermissionsQuery {
  readonly organisation?: string
  readonly direction: PermissionsAsked['direction']
  readonly with?: string
  readonly purpose?: string
  readonly limit?: number
  readonly token?: string
}

/** A page of the table as it is sent and recorded. */
export type PermissionPage = ReturnType<typeof inWords>

type Call = Pick<DecisionCall, 'caller' | 'trace'>

export type PermissionsService = ReturnType<typeof permissionsService>

/** What an organisation may send or receive, as a table. It may never answer before the record is made. */
export function permissionsService(searches: SearchesService, permits: PermitPolicy) {
  return {
    /** A page of the table; `text` of the answer is a `PermissionPage`. */
    list: (call: Call, query: PermissionsQuery): Promise<Result<AnsweredSearch, Refusal>> =>
      searches.search({ ...call, ...searchOf(query, call.caller.org, permits) }),

    /** Records a call that does not fit the contract. */
    recordRefused: (call: Call, query: Partial<PermissionsQuery>, fault: RefusedCall): Promise<Refusal> =>
      searches.recordRefused({ ...call, simulated: false, event: eventOf(query) }, fault),
  }
}

function searchOf(query: PermissionsQuery, own: string, permits: PermitPolicy): Omit<SearchCall<Permission>, 'caller' | 'trace'> {
  const { organisation = own, direction, with: other = null, purpose = null, limit, token } = query
  const asked: PermissionsAsked = { organisation, direction, with: other, purpose }
  return {
    event: eventOf(query),
    // No token of a search of AuthZEN goes on here.
    asked: { permissions: asked },
    request: recordedOf(asked),
    at: null,
    wanted: null,
    page: { in: '/query', ...(token === undefined ? {} : { token }), ...(limit === undefined ? {} : { limit }) },
    find: permissionsOn.bind(null, asked, permits),
    inWords,
  }
}

/** In the log it is the search that it is: who may receive what one provides, or what one may receive. */
export function eventOf({ direction }: Partial<PermissionsQuery>): CallEvent {
  return direction === 'SEND' ? 'adl.search_subject' : 'adl.search_resource'
}

export function recordedOf({ organisation, direction, with: other, purpose }: PermissionsAsked): RecordedSearch {
  const isSent = direction === 'SEND'
  return {
    [isSent ? 'provider' : 'recipient']: organisation,
    ...(other === null ? {} : { [isSent ? 'recipient' : 'provider']: other }),
    ...(purpose === null ? {} : { purpose }),
    mode: 'SYSTEMATIC',
  }
}

function inWords({ id, at, revision, firstRevision, results, nextToken }: Found<Permission>) {
  return {
    decision_id: id,
    evaluated_at: at,
    policy_revision: revision,
    first_policy_revision: firstRevision,
    next_token: nextToken === '' ? null : nextToken,
    permissions: results,
  }
}
