import type { SignOffEvent } from './model/events.ts'
import type { Route } from './model/route.ts'
import type { SignOff } from './model/sign-off.ts'

/** Events as they are kept: a route stands in them by its key alone, since it never changes. Pure. */

/** An event with its number in its sign-off. */
export interface NumberedEvent {
  readonly sequence: number
  readonly event: StoredEvent
}

/** An event as it is stored: a route stands in it by its key alone. */
export type StoredEvent = Exclude<SignOffEvent, { type: 'STARTED' | 'CHAIN_ADDED' }> | StoredStart | StoredChain
type StoredStart = Omit<Extract<SignOffEvent, { type: 'STARTED' }>, 'routes'>
type StoredChain = Omit<Extract<SignOffEvent, { type: 'CHAIN_ADDED' }>, 'route'>

/** An event without the texts of its routes. */
export function withoutRoutes(event: SignOffEvent): StoredEvent {
  if (event.type === 'STARTED') {
    const { routes: _routes, ...rest } = event
    return rest
  }
  if (event.type !== 'CHAIN_ADDED') return event
  const { route: _route, ...rest } = event
  return rest
}

/** Keys of the routes that an event names. */
export function routeKeysOf(event: StoredEvent): string[] {
  if (event.type === 'STARTED') return [event.route, ...event.parties.map(({ route }) => route)]
  return event.type === 'CHAIN_ADDED' ? [event.party.route] : []
}

/** An event with the texts of its routes. @throws RangeError where one is missing */
export function withRoutes(event: StoredEvent, routes: Readonly<Record<string, Route>>): SignOffEvent {
  if (event.type === 'STARTED') {
    const keys = new Set(routeKeysOf(event))
    return { ...event, routes: Object.fromEntries(Object.entries(routes).filter(([key]) => keys.has(key))) }
  }
  if (event.type !== 'CHAIN_ADDED') return event
  const route = routes[event.party.route]
  if (!route) throw new RangeError(`route ${event.party.route} is stored nowhere`)
  return { ...event, route }
}

/** When it happened. */
export function instantOf(event: SignOffEvent): string {
  return event.type === 'TASK_DONE' ? event.result.at : event.at
}

/** The party that keeps an event to itself: words that it does not share, and what becomes of them. */
export function onlyOrgOf(event: SignOffEvent, threads: SignOff['threads']): string | null {
  if (event.type === 'THREAD_RESOLVED' || event.type === 'THREAD_REOPENED') {
    const thread = threads.find(({ id }) => id === event.thread)
    return thread && !thread.isShared ? thread.org : null
  }
  return (event.type === 'COMMENTED' || event.type === 'MARKED') && !event.isShared ? event.by.org : null
}
