import { permits, type Role } from '../../identity/permissions.ts'
import { isSamePerson } from '../../identity/principal.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { waitsToSign } from './advance.ts'
import { type CommandType, forbidden, notYours, type SignOffActor, type SignOffRefusal, tooLate } from './commands.ts'
import { deputyRefused } from './duties.ts'
import { type RouteStep, routeStep, type StepKind } from './route.ts'
import {
  type Chain,
  type ChainStatus,
  chainOf,
  isOpenChain,
  type Person,
  routeOf,
  type SignOff,
  type SignOffStatus,
  type Step,
  type StepState,
  type Task,
} from './sign-off.ts'

/**
 * Who may do what to a sign-off in which state: one table, a whitelist, read by the API, the pages and the tests. A command that is
 * not here does not exist. What a command's own rules refuse besides (separation of duties, the hash) is decided where it is. Pure.
 */

/**
 * How somebody is to a task, or to the whole. ROLE: holds the step's role for the party whose task it is. DEPUTY: was handed the
 * task for these days. OFFICER: an information governance officer of that party. KEEPER: one of whoever keeps the text. SIRO: of that party. PARTY: anybody of any party,
 * or of the keeper. SERVICE: the room of the subject, or the clock.
 */
export type ActingAs = 'ROLE' | 'DEPUTY' | 'OFFICER' | 'KEEPER' | 'SIRO' | 'PARTY' | 'SERVICE'

export interface CommandRule {
  readonly signOff: readonly SignOffStatus[]
  /** Absent: the command is about no chain. */
  readonly chain?: readonly ChainStatus[]
  /** Absent: it is about no step. */
  readonly step?: readonly StepState[]
  /** Absent: steps of any kind. */
  readonly kinds?: readonly StepKind[]
  readonly by: readonly ActingAs[]
}

const AT_WORK: readonly SignOffStatus[] = ['OPEN']
/** Words may be exchanged while everything else stands still. */
const NOT_ENDED: readonly SignOffStatus[] = ['OPEN', 'HELD']
const LIVE: readonly ChainStatus[] = ['OPEN', 'READY']
const UNDONE: readonly ChainStatus[] = ['OPEN', 'READY', 'RETURNED', 'DPO_REFUSED']
const JUDGED: readonly StepKind[] = ['REVIEW', 'CONFIRMATION', 'ASSESSMENT', 'DPO_REVIEW', 'RISK_ACCEPTANCE', 'DECISION']
/** What one party may take over from another; each controller still confirms, accepts the risk and signs for itself. */
const ADOPTED: readonly StepKind[] = ['REVIEW', 'DPO_REVIEW']

// biome-ignore format: a table, one command to a row
export const COMMAND_RULES: Readonly<Record<CommandType, CommandRule>> = {
  claim: { signOff: AT_WORK, chain: LIVE, step: ['OPEN'], by: ['ROLE'] },
  release: { signOff: AT_WORK, chain: LIVE, step: ['OPEN'], by: ['ROLE'] },
  assign: { signOff: AT_WORK, chain: LIVE, step: ['OPEN'], by: ['ROLE', 'OFFICER'] },
  delegate: { signOff: AT_WORK, chain: LIVE, step: ['OPEN'], by: ['ROLE'] },
  approve: { signOff: AT_WORK, chain: ['OPEN'], step: ['OPEN'], kinds: JUDGED, by: ['ROLE', 'DEPUTY'] },
  adopt: { signOff: AT_WORK, chain: ['OPEN'], step: ['OPEN'], kinds: ADOPTED, by: ['ROLE', 'DEPUTY'] },
  return: { signOff: AT_WORK, chain: ['OPEN'], step: ['OPEN'], kinds: JUDGED, by: ['ROLE', 'DEPUTY'] },
  take_back_return: { signOff: AT_WORK, chain: ['RETURNED'], step: ['RETURNED'], by: ['ROLE'] },
  refuse: { signOff: AT_WORK, chain: ['OPEN'], step: ['OPEN'], kinds: JUDGED, by: ['ROLE', 'DEPUTY'] },
  overrule: { signOff: AT_WORK, chain: ['DPO_REFUSED'], step: ['REFUSED'], kinds: ['DPO_REVIEW'], by: ['SIRO'] },
  sign: { signOff: AT_WORK, chain: ['READY'], step: ['OPEN'], kinds: ['SIGNATURE'], by: ['ROLE', 'DEPUTY'] },
  decline: { signOff: AT_WORK, chain: UNDONE, by: ['ROLE', 'SIRO'] },
  chase: { signOff: AT_WORK, chain: LIVE, by: ['KEEPER', 'OFFICER'] },
  comment: { signOff: NOT_ENDED, by: ['PARTY'] },
  resolve: { signOff: NOT_ENDED, by: ['PARTY'] },
  reopen: { signOff: NOT_ENDED, by: ['PARTY'] },
  mark: { signOff: NOT_ENDED, by: ['PARTY'] },
  withdraw: { signOff: NOT_ENDED, by: ['SERVICE'] },
  supersede: { signOff: [...NOT_ENDED, 'COMPLETE'], by: ['SERVICE'] },
  close: { signOff: NOT_ENDED, by: ['SERVICE'] },
  hold: { signOff: AT_WORK, by: ['SERVICE'] },
  release_hold: { signOff: ['HELD'], by: ['SERVICE'] },
  leave: { signOff: [...NOT_ENDED, 'COMPLETE'], chain: [...UNDONE, 'SIGNED', 'REFUSED', 'DECLINED', 'LAPSED'], by: ['SERVICE'] },
  object: { signOff: [...NOT_ENDED, 'COMPLETE'], chain: ['SIGNED'], by: ['SERVICE'] },
  join: { signOff: [...NOT_ENDED, 'COMPLETE'], by: ['SERVICE'] },
  role_ended: { signOff: NOT_ENDED, by: ['SERVICE'] },
  hand_over: { signOff: NOT_ENDED, by: ['SERVICE'] },
  fire: { signOff: AT_WORK, by: ['SERVICE'] },
}

