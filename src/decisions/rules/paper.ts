import { isValidOn } from '../../reference/code-list.ts'
import type { PolicyAgent } from '../policy/policy.ts'
import type { Rule } from './facts.ts'
import { type Reason, reason, type Side } from './reason.ts'

/** CK-13 and CK-20: an Art 28 instrument has a complete contract, and only there is a recipient a mere processor. */
export const processorContract: Rule = (_facts, { agreement, version, flow }) => {
  const contract = version.processorContract
  const isComplete = contract?.art28_complete === true && contract.missing.length === 0
  if (agreement.isProcessorContract) {
    return isComplete
      ? []
      : [reason('PROCESSOR_CONTRACT_INCOMPLETE', 'The Art 28 contract is not complete.', { items: contract?.missing ?? [] })]
  }
  return flow.source.legal.recipient === null
    ? [
        reason('PROCESSOR_CONTRACT_INCOMPLETE', 'The recipient is a processor, but this is not a processor contract.', {
          side: 'RECIPIENT',
        }),
      ]
    : []
}

/** CK-19: a joint controller agreement says who does what, whom to ask and where to read it (Art 26 UK GDPR). */
export const jointControllerArrangement: Rule = (_facts, { agreement, version }) => {
  if (!agreement.isJointController) return []
  const { responsibilities = '', contact_point = '', essence_url = '' } = version.jointControllerArrangement ?? {}
  const isComplete = [responsibilities, contact_point, essence_url].every((text) => text.trim() !== '')
  return isComplete ? [] : [reason('JOINT_CONTROLLER_ARRANGEMENT_MISSING', 'The Art 26 arrangement is not complete.')]
}

/** CK-19: whoever acts for a party, and whoever asks for one, is a listed processor or sub-processor of that party on that day. */
export const agents: Rule = ({ request, provider, recipient, day }, { version }) => {
  const listed = version.agents
  if (listed === null) return []
  const { calling_agent: caller } = request
  if (request.provider_agent === null && request.recipient_agent === null && caller === undefined) return []
  const named = [
    ...unlisted(request.provider_agent, provider.code, 'PROVIDER', listed, day),
    ...unlisted(request.recipient_agent, recipient.code, 'RECIPIENT', listed, day),
  ]
  const isKnown = caller === undefined || [provider, recipient].some(({ code }) => isAgentOf(listed, caller, code, day))
  if (isKnown || named.some(({ items }) => items?.includes(caller))) return named
  const detail = `${caller} asks, and is not a listed processor of ${provider.code} or ${recipient.code} on ${day}.`
  return [...named, reason('PROCESSOR_NOT_AUTHORISED', detail, { items: [caller] })]
}

function unlisted(agent: string | null, party: string, side: Side, listed: readonly PolicyAgent[], day: string): Reason[] {
  return agent === null || isAgentOf(listed, agent, party, day)
    ? []
    : [reason('PROCESSOR_NOT_AUTHORISED', `${agent} is not a listed processor of ${party} on ${day}.`, { side, items: [agent] })]
}

/** Whether `agent` acts for `party` on that day, both ends of its dates included. */
export function isAgentOf(agents: readonly PolicyAgent[], agent: string, party: string, day: string): boolean {
  return agents.some((known) => known.org === agent && known.for === party && isValidOn(day, known.from, known.to))
}
