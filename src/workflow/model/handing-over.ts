import { type Identity, isSamePerson } from '../../identity/principal.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { SignOffCommand } from './commands.ts'
import { deputyRefused, dutyRefused } from './duties.ts'
import type { SignOffEvent, TaskName } from './events.ts'
import { type RouteStep, routeStep } from './route.ts'
import { type Delegation, routeOf, type SignOff, type Step, type Task } from './sign-off.ts'

/** What somebody who leaves has in their hands, and whose it is from then on. Pure. */

/** An open task that is somebody's: given to them, or handed to them for some days. */
export interface TaskInHand extends TaskName {
  readonly definition: RouteStep
  readonly due: Day | null
  /** How it was handed to them; null: it is theirs. */
  readonly delegation: Delegation | null
  readonly of: Step
}

export function tasksInHandOf(signOff: SignOff, org: string, person: Identity): TaskInHand[] {
  return signOff.chains.flatMap((chain) =>
    chain.steps.flatMap((step) =>
      step.tasks.flatMap((task): TaskInHand[] => {
        const { number, assignee, delegation } = task
        const isTheirs = assignee !== null && isSamePerson(assignee, person)
        const standsIn = delegation !== null && isSamePerson(delegation.to, person)
        if (task.state !== 'OPEN' || task.org !== org || !(isTheirs || standsIn)) return []
        const name = { org: chain.org, step: step.id, task: number }
        return [
          {
            ...name,
            definition: routeStep(routeOf(signOff, chain), step.id),
            due: step.due,
            delegation: isTheirs ? null : delegation,
            of: step,
          },
        ]
      }),
    ),
  )
}

/** Why a task cannot pass to somebody (5.3): duties that are kept apart, one task of a step for each; null: it can. */
export function passingRefused(signOff: SignOff, org: string, { definition, delegation, of }: TaskInHand, to: Identity): string | null {
  const isTheirs = ({ result, assignee, state }: Task) =>
    [result?.by, result?.deputyFor, state === 'OPEN' ? assignee : null].some((one) => one && isSamePerson(one, to))
  if (of.tasks.some(isTheirs)) return 'They have a task of this step already: another person does this one (QUORUM).'
  const no = delegation
    ? deputyRefused(signOff, org, definition, { person: to, roles: [], from: delegation.from })
    : dutyRefused(signOff, org, definition, to)
  return no && `${no.detail} (${no.rule})`
}

/** The tasks of whoever leaves: to whoever takes over the role that does each, and where that cannot be, to everybody of the role, or back to whoever handed it over. */
export function handedOver(
  { person, org, to }: Extract<SignOffCommand, { type: 'hand_over' }>,
  signOff: SignOff,
  at: string,
): SignOffEvent[] {
  return tasksInHandOf(signOff, org, person).map((held): SignOffEvent => {
    const { org: chainOrg, step, task, delegation, definition } = held
    const name = { org: chainOrg, step, task }
    const wanted = to[definition.role] ?? null
    const next = wanted && passingRefused(signOff, org, held, wanted) === null ? { issuer: wanted.issuer, sub: wanted.sub, org } : null
    if (delegation === null) return { type: 'TASK_ASSIGNED', ...name, to: next, by: null, why: next ? 'HANDED_OVER' : 'ROLE_ENDED', at }
    if (next === null) return { type: 'TASK_ASSIGNED', ...name, to: delegation.from, by: null, why: 'HANDED_OVER', at }
    return { type: 'TASK_DELEGATED', ...name, delegation: { ...delegation, to: next }, at }
  })
}