/** What a command is about, found in the state. */
export interface Place {
  readonly chain?: Chain
  readonly step?: Step
  readonly task?: Task | undefined
  readonly definition?: RouteStep | undefined
}

/** Why somebody may not do this here now, before the command's own rules are asked; null: they may. 403 before what the state says, so that a stranger hears nothing of it. */
export function refusedBy(type: CommandType, signOff: SignOff, place: Place, actor: SignOffActor, now: Instant): SignOffRefusal | null {
  const rule = COMMAND_RULES[type]
  if (!rule.by.some((as) => actsAs(as, signOff, place, actor, now))) return mayNot(rule, place, actor, now)
  const { chain, step, definition } = place
  if (!rule.signOff.includes(signOff.status)) return (signOff.status === 'HELD' ? held() : over(signOff)).refusal
  if (rule.chain && chain && !rule.chain.includes(chain.status)) return chainRefused(chain).refusal
  if (rule.step && step && !rule.step.includes(step.state)) return stepRefused(signOff, chain, step).refusal
  if (rule.kinds && definition && !rule.kinds.includes(definition.kind))
    return forbidden('KIND', 'This step is not completed this way.', '/step').refusal
  return null
}

/** What somebody may do now, by step: what the table lets them, for the list of what is open to them. */
export interface OpenCommand {
  readonly command: CommandType
  readonly org: string | null
  readonly step: string | null
  readonly task: number | null
}

/** The commands on chains, steps and tasks that are open to a person; their own rules may still refuse. */
export function commandsOpenTo(signOff: SignOff, actor: SignOffActor, now: Instant): OpenCommand[] {
  const types = Object.keys(COMMAND_RULES) as CommandType[]
  const isOpen = (type: CommandType, place: Place) =>
    refusedBy(type, signOff, place, actor, now) === null &&
    !(COMMAND_RULES[type].by.includes('DEPUTY') && isUnfit(signOff, place, actor, now))
  const found: OpenCommand[] = types
    .filter((type) => COMMAND_RULES[type].chain === undefined && isOpen(type, {}))
    .map((command) => ({ command, org: null, step: null, task: null }))
  for (const chain of signOff.chains) {
    const { org } = chain
    for (const command of types.filter((type) => COMMAND_RULES[type].chain && !COMMAND_RULES[type].step))
      if (isOpen(command, { chain })) found.push({ command, org, step: null, task: null })
    for (const step of chain.steps) {
      const definition = routeStep(routeOf(signOff, chain), step.id)
      const tasks: readonly (Task | undefined)[] = step.state === 'OPEN' ? step.tasks.filter(({ state }) => state === 'OPEN') : [undefined]
      for (const task of tasks)
        for (const command of types.filter((type) => COMMAND_RULES[type].step))
          if (isOpen(command, { chain, step, definition, task })) found.push({ command, org, step: step.id, task: task?.number ?? null })
    }
  }
  return found
}

/** For whom an actor acts on a task as a deputy: by this very task, or by their role for some days; null: for nobody, also where it is theirs by their own role. */
export function deputyFor({ task, definition }: Place, actor: SignOffActor, now: Instant): Person | null {
  if (definition && (actor.roles as readonly Role[]).includes(definition.role) && isFree(task, actor)) return null
  const today = londonDay(now)
  return deputations({ task, definition }, actor).find(({ first, last }) => first <= today && today <= last)?.from ?? null
}

/** Whether an actor would do a task as a deputy who may not be that one: nothing of it is offered to them. */
function isUnfit(signOff: SignOff, { task, definition }: Place, actor: SignOffActor, now: Instant): boolean {
  const from = deputyFor({ task, definition }, actor, now)
  if (!from || !task || !definition) return false
  return deputyRefused(signOff, task.org, definition, { person: actor, roles: actor.roles, from }) !== null
}

