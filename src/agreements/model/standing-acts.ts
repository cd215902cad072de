import { PERMISSIONS, type Permission, permits, type Role } from '../../identity/permissions.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { Agreement, AgreementStatus } from '../agreement.ts'
import { carriedTo } from './affected.ts'
import { endOfSharing } from './disposals.ts'
import { isInvited, isKeeper, keeperOf, type Standing, standingOf, statusAt } from './standing.ts'

/**
 * Who may do what to an agreement in which state: one table, a whitelist, beside the table of roles (identity/permissions.ts).
 * A role says what a person may do for their organisation; the standing says what the organisation may do to the agreement.
 * An act that is not here does not exist. Pure.
 */

/** A standing, or KEEPER: the organisation that keeps the text, whatever else it is. */
export type Right = Standing | 'KEEPER'

export interface ActRule {
  readonly states: readonly AgreementStatus[]
  readonly permission: Permission
  readonly by: readonly Right[]
}

const OPEN: readonly AgreementStatus[] = ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE']
const LIVE: readonly AgreementStatus[] = ['IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE']
const UNBOUND: readonly AgreementStatus[] = ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE']

/**
 * The table (domain reference 3.5, 5.1; LC-5, LC-6). REJECTED and WITHDRAWN take no act at all, TERMINATED two: whoever received says what
 * became of it, and evidence is attached. An invited body signs or declines, attaches evidence, and does nothing to others; whoever has left says what became of what it received;
 * whoever has ended, and a successor that has not signed, does nothing: save that whoever follows a body that has ended says that in its place.
 */
// biome-ignore format: a table, one act to a row
export const ACT_RULES = {
  freeze: { states: OPEN, permission: 'agreement:freeze', by: ['KEEPER'] },
  sign: { states: LIVE, permission: 'agreement:sign', by: ['INVITED', 'ATTESTED', 'BOUND'] },
  confirm: { states: LIVE, permission: 'agreement:confirm', by: ['INVITED', 'ATTESTED', 'BOUND'] },
  amend: { states: LIVE, permission: 'agreement:draft', by: ['KEEPER'] },
  abandon: { states: LIVE, permission: 'agreement:draft', by: ['KEEPER'] },
  suspend: { states: LIVE, permission: 'agreement:suspend', by: ['BOUND'] },
  lift: { states: LIVE, permission: 'agreement:lift', by: ['BOUND'] },
  leave: { states: LIVE, permission: 'agreement:withdraw', by: ['INVITED', 'ATTESTED', 'BOUND'] },
  stay: { states: LIVE, permission: 'agreement:withdraw', by: ['INVITED', 'ATTESTED', 'BOUND'] },
  invite: { states: LIVE, permission: 'agreement:freeze', by: ['KEEPER'] },
  uninvite: { states: LIVE, permission: 'agreement:freeze', by: ['KEEPER'] },
  hand_over: { states: OPEN, permission: 'agreement:freeze', by: ['KEEPER', 'BOUND'] },
  terminate: { states: ['ACTIVE'], permission: 'agreement:terminate', by: ['KEEPER', 'BOUND'] },
  go_on: { states: ['ACTIVE'], permission: 'agreement:terminate', by: ['KEEPER', 'BOUND'] },
  renew: { states: ['ACTIVE'], permission: 'agreement:draft', by: ['KEEPER'] },
  confirm_review: { states: ['ACTIVE'], permission: 'agreement:freeze', by: ['KEEPER'] },
  withdraw_draft: { states: UNBOUND, permission: 'agreement:draft', by: ['KEEPER'] },
  reject: { states: LIVE, permission: 'agreement:withdraw', by: ['INVITED', 'ATTESTED', 'BOUND'] },
  dispose: { states: ['ACTIVE', 'TERMINATED'], permission: 'agreement:dispose', by: ['BOUND', 'LEFT'] },
  dispose_in_place: { states: ['ACTIVE', 'TERMINATED'], permission: 'agreement:dispose', by: ['ENDED'] },
  attach: { states: [...OPEN, 'TERMINATED'], permission: 'agreement:evidence', by: ['KEEPER', 'DRAFTING', 'INVITED', 'ATTESTED', 'BOUND'] },
  state: { states: LIVE, permission: 'agreement:attest', by: ['KEEPER', 'INVITED', 'ATTESTED', 'BOUND'] },
  attest: { states: LIVE, permission: 'agreement:attest', by: ['KEEPER', 'INVITED', 'ATTESTED', 'BOUND'] },
  dispute: { states: LIVE, permission: 'agreement:dispute', by: ['INVITED', 'ATTESTED', 'BOUND'] },
} as const satisfies Record<string, ActRule>
export type ActName = keyof typeof ACT_RULES

