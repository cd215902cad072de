import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { ok } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import { carriedTo } from './affected.ts'
import { type ActingPerson, type CommandOf, type Decided, notAllowed } from './command.ts'
import { addMonths } from './dates.ts'
import { canCommence, hasCommenced, waitsFor } from './in-force.ts'
import { boundParties, isKeeper, standingVersions, statusAt } from './standing.ts'

/** Rules of the commands that end an agreement, take its end back, or put it off: terminate, reject, withdraw a draft, review. Pure. */

/**
 * LC-5: the agreement ends for everybody. The keeper may end it where it is bound itself or nobody is, and either of the last two
 * that are bound; a party of more than two that wants out leaves instead.
 */
export function decideEnd({ at }: CommandOf<'terminate'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const instant = at ?? now
  if (instant < now) return inThePast()
  const bound = boundParties(agreement, now)
  const isBound = bound.includes(actor.org)
  if (!isBound && bound.length > 0)
    return notAllowed('FORBIDDEN', 'PARTY', `${actor.org} has not signed what binds the others, so it does not end it for them.`)
  if (!isKeeper(agreement, actor.org, now) && bound.length > 2)
    return notAllowed(
      'FORBIDDEN',
      'OWNER',
      'While more than two parties are bound only the one that keeps the text may end it for all; a party may withdraw.',
    )
  if (instantOf(agreement.terminated_at) <= instant)
    return notAllowed('CONFLICT', 'ENDING', `The agreement ends at ${agreement.terminated_at} already; whoever set that may take it back.`)
  return ok({ type: 'terminate', to: instant <= now ? 'TERMINATED' : statusAt(agreement, now), at: instant })
}

/** An end that has not come is taken back by whoever set it: nobody's sharing has stopped yet. */
export function decideGoOn({ setBy }: CommandOf<'go_on'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  if (agreement.terminated_at === null) return notAllowed('ILLEGAL_STATE', 'ENDING', 'No end is set.')
  if (setBy !== actor.org) return notAllowed('FORBIDDEN', 'SET_BY', `Only ${setBy ?? 'whoever set the end'} may take it back.`)
  return ok({ type: 'go_on', to: statusAt(agreement, now), was: agreement.terminated_at })
}

/** 5.6: the review was done and nothing needs to change; the next one is due a cycle from today. */
export function decideRenewal({ cycleMonths }: CommandOf<'confirm_review'>, agreement: Agreement, now: Instant): Decided {
  return ok({ type: 'confirm_review', to: statusAt(agreement, now), reviewDue: addMonths(londonDay(now), cycleMonths) })
}

/** The keeper gives up a text that does not bind anybody yet. */
export function decideWithdrawal(agreement: Agreement): Decided {
  return ok({ type: 'withdraw_draft', to: 'WITHDRAWN', abandons: unfinished(agreement) })
}

/**
 * WF-2: a party that has not signed says no. One whose signature was carried over to a change that has not begun may object to that; it
 * goes on under what it signed itself until the change begins.
 */
export function decideReject(agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const carried = carriedTo(agreement, actor.org, now)
  const objectsTo = carried?.version ?? null
  const others = agreement.signatures.filter((one) => one !== carried)
  const isBound = others.some(({ org, version }) => org === actor.org && isStanding(agreement, version, now))
  if (isBound && objectsTo === null)
    return notAllowed('CONFLICT', 'SIGNED', `${actor.org} has signed: who is bound withdraws, it does not reject.`)
  if (isKeeper(agreement, actor.org, now))
    return notAllowed('CONFLICT', 'KEEPER', `${actor.org} keeps the text: it withdraws the draft, or hands the text over first.`)
  if (isBound) return ok({ type: 'reject', to: statusAt(agreement, now), abandons: [], endsAll: false, leaves: false, objectsTo })
  const effect = without({ ...agreement, signatures: others }, actor.org, now)
  return ok({ type: 'reject', ...effect, leaves: !effect.endsAll, objectsTo })
}

/**
 * What becomes of an agreement without a party from now on: texts that wait for all of its parties end with it, and so does the
 * agreement where it binds nobody yet and none of its texts can ever bind two of those who remain (CK-2). A text that has begun to
 * govern is not taken out, or an earlier one would revive (LC-2): it never commences.
 */
export function without(agreement: Agreement, org: string, now: Instant) {
  const left: Agreement = {
    ...agreement,
    parties: agreement.parties.map((party) =>
      party.org === org ? { ...party, left_at: new Date(now).toISOString(), left_how: 'LEFT' } : party,
    ),
  }
  const today = londonDay(now)
  const open = standingVersions(agreement, now).filter(({ version }) => !hasCommenced(agreement, version, now))
  const ended = open.filter(
    (version) =>
      !canCommence(left, version, now) ||
      (version.terms.commencement.rule === 'ALL_SIGNED' && waitsFor(agreement, version.version, org, now)),
  )
  const status = statusAt(agreement, now)
  const isOver = status !== 'ACTIVE' && open.length > 0 && ended.length === open.length
  if (isOver) return { to: 'REJECTED' as const, abandons: unfinished(agreement), endsAll: true }
  const abandons = ended.filter(({ effective_from }) => (effective_from ?? '') > today).map(({ version }) => version)
  return { to: status, abandons, endsAll: false }
}

function isStanding(agreement: Agreement, version: number, now: Instant): boolean {
  return standingVersions(agreement, now).some((known) => known.version === version)
}

function unfinished(agreement: Agreement): number[] {
  return agreement.versions.filter(({ status }) => status === 'DRAFT' || status === 'APPROVED').map(({ version }) => version)
}

/** An end that lies before the act. */
export function inThePast(): Decided {
  return notAllowed('UNPROCESSABLE', 'PAST', 'An end lies now or later, never in the past.', '/at')
}
