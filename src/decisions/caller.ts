import { londonDay } from '../platform/kernel/london-day.ts'
import type { PolicyAgreement, PolicyVersion, Snapshot } from './policy/policy.ts'
import { governingVersion } from './rules/lifecycle.ts'
import { isAgentOf } from './rules/paper.ts'

/**
 * Whether an organisation may ask about a share: it is the provider or the recipient, or on that day a registered agent
 * of one of them (6.1; reason 54). Asked before anything else, so that a stranger learns nothing.
 */
export function mayAsk(
  caller: string,
  share: { readonly provider: string; readonly recipient: string },
  at: number,
  snapshot: Snapshot,
): boolean {
  if (caller === share.provider || caller === share.recipient) return true
  return snapshot
    .whereAgent(caller)
    .some((agreement) => actsIn(agreement, caller, at, (party) => party === share.provider || party === share.recipient))
}

/** Whether an organisation may know that an agreement exists: it is a party, or an agent under its governing version. */
export function mayKnow(caller: string, agreement: PolicyAgreement, at: number): boolean {
  return agreement.parties.has(caller) || actsIn(agreement, caller, at, () => true)
}

function actsIn(agreement: PolicyAgreement, agent: string, at: number, forWhom: (party: string) => boolean): boolean {
  const day = londonDay(at)
  const version: PolicyVersion | undefined = governingVersion(agreement, day)?.version
  const agents = version?.agents ?? []
  return agents.some((known) => forWhom(known.for) && isAgentOf(agents, agent, known.for, day))
}
