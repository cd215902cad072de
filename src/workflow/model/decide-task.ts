import { isSamePerson } from '../../identity/principal.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { ok } from '../../platform/kernel/result.ts'
import { factsOf } from './advance.ts'
import { deputyFor, type Place } from './allowed.ts'
import { type Acting, type Decided, forbidden, notThere, type SignOffCommand, saidBy, tooLate } from './commands.ts'
import { deputyRefused, dutyRefused } from './duties.ts'
import type { TaskName } from './events.ts'
import { type RouteStep, routeStep, type StepKind, stepsFrom } from './route.ts'
import { type Chain, chainOf, isOpenChain, routeOf, type SignOff, type Step, type Task, type TaskResult } from './sign-off.ts'

/** The rules of the commands on one task of a step, once the table lets them be. Pure. */

export type OnTask = Extract<
  SignOffCommand,
  { type: 'claim' | 'release' | 'assign' | 'delegate' | 'approve' | 'adopt' | 'return' | 'refuse' | 'sign' }
>

/** Where a person acts, complete. */
interface TaskPlace {
  readonly chain: Chain
  readonly step: Step
  readonly definition: RouteStep
  readonly task: Task
  readonly name: TaskName
}

const WITHOUT_CONDITIONS: readonly StepKind[] = ['CONFIRMATION', 'ASSESSMENT']

/** Whether whoever approves a step of this kind may set conditions. */
export function setsConditions(kind: StepKind): boolean {
  return !WITHOUT_CONDITIONS.includes(kind)
}

/** A review of another party's own people that may be adopted at a step. */
export interface AdoptableReview {
  readonly org: string
  readonly result: TaskResult
}

/** The reviews of other parties that an organisation may adopt at a step of this kind and role. */
export function adoptableAt(signOff: SignOff, org: string, definition: RouteStep): AdoptableReview[] {
  return signOff.chains.flatMap((chain) => {
    const result = chain.org === null || chain.org === org ? undefined : reviewOf(signOff, chain.org, definition)
    return result && chain.org !== null ? [{ org: chain.org, result }] : []
  })
}

export function decideOnTask(command: OnTask, signOff: SignOff, found: Place, acting: Acting): Decided {
  const { chain, step, definition, task } = found
  if (!chain || !step || !definition || !task) return notThere('NO_SUCH_STEP', 'There is no such task here.')
  if (task.state !== 'OPEN') return tooLate('CLOSED', `This task is over: ${task.state}.`)
  const place = { chain, step, definition, task, name: { org: chain.org, step: step.id, task: task.number } }
  switch (command.type) {
    case 'claim':
    case 'release':
    case 'assign':
    case 'delegate':
      return decideHands(command, signOff, place, acting)
    case 'sign':
      return decideSign(command, signOff, place, acting)
    default:
      return decideJudgement(command, signOff, place, acting)
  }
}

