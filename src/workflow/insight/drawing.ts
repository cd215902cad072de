import { type Route, type RouteStep, routeKey } from '../model/route.ts'
import { type Chain, type SignOff, type StepState, stepsFor } from '../model/sign-off.ts'

/** A route as it is drawn, with where each party stands that goes by it. Pure. */

/** A step in its place: `depth` says after how many others it comes at the earliest. */
export interface DrawnStep {
  /** From 1, in the order of reading. */
  readonly number: number
  readonly id: string
  readonly title: string
  readonly role: string
  readonly after: readonly string[]
  readonly depth: number
}

/** How a party stands; `org` null: the steps for the whole. */
export interface DrawnParty {
  readonly org: string | null
  readonly status: Chain['status']
  /** State by step; a step that it does not have is absent. */
  readonly states: Readonly<Record<string, StepState>>
}

export interface Drawing {
  /** For example `STANDARD/1`. */
  readonly key: string
  readonly title: string
  readonly steps: readonly DrawnStep[]
  readonly parties: readonly DrawnParty[]
}

/** A route by itself. */
export function drawingOf(route: Route, parties: readonly DrawnParty[] = []): Drawing {
  const depths = new Map<string, number>()
  const byId = new Map(route.steps.map((step) => [step.id, step]))
  // A route that is stored has no cycle (route-checks.ts).
  const depthOf = ({ id, after }: RouteStep): number => {
    const known = depths.get(id)
    if (known !== undefined) return known
    const depth = Math.max(-1, ...after.map((name) => depthOf(byId.get(name) as RouteStep))) + 1
    depths.set(id, depth)
    return depth
  }
  const placed = route.steps.map((step) => ({ step, depth: depthOf(step) })).toSorted((one, other) => one.depth - other.depth)
  return {
    ...{ key: routeKey(route), title: route.title, parties },
    steps: placed.map(({ step: { id, title, role, after }, depth }, i) => ({ number: i + 1, id, title, role, after, depth })),
  }
}

/** The routes of a sign-off, its own first, each with the parties that go by it. */
export function drawingsOf(signOff: SignOff): Drawing[] {
  const keys = [...new Set([signOff.route, ...signOff.chains.map(({ route }) => route)])]
  return keys.flatMap((key) => {
    const route = signOff.routes[key]
    const chains = signOff.chains.filter((chain) => chain.route === key)
    if (!route || chains.length === 0) return []
    return [
      drawingOf(
        route,
        chains.map((chain) => partyOf(route, chain)),
      ),
    ]
  })
}

function partyOf(route: Route, { org, status, steps }: Chain): DrawnParty {
  const own = new Set(stepsFor(route, org).map(({ id }) => id))
  return { org, status, states: Object.fromEntries(steps.filter(({ id }) => own.has(id)).map(({ id, state }) => [id, state])) }
}

/** What a state is called, in a word. */
export const STATE_WORDS: Readonly<Record<StepState, string>> = {
  WAITING: 'to come',
  NOT_NEEDED: 'not needed',
  OPEN: 'open',
  DONE: 'done',
  RETURNED: 'returned',
  REFUSED: 'refused',
  CLOSED: 'closed',
}

/** One sentence that says how the parties stand, for whoever does not see the picture. */
export function summaryOf({ steps, parties }: Drawing): string {
  const ofParties = parties.filter(({ org }) => org !== null)
  if (parties.length === 0) return `${steps.length} steps: ${steps.map(({ title }) => title).join(', ')}.`
  const counted = steps.map(({ id, title }) => {
    const words = [...countsOf(parties, id)].map(([state, parts]) => `${parts.length} ${STATE_WORDS[state]}`)
    return `${title}: ${words.join(', ') || 'nobody'}`
  })
  return `${ofParties.length === 1 ? '1 party' : `${ofParties.length} parties`}. ${counted.join('. ')}.`
}

/** Parties by the state of a step. */
export function countsOf(parties: readonly DrawnParty[], step: string): ReadonlyMap<StepState, readonly DrawnParty[]> {
  const counts = new Map<StepState, DrawnParty[]>()
  for (const party of parties) {
    const state = party.states[step]
    if (state !== undefined) counts.set(state, [...(counts.get(state) ?? []), party])
  }
  return counts
}
