/**
 * Why something was not shared, whatever the answer was: what stops people sharing where the law lets them is seldom the law
 * (ICO data sharing code, "Myths and misconceptions"; Caldicott principle 7).
 */
export const NOT_SHARED_REASONS = {
  ANSWER_WAS_NO: 'The answer was no',
  CONDITION_NOT_MET: 'Something that the answer demands could not be done',
  NO_SECURE_WAY: 'There was no secure way to send it',
  NOBODY_TO_SEND_TO: 'Nobody was known, or could be reached, to send it to',
  ADVISED_AGAINST: 'A manager or colleague advised against it',
  UNSURE: 'It was not clear whether the answer covers the case',
  PERSON_OBJECTED: 'The person it is about did not want it shared',
  RISK_TO_SOMEBODY: 'Sharing could have put somebody at risk',
  NOT_NEEDED: 'It was no longer needed, or less was enough',
  NOT_HELD: 'The information is not held, or is not good enough to share',
  TOO_SLOW: 'There was no time, or it takes too long',
  OTHER: 'Another reason',
} as const
export type NotSharedReason = keyof typeof NOT_SHARED_REASONS

/** What somebody recorded after an answer. Whom it is about is asked nowhere, and neither is it shown who recorded it. */
export interface NotShared {
  readonly id: string
  readonly decision_id: string
  readonly decision: 'PERMIT' | 'DENY'
  /** What the permit relied on, or came nearest; null: none that the organisation may know. */
  readonly agreement: string | null
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly reason: NotSharedReason
  readonly note: string | null
  readonly recorded_at: string
}

/** How often, and how often although the answer was yes. */
interface Counted {
  readonly count: number
  readonly after_permit: number
}

/** What stops people sharing, counted. */
export interface NotSharedCounts {
  readonly total: number
  readonly by_reason: readonly (Counted & { readonly reason: NotSharedReason })[]
  /** The most frequent ones. */
  readonly by_agreement: readonly (Counted & { readonly agreement: string | null })[]
}

/** What a line of a file says of one. */
export const NOT_SHARED_COLUMNS = [
  ...['recorded_at', 'reason', 'note', 'decision', 'agreement', 'provider', 'recipient', 'purpose', 'decision_id'],
] as const
