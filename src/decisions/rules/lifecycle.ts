import { asIfSigned } from '../../agreements/model/attested.ts'
import { type Obstacle, obstacles } from '../../agreements/model/in-force.ts'
import { holdsAt, instantOf, written } from '../../platform/kernel/instant.ts'
import type { PolicyAgreement, PolicyFlow, PolicyVersion } from '../policy/policy.ts'
import type { Facts } from './facts.ts'
import { type Reason, reason, type Side } from './reason.ts'

/** CK-1, CK-2 and CK-16: what the lifecycle says against this pair, as reasons. What it is worked out from is the agreement's law alone. */
export function lifecycle(facts: Facts, agreement: PolicyAgreement, version: PolicyVersion): Reason[] {
  const { provider, recipient, at, day } = facts
  const pair = [provider.code, recipient.code] as const
  // Where both accept signatures that are attested, each of them is one; else it counts for nothing.
  const counted = version.attested.size > 0 && acceptBoth(facts) ? asIfSigned(version, at) : version
  return obstacles(agreement, counted, pair, at, day).map((found) =>
    toReason(found, version.version, (org) => (org === provider.code ? 'PROVIDER' : 'RECIPIENT')),
  )
}

/** Whether provider and recipient both accept signatures that are attested, by their own policy on record. */
export function acceptBoth({ provider, recipient, at }: Pick<Facts, 'provider' | 'recipient' | 'at'>): boolean {
  return instantOf(provider.accepts_attested_since) <= at && instantOf(recipient.accepts_attested_since) <= at
}

function toReason(found: Obstacle, version: number, sideOf: (org: string) => Side): Reason {
  switch (found.code) {
    case 'NOT_YET_EFFECTIVE':
      return reason(found.code, `Version ${version} begins on ${found.from}.`)
    case 'EXPIRED':
      return reason(found.code, `Version ${version} ended on ${found.to}.`)
    case 'TERMINATED':
      return reason(found.code, `The agreement was terminated at ${written(found.at)}.`)
    case 'SUSPENDED':
      return reason(found.code, 'The agreement is suspended.')
    case 'REVIEW_OVERDUE':
      return reason(found.code, `Its review was due on ${found.due} and its grace ended on ${found.lastDay}.`)
    case 'PARTY_NOT_SIGNED':
      return reason(found.code, `${found.org} has not signed version ${version}.`, { side: sideOf(found.org) })
    case 'OTHERS_NOT_SIGNED': {
      const count = found.orgs.length
      return reason(
        'PARTY_NOT_SIGNED',
        `The agreement starts when all have signed; ${count} other ${count === 1 ? 'party has' : 'parties have'} not.`,
      )
    }
    case 'PARTY_WITHDRAWN':
      return reason(found.code, `${found.org} has left the agreement.`, { side: sideOf(found.org) })
    case 'PARTY_SUSPENDED':
      return reason(found.code, `${found.org} is suspended.`, { side: sideOf(found.org) })
    case 'APPROVALS_MISSING':
      return reason('COMMENCEMENT_NOT_MET', `${found.org} has not completed its approvals.`, { side: sideOf(found.org) })
    case 'TOO_FEW_SIGNED':
      return reason(
        'COMMENCEMENT_NOT_MET',
        `${found.signed} ${found.signed === 1 ? 'party has' : 'parties have'} signed; it starts with ${found.needed}.`,
      )
    default:
      return found satisfies never
  }
}

/** CK-18: is this flow suspended? */
export function flowSuspension({ at }: Pick<Facts, 'at'>, flow: PolicyFlow): Reason[] {
  return holdsAt(flow.suspensions, at) ? [reason('SUSPENDED', `Flow ${flow.id} is suspended.`)] : []
}

/** Whether the day is after the version's last day, which itself still counts. */
export function isExpired(version: PolicyVersion, day: string): boolean {
  return version.effectiveTo !== null && day > version.effectiveTo
}
