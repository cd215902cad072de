import assert from 'node:assert/strict'
import { type Agreement, type AgreementVersion, type Flow, isProcessorRole, type Suspension } from '../../agreements/agreement.ts'
import { isLondonAuthority, type Organisation } from '../../parties/organisation.ts'
import { addDays } from '../../platform/kernel/london-day.ts'
import type { Interval, PolicyAgreement, PolicyFlow, PolicyVersion } from './policy.ts'

/** The word that stands for every party that is a London borough or the City Corporation (LC-4). */
export const ALL_SIGNED_BOROUGHS = 'ALL_SIGNED_BOROUGHS'

/**
 * Compiles an agreement into the form in which rules ask it. Pure; called once per change of an agreement. It may never
 * judge by an instant: what a day makes of a text is for the rules.
 *
 * @param organisation looks a party up, to know which parties ALL_SIGNED_BOROUGHS stands for
 */
export function compileAgreement(source: Agreement, organisation: (code: string) => Organisation | undefined): PolicyAgreement {
  const boroughs = source.parties.map((party) => party.org).filter((code) => isBorough(organisation(code)))
  return {
    id: source.id,
    source,
    isProcessorContract: source.instrument_type === 'CONTROLLER_TO_PROCESSOR',
    isJointController: source.instrument_type === 'JOINT_CONTROLLER',
    parties: new Map(
      source.parties.map((party) => [
        party.org,
        {
          isController: !isProcessorRole(party.role),
          leftAt: orNever(party.left_at),
          suspensions: intervals(source.suspensions.filter((s) => s.scope === 'PARTY' && s.party === party.org)),
        },
      ]),
    ),
    approved: source.versions
      .filter((version) => version.status === 'APPROVED')
      .map((version) => compileVersion(source, version, boroughs))
      .sort(byStart),
    suspensions: intervals(source.suspensions.filter((s) => s.scope === 'AGREEMENT')),
    terminatedAt: orNever(source.terminated_at),
    reviewDue: source.review_due,
    lastDayOfReview:
      source.review_policy === 'BLOCK_AFTER_GRACE' && source.review_due ? addDays(source.review_due, source.review_grace_days) : null,
    dpia: {
      required: source.dpia.required,
      initialState: source.dpia.status,
      changes: source.dpia.status_changes
        .map((change) => ({ at: Date.parse(change.at), state: change.status }))
        .sort((a, b) => a.at - b.at),
      residual: source.dpia.residual,
      priorConsultation: source.dpia.prior_consultation,
      reviewDue: source.dpia.review_due,
    },
    policyDocuments: policyDocuments(source),
  }
}

function compileVersion(agreement: Agreement, version: AgreementVersion, boroughs: readonly string[]): PolicyVersion {
  const { terms } = version
  const signedAt = new Map<string, number>()
  for (const signature of agreement.signatures) {
    if (signature.version !== version.version) continue
    const at = Date.parse(signature.signed_at)
    signedAt.set(signature.org, Math.min(at, signedAt.get(signature.org) ?? at))
  }
  return {
    version: version.version,
    hash: version.hash,
    effectiveFrom: startOf(agreement.id, version),
    effectiveTo: version.effective_to,
    commencement: terms.commencement,
    invitedSince: new Set(version.invited_since ?? []),
    prohibited: terms.prohibitions.flatMap((prohibition) => prohibition.purposes),
    agents: terms.agents?.map((agent) => ({ org: agent.org, for: agent.for, from: agent.valid_from, to: agent.valid_to })) ?? null,
    processorContract: terms.processor_contract,
    jointControllerArrangement: terms.joint_controller_arrangement,
    signedAt,
    approvedAt: new Map(agreement.approvals.filter((a) => a.version === version.version).map((a) => [a.org, orNever(a.complete_at)])),
    flows: terms.flows.map((flow) => compileFlow(agreement, version.version, flow, boroughs)),
  }
}

function compileFlow(agreement: Agreement, version: number, flow: Flow, boroughs: readonly string[]): PolicyFlow {
  const expand = (codes: readonly string[]) => new Set(codes.flatMap((code) => (code === ALL_SIGNED_BOROUGHS ? boroughs : [code])))
  return {
    id: flow.id,
    source: flow,
    providers: expand(flow.providers),
    recipients: expand(flow.recipients),
    items: new Set(flow.data_items),
    grants: new Set(flow.category_grant),
    methods: new Set(flow.methods),
    countries: new Set(flow.countries),
    restrictionGround: flow.restriction_override?.reason.trim() ? flow.restriction_override.ground : null,
    suspensions: intervals(
      agreement.suspensions.filter((s) => s.scope === 'FLOW' && s.flow === flow.id && (s.version ?? version) === version),
    ),
  }
}

function policyDocuments(source: Agreement): Map<string, Set<string>> {
  const byParty = new Map<string, Set<string>>()
  for (const { party, conditions } of source.apd) {
    const covered = byParty.get(party) ?? new Set()
    for (const condition of conditions) covered.add(condition)
    byParty.set(party, covered)
  }
  return byParty
}

function startOf(id: string, version: AgreementVersion): string {
  assert(version.effective_from !== null, `agreement ${id}: version ${version.version} is approved without a start`)
  return version.effective_from
}

function isBorough(organisation: Organisation | undefined): boolean {
  return organisation !== undefined && isLondonAuthority(organisation)
}

function intervals(suspensions: readonly Suspension[]): Interval[] {
  return suspensions.map(({ from, to }) => ({ from: Date.parse(from), to: orNever(to) }))
}

function orNever(instant: string | null): number {
  return instant === null ? Number.POSITIVE_INFINITY : Date.parse(instant)
}

function byStart(a: PolicyVersion, b: PolicyVersion): number {
  if (a.effectiveFrom !== b.effectiveFrom) return a.effectiveFrom < b.effectiveFrom ? -1 : 1
  return a.version - b.version
}
