import type { Rule } from '../evaluation/facts.ts'
import { type Reason, reason } from '../evaluation/reason.ts'

/** CK-13: an objection that the flow honours (Art 21), and a restriction on any flow (Art 18). */
export const subjects: Rule = ({ request }, { flow }) => {
  const found: Reason[] = []
  if (request.subject_flags.includes('OBJECTED') && flow.source.honours_objection) {
    found.push(reason('SUBJECT_OBJECTION', 'The person objected and this flow honours objections.'))
  }
  if (request.subject_flags.includes('RESTRICTED'))
    found.push(reason('SUBJECT_RESTRICTION', 'Processing about the person is restricted (Art 18).'))
  return found
}
