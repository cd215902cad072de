import { isSamePerson } from '../../identity/principal.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { ok } from '../../platform/kernel/result.ts'
import { addWorkingDays, workingDaysBetween } from '../../platform/kernel/working-days.ts'
import { doneSteps, isComplete } from './advance.ts'
import type { Place } from './allowed.ts'
import { type Acting, type Decided, forbidden, type SignOffCommand, saidBy, tooLate } from './commands.ts'
import type { OnTask } from './decide-task.ts'
import type { OnWords } from './decide-words.ts'
import { dutyRefused } from './duties.ts'
import type { SignOffEvent } from './events.ts'
import { handedOver } from './handing-over.ts'
import { routeStep } from './route.ts'
import { type Chain, chainOf, isOpenChain, routeOf, type SignOff } from './sign-off.ts'
import { type Timer, timersOf } from './timers.ts'

/** The rules of the commands on a chain, or on the whole, once the table lets them be. Pure. */

type OnChain = Exclude<SignOffCommand, OnTask | OnWords>

export function decideOnChain(command: OnChain, signOff: SignOff, { chain, step, definition }: Place, acting: Acting): Decided {
  const { actor, now } = acting
  const { by, at } = saidBy(acting)
  switch (command.type) {
    case 'take_back_return':
      return ok([{ type: 'RETURN_TAKEN_BACK', org: command.org, step: command.step, by, reason: command.reason, at }])
    case 'overrule': {
      const no = dutyRefused(signOff, command.org, { kind: 'RISK_ACCEPTANCE', role: 'SIRO' }, actor, actor.roles)
      if (no) return forbidden(no.rule, no.detail)
      return ok([{ type: 'OVERRULED', org: command.org, step: step?.id ?? definition?.id ?? '', by, reason: command.reason, at }])
    }
    case 'decline':
      return ok([{ type: 'CHAIN_ENDED', org: command.org, how: 'DECLINED', by, reason: command.reason, at }])
    case 'chase':
      return chased(command.org, chain, acting)
    case 'leave':
      return ok([{ type: 'CHAIN_ENDED', org: command.org, how: 'LEFT', by: null, reason: command.reason, at }])
    case 'object':
      if (!chain?.carriedFrom) return tooLate('SIGNED', `${command.org} has signed this content itself.`)
      return ok([{ type: 'CHAIN_ENDED', org: command.org, how: 'DECLINED', by: null, reason: command.reason, at }])
    case 'join': {
      const known = chainOf(signOff, command.party.org)
      if (known && (isOpenChain(known) || known.status === 'SIGNED')) return tooLate('JOINED', `${command.party.org} takes part already.`)
      return ok([{ type: 'CHAIN_ADDED', party: command.party, route: command.route, at }])
    }
    case 'hold':
      return ok([{ type: 'HELD', reason: command.reason, at }])
    case 'release_hold':
      return ok([{ type: 'RELEASED', reason: command.reason, ...movedBy(signOff, now), at }])
    case 'withdraw':
    case 'supersede': {
      const how = command.type === 'withdraw' ? 'WITHDRAWN' : 'SUPERSEDED'
      return ok([{ type: 'ENDED', how, reason: command.reason, voids: doneSteps(signOff), at }])
    }
    case 'close':
      return ok(closing(signOff, command.reason, at))
    case 'role_ended':
      return ok(handsOf(command, signOff, at))
    case 'hand_over':
      return ok(handedOver(command, signOff, at))
    case 'fire': {
      const timer = timersOf(signOff).find((one) => one.org === command.org && one.step === command.step && keyOf(one) === command.timer)
      return ok(timer && timer.at <= now ? fired(timer, signOff, at) : [])
    }
  }
}

/** Once a London day for a party, and only where something waits for its people. */
function chased(org: string, chain: Chain | undefined, acting: Acting): Decided {
  const steps = chain?.steps.filter(({ state }) => state === 'OPEN').map(({ id }) => id) ?? []
  if (steps.length === 0) return tooLate('NOTHING_WAITS', 'Nothing waits for this party now: others come first.')
  if (chain?.chasedAt && londonDay(Date.parse(chain.chasedAt)) === londonDay(acting.now))
    return tooLate('CHASED', 'This party was reminded today already: once a day is the most.')
  return ok([{ type: 'CHASED', org, steps, ...saidBy(acting) }])
}

/** What was due while everything stood still is due as many working days later. */
function movedBy({ chains, heldAt }: SignOff, now: Instant) {
  const days = heldAt === null ? 0 : workingDaysBetween(londonDay(Date.parse(heldAt)), londonDay(now))
  const due = chains.flatMap(({ org, steps }) =>
    steps.flatMap((step) =>
      step.state === 'OPEN' && step.due !== null ? [{ org, step: step.id, due: addWorkingDays(step.due, days) }] : [],
    ),
  )
  return { days, due }
}

/** Chains that are still open end, and all with them: what was signed by then is complete, and where nothing was it is withdrawn. */
function closing(signOff: SignOff, reason: string, at: string): SignOffEvent[] {
  const parties = signOff.chains.filter(({ org }) => org !== null)
  const isAnySigned = parties.some((chain) => isComplete(signOff, chain))
  const isUndone = (chain: Chain) => isOpenChain(chain) && !isComplete(signOff, chain)
  return [
    ...parties.filter(isUndone).map(({ org }): SignOffEvent => ({ type: 'CHAIN_ENDED', org, how: 'OVER', by: null, reason, at })),
    { type: 'ENDED', how: isAnySigned ? 'COMPLETE' : 'WITHDRAWN', reason, voids: isAnySigned ? [] : doneSteps(signOff), at },
  ]
}

/** A timer's name within its sign-off: it does not fire in a later opening of its step. */
export function keyOf({ round, key }: Pick<Timer, 'round' | 'key'>): string {
  return `${round}:${key}`
}

/** Open tasks that a person held by roles that they have no longer: back to everybody of the role, with the same due day. */
function handsOf({ person, org, roles }: Extract<OnChain, { type: 'role_ended' }>, signOff: SignOff, at: string): SignOffEvent[] {
  return signOff.chains.flatMap((chain) => {
    const route = routeOf(signOff, chain)
    return chain.steps.flatMap((step) =>
      step.tasks
        .filter((task) => task.state === 'OPEN' && task.org === org && task.assignee !== null && isSamePerson(task.assignee, person))
        .filter(() => roles.includes(routeStep(route, step.id).role))
        .map(({ number }): SignOffEvent => {
          const name = { org: chain.org, step: step.id, task: number }
          return { type: 'TASK_ASSIGNED', ...name, to: null, by: null, why: 'ROLE_ENDED', at }
        }),
    )
  })
}

function fired(timer: Timer, signOff: SignOff, at: string): SignOffEvent[] {
  const { org, step, key, kind, to } = timer
  if (kind === 'LAPSE') return [{ type: 'CHAIN_ENDED', org, how: 'LAPSED', by: null, reason: 'Nobody signed in time.', at }]
  const chain = chainOf(signOff, org)
  const due = chain?.steps.find(({ id }) => id === step)?.due ?? ''
  const type = kind === 'REMIND' ? 'REMINDED' : kind === 'DUE' ? 'OVERDUE' : 'ESCALATED'
  return [{ type, org, step, timer: key, to, due, at }]
}
