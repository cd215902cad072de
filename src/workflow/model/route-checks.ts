import { isRole, type Role } from '../../identity/permissions.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import { type Condition, FACTS, type Fact, holds, type Route, type RouteStep, type StepKind } from './route.ts'

/**
 * What the schema of a route cannot say: that each step can be reached, that it ends in a signature or a decision to which
 * everything else leads, that nobody waits for themselves, that the data protection officer is asked, and that the duties which
 * are kept apart can be. Pure.
 */

/** Roles that may complete a step of each kind (domain reference, 5.1, SD-2). */
export const ROLES_OF_KIND: Readonly<Record<StepKind, readonly Role[]>> = {
  REVIEW: ['IG_OFFICER', 'IAO', 'LEGAL', 'CALDICOTT_GUARDIAN', 'INFOSEC'],
  CONFIRMATION: ['IAO'],
  ASSESSMENT: ['IG_OFFICER'],
  DPO_REVIEW: ['DPO'],
  RISK_ACCEPTANCE: ['SIRO'],
  SIGNATURE: ['SIGNATORY', 'SIRO'],
  DECISION: ['AUTHORISED_DISCLOSURE_OFFICER', 'SIRO', 'CALDICOTT_GUARDIAN'],
}
const LAST: readonly StepKind[] = ['SIGNATURE', 'DECISION']
/** Facts that one route may depend on: every combination of them is looked at. */
const FACTS_MAX = 14

/** Every fault of a route that its schema lets pass; none: it can be used. */
export function routeFaults(route: Route): Fault[] {
  const own = route.steps.flatMap((step, at) => stepFaults(route, step, `/steps/${at}`))
  const shape = own.length > 0 ? [] : [...endFaults(route), ...reachFaults(route)]
  return [...factFaults(route), ...ownerFaults(route), ...own, ...shape]
}

function stepFaults(route: Route, step: RouteStep, pointer: string): Fault[] {
  const { steps } = route
  const fault = (member: string, code: string, detail: string): Fault => ({ pointer: `${pointer}/${member}`, code, detail })
  const faults: Fault[] = []
  if (steps.filter(({ id }) => id === step.id).length > 1) faults.push(fault('id', 'TWICE', `${step.id} is the name of two steps`))
  for (const id of step.after) {
    const before = steps.find((one) => one.id === id)
    if (!before) faults.push(fault('after', 'UNKNOWN_STEP', `there is no step ${id}`))
    else if (step.by === 'WHOLE' && before.by === 'PARTY')
      faults.push(fault('after', 'WHOLE_AFTER_PARTY', `a step for the whole does not wait for ${id}, which each party does by itself`))
  }
  if (isBefore(steps, step.id, step.id)) faults.push(fault('after', 'CYCLE', `${step.id} waits for itself`))
  if (!isRole(step.role)) faults.push(fault('role', 'UNKNOWN_ROLE', `there is no role ${step.role}`))
  else if (!ROLES_OF_KIND[step.kind].includes(step.role))
    faults.push(
      fault(
        'role',
        'SD-2',
        `${step.role} does not complete a step of the kind ${step.kind}; it is for ${ROLES_OF_KIND[step.kind].join(' or ')}`,
      ),
    )
  for (const { to } of step.escalate) if (!isRole(to)) faults.push(fault('escalate', 'UNKNOWN_ROLE', `there is no role ${to}`))
  for (const days of step.remind)
    if (days >= step.due) faults.push(fault('remind', 'REMINDER', `${days} working days before the due day lies before the step opens`))
  const { quorum } = step
  if (quorum && quorum.need !== 'ALL' && step.by === 'PARTY' && quorum.need > (quorum.of ?? 1))
    faults.push(fault('quorum', 'QUORUM', `${quorum.need} of ${quorum.of ?? 1} can never be reached`))
  if (quorum && LAST.includes(step.kind)) faults.push(fault('quorum', 'QUORUM', 'one person signs or decides for a party'))
  if (step.lapse !== undefined && step.kind !== 'SIGNATURE') faults.push(fault('lapse', 'LAPSE', 'only a signature lapses'))
  if (step.by === 'WHOLE' && step.kind !== 'REVIEW')
    faults.push(fault('by', 'WF-4', 'only a review is made for the whole: each party confirms, accepts and signs for itself'))
  const back = steps.find(({ id }) => id === step.return_to)
  if (back?.by !== step.by || (back.id !== step.id && !isBefore(steps, back.id, step.id)))
    faults.push(fault('return_to', 'WF-2', 'a step returns to itself or to one before it, of the same party'))
  return faults
}

