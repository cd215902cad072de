import { governing } from '../../agreements/model/standing.ts'
import type { PolicyAgreement, PolicyFlow, PolicyVersion } from '../policy/policy.ts'
import { assessment } from '../rules/assessment.ts'
import { assertedBasis, compatibility, recordedBasis } from '../rules/basis.ts'
import { conditions, confidentiality, lawEnforcement, reuseOfLawEnforcementData } from '../rules/conditions.ts'
import { coverage, coversPurpose, form, method, uncovered, volume } from '../rules/coverage.ts'
import type { Candidate, Facts, Rule } from '../rules/facts.ts'
import { consent, gateways } from '../rules/gateways.ts'
import { flowSuspension, lifecycle } from '../rules/lifecycle.ts'
import { agents, jointControllerArrangement, processorContract } from '../rules/paper.ts'
import { canonicalReasons, type Reason, reason } from '../rules/reason.ts'
import { subjects } from '../rules/subjects.ts'
import { transfers } from '../rules/transfers.ts'

// Which flows a request could ride on, and what speaks against each. It may never stop at the first fault: all are told.

/** One way in which the request could be permitted, with every reason that speaks against it; none: it permits. */
export interface Finding {
  readonly agreement: PolicyAgreement
  /** null when no version is approved. */
  readonly version: PolicyVersion | null
  /** null when no flow matches direction and purpose. */
  readonly flow: PolicyFlow | null
  /** Whether the flow covers every requested item and subject. */
  readonly covers: boolean
  /** How many requested items and subjects it does not cover; Infinity without a matching flow. */
  readonly uncoveredCount: number
  readonly reasons: readonly Reason[]
}

/** The tests of stages 4 to 8 that a covering flow must pass, all of them, in the order of 6.3.1. */
export const RULES: readonly Rule[] = [
  form,
  method,
  volume,
  assertedBasis,
  recordedBasis,
  conditions,
  lawEnforcement,
  gateways,
  consent,
  reuseOfLawEnforcementData,
  confidentiality,
  compatibility,
  assessment,
  transfers,
  processorContract,
  agents,
  jointControllerArrangement,
  subjects,
]

/** 6.2 step 3 for one agreement that lists both: one finding per flow that matches direction and purpose, or one in all. */
export function findings(facts: Facts, agreement: PolicyAgreement): Finding[] {
  const leading = governing(agreement, facts.at, facts.day)
  if (!leading) {
    const notApproved = [reason('AGREEMENT_NOT_APPROVED', 'No version of the agreement is approved.')]
    return [{ agreement, version: null, flow: null, covers: false, uncoveredCount: Number.POSITIVE_INFINITY, reasons: notApproved }]
  }
  const { version } = leading
  const common = lifecycle(facts, agreement, version)
  const { provider, recipient } = facts
  const directed = version.flows.filter((flow) => flow.providers.has(provider.code) && flow.recipients.has(recipient.code))
  if (directed.length === 0) {
    return withoutFlow(agreement, version, [
      ...common,
      reason('FLOW_DIRECTION_NOT_COVERED', `No flow runs from ${provider.code} to ${recipient.code}.`),
    ])
  }
  const matching = directed.filter((flow) => coversPurpose(facts, flow))
  if (matching.length === 0) {
    const agreed = [...new Set(directed.map((flow) => flow.source.purpose))].join(', ')
    return withoutFlow(agreement, version, [
      ...common,
      reason('PURPOSE_NOT_COVERED', `${facts.request.purpose} is not within an agreed purpose (${agreed}).`),
    ])
  }
  return matching.map((flow) => findingFor(facts, { agreement, version, flow }, common))
}

function findingFor(facts: Facts, candidate: Candidate, common: readonly Reason[]): Finding {
  const { agreement, version, flow } = candidate
  const missing = uncovered(facts, flow)
  const uncoveredCount = missing.items.length + missing.subjects.length
  const covers = uncoveredCount === 0
  const reasons = [...common, ...flowSuspension(facts, flow)]
  if (covers) for (const rule of RULES) reasons.push(...rule(facts, candidate))
  else reasons.push(...coverage(missing))
  return { agreement, version, flow, covers, uncoveredCount, reasons: canonicalReasons(reasons) }
}

function withoutFlow(agreement: PolicyAgreement, version: PolicyVersion, reasons: readonly Reason[]): Finding[] {
  return [{ agreement, version, flow: null, covers: false, uncoveredCount: Number.POSITIVE_INFINITY, reasons: canonicalReasons(reasons) }]
}
