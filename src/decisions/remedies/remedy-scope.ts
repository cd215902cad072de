import { valueAt } from '../../agreements/model/standing.ts'
import type { PolicyAgreement, PolicyFlow, PolicyVersion } from '../policy/policy.ts'
import type { ProposalFacts } from './remedy.ts'
import { inVersion, type Offer } from './remedy-copy.ts'

/** Flows that a new one is modelled on, at most. */
const MODELS_MAX = 2

/**
 * A flow more, where the agreement has none for this direction or this purpose (6.4: amend). Each is modelled on a flow that
 * the parties agreed, so that the law on either side is what was recorded for it and not a guess; whether that law carries
 * the new flow too is for the evaluation to say.
 */
export function scopeProposals(facts: ProposalFacts, version: PolicyVersion, offer: Offer): void {
  const { request, index, nearest } = facts
  const { provider, recipient, purpose } = request
  const id = freeId(version)
  const directed = version.flows.filter((flow) => flow.providers.has(provider) && flow.recipients.has(recipient))
  for (const model of directed.slice(0, MODELS_MAX)) {
    offer(
      ['PURPOSE_NOT_COVERED'],
      'flows',
      {
        kind: 'ADD_FLOW',
        text: `Amend ${nearest.agreement.id}: add a flow ${id} like ${model.id} for ${purpose}.`,
        by: 'IG_OFFICER',
        organisations: ownerOf(facts),
        values: [purpose],
      },
      adding(version, { ...model, id, source: { ...model.source, id, purpose }, suspensions: [] }),
    )
  }
  const fitting = version.flows.filter((flow) => index.codes.purposes.covers(flow.source.purpose, purpose))
  for (const model of fitting.flatMap((flow) => towards(flow, provider, recipient)).slice(0, MODELS_MAX)) {
    offer(
      ['FLOW_DIRECTION_NOT_COVERED'],
      'flows',
      {
        kind: 'ADD_FLOW',
        text: `Amend ${nearest.agreement.id}: add a flow ${id} like ${model.id} from ${provider} to ${recipient}.`,
        by: 'IG_OFFICER',
        organisations: ownerOf(facts),
        values: [provider, recipient],
      },
      adding(version, { ...model, id, source: { ...model.source, id }, suspensions: [] }),
    )
  }
}

/** Who may change the text: the organisation that keeps it; where none is recorded, the two must settle that. */
export function ownerOf({ nearest, request: { provider, recipient }, at }: ProposalFacts): readonly string[] {
  const owner = valueAt(nearest.agreement.keepers, at)
  return owner === null ? [provider, recipient] : [owner]
}

/**
 * A flow as it would run from provider to recipient: extended to the one of the two that is not named yet, or turned round with
 * each party keeping the law recorded for it. Nothing where neither has a law in it, or a processor, which records none, would send.
 */
function towards(flow: PolicyFlow, provider: string, recipient: string): PolicyFlow[] {
  const ends = { providers: new Set([provider]), recipients: new Set([recipient]) }
  const named = { providers: [provider], recipients: [recipient] }
  if (flow.providers.has(provider) || flow.recipients.has(recipient)) return [{ ...flow, ...ends, source: { ...flow.source, ...named } }]
  const { legal } = flow.source
  if (!flow.providers.has(recipient) || !flow.recipients.has(provider) || legal.recipient === null) return []
  return [{ ...flow, ...ends, source: { ...flow.source, ...named, legal: { provider: legal.recipient, recipient: legal.provider } } }]
}

function adding(version: PolicyVersion, flow: PolicyFlow): (agreement: PolicyAgreement) => PolicyAgreement {
  return (known) => inVersion(known, version, (one) => ({ ...one, flows: [...one.flows, flow] }))
}

/** The next number that no flow has. */
function freeId({ flows }: PolicyVersion): string {
  const taken = new Set(flows.map(({ id }) => id))
  let number = flows.length + 1
  while (taken.has(`F${number}`)) number += 1
  return `F${number}`
}
