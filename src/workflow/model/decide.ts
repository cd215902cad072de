import { isSamePerson } from '../../identity/principal.ts'
import { written } from '../../platform/kernel/instant.ts'
import { ok, refuse } from '../../platform/kernel/result.ts'
import { consequences } from './advance.ts'
import { deputyFor, type Place, refusedBy } from './allowed.ts'
import { type Acting, type Decided, notThere, type SignOffCommand, type StartCommand } from './commands.ts'
import { decideOnChain } from './decide-chain.ts'
import { decideOnTask } from './decide-task.ts'
import { decideOnWords } from './decide-words.ts'
import { deputyRefused } from './duties.ts'
import type { SignOffEvent, StepName } from './events.ts'
import { evolve, replayed } from './evolve.ts'
import { routeKey, routeStep, type StepKind } from './route.ts'
import { chainOf, type Person, routeOf, type SignedContent, type SignOff, stepOf } from './sign-off.ts'

/**
 * Opens a sign-off. Pure; @throws RangeError where a party names a route that is not among those given: that is the caller's fault,
 * not a person's.
 */
export function start(command: StartCommand, { actor, now }: Acting): readonly SignOffEvent[] {
  const { type: _type, routes, carried = new Map<string, SignedContent>(), ...given } = command
  const [main] = routes
  if (!main) throw new RangeError('a sign-off starts with a route')
  const by: Person = { issuer: actor.issuer, sub: actor.sub, org: actor.org }
  const byKey = Object.fromEntries(routes.map((route) => [routeKey(route), route]))
  const at = written(now) ?? ''
  const event: SignOffEvent = { type: 'STARTED', ...given, route: routeKey(main), routes: byKey, by, at }
  const events = [event, ...[...carried].map(([org, from]): SignOffEvent => ({ type: 'CHAIN_CARRIED', org, from, at }))]
  return [...events, ...consequences(replayed(events), now)]
}

/**
 * Decides one command on a sign-off as it stands: the table of who may do what in which state first, then the command's own rules,
 * then what follows of itself. It decides and never writes. Pure.
 */
export function decide(command: SignOffCommand, signOff: SignOff, acting: Acting): Decided {
  const place = placeOf(command, signOff, acting)
  if (!place) return notThere('NO_SUCH_STEP', 'There is no such step here.')
  const no = refusedBy(command.type, signOff, place, acting.actor, acting.now)
  if (no) return refuse(no)
  const decided = own(command, signOff, place, acting)
  if (!decided.ok) return decided
  const after = decided.value.reduce<SignOff>((state, event) => evolve(state, event), signOff)
  return ok([...decided.value, ...consequences(after, acting.now)])
}

/** What somebody may not do now at an open step of their organisation, and the rule that says so. */
export interface ClosedCommand {
  readonly command: 'approve' | 'return' | 'refuse' | 'sign'
  readonly org: string | null
  readonly step: string
  readonly rule: string
  readonly detail: string
}

/** What completes the open steps of the actor's organisation and is not the actor's to do now: each in the words with which a try is refused. */
export function closedTo(signOff: SignOff, acting: Acting): ClosedCommand[] {
  return signOff.chains.flatMap((chain) =>
    chain.steps.flatMap(({ id: step, state, tasks }) => {
      if (state !== 'OPEN' || !tasks.some((task) => task.state === 'OPEN' && task.org === acting.actor.org)) return []
      const { kind } = routeStep(routeOf(signOff, chain), step)
      return triesAt(signOff, { org: chain.org, step }, kind).flatMap((tried) => {
        const decided = decide(tried, signOff, acting)
        if (decided.ok) return []
        const { rule, detail } = decided.refusal
        return [{ command: tried.type, org: chain.org, step, rule, detail }]
      })
    }),
  )
}

type Tried = Extract<SignOffCommand, { type: ClosedCommand['command'] }>

function triesAt({ subject: { hash } }: SignOff, { org, step }: StepName, kind: StepKind): readonly Tried[] {
  if (kind === 'SIGNATURE') return org === null ? [] : [{ type: 'sign', org, hash }]
  return [
    { type: 'approve', org, step, hash, comment: null, conditions: [], assessmentComplete: true },
    { type: 'return', org, step, reasons: '' },
    { type: 'refuse', org, step, reason: '' },
  ]
}

/** A step that was handed to somebody who, as they come with their roles now, may not do it for whoever handed it over. */
export interface UnfitDeputy extends StepName {
  readonly from: Person
  readonly rule: string
}

/** Whether a command is one of a deputy who may not be that one: which roles somebody comes with is known once they do; null: they may, or act for nobody. */
export function unfitDeputy(command: SignOffCommand, signOff: SignOff, acting: Acting): UnfitDeputy | null {
  const { chain, step, definition, task } = placeOf(command, signOff, acting) ?? {}
  if (!chain || !step || !definition || task?.state !== 'OPEN') return null
  const { actor, now } = acting
  const from = deputyFor({ task, definition }, actor, now)
  const no = from && deputyRefused(signOff, task.org, definition, { person: actor, roles: actor.roles, from })
  return from && no ? { org: chain.org, step: step.id, from, rule: no.rule } : null
}

function own(command: SignOffCommand, signOff: SignOff, place: Place, acting: Acting): Decided {
  switch (command.type) {
    case 'claim':
    case 'release':
    case 'assign':
    case 'delegate':
    case 'approve':
    case 'adopt':
    case 'return':
    case 'refuse':
    case 'sign':
      return decideOnTask(command, signOff, place, acting)
    case 'comment':
    case 'resolve':
    case 'reopen':
    case 'mark':
      return decideOnWords(command, signOff, acting)
    default:
      return decideOnChain(command, signOff, place, acting)
  }
}

/** What a command is about; undefined where it names what is not there. */
function placeOf(command: SignOffCommand, signOff: SignOff, { actor }: Acting): Place | undefined {
  if (!('org' in command) || command.type === 'role_ended' || command.type === 'hand_over') return {}
  const chain = chainOf(signOff, command.org)
  if (!chain) return undefined
  const id = 'step' in command ? command.step : stepWithoutName(command.type, signOff, command.org)
  if (id === undefined) return { chain }
  const step = stepOf(chain, id)
  if (!step) return undefined
  const definition = routeStep(routeOf(signOff, chain), id)
  const number = 'task' in command ? command.task : undefined
  const named = number === undefined ? undefined : step.tasks.find((task) => task.number === number)
  if (number !== undefined && !named) return undefined
  const isTheirs = (task: (typeof step.tasks)[number]) =>
    task.org === actor.org && task.state === 'OPEN' && [task.assignee, task.delegation?.to].some((one) => one && isSamePerson(one, actor))
  const open = step.tasks.filter(({ state, org }) => state === 'OPEN' && org === actor.org)
  const task = named ?? step.tasks.find(isTheirs) ?? open.find(({ assignee }) => assignee === null) ?? open[0]
  return { chain, step, definition, task }
}

/** Signing and overruling name a party; its step is the one of that kind. */
function stepWithoutName(type: SignOffCommand['type'], signOff: SignOff, org: string): string | undefined {
  const kind = type === 'sign' ? 'SIGNATURE' : type === 'overrule' ? 'DPO_REVIEW' : undefined
  const chain = chainOf(signOff, org)
  return kind && chain && routeOf(signOff, chain).steps.find((step) => step.kind === kind && step.by === 'PARTY')?.id
}
