import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { holdsAt, type Interval, type PolicyAgreement } from '../policy/policy.ts'
import type { Proposal, ProposalFacts } from './remedy.ts'
import { collector, inVersion } from './remedy-copy.ts'
import { flowProposals } from './remedy-flow.ts'

const YEAR_DAYS = 365

/** Changes to the nearest agreement: what its parties can do. Each is made on a copy of its compiled form. */
export function agreementProposals(facts: ProposalFacts): Proposal[] {
  const { nearest, request, at } = facts
  const { agreement, version, flow } = nearest
  if (!version) return []
  const day = londonDay(at)
  const pair = [request.provider, request.recipient]
  const { offer, found } = collector(facts)
  const ended = (intervals: readonly Interval[]) => intervals.filter((interval) => !holdsAt([interval], at))

  const unsigned = [...agreement.parties.keys()].filter((code) => (version.signedAt.get(code) ?? Number.POSITIVE_INFINITY) > at)
  const first = unsigned.filter((code) => pair.includes(code))
  const others = unsigned.filter((code) => !pair.includes(code))
  const signers = version.commencement.rule === 'ALL_SIGNED' ? [...first, ...others] : first
  const sign = (codes: readonly string[]) => (known: PolicyAgreement) =>
    inVersion(known, version, (one) => ({ ...one, signedAt: new Map([...one.signedAt, ...codes.map((code) => [code, at] as const)]) }))
  offer(
    'PARTY_NOT_SIGNED',
    'signatures',
    {
      kind: 'SIGN',
      text: `Sign version ${version.version}: ${signers.join(', ')}.`,
      by: 'SIGNATORY',
      organisations: signers,
      values: [`version ${version.version}`],
    },
    sign(signers),
  )
  const pending = pair.filter((code) => (version.approvedAt.get(code) ?? Number.NEGATIVE_INFINITY) > at)
  if (pending.length > 0) {
    offer(
      'COMMENCEMENT_NOT_MET',
      'approvals',
      { kind: 'COMPLETE_APPROVALS', text: `Complete the sign-off chain: ${pending.join(', ')}.`, by: 'IG_OFFICER', organisations: pending },
      (known) =>
        inVersion(known, version, (one) => ({
          ...one,
          approvedAt: new Map([...one.approvedAt, ...pending.map((code) => [code, at] as const)]),
        })),
    )
  }
  if (version.commencement.rule === 'THRESHOLD') {
    const signed = [...agreement.parties].filter(
      ([code, party]) => at < party.leftAt && (version.signedAt.get(code) ?? Number.POSITIVE_INFINITY) <= at,
    ).length
    const more = [...first, ...others].slice(0, Math.max(0, version.commencement.n - signed))
    offer(
      'COMMENCEMENT_NOT_MET',
      'signatures',
      {
        kind: 'SIGN',
        text: `${more.length} more parties must sign, for example ${more.join(', ')}.`,
        by: 'SIGNATORY',
        organisations: more,
      },
      sign(more),
    )
  }
  const end = addDays(day, YEAR_DAYS)
  offer(
    'EXPIRED',
    'dates',
    { kind: 'RENEW', text: `Renew it: version ${version.version} ended on ${version.effectiveTo}.`, by: 'SIGNATORY', values: [day] },
    (known) => inVersion(known, version, (one) => ({ ...one, effectiveTo: end })),
  )
  offer(
    'REVIEW_OVERDUE',
    'review',
    { kind: 'REVIEW', text: 'Complete the review of the agreement.', by: 'IG_OFFICER', values: [day] },
    (known) => ({
      ...known,
      reviewDue: end,
      lastDayOfReview: end,
    }),
  )
  offer('SUSPENDED', 'suspension', { kind: 'LIFT_SUSPENSION', text: 'Lift the suspension.', by: 'SIRO' }, (known) => ({
    ...known,
    suspensions: ended(known.suspensions),
    approved: known.approved.map((one) => ({
      ...one,
      flows: one.flows.map((row) => (row.id === flow?.id ? { ...row, suspensions: ended(row.suspensions) } : row)),
    })),
  }))
  const suspended = pair.filter((code) => holdsAt(agreement.parties.get(code)?.suspensions ?? [], at))
  offer(
    'PARTY_SUSPENDED',
    'party suspension',
    { kind: 'LIFT_SUSPENSION', text: `Lift the suspension of ${suspended.join(', ')}.`, by: 'SIRO', values: suspended },
    (known) => ({
      ...known,
      parties: new Map([...known.parties].map(([code, party]) => [code, { ...party, suspensions: ended(party.suspensions) }])),
    }),
  )
  offer('DPIA_REQUIRED_NOT_APPROVED', 'dpia', { kind: 'APPROVE_DPIA', text: 'Complete and approve the DPIA.', by: 'DPO' }, (known) => ({
    ...known,
    dpia: { ...known.dpia, initialState: 'APPROVED', changes: [] },
  }))
  offer('DPIA_REVIEW_OVERDUE', 'dpia review', { kind: 'REVIEW_DPIA', text: 'Review the DPIA.', by: 'DPO', values: [day] }, (known) => ({
    ...known,
    dpia: { ...known.dpia, reviewDue: end },
  }))
  offer(
    'PRIOR_CONSULTATION_OUTSTANDING',
    'consultation',
    {
      kind: 'COMPLETE_CONSULTATION',
      text: 'Complete the prior consultation with the regulator (Art 36), or lower the residual risk.',
      by: 'DPO',
    },
    (known) => ({ ...known, dpia: { ...known.dpia, priorConsultation: 'COMPLETED' } }),
  )
  if (flow) flowProposals(facts, version, flow, offer)
  return found
}