/** What hands a task to an actor, on whatever days. Whoever was named for a role does what its holder might: what is theirs, or nobody's yet. */
export function deputations({ task, definition }: Place, { issuer, sub, org, deputises = [] }: SignOffActor) {
  if (!task || task.org !== org) return []
  const own = task.delegation && isSamePerson(task.delegation.to, { issuer, sub }) ? [task.delegation] : []
  const byRole = deputises
    .filter(({ role, person }) => role === definition?.role && (task.assignee === null || isSamePerson(task.assignee, person)))
    .map(({ person, first, last }) => ({ from: { issuer: person.issuer, sub: person.sub, org }, first, last }))
  return [...own, ...byRole]
}

function actsAs(as: ActingAs, signOff: SignOff, { chain, step, task, definition }: Place, actor: SignOffActor, now: Instant): boolean {
  if (as === 'SERVICE') return actor.isService === true
  if (actor.isService) return false
  if (as === 'PARTY') return actor.org === signOff.keeper || chainOf(signOff, actor.org) !== undefined
  if (as === 'KEEPER') return actor.org === signOff.keeper && permits(actor.roles, 'agreement:freeze')
  // Nobody acts for another party (WF-4): a task for the whole belongs to an organisation too.
  const owners = task ? [task.org] : chain?.org !== null ? [chain?.org] : (step?.tasks.map(({ org }) => org) ?? [])
  if (!owners.includes(actor.org)) return false
  const roles: readonly Role[] = actor.roles
  switch (as) {
    case 'OFFICER':
      return permits(roles, 'agreement:freeze')
    case 'SIRO':
      return roles.includes('SIRO')
    case 'DEPUTY':
      return deputyFor({ task, definition }, actor, now) !== null
    case 'ROLE':
      if (definition === undefined) return roles.includes('SIGNATORY')
      return roles.includes(definition.role) && isFree(task, actor)
  }
}

/** Whether a task is in nobody's hands, or in the actor's. */
function isFree(task: Task | undefined, actor: SignOffActor): boolean {
  return task === undefined || task.state !== 'OPEN' || task.assignee === null || isSamePerson(task.assignee, actor)
}

function mayNot({ by }: CommandRule, { chain, step, task, definition }: Place, actor: SignOffActor, now: Instant): SignOffRefusal {
  if (by.every((as) => as === 'SERVICE')) return notYours('SERVICE', 'This follows from an act on what is signed off.').refusal
  const [deputation] = deputations({ task, definition }, actor)
  if (deputation && deputyFor({ task, definition }, actor, now) === null)
    return notYours('WF-3', `The delegation counts from ${deputation.first} to ${deputation.last}.`).refusal
  const owner =
    task?.org ?? chain?.org ?? (step && step.tasks.length > 0 && step.tasks.every(({ org }) => org !== actor.org) ? 'others' : undefined)
  if (owner !== undefined && owner !== null && owner !== actor.org) return notYours('WF-4', 'No party acts for another.').refusal
  if (definition && actor.roles.includes(definition.role) && !isFree(task, actor))
    return notYours('ASSIGNED', 'Somebody else has this step: they release it, or it is assigned anew.').refusal
  return notYours('ROLE', definition ? 'This step is for people of the party in another role.' : 'This is for other people of the party.')
    .refusal
}

function held() {
  return forbidden('HELD', 'Sign-off stands still while sharing is suspended.')
}

function over({ status }: SignOff) {
  return tooLate('ENDED', `This sign-off has ended: ${status}.`)
}

/** A chain that ended is too late; one that waits for something is not in the state for it. */
function chainRefused(chain: Chain) {
  if (chain.status === 'RETURNED')
    return forbidden(
      'WF-1',
      'This version was returned for changes: nobody of the party approves it until the return is taken back or the text is changed.',
    )
  if (chain.status === 'DPO_REFUSED')
    return forbidden('DPO_REFUSED', 'The data protection officer refused it: the SIRO of the party overrules with a reason, or it ends.')
  if (!isOpenChain(chain)) return tooLate('ENDED', 'The approval of this party has ended.')
  return forbidden('CHAIN_INCOMPLETE', 'Steps of this party are still to be done before it signs.')
}

/** 409 also where other parties come first: an answer to a step that is open to others is too early, not wrong. */
function stepRefused(signOff: SignOff, chain: Chain | undefined, { state }: Step) {
  const waits = state === 'WAITING' && chain?.status === 'READY' ? waitsToSign(signOff, chain) : null
  if (waits === 'QUORUM') return tooLate('QUORUM', 'Signing opens when enough parties have completed their approvals.')
  if (waits === 'SIGNING_ORDER') return tooLate('SIGNING_ORDER', 'Another party signs first.')
  if (state === 'WAITING') return forbidden('NOT_OPEN', 'Steps before this one are still to be done.', '/step')
  return tooLate('CLOSED', 'This step is over.')
}
