import { type Instant, instantOf, written } from '../../platform/kernel/instant.ts'
import { ok } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import { type ActingPerson, type CommandOf, type Decided, notAllowed } from './command.ts'
import { hasCommenced, waitsFor } from './in-force.ts'
import { inThePast, without } from './lifecycle-ending.ts'
import {
  boundParties,
  isInvited,
  isKeeper,
  isUnsigned,
  keeperOf,
  presentParties,
  standingOf,
  standingVersions,
  statusAt,
} from './standing.ts'

/** Rules of the commands by which parties come and go and the keeping of the text passes on (LC-4, LC-5). Pure. */

/** LC-5: a party leaves now or later, never in the past. Its other duties go on; its signature is not undone. */
export function decideLeave({ at, keeper }: CommandOf<'leave'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const instant = at ?? now
  if (instant < now) return inThePast()
  const leftAt = agreement.parties.find((party) => party.org === actor.org)?.left_at ?? null
  if (instantOf(leftAt) <= instant)
    return notAllowed(
      'CONFLICT',
      'LEAVING',
      `${actor.org} leaves at ${leftAt} already; only an earlier instant changes that, or taking it back.`,
    )
  const passes = isKeeper(agreement, actor.org, now)
  if (passes && keeper === null)
    return notAllowed(
      'CONFLICT',
      'KEEPER',
      `${actor.org} keeps the text: name who keeps it from now on, hand it over first, or end the agreement for all.`,
      '/keeper',
    )
  if (keeper !== null) {
    if (!passes) return notKeeper(agreement, actor, now)
    const found = keeperFault(agreement, keeper, actor, now, '/keeper')
    if (found) return found
  }
  const waiting = standingVersions(agreement, now).find(
    ({ version, terms }) =>
      terms.commencement.rule === 'ALL_SIGNED' && !hasCommenced(agreement, version, now) && waitsFor(agreement, version, actor.org, now),
  )
  if (instant > now && waiting)
    return notAllowed(
      'ILLEGAL_STATE',
      'ALL_SIGNED',
      `Version ${waiting.version} waits for all to sign: leave at once, which ends it, or once it has commenced.`,
    )
  const effect = instant > now ? { to: statusAt(agreement, now), abandons: [], endsAll: false } : without(agreement, actor.org, now)
  return ok({ type: 'leave', at: instant, keeper, ...effect })
}

/** A leaving that has not come is taken back by the party that set it. */
export function decideStay(agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const leftAt = agreement.parties.find((party) => party.org === actor.org)?.left_at ?? null
  if (leftAt === null) return notAllowed('ILLEGAL_STATE', 'LEAVING', `${actor.org} has not said that it leaves.`)
  return ok({ type: 'stay', to: statusAt(agreement, now), was: leftAt })
}

/** LC-4: the keeper names a new party; it is bound by its own signature and by nothing else. */
export function decideInvite({ org, isActive }: CommandOf<'invite'>, agreement: Agreement, now: Instant): Decided {
  if (!isActive)
    return notAllowed('UNPROCESSABLE', 'UNKNOWN_PARTY', `${org} is not a confirmed organisation of the register that exists now.`, '/org')
  if (presentParties(agreement, now).includes(org)) return notAllowed('CONFLICT', 'PARTY_KNOWN', `${org} is a party already.`, '/org')
  if (
    agreement.signatures.some((one) => one.org === org && standingVersions(agreement, now).some(({ version }) => version === one.version))
  )
    return notAllowed(
      'CONFLICT',
      'PARTY_LEFT',
      `${org} has left; a signature it gave before would count again, so it cannot rejoin this text.`,
      '/org',
    )
  const waits = isUnsigned(statusAt(agreement, now))
  if (waits && standingVersions(agreement, now).some(({ terms }) => terms.commencement.rule === 'ALL_SIGNED'))
    return notAllowed(
      'ILLEGAL_STATE',
      'ALL_SIGNED',
      'Nobody is bound before all have signed: withdraw the text and name the newcomer in it instead.',
    )
  return ok({ type: 'invite', to: statusAt(agreement, now) })
}

/** An invitation is taken back while nobody relies on it: before the body has signed anything. */
export function decideUninvite({ org }: CommandOf<'uninvite'>, agreement: Agreement, now: Instant): Decided {
  const party = agreement.parties.find((known) => known.org === org)
  if (!isInvited(standingOf(agreement, org, now)) || !party?.invited_at)
    return notAllowed('ILLEGAL_STATE', 'NOT_INVITED', `No invitation of ${org} is open.`, '/org')
  const since = instantOf(party.invited_at)
  if (agreement.signatures.some((one) => one.org === org && instantOf(one.signed_at) >= since))
    return notAllowed('CONFLICT', 'SIGNED', `${org} has signed: it withdraws by its own act.`)
  const named = standingVersions(agreement, now).find(
    ({ version, terms }) => terms.commencement.rule === 'ALL_SIGNED' && waitsFor(agreement, version, org, now),
  )
  if (named)
    return notAllowed('ILLEGAL_STATE', 'ALL_SIGNED', `Version ${named.version} names ${org} among those who sign: replace that text first.`)
  return ok({ type: 'uninvite', to: statusAt(agreement, now) })
}

/** The keeping passes to a party that stands for the text; where the keeper is gone, a bound party takes it up. */
export function decideHandOver({ org }: CommandOf<'hand_over'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const keeper = keeperOf(agreement, now)
  if (!isKeeper(agreement, actor.org, now)) {
    const isGone = keeper === null || !isKeeper(agreement, keeper, now)
    if (!isGone) return notKeeper(agreement, actor, now)
    if (org !== actor.org) return notAllowed('FORBIDDEN', 'OWNER', 'Nobody keeps the text at present: a bound party may take it up itself.')
  }
  return keeperFault(agreement, org, actor, now, '/org') ?? ok({ type: 'hand_over', to: statusAt(agreement, now), from: keeper })
}

/** Why an organisation cannot keep the text: it must take part, and be bound where anybody is. */
function keeperFault(agreement: Agreement, org: string, actor: ActingPerson, now: Instant, pointer: string): Decided | undefined {
  if (keeperOf(agreement, now) === org) return notAllowed('UNPROCESSABLE', 'KEEPER', `${org} keeps the text already.`, pointer)
  const leaves = agreement.parties.find((party) => party.org === org)?.left_at ?? null
  if (leaves !== null) return notAllowed('UNPROCESSABLE', 'KEEPER', `${org} leaves at ${written(instantOf(leaves))}.`, pointer)
  const others = boundParties(agreement, now).filter((bound) => bound !== actor.org || bound === org)
  const able = others.length > 0 ? others : presentParties(agreement, now)
  if (able.includes(org)) return undefined
  const who = others.length > 0 ? 'is bound by it' : 'takes part'
  return notAllowed('UNPROCESSABLE', 'KEEPER', `${org} cannot keep the text: only a party can that ${who}.`, pointer)
}

function notKeeper(agreement: Agreement, { org }: ActingPerson, now: Instant): Decided {
  return notAllowed('FORBIDDEN', 'OWNER', `${org} does not keep the text; ${keeperOf(agreement, now)} does.`)
}
