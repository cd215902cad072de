import { type Governing, governing } from '../../agreements/model/standing.ts'
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

/** An agreement at T: the version that speaks for it, and those of its flows that run from the provider to the recipient for the purpose. */
export interface Weighed {
  readonly agreement: PolicyAgreement
  /** null: no version is approved. */
  readonly leading: Governing<PolicyVersion> | null
  /** None: it cannot permit, whatever else is found. */
  readonly matching: readonly PolicyFlow[]
  /** What the lifecycle says against the pair, once it was asked. */
  against?: readonly Reason[]
  /** Whether it lists both, once it was asked. */
  listsBoth?: boolean
}

/** What of an agreement a question is about: cheap, so that most of what two bodies agreed is looked at no further. */
export function weigh(facts: Facts, agreement: PolicyAgreement): Weighed {
  const leading = governing(agreement, facts.at, facts.day)
  const matching: PolicyFlow[] = []
  for (const flow of leading?.version.flows ?? []) if (isDirected(facts, flow) && coversPurpose(facts, flow)) matching.push(flow)
  return { agreement, leading, matching }
}

/** 6.2 step 3 for one agreement that lists both: one finding per flow that matches direction and purpose, or one in all. */
export function findings(facts: Facts, weighed: Weighed): Finding[] {
  const { agreement, leading, matching } = weighed
  if (!leading) {
    const notApproved = [reason('AGREEMENT_NOT_APPROVED', 'No version of the agreement is approved.')]
    return [{ agreement, version: null, flow: null, covers: false, uncoveredCount: Number.POSITIVE_INFINITY, reasons: notApproved }]
  }
  const { version } = leading
  weighed.against ??= lifecycle(facts, agreement, version)
  const common = weighed.against
  if (matching.length > 0) return matching.map((flow) => findingFor(facts, { agreement, version, flow }, common))
  return [
    {
      ...{ agreement, version, flow: null, covers: false, uncoveredCount: Number.POSITIVE_INFINITY },
      reasons: canonicalReasons([...common, whyNoFlow(facts, version)]),
    },
  ]
}

function isDirected({ provider, recipient }: Facts, { providers, recipients }: PolicyFlow): boolean {
  return providers.has(provider.code) && recipients.has(recipient.code)
}

function whyNoFlow(facts: Facts, { flows }: PolicyVersion): Reason {
  const { provider, recipient, request } = facts
  const directed = flows.filter((flow) => isDirected(facts, flow))
  if (directed.length === 0) return reason('FLOW_DIRECTION_NOT_COVERED', `No flow runs from ${provider.code} to ${recipient.code}.`)
  const agreed = [...new Set(directed.map((flow) => flow.source.purpose))].join(', ')
  return reason('PURPOSE_NOT_COVERED', `${request.purpose} is not within an agreed purpose (${agreed}).`)
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
