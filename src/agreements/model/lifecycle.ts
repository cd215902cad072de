import type { Instant } from '../../platform/kernel/instant.ts'
import { ok, refuse } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import { decideAttest, decideDispute, decideState } from './attesting.ts'
import type { ActingPerson, CommandOf, Decided, LifecycleCommand, LifecycleRefusal } from './command.ts'
import { decideDispose } from './disposals.ts'
import { decideEnd, decideGoOn, decideReject, decideRenewal, decideWithdrawal } from './lifecycle-ending.ts'
import { decideHandOver, decideInvite, decideLeave, decideStay, decideUninvite } from './lifecycle-parties.ts'
import { decideLift, decideSuspend } from './lifecycle-suspending.ts'
import { decideAbandon, decideAmend, decideConfirm, decideFreeze, decideSign } from './lifecycle-text.ts'
import { keeperOf, type Standing, standingOf, statusAt } from './standing.ts'
import { ACT_RULES, type ActRule, refusedBy } from './standing-acts.ts'

/**
 * Decides one command on an agreement as it stands: the table of standings and acts first, then the command's own rules. It
 * decides and never writes; the services do what the change says. Pure.
 */
export function decide(command: LifecycleCommand, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const why = refusedBy(command.type, agreement, actor, now)
  return why === null
    ? RULES[command.type](command as never, agreement, actor, now)
    : refuse(refusal(why, ACT_RULES[command.type], agreement, actor, now))
}

const NO_SAY: Readonly<Record<Standing, string>> = {
  DRAFTING: 'the text is still written',
  INVITED: 'it was only invited: it signs or declines, and has no say over others',
  ATTESTED: 'its signature is only attested: it signs or declines, and has no say over others',
  BOUND: 'it does not keep the text',
  LEFT: 'it has left',
  ENDED: 'it has ended',
  SUCCESSOR: 'it follows a party and has not signed for itself',
  NONE: 'it takes no part',
}

function refusal(
  why: 'ROLE' | 'OWNER' | 'PARTY' | 'STATE',
  { permission, states }: ActRule,
  agreement: Agreement,
  { org }: ActingPerson,
  now: Instant,
): LifecycleRefusal {
  switch (why) {
    case 'ROLE':
      return { code: 'FORBIDDEN', rule: why, detail: `This needs a role that carries ${permission}.` }
    case 'OWNER':
      return {
        code: 'FORBIDDEN',
        rule: why,
        detail: `Only the organisation that keeps the text (${keeperOf(agreement, now)}) may do this.`,
      }
    case 'PARTY':
      return { code: 'FORBIDDEN', rule: why, detail: `${org} may not do this: ${NO_SAY[standingOf(agreement, org, now)]}.` }
    case 'STATE': {
      const detail = `An agreement that is ${statusAt(agreement, now)} does not take this step; it needs ${states.join(' or ')}.`
      return { code: 'ILLEGAL_STATE', rule: why, detail }
    }
  }
}

/** The rules of each command, once the table lets it be. */
const RULES: {
  readonly [T in LifecycleCommand['type']]: (command: CommandOf<T>, on: Agreement, actor: ActingPerson, now: Instant) => Decided
} = {
  freeze: (command, on, _actor, now) => decideFreeze(command, on, now),
  sign: decideSign,
  confirm: decideConfirm,
  amend: (command, on, _actor, now) => decideAmend(command, on, now),
  renew: (command, on, _actor, now) => decideAmend(command, on, now),
  abandon: (_command, on) => decideAbandon(on),
  suspend: decideSuspend,
  lift: decideLift,
  leave: decideLeave,
  stay: (_command, on, actor, now) => decideStay(on, actor, now),
  invite: (command, on, _actor, now) => decideInvite(command, on, now),
  uninvite: (command, on, _actor, now) => decideUninvite(command, on, now),
  hand_over: decideHandOver,
  terminate: decideEnd,
  go_on: decideGoOn,
  confirm_review: (command, on, _actor, now) => decideRenewal(command, on, now),
  withdraw_draft: (_command, on) => decideWithdrawal(on),
  reject: (_command, on, actor, now) => decideReject(on, actor, now),
  dispose: decideDispose,
  dispose_in_place: decideDispose,
  state: decideState,
  attest: decideAttest,
  dispute: decideDispute,
  attach: (_command, on, _actor, now) => ok({ type: 'attach', to: statusAt(on, now) }),
}
