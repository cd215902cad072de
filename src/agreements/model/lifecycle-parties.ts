import { type Instant, instantOf, written } from '../../platform/kernel/instant.ts'
import { ok, refuse } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import type { ActingPerson, Decided, LifecycleCommand } from './command.ts'
import { hasCommenced, waitsFor } from './in-force.ts'
import { inThePast, without } from './lifecycle-ending.ts'
import { boundParties, isKeeper, keeperOf, presentParties, standingOf, standingVersions, statusAt } from './standing.ts'

/** Rules of the commands by which parties come and go and the keeping of the text passes on (LC-4, LC-5). Pure. */

type Of<T extends LifecycleCommand['type']> = Extract<LifecycleCommand, { type: T }>

/** LC-5: a party leaves now or later, never in the past. Its other duties go on; its signature is not undone. */
export function decideLeave({ at, keeper }: Of<'leave'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const instant = at ?? now
  if (instant < now) return inThePast()
  const leftAt = agreement.parties.find((party) => party.org === actor.org)?.left_at ?? null
  if (instantOf(leftAt) <= instant) {
    const detail = `${actor.org} leaves at ${leftAt} already; only an earlier instant changes that, or taking it back.`
    return refuse({ code: 'CONFLICT', rule: 'LEAVING', detail })
  }
  const passes = isKeeper(agreement, actor.org, now)
  if (passes && keeper === null) {
    const detail = `${actor.org} keeps the text: name who keeps it from now on, hand it over first, or end the agreement for all.`
    return refuse({ code: 'CONFLICT', rule: 'KEEPER', detail, errors: [{ pointer: '/keeper', code: 'KEEPER', detail }] })
  }
  if (keeper !== null) {
    if (!passes) return notKeeper(agreement, actor, now)
    const found = keeperFault(agreement, keeper, actor, now, '/keeper')
    if (found) return found
  }
  const waiting = standingVersions(agreement, now).find(
    ({ version, terms }) =>
      terms.commencement.rule === 'ALL_SIGNED' && !hasCommenced(agreement, version, now) && waitsFor(agreement, version, actor.org),
  )
  if (instant > now && waiting) {
    const detail = `Version ${waiting.version} waits for all to sign: leave at once, which ends it, or once it has commenced.`
    return refuse({ code: 'ILLEGAL_STATE', rule: 'ALL_SIGNED', detail })
  }
  const effect = instant > now ? { to: statusAt(agreement, now), abandons: [], endsAll: false } : without(agreement, actor.org, now)
  return ok({ type: 'leave', at: instant, keeper, ...effect })
}

/** A leaving that has not come is taken back by the party that set it. */
export function decideStay(agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const leftAt = agreement.parties.find((party) => party.org === actor.org)?.left_at ?? null
  if (leftAt === null) return refuse({ code: 'ILLEGAL_STATE', rule: 'LEAVING', detail: `${actor.org} has not said that it leaves.` })
  return ok({ type: 'stay', to: statusAt(agreement, now), was: leftAt })
}

/** LC-4: the keeper names a new party; it is bound by its own signature and by nothing else. */
export function decideInvite({ org, isActive }: Of<'invite'>, agreement: Agreement, now: Instant): Decided {
  const no = (code: 'CONFLICT' | 'UNPROCESSABLE', rule: string, detail: string) =>
    refuse({ code, rule, detail, errors: [{ pointer: '/org', code: rule, detail }] })
  if (!isActive) return no('UNPROCESSABLE', 'UNKNOWN_PARTY', `${org} is not a confirmed organisation of the register that exists now.`)
  if (presentParties(agreement, now).includes(org)) return no('CONFLICT', 'PARTY_KNOWN', `${org} is a party already.`)
  if (
    agreement.signatures.some((one) => one.org === org && standingVersions(agreement, now).some(({ version }) => version === one.version))
  ) {
    return no('CONFLICT', 'PARTY_LEFT', `${org} has left; a signature it gave before would count again, so it cannot rejoin this text.`)
  }
  const waits = statusAt(agreement, now) === 'AWAITING_SIGNATURE'
  if (waits && standingVersions(agreement, now).some(({ terms }) => terms.commencement.rule === 'ALL_SIGNED')) {
    const detail = 'Nobody is bound before all have signed: withdraw the text and name the newcomer in it instead.'
    return refuse({ code: 'ILLEGAL_STATE', rule: 'ALL_SIGNED', detail })
  }
  return ok({ type: 'invite', to: statusAt(agreement, now) })
}

