import { isSamePerson } from '../../identity/principal.ts'
import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { ok } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import { type ActingPerson, type CommandOf, type Decided, notAllowed } from './command.ts'
import { signable } from './lifecycle-text.ts'
import { presentParties, statusAt } from './standing.ts'

/**
 * Signatures that were given elsewhere: stated with evidence by one person and attested by another of the organisation that holds it, for
 * whichever party; disputed by the party named (docs/decisions/0021). They bind nobody. Pure.
 */

/** Of a frozen text that can still bind, by its hash, of a party that has not signed it, on a day between its freeze and today. */
export function decideState(
  { org, version: number, hash, signedOn, isSignatory, stated }: CommandOf<'state'>,
  agreement: Agreement,
  actor: ActingPerson,
  now: Instant,
): Decided {
  if (!presentParties(agreement, now).includes(org)) {
    const what = `${org} takes no part in this agreement`
    return notAllowed('UNPROCESSABLE', 'PARTY', 'Only the signature of a party can be attested.', '/org', what)
  }
  const found = signable(agreement, number, now)
  if (!found.ok) return found
  const version = found.value
  if (version.hash !== hash) {
    const what = 'is not the hash of this version'
    return notAllowed(
      'UNPROCESSABLE',
      'HASH',
      'What was signed elsewhere is another text: a signature binds one text alone (LC-3).',
      '/version_hash',
      what,
    )
  }
  if (agreement.signatures.some((one) => one.org === org && one.version === number))
    return notAllowed('CONFLICT', 'SIGNED', `${org} has signed version ${number} here.`)
  const [first, last] = [londonDay(instantOf(version.frozen_at, now)), londonDay(now)]
  if (signedOn > last || (version.frozen_at && signedOn < first)) {
    const detail = `It was signed between the day on which the text was frozen (${first}) and today.`
    return notAllowed('UNPROCESSABLE', 'SIGNED_ON', detail, '/signed_on')
  }
  if (stated.some(({ isDisputed }) => !isDisputed))
    return notAllowed('CONFLICT', 'STATED', `A signature of ${org} on version ${number} is stated already.`)
  if (stated.length > 0 && actor.org !== org)
    return notAllowed('CONFLICT', 'DISPUTED', `${org} has disputed a signature on version ${number}: only it states one again.`)
  if (isSignatory) return ownSignature()
  return ok({ type: 'state', to: statusAt(agreement, now) })
}

/** By another person of the same organisation; the party named has not signed or disputed it meanwhile. */
export function decideAttest(
  { statement, isSignatory }: CommandOf<'attest'>,
  agreement: Agreement,
  actor: ActingPerson,
  now: Instant,
): Decided {
  const { org, heldBy, version, statedBy, isAttested, isDisputed } = statement
  if (actor.org !== heldBy)
    return notAllowed('FORBIDDEN', 'HELD', 'Both who attest are people of the organisation that holds the evidence.')
  if (isDisputed) return notAllowed('ILLEGAL_STATE', 'DISPUTED', `${org} disputes that it has signed.`)
  if (isAttested) return notAllowed('CONFLICT', 'ATTESTED', 'Two people have attested it already.')
  if (agreement.signatures.some((one) => one.org === org && one.version === version))
    return notAllowed('CONFLICT', 'SIGNED', `${org} has signed version ${version} here.`)
  if (isSamePerson(statedBy, actor)) return notAllowed('UNPROCESSABLE', 'SD-4', 'Two people attest a signature: another one must.')
  if (isSignatory) return ownSignature()
  const found = signable(agreement, version, now)
  return found.ok ? ok({ type: 'attest', to: statusAt(agreement, now) }) : found
}

/** By the party named, while it has not signed here: from then on it counts for nothing. */
export function decideDispute({ statement }: CommandOf<'dispute'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const { org, version, isDisputed } = statement
  if (actor.org !== org) return notAllowed('FORBIDDEN', 'NAMED', `Only ${org}, whose signature it is said to be, disputes it.`)
  if (isDisputed) return notAllowed('CONFLICT', 'DISPUTED', 'It is disputed already.')
  if (agreement.signatures.some((one) => one.org === org && one.version === version))
    return notAllowed('CONFLICT', 'SIGNED', `${org} has signed version ${version} here: it leaves, or terminates.`)
  return ok({ type: 'dispute', to: statusAt(agreement, now) })
}

function ownSignature() {
  return notAllowed('UNPROCESSABLE', 'SD-1', 'Whoever signed attests nothing of it: others must.')
}
