import { type NewRoute, type Route, type RouteStep, stepsFrom } from './route.ts'

/** Writing a route step by step: each answers the route as it then is, which may have faults (route-checks.ts). Pure. */

/** Where a step stands among the others. */
export type StepPlace = { readonly rule: 'FIRST' } | { readonly rule: 'AFTER' | 'BESIDE'; readonly step: string }

/** What an organisation begins with when it writes its own: the steps of one party, and nothing that is said for all (route-checks.ts). */
export function ownRouteFrom({ owner: _owner, version: _version, ...route }: Route): NewRoute {
  const common = route.steps.filter(({ by }) => by === 'WHOLE')
  const steps = common.reduce(({ steps: left }, { id }) => withoutStep({ ...route, steps: left }, id), route).steps
  return { ...route, signature_opens: { rule: 'PAIRWISE' }, steps }
}

/** Without a step: what waited for it waits for what it waited for. */
export function withoutStep<R extends NewRoute>(route: R, id: string): R {
  // Of a circle that is broken so nothing is left.
  const later = stepsFrom(route, id)
  const before = route.steps.find((step) => step.id === id)?.after.filter((one) => !later.includes(one)) ?? []
  const steps = route.steps.flatMap((step) =>
    step.id === id
      ? []
      : [
          {
            ...step,
            after: unique(step.after.flatMap((one) => (one === id ? before : [one]))),
            return_to: step.return_to === id ? step.id : step.return_to,
          },
        ],
  )
  return { ...route, steps }
}

/** With a step as it is now, in the place of the one of the same name. */
export function withStep<R extends NewRoute>(route: R, step: RouteStep): R {
  return { ...route, steps: route.steps.map((one) => (one.id === step.id ? step : one)) }
}

/** With a step put in its place; one that is there already is taken out first. Where it returns to stays, if that comes before it still. */
export function withStepAt<R extends NewRoute>(route: R, step: RouteStep, place: StepPlace): R {
  const rest = withoutStep(route, step.id)
  const beside = place.rule === 'BESIDE' ? rest.steps.find(({ id }) => id === place.step) : undefined
  const after = place.rule === 'AFTER' ? [place.step] : (beside?.after ?? [])
  const waits = (one: RouteStep): readonly string[] => {
    if (place.rule === 'FIRST') return one.after.length === 0 ? [step.id] : one.after
    if (place.rule === 'AFTER') return one.after.map((id) => (id === place.step ? step.id : id))
    return one.after.includes(place.step) ? [...one.after, step.id] : one.after
  }
  const steps = [...rest.steps.map((one) => ({ ...one, after: waits(one) })), { ...step, after }]
  const placed = { ...rest, steps: inOrder(steps) }
  const returnsOn = step.return_to !== step.id && !allBefore(steps, step.id).has(step.return_to)
  return returnsOn ? withStep(placed, { ...step, after, return_to: step.id }) : placed
}

/** A name for a step that no other step of the route has. */
export function stepId({ steps }: NewRoute, title: string): string {
  const name = title
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^[^A-Z]+|_+$/g, '')
    .slice(0, 50)
  const base = name === '' ? 'STEP' : name
  const taken = new Set(steps.map(({ id }) => id))
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}_${number}`
    if (!taken.has(id)) return id
  }
}

/** Steps in an order in which none comes before one that it waits for, otherwise as they stood; those of a circle as they stood, at the end. */
export function inOrder(steps: readonly RouteStep[]): RouteStep[] {
  const known = new Set(steps.map(({ id }) => id))
  const placed: RouteStep[] = []
  let left = [...steps]
  while (left.length > 0) {
    const isPlaced = (id: string) => !known.has(id) || placed.some((one) => one.id === id)
    const next = left.filter(({ after }) => after.every(isPlaced))
    if (next.length === 0) return [...placed, ...left]
    placed.push(...next)
    left = left.filter((one) => !next.includes(one))
  }
  return placed
}

/** The longest time that the steps take one after the other, in working days, if each uses its own; of a route without a circle. */
export function longestDays({ steps }: Pick<NewRoute, 'steps'>): number {
  const ends = new Map<string, number>()
  for (const { id, after, due } of inOrder(steps)) ends.set(id, Math.max(0, ...after.map((one) => ends.get(one) ?? 0)) + due)
  return Math.max(0, ...ends.values())
}

function allBefore(steps: readonly RouteStep[], id: string): ReadonlySet<string> {
  const found = new Set(steps.find((step) => step.id === id)?.after ?? [])
  for (const one of found) for (const before of steps.find((step) => step.id === one)?.after ?? []) found.add(before)
  return found
}

const unique = (ids: readonly string[]) => [...new Set(ids)]
