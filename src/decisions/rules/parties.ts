import type { Facts } from '../evaluation/facts.ts'
import { type Reason, reason, type Side } from '../evaluation/reason.ts'
import { holdsAt, type PolicyAgreement, type PolicyVersion } from '../policy/policy.ts'

/** Two parties at an instant; of each only its code is read. */
interface Pair extends Pick<Facts, 'at'> {
  readonly provider: { readonly code: string }
  readonly recipient: { readonly code: string }
}

/** CK-2 and CK-16: have those who must sign signed this version, are both still in, has the agreement commenced? */
export function parties(facts: Pair, agreement: PolicyAgreement, version: PolicyVersion): Reason[] {
  return [
    ...signatures(facts, agreement, version),
    ...commencement(facts, agreement, version),
    ...eachOfPair(facts, (code, side) => {
      const party = agreement.parties.get(code)
      if (!party) return []
      const left = facts.at >= party.leftAt ? [reason('PARTY_WITHDRAWN', `${code} has left the agreement.`, { side })] : []
      const suspended = holdsAt(party.suspensions, facts.at) ? [reason('PARTY_SUSPENDED', `${code} is suspended.`, { side })] : []
      return [...left, ...suspended]
    }),
  ]
}

/**
 * Whether a prohibition of this agreement binds both at T as far as the parties are concerned (6.2 step 4): signed,
 * commenced, neither has left. A suspension lifts no prohibition.
 */
export function bindsPair(facts: Pair, agreement: PolicyAgreement, version: PolicyVersion): boolean {
  const hasLeft = (code: string) => facts.at >= (agreement.parties.get(code)?.leftAt ?? Number.NEGATIVE_INFINITY)
  return (
    !hasLeft(facts.provider.code) &&
    !hasLeft(facts.recipient.code) &&
    signatures(facts, agreement, version).length === 0 &&
    commencement(facts, agreement, version).length === 0
  )
}

/** Whether one party is bound by this version at T: it has signed and not left, and the agreement has commenced. */
export function bindsParty(code: string, at: number, agreement: PolicyAgreement, version: PolicyVersion): boolean {
  return agreement.parties.has(code) && bindsPair({ at, provider: { code }, recipient: { code } }, agreement, version)
}

function hasSigned(version: PolicyVersion, code: string, at: number): boolean {
  const signedAt = version.signedAt.get(code)
  return signedAt !== undefined && signedAt <= at
}

function signatures(facts: Pair, agreement: PolicyAgreement, version: PolicyVersion): Reason[] {
  const { at } = facts
  const found = eachOfPair(facts, (code, side) =>
    hasSigned(version, code, at) ? [] : [reason('PARTY_NOT_SIGNED', `${code} has not signed version ${version.version}.`, { side })],
  )
  if (version.commencement.rule !== 'ALL_SIGNED') return found
  // Every party, whatever its role and including those that have left: leaving does not undo the need for its signature.
  const missing = [...agreement.parties.keys()].filter((code) => !version.invitedSince.has(code) && !hasSigned(version, code, at))
  const others = missing.filter((code) => code !== facts.provider.code && code !== facts.recipient.code)
  return others.length === 0
    ? found
    : [
        ...found,
        reason(
          'PARTY_NOT_SIGNED',
          `The agreement starts when all have signed; ${others.length} other ${others.length === 1 ? 'party has' : 'parties have'} not.`,
        ),
      ]
}

function commencement(facts: Pair, agreement: PolicyAgreement, version: PolicyVersion): Reason[] {
  const { at } = facts
  const found = eachOfPair(facts, (code, side) => {
    const approvedAt = version.approvedAt.get(code)
    const isPending = agreement.parties.get(code)?.isController === true && approvedAt !== undefined && approvedAt > at
    return isPending ? [reason('COMMENCEMENT_NOT_MET', `${code} has not completed its approvals.`, { side })] : []
  })
  if (version.commencement.rule !== 'THRESHOLD') return found
  const { n } = version.commencement
  const signed = [...agreement.parties].filter(([code, party]) => hasSigned(version, code, at) && at < party.leftAt).length
  return signed >= n
    ? found
    : [...found, reason('COMMENCEMENT_NOT_MET', `${signed} ${signed === 1 ? 'party has' : 'parties have'} signed; it starts with ${n}.`)]
}

function eachOfPair(facts: Pair, test: (code: string, side: Side) => Reason[]): Reason[] {
  return [...test(facts.provider.code, 'PROVIDER'), ...test(facts.recipient.code, 'RECIPIENT')]
}
