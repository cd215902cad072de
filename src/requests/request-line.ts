import type { ShareRequest } from './share-request.ts'

/** What a line of a file says of a request: what the API says of it in a list. Pure. */
export const REQUEST_COLUMNS: readonly string[] = [
  ...['id', 'status', 'answer', 'origin', 'asked_at', 'asked_by_org', 'provider', 'recipient', 'purpose', 'data_items', 'data_subjects'],
  ...['method', 'country', 'lawful_basis', 'data_form', 'subject_count', 'record_count', 'why', 'needed_by'],
  ...['decision_id', 'join_agreement', 'agreement', 'picked_up_by_org'],
]

export function requestLine(
  request: Omit<ShareRequest, 'asked_by' | 'picked_up_by'> & { readonly picked_up_by: { readonly org: string } | null },
): object {
  const { question, picked_up_by, ...rest } = request
  return { ...rest, ...question, picked_up_by_org: picked_up_by?.org ?? null }
}
