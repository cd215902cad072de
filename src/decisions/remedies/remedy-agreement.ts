import type { Dpia } from '../../agreements/agreement.ts'
import { partOf, valueAt } from '../../agreements/model/standing.ts'
import { holdsAt, type Interval, NEVER } from '../../platform/kernel/instant.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import type { ReasonCode } from '../rules/reason.ts'
import type { ProposalFacts, RemedyChange, RemedyProposal } from './remedy.ts'
import { collector, inVersion, type Offer } from './remedy-copy.ts'
import { flowProposals } from './remedy-flow.ts'
import { ownerOf, scopeProposals } from './remedy-scope.ts'
import { signatureProposals } from './remedy-signatures.ts'

const YEAR_DAYS = 365

/** Changes to the nearest agreement: what its parties can do. Each is made on a copy of its compiled form. */
export function agreementProposals(facts: ProposalFacts): RemedyProposal[] {
  const { nearest, request, at } = facts
  const { agreement, version, flow } = nearest
  if (!version) return []
  const day = londonDay(at)
  const pair = [request.provider, request.recipient]
  const owner = ownerOf(facts)
  const { offer, found } = collector(facts)
  const ended = (intervals: readonly Interval[]) => intervals.filter((interval) => !holdsAt([interval], at))

  const end = addDays(day, YEAR_DAYS)
  signatureProposals(facts, version, offer)
  const text = `Renew it: version ${version.version} ended on ${version.effectiveTo}. The next one binds once it is signed.`
  // Nobody can sign a text that has ended (LC-2), so the signatures are those on the text that renews it.
  const signed = [...agreement.parties].filter(([, party]) => partOf(party, at) === 'IN').map(([code]) => [code, at] as const)
  offer(['EXPIRED'], 'dates', { kind: 'RENEW', text, by: 'IG_OFFICER', organisations: owner, values: [day] }, (known) =>
    inVersion(known, version, (one) => ({ ...one, effectiveTo: end, signedAt: new Map([...signed, ...one.signedAt]) })),
  )
  offer(
    ['REVIEW_OVERDUE'],
    'review',
    { kind: 'REVIEW', text: 'Complete the review of the agreement.', by: 'IG_OFFICER', organisations: owner, values: [day] },
    (known) => ({ ...known, reviews: [{ until: NEVER, value: { due: end, lastDay: end } }] }),
  )
  offer(['SUSPENDED'], 'suspension', { kind: 'LIFT_SUSPENSION', text: 'Lift the suspension.', by: 'SIRO' }, (known) => ({
    ...known,
    suspensions: ended(known.suspensions),
    approved: known.approved.map((one) => ({
      ...one,
      flows: one.flows.map((row) => (row.id === flow?.id ? { ...row, suspensions: ended(row.suspensions) } : row)),
    })),
  }))
  const suspended = pair.filter((code) => holdsAt(agreement.parties.get(code)?.suspensions ?? [], at))
  offer(
    ['PARTY_SUSPENDED'],
    'party suspension',
    {
      kind: 'LIFT_SUSPENSION',
      text: `Lift the suspension of ${suspended.join(', ')}.`,
      by: 'SIRO',
      organisations: suspended,
      values: suspended,
    },
    (known) => ({
      ...known,
      parties: new Map([...known.parties].map(([code, party]) => [code, { ...party, suspensions: ended(party.suspensions) }])),
    }),
  )
  assessmentProposals(facts, end, owner, offer)
  scopeProposals(facts, version, offer)
  if (flow) flowProposals(facts, version, flow, offer)
  return found
}

/** What the organisation that keeps the text records of the DPIA (section 4, CK-11). */
function assessmentProposals({ at }: ProposalFacts, end: string, owner: readonly string[], offer: Offer): void {
  const dpia = (
    code: ReasonCode,
    touches: string,
    change: Pick<RemedyChange, 'kind' | 'text'> & Partial<Pick<RemedyChange, 'values'>>,
    over: Partial<Pick<Dpia, 'review_due' | 'prior_consultation'>>,
  ) =>
    offer([code], touches, { by: 'DPO', organisations: owner, ...change }, (known) => ({
      ...known,
      dpia: { ...known.dpia, recorded: [{ until: NEVER, value: { ...valueAt(known.dpia.recorded, at), ...over } }] },
    }))
  offer(
    ['DPIA_REQUIRED_NOT_APPROVED'],
    'dpia',
    { kind: 'APPROVE_DPIA', text: 'Complete and approve the DPIA.', by: 'DPO', organisations: owner },
    (known) => ({ ...known, dpia: { ...known.dpia, initialState: 'APPROVED', changes: [] } }),
  )
  dpia(
    'DPIA_REVIEW_OVERDUE',
    'dpia review',
    { kind: 'REVIEW_DPIA', text: 'Review the DPIA.', values: [londonDay(at)] },
    { review_due: end },
  )
  const consultation = 'Complete the prior consultation with the regulator (Art 36), or lower the residual risk.'
  dpia(
    'PRIOR_CONSULTATION_OUTSTANDING',
    'consultation',
    { kind: 'COMPLETE_CONSULTATION', text: consultation },
    { prior_consultation: 'COMPLETED' },
  )
}
