import { bindsPair } from '../agreements/model/in-force.ts'
import { governing, partOf } from '../agreements/model/standing.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { isActive } from './evaluation/stage-zero.ts'
import type { PolicyAgreement, Snapshot } from './policy/policy.ts'
import { isExpired } from './rules/lifecycle.ts'
import { isAgentOf } from './rules/paper.ts'

// Who may ask, and who may know. It may never take a caller's word for whom it acts: only texts that a party has signed count.

/** Who would disclose to whom, by code. */
export interface Share {
  readonly provider: string
  readonly recipient: string
}

/**
 * Whether an organisation may ask about a share: it is the provider or the recipient, or on that day a registered agent
 * of one of them (6.1; reason 54). Asked before anything else, so that a stranger learns nothing.
 */
export function mayAsk(caller: string, share: Share, at: number, snapshot: Snapshot): boolean {
  if (caller === share.provider || caller === share.recipient) return true
  const agent = snapshot.organisation(caller)
  if (!agent || !isActive(agent, at)) return false
  return snapshot
    .whereAgent(caller)
    .some((agreement) => actsIn(agreement, caller, at, (party) => party === share.provider || party === share.recipient))
}

/** Whether an organisation may know that an agreement exists: it is a party, or an agent under a version that is in force. */
export function mayKnow(caller: string, agreement: PolicyAgreement, at: number): boolean {
  const party = agreement.parties.get(caller)
  return (party !== undefined && partOf(party, at) !== 'NONE') || actsIn(agreement, caller, at, () => true)
}

/**
 * Only the party that an agent acts for can make it one, by signing: a version that is merely drafted, frozen or to come makes
 * nobody an agent, nor does one that has ended. A suspension stops the sharing, not the asking: an agent is told of it.
 */
function actsIn(agreement: PolicyAgreement, agent: string, at: number, forWhom: (party: string) => boolean): boolean {
  const day = londonDay(at)
  const leading = governing(agreement, at, day)
  if (!leading || leading.notYetEffective || isExpired(leading.version, day) || at >= agreement.terminatedAt) return false
  const { version } = leading
  const agents = version.agents ?? []
  return agents.some(
    (known) => forWhom(known.for) && isAgentOf(agents, agent, known.for, day) && bindsPair(agreement, version, [known.for, known.for], at),
  )
}
