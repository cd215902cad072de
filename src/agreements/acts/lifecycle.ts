import { type Permission, permits } from '../../identity/permissions.ts'
import { refuse } from '../../platform/kernel/result.ts'
import type { Agreement, AgreementStatus } from '../agreement.ts'
import type { Actor, Command, CommandType, Decided } from './command.ts'
import { hasLeft, statusAt } from './governing.ts'
import { decideEnd, decideLeave, decideReject, decideRenewal, decideWithdrawal } from './lifecycle-ending.ts'
import { decideInvite, decideLift, decideSuspend } from './lifecycle-standing.ts'
import { decideAbandon, decideAmend, decideConfirm, decideFreeze, decideSign } from './lifecycle-text.ts'

/**
 * Who may do what to an agreement in which state: one table, a whitelist. A command that is not in it does not exist.
 * Words: command, state, actor, change, refusal. It decides and never writes; the services do what the change says.
 */

/** One row of the table: from which states, with which permission, and for whom the actor must act. */
export interface Rule {
  readonly states: readonly AgreementStatus[]
  readonly permission: Permission
  /** OWNER: the organisation that keeps the text. PARTY: one that takes part and has not left. */
  readonly whose: 'OWNER' | 'PARTY'
}

const LIVE: readonly AgreementStatus[] = ['AWAITING_SIGNATURE', 'ACTIVE']

/** The table (domain reference 3.5, 5.1). TERMINATED, REJECTED and WITHDRAWN take no command at all. */
export const WHITELIST = {
  freeze: { states: ['DRAFT', 'AWAITING_SIGNATURE', 'ACTIVE'], permission: 'agreement:freeze', whose: 'OWNER' },
  sign: { states: LIVE, permission: 'agreement:sign', whose: 'PARTY' },
  confirm: { states: LIVE, permission: 'agreement:confirm', whose: 'PARTY' },
  amend: { states: LIVE, permission: 'agreement:draft', whose: 'OWNER' },
  abandon: { states: LIVE, permission: 'agreement:draft', whose: 'OWNER' },
  suspend: { states: LIVE, permission: 'agreement:suspend', whose: 'PARTY' },
  lift: { states: LIVE, permission: 'agreement:lift', whose: 'PARTY' },
  leave: { states: LIVE, permission: 'agreement:withdraw', whose: 'PARTY' },
  invite: { states: LIVE, permission: 'agreement:freeze', whose: 'OWNER' },
  terminate: { states: ['ACTIVE'], permission: 'agreement:terminate', whose: 'PARTY' },
  renew: { states: ['ACTIVE'], permission: 'agreement:draft', whose: 'OWNER' },
  confirm_review: { states: ['ACTIVE'], permission: 'agreement:freeze', whose: 'OWNER' },
  withdraw_draft: { states: ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE'], permission: 'agreement:draft', whose: 'OWNER' },
  reject: { states: ['IN_REVIEW', 'AWAITING_SIGNATURE'], permission: 'agreement:withdraw', whose: 'PARTY' },
} as const satisfies Record<CommandType, Rule>

/**
 * Decides one command on an agreement as it stands. Tests in this order: role, standing, state, then the command's own rules.
 * @param now the instant of the act, ISO 8601 in UTC
 */
export function decide(command: Command, agreement: Agreement, actor: Actor, now: string): Decided {
  const { states, permission, whose }: Rule = WHITELIST[command.type]
  if (!permits(actor.roles, permission)) {
    return refuse({ code: 'FORBIDDEN', rule: 'ROLE', detail: `This needs a role that carries ${permission}.` })
  }
  if (whose === 'OWNER' && actor.org !== agreement.owner_org) {
    return refuse({ code: 'FORBIDDEN', rule: 'OWNER', detail: 'Only the organisation that keeps the text may do this.' })
  }
  if (whose === 'PARTY' && !agreement.parties.some((party) => party.org === actor.org && !hasLeft(party.left_at, now))) {
    return refuse({ code: 'FORBIDDEN', rule: 'PARTY', detail: 'Only a party that has not left may do this.' })
  }
  const status = statusAt(agreement, now)
  if (!states.includes(status)) {
    return refuse({
      code: 'ILLEGAL_STATE',
      rule: 'STATE',
      detail: `An agreement that is ${status} does not take this step; it needs ${states.join(' or ')}.`,
    })
  }
  return decideRules(command, agreement, actor, now)
}

/** The commands that the table would let this actor give now; their own rules may still refuse. */
export function commandsFor(agreement: Agreement, actor: Actor, now: string): CommandType[] {
  const status = statusAt(agreement, now)
  const isParty = agreement.parties.some((party) => party.org === actor.org && !hasLeft(party.left_at, now))
  return (Object.keys(WHITELIST) as CommandType[]).filter((type) => {
    const { states, permission, whose }: Rule = WHITELIST[type]
    const stands = whose === 'OWNER' ? actor.org === agreement.owner_org : isParty
    return stands && states.includes(status) && permits(actor.roles, permission)
  })
}

function decideRules(command: Command, agreement: Agreement, actor: Actor, now: string): Decided {
  switch (command.type) {
    case 'freeze':
      return decideFreeze(command, agreement, now)
    case 'sign':
      return decideSign(command, agreement, actor, now)
    case 'confirm':
      return decideConfirm(command, agreement, actor, now)
    case 'amend':
    case 'renew':
      return decideAmend(command.type, agreement, now)
    case 'abandon':
      return decideAbandon(agreement)
    case 'suspend':
      return decideSuspend(command, agreement, actor, now)
    case 'lift':
      return decideLift(command, agreement, actor, now)
    case 'leave':
      return decideLeave(command, agreement, actor, now)
    case 'invite':
      return decideInvite(command, agreement, now)
    case 'terminate':
      return decideEnd(command, agreement, actor, now)
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
