import type { Fault } from '../../platform/kernel/refusal.ts'

/**
 * What is wrong or missing in a draft, where, under which law, and who can put it right.
 *
 * `pointer` is an RFC 6901 pointer into the text of a version as it is signed: `/title`, `/parties/0/contacts/dpo`,
 * `/effective_from`, `/terms/flows/0/retention_days`; besides `/review_due`, `/dpia` and `/apd`, which stand beside the text.
 */
export interface Advice {
  /** A reason code of the decision rules, FIELD_MISSING, FIELD_INVALID, CLAUSE_MISSING, or the name of an approval check. */
  readonly code: string
  readonly pointer: string
  /** ERROR: the version cannot be approved like this. WARNING: it can, and whoever approves it should know. */
  readonly severity: 'ERROR' | 'WARNING'
  /** What was found, in words; it holds codes and names of organisations, never of people. */
  readonly detail: string
  readonly citation: string | null
  /** GOV_ROLE that can remedy it. */
  readonly remedy_role: string | null
}

/** Those that stop an approval, as details of its refusal. */
export function refusals(advice: readonly Advice[]): Fault[] {
  return errorsIn(advice).map(({ pointer, detail, code, citation, remedy_role }) => ({
    pointer,
    detail,
    code,
    ...(citation === null ? {} : { citation }),
    ...(remedy_role === null ? {} : { remedy_role }),
  }))
}

/** Those that stop an approval. */
export function errorsIn(advice: readonly Advice[]): Advice[] {
  return advice.filter(({ severity }) => severity === 'ERROR')
}

/** Advice in the order of the text: errors first, then by pointer and code as plain strings. */
export function inOrder<One extends Advice>(advice: readonly One[]): One[] {
  const key = ({ severity, pointer, code }: Advice) => `${severity}\n${pointer}\n${code}`
  return [...advice].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
