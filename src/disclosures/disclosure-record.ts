import type { ApprovalCondition } from '../workflow/model/sign-off.ts'

/** Beyond these a one-off is systematic sharing and needs an agreement: records of one, used ones of a pair and purpose in the window (AH-2, Policy). */
export const SYSTEMATIC = { recordsMax: 100, usedMax: 3, windowMs: 90 * 24 * 60 * 60 * 1000 } as const

/** The member of the form in which an approval's own conditions are kept: every permit that rests on it carries them (6.5 APPROVAL_CONDITION). */
const APPROVAL_CONDITIONS = 'approval_conditions'

/** A form with the conditions that it was approved on. */
export function withConditions(form: object, conditions: readonly ApprovalCondition[]): Readonly<Record<string, unknown>> {
  return { ...form, [APPROVAL_CONDITIONS]: conditions }
}

/** The conditions that a decision was approved on; one from elsewhere states none. */
export function approvalConditions({ form }: Pick<DisclosureRecord, 'form'>): readonly ApprovalCondition[] {
  const found = form[APPROVAL_CONDITIONS]
  return Array.isArray(found) ? (found as ApprovalCondition[]) : []
}

/** A one-off disclosure decision as recorded: the ICO's decision form (domain reference, 3.3 and 6.7). It decides nothing. */
export interface DisclosureRecord {
  readonly id: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  /** null: no limit. */
  readonly subject_count: number | null
  readonly record_count: number | null
  /** Only APPROVED permits. */
  readonly status: string
  /** Half-open window [valid_from, valid_to). */
  readonly valid_from: string
  readonly valid_to: string
  readonly single_use: boolean
  /** When it was used; null while it was not. */
  readonly consumed_at: string | null
  /** The rest of the form: who asked, why, which basis and exemption. Recorded, not compared. */
  readonly form: Readonly<Record<string, unknown>>
}
