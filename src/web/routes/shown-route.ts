import type { Fault } from '../../platform/kernel/refusal.ts'
import { drawingOf } from '../../workflow/insight/drawing.ts'
import { svgOf } from '../../workflow/insight/svg.ts'
import type { NewRoute, Route, RouteStep } from '../../workflow/model/route.ts'
import { inOrder, longestDays } from '../../workflow/model/route-editing.ts'
import { isSameCondition } from './conditions.ts'
import { conditionWords, faultWords, keptApartFrom, type Label, stepAt, stepRows } from './words.ts'

/** What keeps a route from being drawn: a step that waits for itself or for none that there is. */
const UNDRAWABLE = ['CYCLE', 'UNKNOWN_STEP', 'TWICE', 'SCHEMA']

/** A route as a picture and as a list that says the same. */
export function shownRoute(route: NewRoute & Partial<Pick<Route, 'owner' | 'version'>>, label: Label, faults: readonly Fault[] = []) {
  const isDrawable = !faults.some(({ code = 'SCHEMA' }) => UNDRAWABLE.includes(code))
  const steps = isDrawable ? inOrder(route.steps) : route.steps
  const number = new Map(steps.map(({ id }, place) => [id, place + 1]))
  return {
    picture: isDrawable ? pictureOf(route, label) : null,
    days: isDrawable ? longestDays(route) : null,
    when: route.when === undefined ? null : conditionWords(route.when),
    steps: steps.map((step) => ({
      ...{ id: step.id, title: step.title, number: number.get(step.id), rows: stepRows(route, step, label) },
      apart: keptApartFrom(route, step),
      faults: faults.filter(({ pointer }) => stepAt(route, pointer)?.id === step.id).map((fault) => faultWords(fault, route, label)),
    })),
    faults: faults.filter(({ pointer }) => !stepAt(route, pointer)).map((fault) => faultWords(fault, route, label)),
  }
}

/** The picture of a route, with roles by their names. */
function pictureOf(route: NewRoute & Partial<Pick<Route, 'owner' | 'version'>>, label: Label): string {
  const named = { ...route, owner: route.owner ?? null, version: route.version ?? 0 }
  const { steps, ...drawing } = drawingOf(named)
  const key = route.version === undefined ? 'next version' : `version ${route.version}`
  return svgOf(`Route ${route.title}`, [{ ...drawing, key, steps: steps.map((step) => ({ ...step, role: label('GOV_ROLE', step.role) })) }])
}

/** What one route has otherwise than another, a sentence each. */
export function changesBetween(before: NewRoute, after: NewRoute, label: Label): string[] {
  const old = new Map(before.steps.map((step) => [step.id, step]))
  const kept = new Set(after.steps.map(({ id }) => id))
  return [
    ...(before.title === after.title ? [] : [`It is called “${after.title}” instead of “${before.title}”.`]),
    ...(before.purpose === after.purpose ? [] : ['What it is for is said in other words.']),
    ...(isSameCondition(before.when, after.when)
      ? []
      : [`It is used: ${conditionWords(after.when)}. Before: ${conditionWords(before.when)}.`]),
    ...before.steps.filter(({ id }) => !kept.has(id)).map(({ title }) => `“${title}” is taken out.`),
    ...after.steps.flatMap((step) => {
      const was = old.get(step.id)
      return was ? stepChanges({ route: before, step: was }, { route: after, step }, label) : [`“${step.title}” is added.`]
    }),
  ]
}

interface StepIn {
  readonly route: NewRoute
  readonly step: RouteStep
}

function stepChanges(before: StepIn, after: StepIn, label: Label): string[] {
  const named = before.step.title === after.step.title ? [] : [`“${before.step.title}” is called “${after.step.title}”.`]
  const old = stepRows(withTitlesOf(before.route, after.route), before.step, label)
  const changed = stepRows(after.route, after.step, label).flatMap(({ part, key, value }) => {
    const was = old.find((row) => row.part === part)?.value
    const isSame = part === 'when' ? isSameCondition(before.step.when, after.step.when) : was === value
    return isSame ? [] : [`“${after.step.title}”, ${key.toLowerCase()}: ${value} Before: ${was}`]
  })
  return [...named, ...changed]
}

/** A route with the titles that its steps have in another: a step that is only called otherwise changes nothing of those around it. */
function withTitlesOf(route: NewRoute, other: NewRoute): NewRoute {
  const titles = new Map(other.steps.map(({ id, title }) => [id, title]))
  return { ...route, steps: route.steps.map((step) => ({ ...step, title: titles.get(step.id) ?? step.title })) }
}
