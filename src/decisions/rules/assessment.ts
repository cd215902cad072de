import { acceptedVersion, dpiaStateAt } from '../../agreements/model/in-force.ts'
import { valueAt } from '../../agreements/model/standing.ts'
import { controllerSides, type Rule } from './facts.ts'
import { type Reason, reason } from './reason.ts'

/**
 * CK-11: a required DPIA is approved, in date, and a residual high risk went to the regulator (Art 35, 36 UK GDPR). Of one that is made here
 * each controller of the flow has accepted the risk for itself (DP-7).
 */
export const assessment: Rule = (facts, candidate) => {
  const { at, day } = facts
  const { dpia } = candidate.agreement
  const { required, review_due, residual, prior_consultation } = valueAt(dpia.recorded, at)
  if (!required) return []
  const state = dpiaStateAt(dpia, at)
  if (state !== 'APPROVED') {
    const waiting = dpia.awaiting.find(({ from, to }) => from <= at && at < to)
    const missing = waiting ? ` One made elsewhere is recorded as approved: a second person of ${waiting.org} has to confirm it.` : ''
    return [reason('DPIA_REQUIRED_NOT_APPROVED', `The DPIA is recorded as ${state}.${missing}`)]
  }
  const found: Reason[] = []
  if (dpia.accepting && dpia.accepting.since <= at) {
    for (const { organisation } of controllerSides(facts, candidate)) {
      if (acceptedVersion(dpia, organisation.code, at) === null)
        found.push(reason('DPIA_REQUIRED_NOT_APPROVED', `${organisation.code} has not accepted the risk that is left of the DPIA.`))
    }
  }
  if (review_due !== null && day > review_due) found.push(reason('DPIA_REVIEW_OVERDUE', `Its review was due on ${review_due}.`))
  if (residual === 'HIGH' && prior_consultation !== 'COMPLETED') {
    found.push(reason('PRIOR_CONSULTATION_OUTSTANDING', 'The residual risk is high and the regulator has not been consulted.'))
  }
  return found
}
