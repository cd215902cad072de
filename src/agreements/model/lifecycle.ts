import type { Instant } from '../../platform/kernel/instant.ts'
import { refuse } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import type { ActingPerson, Decided, LifecycleCommand, LifecycleRefusal } from './command.ts'
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
  return why === null ? decideRules(command, agreement, actor, now) : refuse(refusal(why, ACT_RULES[command.type], agreement, actor, now))
}

const NO_SAY: Readonly<Record<Standing, string>> = {
  DRAFTING: 'the text is still written',
  INVITED: 'it was only invited: it signs or declines, and has no say over others',
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

function decideRules(command: LifecycleCommand, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  switch (command.type) {
    case 'freeze':
      return decideFreeze(command, agreement, now)
    case 'sign':
      return decideSign(command, agreement, actor, now)
    case 'confirm':
      return decideConfirm(command, agreement, actor, now)
    case 'amend':
    case 'renew':
      return decideAmend(command, agreement, now)
    case 'abandon':
      return decideAbandon(agreement)
    case 'suspend':
      return decideSuspend(command, agreement, actor, now)
    case 'lift':
      return decideLift(command, agreement, actor, now)
    case 'leave':
      return decideLeave(command, agreement, actor, now)
    case 'stay':
      return decideStay(agreement, actor, now)
    case 'invite':
      return decideInvite(command, agreement, now)
    case 'uninvite':
      return decideUninvite(command, agreement, now)
    case 'hand_over':
      return decideHandOver(command, agreement, actor, now)
    case 'terminate':
      return decideEnd(command, agreement, actor, now)
    case 'go_on':
      return decideGoOn(command, agreement, actor, now)
    case 'confirm_review':
      return decideRenewal(command, agreement, now)
    case 'withdraw_draft':
      return decideWithdrawal(agreement)
    case 'reject':
      return decideReject(agreement, actor, now)
    default:
      return command satisfies never
  }
}
