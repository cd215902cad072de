import { londonDay } from '../../platform/kernel/london-day.ts'
import { ok, refuse } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import type { Actor, Command, Decided } from './command.ts'
import { hasLeft, statusAt } from './governing.ts'
import { addMonths } from './review-cycle.ts'

/** Rules of the commands that end something, or put its end off: leave, terminate, reject, withdraw a draft, review. Pure. */

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** LC-5: a party leaves now or later, never in the past. Its other duties go on; its signature is not undone. */
export function decideLeave({ at }: Of<'leave'>, agreement: Agreement, actor: Actor, now: string): Decided {
  const instant = at ?? now
  if (Date.parse(instant) < Date.parse(now)) return inThePast()
  const leftAt = agreement.parties.find((party) => party.org === actor.org)?.left_at ?? null
  if (leftAt !== null && Date.parse(leftAt) <= Date.parse(instant)) {
    return refuse({
      code: 'CONFLICT',
      rule: 'LEAVING',
      detail: `${actor.org} leaves at ${leftAt} already; only an earlier instant changes that.`,
    })
  }
  return ok({ type: 'leave', to: statusAt(agreement, now), at: instant })
}

/**
 * LC-5: the agreement ends for everybody. The owner may end it, and either of the last two parties; a party of more than
 * two that wants out leaves instead.
 */
export function decideEnd({ at }: Of<'terminate'>, agreement: Agreement, actor: Actor, now: string): Decided {
  const instant = at ?? now
  if (Date.parse(instant) < Date.parse(now)) return inThePast()
  const remaining = agreement.parties.filter((party) => !hasLeft(party.left_at, now))
  if (actor.org !== agreement.owner_org && remaining.length > 2) {
    return refuse({
      code: 'FORBIDDEN',
      rule: 'OWNER',
      detail: 'While more than two parties take part only the owner may end it for all; a party may withdraw.',
    })
  }
  if (agreement.terminated_at !== null && Date.parse(agreement.terminated_at) <= Date.parse(instant)) {
    return refuse({ code: 'CONFLICT', rule: 'ENDING', detail: `The agreement ends at ${agreement.terminated_at} already.` })
  }
  const isNow = Date.parse(instant) <= Date.parse(now)
  return ok({ type: 'terminate', to: isNow ? 'TERMINATED' : statusAt(agreement, now), at: instant })
}

/** 5.6: the review was done and nothing needs to change; the next one is due a cycle from today. */
export function decideRenewal({ cycleMonths }: Of<'confirm_review'>, agreement: Agreement, now: string): Decided {
  return ok({ type: 'confirm_review', to: statusAt(agreement, now), reviewDue: addMonths(londonDay(Date.parse(now)), cycleMonths) })
}

/** The owner gives up a text that does not bind anybody yet. */
export function decideWithdrawal(agreement: Agreement): Decided {
  return ok({ type: 'withdraw_draft', to: 'WITHDRAWN', abandons: unfinished(agreement), leavesAt: null })
}

/**
 * WF-2: a party says no. Where all must sign, that ends it; otherwise the others go on without it, as long as enough
 * remain for it ever to commence.
 */
export function decideReject(agreement: Agreement, actor: Actor, now: string): Decided {
  const others = agreement.parties.filter((party) => party.org !== actor.org && !hasLeft(party.left_at, now)).length
  const open = agreement.versions.filter((version) => version.status === 'DRAFT' || version.status === 'APPROVED')
  const canGoOn = open.some(({ terms: { commencement } }) => {
    if (commencement.rule === 'ALL_SIGNED') return false
    return others >= (commencement.rule === 'THRESHOLD' ? Math.max(commencement.n, 2) : 2)
  })
  return canGoOn
    ? ok({ type: 'reject', to: statusAt(agreement, now), abandons: [], leavesAt: now })
    : ok({ type: 'reject', to: 'REJECTED', abandons: unfinished(agreement), leavesAt: null })
}

function unfinished(agreement: Agreement): number[] {
  return agreement.versions.filter(({ status }) => status === 'DRAFT' || status === 'APPROVED').map(({ version }) => version)
}

function inThePast(): Decided {
  const detail = 'An end lies now or later, never in the past.'
  return refuse({ code: 'UNPROCESSABLE', rule: 'PAST', detail, errors: [{ pointer: '/at', code: 'PAST', detail }] })
}
