import { isSamePerson } from '../../identity/principal.ts'
import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { ok } from '../../platform/kernel/result.ts'
import type { Agreement, Flow } from '../agreement.ts'
import { type ActingPerson, type CommandOf, type Decided, type HeldSuspension, notAllowed } from './command.ts'
import { isNamedIn } from './flow-suspensions.ts'
import { boundParties, leadingVersion, standingVersions, statusAt } from './standing.ts'

/** Rules of the commands that stop sharing and let it go on (LC-6). Pure. */

/** LC-6: any bound party may stop the whole agreement, itself, or a flow it takes part in, at once. */
export function decideSuspend(command: CommandOf<'suspend'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const { scope, party, flow, until, boroughs } = command
  if (until !== null && until <= now) return notAllowed('UNPROCESSABLE', 'UNTIL', 'A suspension ends after it begins.', '/until')
  if ((scope === 'PARTY') !== (party !== null))
    return notAllowed('UNPROCESSABLE', 'SCOPE', 'A party is named where the scope is PARTY, and only there.', '/party')
  if ((scope === 'FLOW') !== (flow !== null))
    return notAllowed('UNPROCESSABLE', 'SCOPE', 'A flow is named where the scope is FLOW, and only there.', '/flow')
  if (scope === 'PARTY' && party !== actor.org)
    return notAllowed('UNPROCESSABLE', 'OWN_PARTY', 'A party may suspend itself, not another one.', '/party')
  const flows = standingVersions(agreement, now).flatMap(({ terms }) => terms.flows.filter(({ id }) => id === flow))
  if (scope === 'FLOW' && flows.length === 0)
    return notAllowed('UNPROCESSABLE', 'UNKNOWN_FLOW', `No approved version has a flow ${flow}.`, '/flow')
  if (scope === 'FLOW' && !flows.some((known) => takesPart(known, actor.org, boroughs)))
    return notAllowed('UNPROCESSABLE', 'OWN_FLOW', `${actor.org} neither provides nor receives on flow ${flow}.`, '/flow')
  return ok({ type: 'suspend', to: statusAt(agreement, now) })
}

/**
 * LC-6, SD-4: the senior information risk owner of the party that suspended lifts, and never the person who did; for the whole
 * agreement the one of a bound party across a flow from it besides, whichever comes first. Where the suspending party is bound no
 * more, or none is on record, another bound party that the suspension stops stands in for it.
 */
export function decideLift({ suspension, boroughs }: CommandOf<'lift'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  if (suspension.to !== null && instantOf(suspension.to) <= now)
    return notAllowed('ILLEGAL_STATE', 'ENDED', 'This suspension has ended already.')
  if (suspension.suspendedBy !== null && isSamePerson(suspension.suspendedBy, actor))
    return notAllowed('UNPROCESSABLE', 'SD-4', 'Whoever suspended may not lift: another person must.')
  const bound = boundParties(agreement, now)
  const suspender = suspension.suspendedOrg !== null && bound.includes(suspension.suspendedOrg) ? suspension.suspendedOrg : null
  const flows = leadingVersion(agreement, now)?.terms.flows ?? []
  const lifted = ok({ type: 'lift' as const, to: statusAt(agreement, now), isEnded: true })
  if (suspension.scope !== 'AGREEMENT') {
    const mayLift = suspender === null ? isStopped(suspension, flows, actor.org, boroughs) : suspender === actor.org
    if (mayLift) return lifted
    const whose = suspender ?? 'a party that it stops'
    return notAllowed('FORBIDDEN', 'LC-6', `Only the senior information risk owner of ${whose} lifts it.`)
  }
  const first = suspension.agreed
  const isAcross = (one: string, other: string) => flows.some((flow) => areAcross(flow, one, other, boroughs))
  if (first === null || !bound.includes(first.org)) {
    if (suspender === null || suspender === actor.org || isAcross(suspender, actor.org)) {
      return ok({ type: 'lift', to: statusAt(agreement, now), isEnded: false })
    }
    return notAllowed('FORBIDDEN', 'LC-6', `${actor.org} is across no flow from ${suspender}, which suspended.`)
  }
  if (isSamePerson(first.by, actor) || first.org === actor.org)
    return notAllowed('CONFLICT', 'LC-6', `${first.org} has agreed to the lifting already: another party must too.`)
  const other = suspender !== null && first.org !== suspender ? actor.org === suspender : isAcross(first.org, actor.org)
  if (other) return lifted
  const whose = suspender !== null && first.org !== suspender ? suspender : `a bound party across a flow from ${first.org}`
  return notAllowed('FORBIDDEN', 'LC-6', `The senior information risk owner of ${whose} has to agree.`)
}

/** Whether a suspension of a party or a flow stops a party. */
function isStopped(suspension: HeldSuspension, flows: readonly Flow[], org: string, boroughs: ReadonlySet<string>): boolean {
  if (suspension.scope === 'PARTY') return suspension.party === org
  return flows.some((flow) => flow.id === suspension.flow && takesPart(flow, org, boroughs))
}

function takesPart({ providers, recipients }: Flow, org: string, boroughs: ReadonlySet<string>): boolean {
  return isNamedIn(providers, org, boroughs) || isNamedIn(recipients, org, boroughs)
}

function areAcross({ providers, recipients }: Flow, one: string, other: string, boroughs: ReadonlySet<string>): boolean {
  if (one === other) return false
  return (
    (isNamedIn(providers, one, boroughs) && isNamedIn(recipients, other, boroughs)) ||
    (isNamedIn(providers, other, boroughs) && isNamedIn(recipients, one, boroughs))
  )
}
