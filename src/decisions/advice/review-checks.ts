import type { Advice } from '../../agreements/model/advice.ts'
import { addMonths } from '../../agreements/model/dates.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { ApprovalQuestion, CheckedFlow } from './approval-question.ts'

/** Months between reviews (5.6, Policy): the first one, the one for sensitive agreements, the others. */
const FIRST_REVIEW_MONTHS = 6
const SENSITIVE_MONTHS = 12
const ORDINARY_MONTHS = 24
/** From this many parties on, one late signature holds back too many. */
const MANY_PARTIES = 6
/** Purposes in which an overdue review must not stop sharing that protects a life (5.6; pitfall 27). */
const LIFE_CRITICAL = ['SAFEGUARDING_CHILDREN', 'SAFEGUARDING_ADULTS', 'DOMESTIC_ABUSE', 'EMERGENCY_RESPONSE']
const CODE = 'DPA 2018 s121 (ICO data sharing code)'

/** The review policy (5.6) and the commencement rule, where they will hurt: warnings, for whoever approves to weigh. */
export function reviewAndCommencement(question: ApprovalQuestion, checked: readonly CheckedFlow[]): Advice[] {
  const { source, version, drafted, codes } = question
  const found: Advice[] = []
  const warn = (code: string, pointer: string, detail: string) =>
    found.push({ code, pointer, severity: 'WARNING', detail, citation: CODE, remedy_role: 'IG_OFFICER' })
  const begins = londonDay(drafted.at)
  const due = source.review_due
  const months = reviewMonths(question, checked)
  const isFirst = version.version === 1 && source.origin === 'ACCORD'
  if (due !== null && due > addMonths(begins, months)) {
    warn('REVIEW_TOO_LATE', '/review_due', `The review is due on ${due}, more than ${months} months after it starts on ${begins}.`)
  } else if (due !== null && isFirst && due > addMonths(begins, FIRST_REVIEW_MONTHS)) {
    warn(
      'FIRST_REVIEW_TOO_LATE',
      '/review_due',
      `The first review is due on ${due}: the practice is ${FIRST_REVIEW_MONTHS} months after sharing begins.`,
    )
  }
  const critical = checked.filter(({ flow }) => LIFE_CRITICAL.some((purpose) => codes.purposes.isWithin(flow.purpose, purpose)))
  if (source.review_policy === 'BLOCK_AFTER_GRACE' && critical.length > 0) {
    const ids = critical.map(({ flow }) => flow.id).join(', ')
    warn(
      'REVIEW_BLOCKS_LIFE_CRITICAL',
      '/review_policy',
      `An overdue review would stop sharing that protects people (flow ${ids}): WARN is the practice here.`,
    )
  }
  const { rule } = version.terms.commencement
  if (rule === 'ALL_SIGNED' && source.parties.length >= MANY_PARTIES) {
    warn(
      'ALL_SIGNED_MANY_PARTIES',
      '/terms/commencement',
      `Nothing is permitted until all ${source.parties.length} parties have signed: one late signature holds back every other.`,
    )
  }
  return found
}

/** 12 months for special category or criminal offence data, children, or a processor abroad; 24 otherwise. */
function reviewMonths({ source, codes }: ApprovalQuestion, checked: readonly CheckedFlow[]): number {
  const isProcessorContract = source.instrument_type === 'CONTROLLER_TO_PROCESSOR'
  const isSensitive = checked.some(
    ({ flow, items }) =>
      items.special.length > 0 ||
      items.criminal.length > 0 ||
      flow.data_subjects.some((subject) => codes.subjects.isWithin(subject, 'CHILD') || subject === 'PUPIL_STUDENT') ||
      (isProcessorContract && flow.countries.some((country) => country !== 'GB')),
  )
  return isSensitive ? SENSITIVE_MONTHS : ORDINARY_MONTHS
}
