import { awaitedBy, hasSigned, isPresent } from '../../agreements/model/standing.ts'
import type { PolicyVersion } from '../policy/policy.ts'
import type { ProposalFacts } from './remedy.ts'
import { inVersion, type Offer } from './remedy-copy.ts'

/** Signatures and approvals that are missing, by those who can still give them: whoever has left may sign no more (LC-5). */
export function signatureProposals(facts: ProposalFacts, version: PolicyVersion, offer: Offer): void {
  const { request, at } = facts
  const pair = [request.provider, request.recipient]
  const signers = missingSigners(facts, version)
  if (signers !== null && signers.length > 0) {
    const isThreshold = version.commencement.rule === 'THRESHOLD'
    const others = signers.filter((code) => !pair.includes(code))
    const whom = isThreshold && others.length > 0 ? `, for example ${signers.join(', ')}` : `: ${signers.join(', ')}`
    offer(
      isThreshold ? ['PARTY_NOT_SIGNED', 'COMMENCEMENT_NOT_MET'] : ['PARTY_NOT_SIGNED'],
      'signatures',
      {
        kind: 'SIGN',
        text: `Sign version ${version.version}${whom}.`,
        by: 'SIGNATORY',
        organisations: signers,
        values: [`version ${version.version}`],
      },
      (known) =>
        inVersion(known, version, (one) => ({
          ...one,
          signedAt: new Map([...one.signedAt, ...signers.map((code) => [code, at] as const)]),
        })),
    )
  }
  const pending = pair.filter((code) => (version.approvedAt.get(code) ?? Number.NEGATIVE_INFINITY) > at)
  if (pending.length === 0) return
  offer(
    ['COMMENCEMENT_NOT_MET'],
    'approvals',
    { kind: 'COMPLETE_APPROVALS', text: `Complete the sign-off chain: ${pending.join(', ')}.`, by: 'IG_OFFICER', organisations: pending },
    (known) =>
      inVersion(known, version, (one) => ({
        ...one,
        approvedAt: new Map([...one.approvedAt, ...pending.map((code) => [code, at] as const)]),
      })),
  )
}

/** Who must sign yet so that the version binds this pair (CK-2, CK-16), the pair first; null: somebody must who no longer can. */
function missingSigners({ nearest: { agreement }, request, at }: ProposalFacts, version: PolicyVersion): readonly string[] | null {
  const pair = [request.provider, request.recipient]
  const isIn = (code: string) => {
    const party = agreement.parties.get(code)
    return party !== undefined && isPresent(party, at)
  }
  const unsigned = [...agreement.parties.keys()].filter((code) => !hasSigned(version, code, at))
  const first = unsigned.filter((code) => pair.includes(code))
  const others = unsigned.filter((code) => !pair.includes(code))
  const awaited = version.commencement.rule === 'ALL_SIGNED' ? awaitedBy(version, at) : []
  const must = [...first, ...others.filter((code) => awaited.includes(code))]
  if (!must.every(isIn)) return null
  if (version.commencement.rule !== 'THRESHOLD') return must
  const counted = [...agreement.parties.keys()].filter((code) => hasSigned(version, code, at) && isIn(code)).length
  const more = Math.max(0, version.commencement.n - counted - first.length)
  const able = others.filter(isIn).slice(0, more)
  return able.length < more ? null : [...first, ...able]
}
