import type { Fault } from '../platform/kernel/refusal.ts'
import type { AssessmentElsewhere, StatedAssessment } from './assessment.ts'

/** What somebody says of an assessment that was made elsewhere. */
export interface ElsewhereBody {
  /** Key of the file that holds it. */
  readonly file: string
  /** What it came to. */
  readonly outcome: 'APPROVED' | 'PRIOR_CONSULTATION' | 'REJECTED'
  /** OVERALL_RISK code. */
  readonly residual: string
  /** PRIOR_CONSULTATION code. */
  readonly prior_consultation: string
  /** London day. */
  readonly review_due: string
  /** What the data protection officer advised (Art 35(2) UK GDPR). */
  readonly advice: {
    readonly says: 'PROCEED' | 'PROCEED_WITH_CONDITIONS' | 'DO_NOT_PROCEED'
    /** Name or post of whoever gave it. */
    readonly by: string
    /** London day. */
    readonly on: string
    readonly words: string
  }
  /** Who goes ahead against it, and why; null: nobody does. */
  readonly overruled: { readonly by: string; readonly reason: string } | null
}

/** An assessment made elsewhere, as it is recorded of an agreement. */
export interface ElsewhereRecord extends Omit<ElsewhereBody, 'file'>, Omit<AssessmentElsewhere, 'outcome'> {
  /** Through which it is recorded. */
  readonly agreement: string
  readonly file: { readonly id: string; readonly sha256: string }
}

/** What decisions would ask of it once it is confirmed. */
export function statedBy({ outcome, residual, prior_consultation, review_due }: Omit<ElsewhereBody, 'file'>): StatedAssessment {
  return { required: true, status: outcome, residual, prior_consultation, review_due }
}

/** What keeps it from being recorded on a day: advice comes before the outcome, and who does not follow it says why (DP-4). Pure. */
export function elsewhereFaults({ outcome, advice, overruled }: ElsewhereBody, today: string): Fault[] {
  const faults: Fault[] = []
  if (advice.on > today) faults.push({ pointer: '/advice/on', detail: 'The advice was given today or before.', code: 'DP-4' })
  const isOverruled = outcome === 'APPROVED' && advice.says === 'DO_NOT_PROCEED'
  if (isOverruled && overruled === null)
    faults.push({
      pointer: '/overruled',
      detail: 'The data protection officer advised against it: say who approved it all the same, and why.',
      code: 'DP-4',
    })
  if (!isOverruled && overruled !== null)
    faults.push({
      pointer: '/overruled',
      detail: 'Nothing is overruled: only an approval against the advice of the data protection officer is.',
      code: 'DP-4',
    })
  return faults
}
