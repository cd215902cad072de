import type { PolicyFlow, PolicyVersion } from '../policy/policy.ts'
import { uncovered } from '../rules/coverage.ts'
import { failedSides } from '../rules/reason.ts'
import type { ProposalFacts } from './remedy.ts'
import { inFlow, inVersion, type Offer } from './remedy-copy.ts'
import { ownerOf } from './remedy-scope.ts'

/** Changes to what the nearest flow holds and to the papers beside it. */
export function flowProposals(facts: ProposalFacts, version: PolicyVersion, row: PolicyFlow, offer: Offer): void {
  const { request, index } = facts
  const owner = ownerOf(facts)
  const missing = uncovered({ request: request, codes: index.codes }, row)
  offer(
    ['DATA_NOT_COVERED'],
    'flow items',
    {
      kind: 'AMEND_FLOW',
      text: `Amend flow ${row.id} to cover ${missing.items.join(', ')}.`,
      by: 'IG_OFFICER',
      organisations: owner,
      values: missing.items,
    },
    (known) => inFlow(known, version, row, (one) => ({ ...one, items: new Set([...one.items, ...missing.items]) })),
  )
  offer(
    ['SUBJECTS_NOT_COVERED'],
    'flow subjects',
    {
      kind: 'AMEND_FLOW',
      text: `Amend flow ${row.id} to cover ${missing.subjects.join(', ')}.`,
      by: 'IG_OFFICER',
      organisations: owner,
      values: missing.subjects,
    },
    (known) =>
      inFlow(known, version, row, (one) => ({
        ...one,
        source: { ...one.source, data_subjects: [...one.source.data_subjects, ...missing.subjects] },
      })),
  )
  const documents = missingDocuments(facts)
  for (const [code, needed] of [
    ['APPROPRIATE_POLICY_MISSING', documents.schedule1] as const,
    ['LED_CONDITION_MISSING', documents.section42] as const,
  ]) {
    if (needed.length === 0) continue
    const parties = [...new Set(needed.map(([party]) => party))]
    const conditions = [...new Set(needed.map(([, condition]) => condition))]
    offer(
      [code],
      `documents ${code}`,
      {
        kind: 'ADD_POLICY_DOCUMENT',
        text: `Adopt an appropriate policy document for ${conditions.join(', ')}: ${parties.join(', ')}.`,
        by: 'IG_OFFICER',
        organisations: parties,
        values: conditions,
      },
      (known) => {
        const policyDocuments = new Map(known.policyDocuments)
        for (const [party, condition] of needed) policyDocuments.set(party, new Set([...(policyDocuments.get(party) ?? []), condition]))
        return { ...known, policyDocuments }
      },
    )
  }
  const agents = (
    [
      [request.provider_agent, request.provider],
      [request.recipient_agent, request.recipient],
    ] as const
  ).flatMap(([org, party]) => (org === null ? [] : [{ org, for: party, from: null, to: null }]))
  const text = `List as processor: ${agents.map((agent) => `${agent.org} for ${agent.for}`).join(', ')}.`
  offer(
    ['PROCESSOR_NOT_AUTHORISED'],
    'agents',
    { kind: 'LIST_AGENT', text, by: 'LEGAL', organisations: owner, values: agents.map((agent) => agent.org) },
    (known) => inVersion(known, version, (one) => ({ ...one, agents: [...(one.agents ?? []), ...agents] })),
  )
  if (facts.nearest.agreement.isProcessorContract) {
    const clauses = version.processorContract?.missing ?? []
    offer(
      ['PROCESSOR_CONTRACT_INCOMPLETE'],
      'contract',
      { kind: 'COMPLETE_CONTRACT', text: 'Complete the clauses of Art 28(3).', by: 'LEGAL', organisations: owner, values: clauses },
      (known) =>
        inVersion(known, version, (one) => ({
          ...one,
          processorContract: {
            art28_complete: true,
            missing: [],
            approved_sub_processors: [...(one.processorContract?.approved_sub_processors ?? [])],
          },
        })),
    )
  }
  offer(
    ['JOINT_CONTROLLER_ARRANGEMENT_MISSING'],
    'arrangement',
    {
      kind: 'COMPLETE_ARRANGEMENT',
      text: 'Complete the arrangement of Art 26: responsibilities, contact point, published essence.',
      by: 'LEGAL',
      organisations: owner,
    },
    (known) =>
      inVersion(known, version, (one) => ({
        ...one,
        jointControllerArrangement: { responsibilities: 'recorded', contact_point: 'recorded', essence_url: 'recorded' },
      })),
  )
}

/** Which documents the failed rules miss: [party, condition]. Read from what failed and what is recorded, so that nothing is guessed. */
function missingDocuments({ nearest, request, reasons }: ProposalFacts): {
  schedule1: (readonly [string, string])[]
  section42: (readonly [string, string])[]
} {
  const partyOf = { PROVIDER: request.provider, RECIPIENT: request.recipient }
  const legal = nearest.flow?.source.legal
  const policyReason = reasons.filter(({ code }) => code === 'APPROPRIATE_POLICY_MISSING')
  return {
    schedule1: policyReason.flatMap((failed) =>
      failedSides(failed).flatMap(({ side, items }) => items.map((condition) => [partyOf[side], condition] as const)),
    ),
    section42: (['PROVIDER', 'RECIPIENT'] as const).flatMap((side) => {
      const party = partyOf[side]
      const isPart3 = (side === 'PROVIDER' ? legal?.provider : legal?.recipient)?.regime === 'PART_3'
      return isPart3 && !nearest.agreement.policyDocuments.get(party)?.has('PART3_S42') ? [[party, 'PART3_S42'] as const] : []
    }),
  }
}
