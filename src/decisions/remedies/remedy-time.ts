import { awaitedBy, stands } from '../../agreements/model/standing.ts'
import { holdsAt, type Interval } from '../../platform/kernel/instant.ts'
import { londonDay, londonMidnight } from '../../platform/kernel/london-day.ts'
import type { ReasonCode } from '../rules/reason.ts'
import type { ProposalFacts, RemedyProposal } from './remedy.ts'

/**
 * Waiting, or for a question about the past asking for a later instant: offered where the agreement as it stands says from
 * when on a reason is gone. One instant answers all reasons that time alone takes away.
 */
export function waitProposals(facts: ProposalFacts): RemedyProposal[] {
  const { request, reasons, askedAt } = facts
  const ends = reasons.flatMap(({ code }) => {
    const end = endOf(code, facts)
    return Number.isFinite(end) ? [{ code, end }] : []
  })
  if (ends.length === 0) return []
  const from = Math.max(...ends.map(({ end }) => end))
  const named = londonMidnight(londonDay(from)) === from ? londonDay(from) : new Date(from).toISOString()
  return [
    {
      change: {
        kind: 'WAIT',
        text: from > askedAt ? `Ask again from ${named} on.` : `Ask for an instant from ${named} on.`,
        by: 'REQUESTER',
        organisations: [request.provider, request.recipient],
        values: [named],
      },
      answers: ends.map(({ code }) => code),
      touches: 'time',
      apply: (state) => (state.at < from ? { ...state, at: from } : state),
    },
  ]
}

/** The first instant after T at which this reason is gone by what is recorded already, milliseconds; Infinity: never, or nobody knows. */
function endOf(code: ReasonCode, { nearest, request, at }: ProposalFacts): number {
  const { agreement, version, flow } = nearest
  if (!version) return Number.POSITIVE_INFINITY
  const pair = [request.provider, request.recipient]
  const signedAt = (party: string) => version.signedAt.get(party) ?? Number.POSITIVE_INFINITY
  switch (code) {
    case 'NOT_YET_EFFECTIVE':
      return londonMidnight(version.effectiveFrom)
    case 'EXPIRED': {
      const next = agreement.approved.find((known) => stands(known, at) && known.effectiveFrom > londonDay(at))
      return next ? londonMidnight(next.effectiveFrom) : Number.POSITIVE_INFINITY
    }
    case 'SUSPENDED':
      return endOfAll([...agreement.suspensions, ...(flow?.suspensions ?? [])], at)
    case 'PARTY_SUSPENDED':
      return endOfAll(
        pair.flatMap((party) => agreement.parties.get(party)?.suspensions ?? []),
        at,
      )
    case 'PARTY_NOT_SIGNED':
      return Math.max(...(version.commencement.rule === 'ALL_SIGNED' ? [...pair, ...awaitedBy(version, at)] : pair).map(signedAt))
    case 'COMMENCEMENT_NOT_MET': {
      const { commencement } = version
      const signed = [...agreement.parties.keys()].map(signedAt).toSorted((a, b) => a - b)
      const started = commencement.rule === 'THRESHOLD' ? (signed[commencement.n - 1] ?? Number.POSITIVE_INFINITY) : at
      return Math.max(started, ...pair.map((party) => version.approvedAt.get(party) ?? at))
    }
    case 'DPIA_REQUIRED_NOT_APPROVED':
      return agreement.dpia.changes.find((change) => change.at > at && change.state === 'APPROVED')?.at ?? Number.POSITIVE_INFINITY
    default:
      return Number.POSITIVE_INFINITY
  }
}

/** When none of the intervals that hold at T, or that follow on without a gap, holds any more. */
function endOfAll(intervals: readonly Interval[], at: number): number {
  let end = at
  while (Number.isFinite(end) && holdsAt(intervals, end)) {
    const now = end
    end = Math.max(...intervals.filter((interval) => holdsAt([interval], now)).map(({ to }) => to))
  }
  return end
}
