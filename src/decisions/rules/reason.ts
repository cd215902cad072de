/** Reason codes in canonical order (domain reference, 6.4). Stable: never renumbered, only appended to. */
export const REASON_CODES = [
  'INVALID_REQUEST',
  'UNKNOWN_PARTY',
  'UNKNOWN_CODE',
  'SAME_CONTROLLER',
  'PARTY_INACTIVE',
  'NO_AGREEMENT',
  'PROHIBITED_BY_AGREEMENT',
  'AGREEMENT_NOT_APPROVED',
  'NOT_YET_EFFECTIVE',
  'EXPIRED',
  'TERMINATED',
  'SUSPENDED',
  'REVIEW_OVERDUE',
  'PARTY_NOT_SIGNED',
  'PARTY_WITHDRAWN',
  'PARTY_SUSPENDED',
  'COMMENCEMENT_NOT_MET',
  'FLOW_DIRECTION_NOT_COVERED',
  'PURPOSE_NOT_COVERED',
  'DATA_NOT_COVERED',
  'SUBJECTS_NOT_COVERED',
  'DATA_FORM_NOT_ALLOWED',
  'METHOD_NOT_ALLOWED',
  'VOLUME_EXCEEDED',
  'LAWFUL_BASIS_MISSING',
  'LAWFUL_BASIS_MISMATCH',
  'LAWFUL_BASIS_NOT_AVAILABLE',
  'BASIS_IN_LAW_MISSING',
  'GATEWAY_NOT_AVAILABLE',
  'CONSENT_NOT_RECORDED',
  'PURPOSE_INCOMPATIBLE',
  'SPECIAL_CATEGORY_CONDITION_MISSING',
  'SCHEDULE_1_CONDITION_MISSING',
  'APPROPRIATE_POLICY_MISSING',
  'CRIMINAL_OFFENCE_CONDITION_MISSING',
  'LED_CONDITION_MISSING',
  'LED_REUSE_NOT_AUTHORISED',
  'CONFIDENTIALITY_BASIS_MISSING',
  'DPIA_REQUIRED_NOT_APPROVED',
  'DPIA_REVIEW_OVERDUE',
  'PRIOR_CONSULTATION_OUTSTANDING',
  'TRANSFER_NOT_ALLOWED',
  'PROCESSOR_CONTRACT_INCOMPLETE',
  'PROCESSOR_NOT_AUTHORISED',
  'JOINT_CONTROLLER_ARRANGEMENT_MISSING',
  'SUBJECT_OBJECTION',
  'SUBJECT_RESTRICTION',
  'EMERGENCY_NOT_QUALIFYING',
  'EMERGENCY_JUSTIFICATION_MISSING',
  'ADHOC_DECISION_REQUIRED',
  'ADHOC_DECISION_NOT_APPROVED',
  'ADHOC_DECISION_EXHAUSTED',
  'ADHOC_SCOPE_EXCEEDED',
  'CALLER_NOT_PARTY',
] as const

export type ReasonCode = (typeof REASON_CODES)[number]

/** The controller a reason is about. */
export type Side = 'PROVIDER' | 'RECIPIENT'

/** One failed rule. `detail` says what was found, in words; it holds codes, never personal data. */
export interface Reason {
  readonly code: ReasonCode
  readonly detail: string
  readonly side?: Side
  readonly items?: readonly string[]
  /** Where the parts of both failed: which items on which side. Never together with `side`. */
  readonly sides?: readonly FailedSide[]
}

export interface FailedSide {
  readonly side: Side
  readonly items: readonly string[]
}

const position = new Map<ReasonCode, number>(REASON_CODES.map((code, index) => [code, index]))

/** The number of a code in 6.4, from 1. */
export function reasonNumber(code: ReasonCode): number {
  return (position.get(code) ?? 0) + 1
}

/** A reason, with `side` and `items` only where they say something. */
export function reason(code: ReasonCode, detail: string, about: { side?: Side; items?: readonly string[] } = {}): Reason {
  return { code, detail, ...(about.side ? { side: about.side } : {}), ...(about.items?.length ? { items: about.items } : {}) }
}

/**
 * Reasons as a set in canonical order (6.2 step 8): one entry per code. Where both sides fail the same rule, the entry tells
 * both details, and what failed on which side.
 */
export function canonicalReasons(reasons: readonly Reason[]): Reason[] {
  if (reasons.length === 0) return []
  const byCode = new Map<ReasonCode, Reason>()
  for (const next of reasons) {
    const known = byCode.get(next.code)
    byCode.set(next.code, known ? merge(known, next) : next)
  }
  return [...byCode.values()].sort((a, b) => reasonNumber(a.code) - reasonNumber(b.code))
}

function merge(a: Reason, b: Reason): Reason {
  const items = union(a.items, b.items)
  const detail = a.detail === b.detail ? a.detail : `${a.detail} ${b.detail}`
  const sides = bySide([...failedSides(a), ...failedSides(b)])
  const [first] = sides
  // A part that is neither side's leaves the whole without one.
  if (failedSides(a).length === 0 || failedSides(b).length === 0 || !first) return reason(a.code, detail, { items })
  return sides.length === 1 ? reason(a.code, detail, { side: first.side, items }) : { ...reason(a.code, detail, { items }), sides }
}

/** Which items failed on which side; none where the reason is about neither side alone. */
export function failedSides({ side, items = [], sides = [] }: Reason): readonly FailedSide[] {
  return side ? [{ side, items }] : sides
}

function bySide(parts: readonly FailedSide[]): FailedSide[] {
  const found = new Map<Side, FailedSide>()
  for (const { side, items } of parts) found.set(side, { side, items: union(found.get(side)?.items, items) })
  return [...found.values()]
}

function union(a: readonly string[] = [], b: readonly string[] = []): string[] {
  return [...new Set([...a, ...b])]
}

const LAST_PARTY_REASON = reasonNumber('COMMENCEMENT_NOT_MET')
const FIRST_LIFECYCLE_REASON = reasonNumber('AGREEMENT_NOT_APPROVED')

/** Whether a code belongs to stages 2 and 3, lifecycle and parties (6.4). */
export function isLifecycleOrParty(code: ReasonCode): boolean {
  const number = reasonNumber(code)
  return number >= FIRST_LIFECYCLE_REASON && number <= LAST_PARTY_REASON
}