/** In whose hands a task is. The due day never moves with it. */
function decideHands(
  command: Extract<OnTask, { type: 'claim' | 'release' | 'assign' | 'delegate' }>,
  signOff: SignOff,
  { task, name, definition }: TaskPlace,
  acting: Acting,
): Decided {
  const { actor, now } = acting
  const { by, at } = saidBy(acting)
  const { org } = task
  switch (command.type) {
    case 'release':
      if (task.assignee === null) return tooLate('NOT_ASSIGNED', 'Nobody has this task.')
      return ok([{ type: 'TASK_ASSIGNED', ...name, to: null, by, why: 'RELEASED', at }])
    case 'claim': {
      const no = dutyRefused(signOff, org, definition, actor, actor.roles)
      if (no) return forbidden(no.rule, no.detail)
      return ok([{ type: 'TASK_ASSIGNED', ...name, to: by, by, why: 'CLAIMED', at }])
    }
    case 'assign': {
      const { to } = command
      const no = dutyRefused(signOff, org, definition, to)
      if (no) return forbidden(no.rule, no.detail, '/to')
      const why = definition.kind === 'SIGNATURE' ? 'REPLACED' : 'ASSIGNED'
      return ok([{ type: 'TASK_ASSIGNED', ...name, to: { issuer: to.issuer, sub: to.sub, org }, by, why, at }])
    }
    case 'delegate': {
      const { to, first, last, reason, held = [] } = command
      if (isSamePerson(to, actor)) return forbidden('WF-3', 'Nobody is their own deputy.', '/to')
      if (first < londonDay(now)) return forbidden('WF-3', 'A delegation begins today or later.', '/first')
      if (last < first) return forbidden('WF-3', 'A delegation does not end before it begins.', '/last')
      const no = deputyRefused(signOff, org, definition, { person: to, roles: held, from: actor })
      if (no) return forbidden(no.rule, no.detail, '/to')
      const delegation = { from: by, to: { issuer: to.issuer, sub: to.sub, org }, first, last, reason }
      return ok([{ type: 'TASK_DELEGATED', ...name, delegation, at }])
    }
  }
}

/** Approving, adopting, returning and refusing: what a step asks of a person. */
function decideJudgement(
  command: Extract<OnTask, { type: 'approve' | 'adopt' | 'return' | 'refuse' }>,
  signOff: SignOff,
  place: TaskPlace,
  acting: Acting,
): Decided {
  const { actor, now } = acting
  const { definition, task, chain, name, step } = place
  const { by, at } = saidBy(acting)
  const mayNot = personRefused(signOff, place, acting)
  if (mayNot) return mayNot
  const { org } = chain
  switch (command.type) {
    case 'approve': {
      const no = textRefused(command.hash, signOff, task.org)
      if (no) return no
      const { comment, conditions } = command
      if (conditions.length > 0 && !setsConditions(definition.kind))
        return forbidden('CONDITIONS', 'This step confirms facts: it sets no conditions.', '/conditions')
      const isComplete = command.assessmentComplete === true || factsOf(signOff, chain).has('ASSESSMENT_COMPLETE')
      if (definition.kind === 'ASSESSMENT' && !isComplete)
        return forbidden('DP-4', 'The data protection impact assessment is not recorded as approved.', '/step')
      return ok([{ type: 'TASK_DONE', ...name, result: resultOf({ comment, conditions, adopted: null }, place, acting) }])
    }
    case 'adopt': {
      const no = textRefused(command.hash, signOff, task.org)
      if (no) return no
      const { from, reason } = command
      const theirs = reviewOf(signOff, from, definition)
      if (from === task.org || !theirs)
        return forbidden('ADOPT', 'That party has no review of its own of this version at this step that could be adopted.', '/from')
      const adopted = { adopted: { org: from, reason }, comment: theirs.comment, conditions: theirs.conditions }
      return ok([{ type: 'TASK_DONE', ...name, result: resultOf(adopted, place, acting) }])
    }
    case 'return': {
      const to = command.to ?? definition.return_to
      const reopened = stepsFrom(routeOf(signOff, chain), to)
      if (!returnsTo(signOff, chain, step.id).includes(to)) return forbidden('WF-2', 'A step returns to itself or to one before it.', '/to')
      const voids = chain.steps.filter(({ id, state }) => state === 'DONE' && reopened.includes(id)).map(({ id }) => id)
      return ok([
        { type: 'RETURNED', org, step: step.id, by, deputyFor: deputyFor(place, actor, now), reasons: command.reasons, to, voids, at },
      ])
    }
    case 'refuse': {
      const { reason } = command
      const refusal = { type: 'STEP_REFUSED', org, step: step.id, by, deputyFor: deputyFor(place, actor, now), reason, at } as const
      // The refusal of the data protection officer is advice: the SIRO of the same party may overrule it, and only they.
      if (definition.kind === 'DPO_REVIEW' && org !== null) return ok([refusal])
      return ok([refusal, { type: 'CHAIN_ENDED', org, how: 'REFUSED', by, reason, at }])
    }
  }
}

