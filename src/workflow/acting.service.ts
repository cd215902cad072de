import { type Principal, servicePrincipal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import { Refused, refusal } from '../platform/kernel/refusal.ts'
import type { SignOffActor, SignOffCommand, SignOffRefusal } from './model/commands.ts'
import { decide } from './model/decide.ts'
import type { SignOffEvent } from './model/events.ts'
import { evolve } from './model/evolve.ts'
import type { SignOff } from './model/sign-off.ts'
import { changesRepository } from './store/changes.repository.ts'
import { signOffsRepository } from './store/sign-offs.repository.ts'
import type { ActingOn } from './subject-room.service.ts'

/**
 * How every change of a sign-off is made: decided by the pure core on the locked state, its events written, lists and timers moved.
 * Everything here runs in the caller's transaction, which reads as the system.
 */

/** A sign-off before and after a change. */
export interface Changed {
  readonly signOff: SignOff
  readonly events: readonly SignOffEvent[]
  /** The version of its row. */
  readonly version: string
}

/** Whom somebody stands in for, in which role and on which days; handed over by the composition root. */
export type DeputisesFor = (tx: Transaction, principal: Principal) => Promise<NonNullable<SignOffActor['deputises']>>

/** Whoever acts, as the core knows them. */
export async function actorOf(
  tx: Transaction,
  { principal }: Pick<ActingOn, 'principal'>,
  deputisesFor: DeputisesFor,
): Promise<SignOffActor> {
  const { issuer, sub, org, roles } = principal
  return { issuer, sub, org, roles, deputises: await deputisesFor(tx, principal) }
}

/** The service itself, for an organisation: what follows from an act on the subject, or from the clock. */
export function serviceActor(org: string): SignOffActor {
  return { ...servicePrincipal(org), isService: true }
}

/** Does a command on a locked sign-off. @throws Refused with the rule that refuses it; what changes nothing has no events */
export async function act(
  tx: Transaction,
  signOff: SignOff,
  command: SignOffCommand,
  { actor, at }: { readonly actor: SignOffActor; readonly at: number },
  isAct: boolean,
): Promise<Changed> {
  const decided = decide(command, signOff, { actor, now: at })
  if (!decided.ok) throw new Refused(asRefusal(decided.refusal))
  return change(tx, signOff, decided.value, isAct)
}

/** Writes events and what is made of them. */
export async function change(tx: Transaction, before: SignOff, events: readonly SignOffEvent[], isAct: boolean): Promise<Changed> {
  if (events.length === 0) return { signOff: before, events, version: (await signOffsRepository(tx).find(before.id))?.version ?? '' }
  const signOff = events.reduce<SignOff>((state, event) => evolve(state, event), before)
  return { signOff, events, version: await changesRepository(tx).move(before, signOff, events, isAct) }
}

/** Writes a sign-off that begins. */
export async function begin(tx: Transaction, events: readonly SignOffEvent[]): Promise<SignOff> {
  const [first, ...rest] = events
  if (first?.type !== 'STARTED') throw new RangeError('a sign-off begins with STARTED')
  const signOff = rest.reduce<SignOff>((state, event) => evolve(state, event), evolve(undefined, first))
  await changesRepository(tx).begin(signOff, events)
  return signOff
}

function asRefusal({ code, rule, detail, errors }: SignOffRefusal) {
  return refusal(code, detail, errors.length > 0 ? errors : [{ pointer: '', detail, code: rule }])
}
