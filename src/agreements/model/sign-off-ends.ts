import type { Instant } from '../../platform/kernel/instant.ts'
import { addDays, londonDay, londonMidnight } from '../../platform/kernel/london-day.ts'
import { chainOf, isOpenChain, type SignOff } from '../../workflow/model/sign-off.ts'
import type { Agreement } from '../agreement.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { governing, isPresent, stands, statusAt } from './standing.ts'

/**
 * What of a sign-off is over because what it is for is: a party whose arranged leaving, or whose succession, has come; a text that a newer
 * one has taken over from, or whose last day is over; an agreement that has ended. Pure.
 */

/** What follows in the sign-off of a version. */
export type SignOffEnd =
  | { readonly type: 'withdraw' | 'close'; readonly reason: string }
  | { readonly type: 'leave'; readonly org: string; readonly reason: string }

/** What has ended by an instant and is still open in a sign-off that is at work; nothing: all of it goes on. */
export function endsOf(agreement: Agreement, signOff: SignOff, at: Instant): SignOffEnd[] {
  if (signOff.status !== 'OPEN' && signOff.status !== 'HELD') return []
  if (statusAt(agreement, at) === 'TERMINATED') return [{ type: 'withdraw', reason: 'The agreement has ended.' }]
  const facts = lifecycleFacts(agreement)
  const version = facts.approved.find((one) => one.version === signOff.subject.version)
  const day = londonDay(at)
  if (!version || !stands(version, at)) return []
  const leading = governing(facts, at, day)
  if (leading && !leading.notYetEffective && leading.version !== version && version.effectiveFrom <= day)
    return [{ type: 'close', reason: `Version ${leading.version.version} has begun: version ${version.version} is signed no more (LC-2).` }]
  if (version.effectiveTo !== null && version.effectiveTo < day)
    return [{ type: 'close', reason: `The last day of version ${version.version} is over.` }]
  return [...facts.parties].flatMap(([org, party]): SignOffEnd[] => {
    const chain = chainOf(signOff, org)
    const isIn = chain !== undefined && (isOpenChain(chain) || chain.status === 'SIGNED')
    return isIn && !isPresent(party, at) ? [{ type: 'leave', org, reason: `${org} takes no part any more.` }] : []
  })
}

/** The instants at which something of the sign-offs of an agreement ends or has ended, of what is on record. */
export function instantsOfEnds(agreement: Agreement): Instant[] {
  const facts = lifecycleFacts(agreement)
  const found = [
    facts.terminatedAt,
    ...[...facts.parties.values()].flatMap(({ leftAt, exists }) => [leftAt, exists.to]),
    ...facts.approved.flatMap(({ effectiveFrom, effectiveTo }) => [
      londonMidnight(effectiveFrom),
      ...(effectiveTo === null ? [] : [londonMidnight(addDays(effectiveTo, 1))]),
    ]),
  ]
  return [...new Set(found)].filter(Number.isFinite).toSorted((one, other) => one - other)
}
