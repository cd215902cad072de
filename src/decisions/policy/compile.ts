import type { Agreement, Flow } from '../../agreements/agreement.ts'
import { ALL_SIGNED_BOROUGHS } from '../../agreements/model/flow-suspensions.ts'
import { lifecycleFacts, type VersionFacts } from '../../agreements/model/lifecycle-facts.ts'
import { isLondonAuthority, type Organisation } from '../../parties/organisation.ts'
import type { PolicyAgreement, PolicyFlow, PolicyVersion } from './policy.ts'

/**
 * Compiles an agreement into the form in which rules ask it. Pure; called once per change of an agreement. It may never
 * judge by an instant: what a day makes of a text is for the rules.
 *
 * @param organisation looks a party up, to know which parties ALL_SIGNED_BOROUGHS stands for
 */
export function compileAgreement(source: Agreement, organisation: (code: string) => Organisation | undefined): PolicyAgreement {
  const boroughs = source.parties.map((party) => party.org).filter((code) => isBorough(organisation(code)))
  const facts = lifecycleFacts(source)
  return {
    ...facts,
    id: source.id,
    isProcessorContract: source.instrument_type === 'CONTROLLER_TO_PROCESSOR',
    isJointController: source.instrument_type === 'JOINT_CONTROLLER',
    approved: facts.approved.map((version) => compileVersion(version, boroughs)),
    policyDocuments: policyDocuments(source),
  }
}

function compileVersion(facts: VersionFacts, boroughs: readonly string[]): PolicyVersion {
  const { terms } = facts.source
  return {
    ...facts,
    prohibited: terms.prohibitions.flatMap((prohibition) => prohibition.purposes),
    agents: terms.agents?.map((agent) => ({ org: agent.org, for: agent.for, from: agent.valid_from, to: agent.valid_to })) ?? null,
    processorContract: terms.processor_contract,
    jointControllerArrangement: terms.joint_controller_arrangement,
    flows: terms.flows.map((flow) => compileFlow(facts, flow, boroughs)),
  }
}

function compileFlow({ flowSuspensions }: VersionFacts, flow: Flow, boroughs: readonly string[]): PolicyFlow {
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
    suspensions: flowSuspensions.get(flow.id) ?? [],
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

function isBorough(organisation: Organisation | undefined): boolean {
  return organisation !== undefined && isLondonAuthority(organisation)
}
