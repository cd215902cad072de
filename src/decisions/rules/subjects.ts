import type { PolicyFlow } from '../policy/policy.ts'
import type { Facts, Rule } from './facts.ts'
import { hasConsent } from './gateways.ts'
import { type Reason, reason } from './reason.ts'

/** CK-13: an objection that the flow honours (Art 21), and a restriction on any flow that does not override it (Art 18). */
export const subjects: Rule = (facts, { flow }) => {
  const { subject_flags } = facts.request
  const found: Reason[] = []
  if (subject_flags.includes('OBJECTED') && flow.source.honours_objection) {
    found.push(reason('SUBJECT_OBJECTION', 'The person objected and this flow honours objections.'))
  }
  if (subject_flags.includes('RESTRICTED') && appliedOverride(facts, flow) === null) {
    const why = flow.restrictionGround === 'CONSENT' ? ', and the consent on which it would still go is not recorded' : ''
    found.push(reason('SUBJECT_RESTRICTION', `Processing about the person is restricted (Art 18)${why}.`))
  }
  return found
}

/**
 * The ground on which restricted data still goes under this flow, null when it does not (Art 18(2)). A flow that recorded no
 * ground of the list, or no reason, overrides nothing; the ground CONSENT counts only with consent as in CK-9.
 */
export function appliedOverride({ request, codes }: Facts, { restrictionGround: ground }: PolicyFlow): string | null {
  if (ground === null || !codes.restrictionGrounds.has(ground)) return null
  return ground !== 'CONSENT' || hasConsent(request) ? ground : null
}
