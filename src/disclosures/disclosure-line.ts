import type { BreachView } from './breach.ts'
import type { DisclosureCondition, DisclosureContent } from './disclosure-request.ts'

/** What a line of a file says of a one-off disclosure and of an emergency: what the API says of them in a list. Pure. */

export const DISCLOSURE_COLUMNS: readonly string[] = [
  ...['id', 'status', 'asked_at', 'asked_by_org', 'provider', 'recipient', 'purpose', 'data_items', 'subject_count', 'record_count'],
  ...[
    'lawful_basis',
    'legal_compulsion',
    'legal_power',
    'law_conditions',
    'exemption',
    'received_on',
    'requester_position',
    'verified_how',
  ],
  ...['senior_authorisation', 'necessity', 'tell_subject', 'retention', 'security', 'is_police_urgent', 'valid_from', 'valid_to'],
  ...['single_use', 'consumed_at', 'decided_at', 'reasons', 'conditions', 'revision', 'request_id'],
]

/** One of them in a line; `valid_from` is from when it may be disclosed, and empty while nobody approved it. */
export function disclosureLine(one: {
  readonly content: DisclosureContent
  readonly conditions: readonly DisclosureCondition[]
  readonly valid_from: string | null
}): object {
  const { content, conditions, ...rest } = one
  return { ...content, ...rest, law_conditions: content.conditions, conditions: conditions.map(({ text }) => text).join('; ') }
}

export const EMERGENCY_COLUMNS: readonly string[] = [
  ...['id', 'status', 'happened_at', 'recorded_at', 'recorded_after', 'org', 'provider', 'recipient', 'purpose', 'data_items', 'ground'],
  ...['justification', 'lawful_basis', 'decision_id', 'review_due', 'is_review_overdue', 'reviewed_at', 'outcome', 'dsa_needed', 'reason'],
  ...['excessive_items', 'breach_state', 'breach_notify_by'],
]

export function emergencyLine(one: { readonly breach: BreachView | null }): object {
  const { breach, ...rest } = one
  return { ...rest, breach_state: breach?.state ?? null, breach_notify_by: breach?.notify_by ?? null }
}