/** An invitation is taken back while nobody relies on it: before the body has signed anything. */
export function decideUninvite({ org }: Of<'uninvite'>, agreement: Agreement, now: Instant): Decided {
  const party = agreement.parties.find((known) => known.org === org)
  if (standingOf(agreement, org, now) !== 'INVITED' || !party?.invited_at) {
    const detail = `No invitation of ${org} is open.`
    return refuse({ code: 'ILLEGAL_STATE', rule: 'NOT_INVITED', detail, errors: [{ pointer: '/org', code: 'NOT_INVITED', detail }] })
  }
  const since = instantOf(party.invited_at)
  if (agreement.signatures.some((one) => one.org === org && instantOf(one.signed_at) >= since)) {
    return refuse({ code: 'CONFLICT', rule: 'SIGNED', detail: `${org} has signed: it withdraws by its own act.` })
  }
  const named = standingVersions(agreement, now).find(
    ({ version, terms }) => terms.commencement.rule === 'ALL_SIGNED' && waitsFor(agreement, version, org),
  )
  if (named) {
    const detail = `Version ${named.version} names ${org} among those who sign: replace that text first.`
    return refuse({ code: 'ILLEGAL_STATE', rule: 'ALL_SIGNED', detail })
  }
  return ok({ type: 'uninvite', to: statusAt(agreement, now) })
}

/** The keeping passes to a party that stands for the text; where the keeper is gone, a bound party takes it up. */
export function decideHandOver({ org }: Of<'hand_over'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const keeper = keeperOf(agreement, now)
  if (!isKeeper(agreement, actor.org, now)) {
    const isGone = keeper === null || !isKeeper(agreement, keeper, now)
    if (!isGone) return notKeeper(agreement, actor, now)
    if (org !== actor.org) {
      return refuse({ code: 'FORBIDDEN', rule: 'OWNER', detail: 'Nobody keeps the text at present: a bound party may take it up itself.' })
    }
  }
  return keeperFault(agreement, org, actor, now, '/org') ?? ok({ type: 'hand_over', to: statusAt(agreement, now), from: keeper })
}

/** Why an organisation cannot keep the text: it must take part, and be bound where anybody is. */
function keeperFault(agreement: Agreement, org: string, actor: ActingPerson, now: Instant, pointer: string): Decided | undefined {
  const no = (rule: string, detail: string) =>
    refuse({ code: 'UNPROCESSABLE' as const, rule, detail, errors: [{ pointer, code: rule, detail }] })
  if (keeperOf(agreement, now) === org) return no('KEEPER', `${org} keeps the text already.`)
  const leaves = agreement.parties.find((party) => party.org === org)?.left_at ?? null
  if (leaves !== null) return no('KEEPER', `${org} leaves at ${written(instantOf(leaves))}.`)
  const others = boundParties(agreement, now).filter((bound) => bound !== actor.org || bound === org)
  const able = others.length > 0 ? others : presentParties(agreement, now)
  if (able.includes(org)) return undefined
  return no('KEEPER', `${org} cannot keep the text: only a party can that ${others.length > 0 ? 'is bound by it' : 'takes part'}.`)
}

function notKeeper(agreement: Agreement, { org }: ActingPerson, now: Instant): Decided {
  const detail = `${org} does not keep the text; ${keeperOf(agreement, now)} does.`
  return refuse({ code: 'FORBIDDEN', rule: 'OWNER', detail })
}