/** One signature or decision, after everything else. */
function endFaults({ steps, requester_rule }: Route): Fault[] {
  const last = steps.filter(({ kind }) => LAST.includes(kind))
  const [end] = last
  if (!end || last.length > 1) return [{ pointer: '/steps', code: 'END', detail: 'a route has one step that signs or decides' }]
  const beside = steps.filter(({ id }) => id !== end.id && !isBefore(steps, id, end.id))
  return [
    ...beside.map(({ id }): Fault => ({ pointer: '/steps', code: 'END', detail: `${end.id} does not wait for ${id}` })),
    ...((end.kind === 'SIGNATURE') === (requester_rule === 'SD-1')
      ? []
      : [
          {
            pointer: '/requester_rule',
            code: 'REQUESTER',
            detail: 'SD-1 is the rule for what is signed, AH-3 and SD-5 for what is decided',
          },
        ]),
  ]
}

/** Each step is needed in some case, and the data protection officer of every controller is asked in all of them. */
function reachFaults(route: Route): Fault[] {
  const cases = casesOf(route)
  if (cases.length === 0) return [{ pointer: '/when', code: 'UNREACHABLE', detail: 'no case fits this route' }]
  const never = route.steps.flatMap(({ id, when }, at): Fault[] =>
    cases.some((facts) => holds(when, facts))
      ? []
      : [{ pointer: `/steps/${at}/when`, code: 'UNREACHABLE', detail: `${id} is needed in no case that fits this route` }],
  )
  const advice = route.steps.filter(({ kind }) => kind === 'DPO_REVIEW')
  const isAlwaysAsked = cases.filter((facts) => facts.has('CONTROLLER')).every((facts) => advice.some(({ when }) => holds(when, facts)))
  return isAlwaysAsked
    ? never
    : [...never, { pointer: '/steps', code: 'DP-4', detail: 'the data protection officer of a controller is asked in every case' }]
}

function factFaults(route: Route): Fault[] {
  const named = namedFacts(route)
  const unknown = named.filter((fact) => !(FACTS as readonly string[]).includes(fact))
  return [
    ...unknown.map(
      (fact): Fault => ({ pointer: '/steps', code: 'UNKNOWN_FACT', detail: `there is no fact ${fact}; there are ${FACTS.join(', ')}` }),
    ),
    ...(named.length > FACTS_MAX ? [{ pointer: '/steps', code: 'FACTS', detail: `a route depends on at most ${FACTS_MAX} facts` }] : []),
  ]
}

/** A party's own chain goes by its own route; what is common is the main route's. */
function ownerFaults({ owner, steps, signature_opens }: Route): Fault[] {
  if (owner === null) return []
  return [
    ...(steps.some(({ by }) => by === 'WHOLE')
      ? [{ pointer: '/steps', code: 'OWNER', detail: 'the route of one organisation has no step for the whole' }]
      : []),
    ...(signature_opens.rule === 'PAIRWISE'
      ? []
      : [
          { pointer: '/signature_opens', code: 'OWNER', detail: 'when signing opens for all is not said by the route of one organisation' },
        ]),
  ]
}

/** Every combination of the facts that a route depends on, CONTROLLER among them, in which these hold and which fits the route. */
export function casesOf(route: Route, given: readonly Fact[] = []): ReadonlySet<Fact>[] {
  const named = new Set<string>([...namedFacts(route), 'CONTROLLER'].filter((fact) => !(given as readonly string[]).includes(fact)))
  const facts = [...named].slice(0, FACTS_MAX) as Fact[]
  const sets = Array.from(
    { length: 2 ** facts.length },
    (_, bits) => new Set([...given, ...facts.filter((_fact, at) => (bits >> at) % 2 === 1)]),
  )
  return sets.filter((one) => holds(route.when, one))
}

function namedFacts({ when, steps }: Route): string[] {
  const conditions = [when, ...steps.flatMap((step) => [step.when, ...(step.due_when ?? []).map((one) => one.when)])]
  return [...new Set(conditions.flatMap((condition) => (condition ? factsIn(condition) : [])))]
}

export function factsIn(condition: Condition): string[] {
  if ('fact' in condition) return [condition.fact]
  if ('not' in condition) return factsIn(condition.not)
  return ('all' in condition ? condition.all : condition.any).flatMap(factsIn)
}

/** Whether one step has to be done, directly or not, before another one opens. */
export function isBefore(steps: readonly RouteStep[], id: string, of: string): boolean {
  const open = [...(steps.find((step) => step.id === of)?.after ?? [])]
  const seen = new Set(open)
  for (const one of open) {
    if (one === id) return true
    for (const next of steps.find((step) => step.id === one)?.after ?? []) {
      if (!seen.has(next)) open.push(next)
      seen.add(next)
    }
  }
  return false
}
