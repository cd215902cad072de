import { type Day, daysBetween } from '../../platform/kernel/london-day.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import type { AssessmentContent } from './content.ts'

const CITATION = 'UK GDPR Art 35(11)'
/** An assessment is looked at again within three years, whatever happens (Policy). */
const REVIEW_DAYS_MAX = 3 * 366

/** What is wrong with when an assessment is reviewed next (4.4): somebody says it, it lies ahead, and not too far. Pure. */
export function reviewFaults(review: AssessmentContent['review'], today: Day): Fault[] {
  if (review === null)
    return [
      { pointer: '/review', code: 'REVIEW_MISSING', detail: 'Nobody has said when it is reviewed next and by whom.', citation: CITATION },
    ]
  if (review.due <= today)
    return [{ pointer: '/review/due', code: 'DAY_PASSED', detail: 'Its next review lies ahead.', citation: CITATION }]
  if (daysBetween(today, review.due) <= REVIEW_DAYS_MAX) return []
  return [{ pointer: '/review/due', code: 'TOO_FAR', detail: 'It is reviewed again within three years.', citation: CITATION }]
}
