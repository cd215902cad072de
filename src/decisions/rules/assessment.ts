import type { Rule } from '../evaluation/facts.ts'
import { type Reason, reason } from '../evaluation/reason.ts'
import type { PolicyDpia } from '../policy/policy.ts'

/** The state of a DPIA at T: the last change at or before T, else the initial one. */
export function dpiaStateAt(dpia: PolicyDpia, at: number): string {
  return dpia.changes.findLast((change) => change.at <= at)?.state ?? dpia.initialState
}

/** CK-11: a required DPIA is approved, in date, and a residual high risk went to the regulator (Art 35, 36 UK GDPR). */
export const assessment: Rule = ({ at, day }, { agreement: { dpia } }) => {
  if (!dpia.required) return []
  const state = dpiaStateAt(dpia, at)
  if (state !== 'APPROVED') return [reason('DPIA_REQUIRED_NOT_APPROVED', `The DPIA is ${state}.`)]
  const found: Reason[] = []
  if (dpia.reviewDue !== null && day > dpia.reviewDue) found.push(reason('DPIA_REVIEW_OVERDUE', `Its review was due on ${dpia.reviewDue}.`))
  if (dpia.residual === 'HIGH' && dpia.priorConsultation !== 'COMPLETED') {
    found.push(reason('PRIOR_CONSULTATION_OUTSTANDING', 'The residual risk is high and the regulator has not been consulted.'))
  }
  return found
}
