import type { Role } from '../../identity/permissions.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import { addDays, type Day, londonDay, londonMidnight, londonMorning } from '../../platform/kernel/london-day.ts'
import { addWorkingDays } from '../../platform/kernel/working-days.ts'
import { type Fact, holds, type RouteStep, routeStep } from './route.ts'
import { type Chain, routeOf, type SignOff, type Step } from './sign-off.ts'

/**
 * When something is due: working days of England and Wales, by the London calendar. A timer is a row that is due by our clock;
 * what stands here says which there are, so that a state that changed needs nobody to stop one. Pure.
 */

export interface Timer {
  readonly org: string | null
  readonly step: string
  /** Which opening of the step it belongs to. */
  readonly round: number
  /** `remind:2`, `due`, `escalate:3:SIRO`, `lapse`: unique in its round. */
  readonly key: string
  readonly kind: 'REMIND' | 'DUE' | 'ESCALATE' | 'LAPSE'
  /** Whom an escalation is shown to. */
  readonly to: Role | null
  readonly at: Instant
}

/** The due day of a step that opens on a day: the day itself is not counted. */
export function dueDay({ due, due_when = [] }: RouteStep, facts: ReadonlySet<Fact>, openedAt: Instant): Day {
  const days = due_when.find(({ when }) => holds(when, facts))?.due ?? due
  return addWorkingDays(londonDay(openedAt), days)
}

/** The timers that still run: of open steps, while nothing stands still, without those that have fired. In the order in which they are due. */
export function timersOf(signOff: SignOff): Timer[] {
  if (signOff.status !== 'OPEN') return []
  const timers = signOff.chains.flatMap((chain) => {
    if (chain.status !== 'OPEN' && chain.status !== 'READY') return []
    const route = routeOf(signOff, chain)
    return chain.steps.flatMap((step) => (step.state === 'OPEN' ? stepTimers(chain, step, routeStep(route, step.id)) : []))
  })
  return timers.toSorted((one, other) => one.at - other.at || compare(nameOf(one), nameOf(other)))
}

function stepTimers(
  { org }: Chain,
  { id: step, round, due, openedAt, heldDays, fired }: Step,
  { remind, escalate, lapse }: RouteStep,
): Timer[] {
  if (due === null || openedAt === null) return []
  const opened = londonDay(Date.parse(openedAt))
  const of = { org, step, round }
  const timers: Timer[] = [
    // A reminder that would lie on the day of opening, or before it, tells nothing new.
    ...remind
      .map((days) => ({ days, day: addWorkingDays(due, -days) }))
      .filter(({ day }) => day > opened)
      .map(({ days, day }): Timer => ({ ...of, key: `remind:${days}`, kind: 'REMIND', to: null, at: londonMorning(day) })),
    { ...of, key: 'due', kind: 'DUE', to: null, at: londonMidnight(addDays(due, 1)) },
    ...escalate.map(
      ({ after, to }): Timer => ({
        ...of,
        key: `escalate:${after}:${to}`,
        kind: 'ESCALATE',
        to,
        at: londonMorning(addWorkingDays(due, after)),
      }),
    ),
    ...(lapse === undefined
      ? []
      : [
          {
            ...of,
            key: 'lapse',
            kind: 'LAPSE',
            to: null,
            at: londonMidnight(addDays(addWorkingDays(opened, lapse + heldDays), 1)),
          } as const,
        ]),
  ]
  return timers.filter(({ key }) => !fired.includes(key))
}

function nameOf({ org, step, key }: Timer): string {
  return `${org ?? ''}/${step}/${key}`
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
