import type { CallEvent, RecordedSearch } from '../decision-entry.ts'
import type { Found, SearchCall } from '../permitted/search-call.ts'
import { type Place, type Sought, type SoughtKind, type SoughtPage, seek } from '../permitted/seek.ts'
import type { DecisionBody } from '../request-body.ts'
import { type AuthzenAction, type AuthzenEntity, bodyOf, type Members } from './authzen-question.ts'

// The three searches of AuthZEN (Authorization API 1.0, section 8), read as questions with one part left open. Pure.

/** A request of a search, as the contract lets it through. */
export interface AuthzenSearch {
  readonly subject: Searched
  readonly action?: AuthzenAction
  readonly resource: Searched
  readonly context?: Members
  readonly page?: { readonly token?: string; readonly limit?: number }
}

type Searched = Omit<AuthzenEntity, 'id'> & { readonly id?: unknown }

const EVENTS: Readonly<Record<SoughtKind, CallEvent>> = {
  SUBJECT: 'adl.search_subject',
  RESOURCE: 'adl.search_resource',
  ACTION: 'adl.search_action',
}
/** The types of which there are any. */
const SUBJECT_TYPE = 'organisation'
const RESOURCE_TYPE = 'data'
/** What belongs to a call, not to what it asks: other on each page. */
const OF_A_CALL: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'time'])

/** The event of the log that a kind of search is. */
export function eventOfSearch(kind: SoughtKind): CallEvent {
  return EVENTS[kind]
}

/** What a search asks for. An id of what is searched for, and in a search for actions an action, is ignored (8.4.1, 8.5.1, 8.6.1). */
export function searchOf(kind: SoughtKind, asked: AuthzenSearch): Omit<SearchCall<string>, 'caller' | 'trace' | 'references'> {
  const { subject, action, resource, context = {}, page = {} } = asked
  const body = bodyOf({
    subject: kind === 'SUBJECT' ? { ...subject, id: '' } : (subject as AuthzenEntity),
    action: kind === 'ACTION' || !action ? { name: '' } : action,
    resource: kind === 'RESOURCE' ? { ...resource, id: '' } : (resource as AuthzenEntity),
    context,
  })
  const provider = kind === 'RESOURCE' ? resource.properties?.['provider'] : null
  const sought: Sought = { kind, body, provider: typeof provider === 'string' ? provider : null }
  // Of any other type nobody and nothing is registered.
  const isKnown = (kind !== 'SUBJECT' || subject.type === SUBJECT_TYPE) && (kind !== 'RESOURCE' || resource.type === RESOURCE_TYPE)
  const ofCall = Object.fromEntries(Object.entries(context).filter(isOfRequest))
  return {
    event: EVENTS[kind],
    asked: { subject, ...(kind === 'ACTION' ? {} : { action }), resource, context: ofCall },
    request: recordedOf(sought),
    at: body.at ?? null,
    wanted: body.min_revision ?? null,
    page,
    find: isKnown ? seek.bind(null, sought) : findNothing,
    inWords: resultsInWords.bind(null, kind),
  }
}

/** The mode of a search that finds something: one-off disclosures and emergencies are decided each by itself. */
export function isStanding({ action }: Partial<AuthzenSearch>): boolean {
  const mode = action?.properties?.['mode']
  return mode == null || mode === 'SYSTEMATIC'
}

function isOfRequest([name]: readonly [string, unknown]): boolean {
  return !OF_A_CALL.has(name)
}

function findNothing(_asking: unknown, _index: unknown, _after: Place | null, _limit: number): SoughtPage {
  return { results: [], next: null }
}

/** The question as it is recorded: what was looked for is not in it. */
function recordedOf({ kind, body, provider }: Sought): RecordedSearch {
  const { provider: owner, recipient, purpose, data_items, ...rest } = body
  const more: Partial<DecisionBody> = {
    ...(kind === 'RESOURCE' ? (provider === null ? {} : { provider }) : { provider: owner }),
    ...(kind === 'SUBJECT' ? {} : { recipient }),
    ...(kind === 'ACTION' ? {} : { purpose }),
    ...(data_items.length === 0 ? {} : { data_items }),
  }
  return { ...more, ...rest }
}

/** The answer (8.3): the page first, so that a client that reads as it comes knows it. */
function resultsInWords(kind: SoughtKind, { id, at, revision, firstRevision, results, nextToken }: Found<string>): object {
  return {
    page: { next_token: nextToken, count: results.length },
    context: {
      evaluation_id: id,
      evaluated_at: at,
      policy_revision: revision,
      ...(firstRevision === revision ? {} : { first_policy_revision: firstRevision }),
    },
    results: results.map(ENTITIES[kind]),
  }
}

const ENTITIES: Readonly<Record<SoughtKind, (id: string) => object>> = {
  SUBJECT: asSubject,
  RESOURCE: asResource,
  ACTION: asAction,
}

function asSubject(id: string): object {
  return { type: SUBJECT_TYPE, id }
}

function asResource(id: string): object {
  return { type: RESOURCE_TYPE, id }
}

function asAction(name: string): object {
  return { name }
}