/** Why an organisation may not do an act to an agreement at all, before the act's own rules are asked; null: it may. */
export function refusedBy(
  act: ActName,
  agreement: Agreement,
  actor: { readonly org: string; readonly roles: readonly Role[] },
  at: Instant,
): 'ROLE' | 'OWNER' | 'PARTY' | 'STATE' | null {
  const { states, permission, by }: ActRule = ACT_RULES[act]
  if (!permits(actor.roles, permission)) return 'ROLE'
  const standing = standingOf(agreement, actor.org, at)
  const isWrongState = !states.includes(statusAt(agreement, at))
  if ((by.includes('KEEPER') && isKeeper(agreement, actor.org, at)) || by.includes(standing)) return isWrongState ? 'STATE' : null
  if (by.every((right) => right === 'KEEPER')) return 'OWNER'
  // Who is named where no text stands is not refused for what it is.
  return standing === 'DRAFTING' && isWrongState ? 'STATE' : 'PARTY'
}

/** The acts that the table lets this actor do now and that have something to act on; their own rules may still refuse. */
export function actsOpenTo(agreement: Agreement, actor: { readonly org: string; readonly roles: readonly Role[] }, at: Instant): ActName[] {
  return (Object.keys(ACT_RULES) as ActName[]).filter(
    (act) => refusedBy(act, agreement, actor, at) === null && hasSomethingToActOn(act, agreement, actor.org, at),
  )
}

/** Why an act is not open to an actor; `roles`: those that carry it. NOTHING: there is nothing for it to act on. */
export interface ClosedAct {
  readonly act: ActName
  readonly why: NonNullable<ReturnType<typeof refusedBy>> | 'NOTHING'
  readonly roles: readonly Role[]
}

/** The acts that are not open to an actor now, each with what stands against it first. */
export function actsClosedTo(
  agreement: Agreement,
  actor: { readonly org: string; readonly roles: readonly Role[] },
  at: Instant,
): ClosedAct[] {
  return (Object.keys(ACT_RULES) as ActName[]).flatMap((act) => {
    const why = refusedBy(act, agreement, actor, at) ?? (hasSomethingToActOn(act, agreement, actor.org, at) ? null : 'NOTHING')
    return why === null ? [] : [{ act, why, roles: PERMISSIONS[ACT_RULES[act].permission] }]
  })
}

function hasSomethingToActOn(act: ActName, agreement: Agreement, org: string, at: Instant): boolean {
  switch (act) {
    case 'reject':
      return isInvited(standingOf(agreement, org, at)) || carriedTo(agreement, org, at) !== undefined
    case 'dispose':
      return endOfSharing(agreement, org) <= at && agreement.signatures.some((one) => one.org === org)
    // Another does it in the place of this one (`disposing.service.ts`).
    case 'dispose_in_place':
      return false
    case 'stay':
      return agreement.parties.some((party) => party.org === org && party.left_at !== null)
    case 'go_on':
      return agreement.terminated_at !== null
    case 'uninvite':
      return agreement.parties.some((party) => party.invited_at && isInvited(standingOf(agreement, party.org, at)))
    case 'hand_over': {
      const keeper = keeperOf(agreement, at)
      return isKeeper(agreement, org, at) || keeper === null || !isKeeper(agreement, keeper, at)
    }
    default:
      return true
  }
}