/** The steps at which a chain may begin again where a step returns it: the step itself, and those before it. */
export function returnsTo(signOff: SignOff, chain: Chain, step: string): string[] {
  const route = routeOf(signOff, chain)
  return chain.steps.map(({ id }) => id).filter((id) => id === step || stepsFrom(route, id).includes(step))
}

/** A signature binds the party to exactly this content, after everything else of its chain, when it is its turn. */
function decideSign(command: Extract<OnTask, { type: 'sign' }>, signOff: SignOff, place: TaskPlace, acting: Acting): Decided {
  const { name, task } = place
  const { actor, now } = acting
  const mayNot = personRefused(signOff, place, acting) ?? textRefused(command.hash, signOff, task.org)
  if (mayNot) return mayNot
  return ok([{ type: 'SIGNED', ...name, ...saidBy(acting), deputyFor: deputyFor(place, actor, now) }])
}

/** Why this person may not do this task, whatever their role: duties that are kept apart, one task of a step for each. */
function personRefused(signOff: SignOff, { definition, step, task }: TaskPlace, { actor, now }: Acting) {
  const from = deputyFor({ task, definition }, actor, now)
  const no = from
    ? deputyRefused(signOff, task.org, definition, { person: actor, roles: actor.roles, from })
    : dutyRefused(signOff, task.org, definition, actor, actor.roles)
  if (no) return forbidden(no.rule, no.detail)
  // Whoever is stood in for has done it too: a quorum of two is no person and their deputy.
  const people = [actor, ...(from ? [from] : [])]
  const isTheirs = ({ by, deputyFor }: TaskResult) =>
    people.some((one) => isSamePerson(by, one) || (deputyFor && isSamePerson(deputyFor, one)))
  if (step.tasks.some(({ result }) => result && isTheirs(result)))
    return forbidden('QUORUM', 'This person has done a task of this step: another one must do the next.')
  return null
}

/** WF-1: what is approved is exactly the content that was read, and nothing that the own party wants corrected. */
function textRefused(hash: string, signOff: SignOff, org: string) {
  if (hash !== signOff.subject.hash) return tooLate('WF-1', 'This is not the hash of what is signed off: read it again.')
  const wrong = signOff.marks.find(({ mark, by }) => mark === 'TO_CORRECT' && by.org === org)
  if (wrong)
    return forbidden(
      'WF-1',
      `Somebody of the own party marked ${wrong.part === '' ? 'the whole' : wrong.part} as to be corrected: they mark it anew, or it is returned.`,
    )
  return null
}

function resultOf(
  { comment, conditions, adopted }: Pick<TaskResult, 'comment' | 'conditions' | 'adopted'>,
  place: TaskPlace,
  acting: Acting,
): TaskResult {
  const outcome = conditions.length > 0 ? 'APPROVED_WITH_CONDITIONS' : 'APPROVED'
  return { outcome, ...saidBy(acting), deputyFor: deputyFor(place, acting.actor, acting.now), comment, conditions, adopted }
}

/** A review that another party's own people made of the same content, at a step of the same kind and role. */
function reviewOf(signOff: SignOff, org: string, { kind, role }: RouteStep): TaskResult | undefined {
  const chain = chainOf(signOff, org)
  // What a party approved before it left, refused or declined is its approval no longer.
  if (!chain || !(isOpenChain(chain) || chain.status === 'SIGNED')) return undefined
  const route = routeOf(signOff, chain)
  return chain.steps
    .filter(({ id, state }) => state === 'DONE' && routeStep(route, id).kind === kind && routeStep(route, id).role === role)
    .flatMap(({ tasks }) => tasks)
    .map(({ result }) => result)
    .find((result): result is TaskResult => result !== null && result.adopted === null)
}
