import { conflictsOf, type Role } from '../identity/permissions.ts'
import { type Day, daysBetween, londonDay } from '../platform/kernel/london-day.ts'
import type { Refusal } from '../platform/kernel/refusal.ts'
import { type Person, unprocessable } from './held-role.ts'

/** Roles in which somebody can be stood in for: those that have steps in a sign-off. */
export type DeputisedRole = Exclude<Role, 'REQUESTER' | 'DUTY_MANAGER' | 'PRACTITIONER' | 'AUDITOR' | 'REGISTER_ADMIN' | 'API_CLIENT'>

/** Who stands in for whom, in which role of which organisation, from the first to the last London day, both included. */
export interface Deputy {
  readonly id: string
  readonly org: string
  readonly role: DeputisedRole
  /** Whom they stand in for. */
  readonly person: Person
  readonly deputy: Person
  readonly first: Day
  readonly last: Day
  readonly reason: string
  readonly named_at: string
  /** ISO 8601: from here on it does not count, whatever its last day is. */
  readonly ended_at: string | null
  readonly end_reason: string | null
}

/** Longest time somebody is stood in for: who is away longer is replaced. */
const DAYS_MAX = 366

/**
 * Why a deputy cannot be named; undefined: they can. Time-boxed, never oneself, never between the data protection officer and whoever
 * accepts the risk (WF-3, SD-2, SD-3, SD-7). Pure.
 *
 * @param held the roles that are recorded for the deputy in the organisation by then
 */
export function namingRefused(
  { role, person, deputy, first, last }: Pick<Deputy, 'role' | 'person' | 'deputy' | 'first' | 'last'>,
  held: readonly Role[],
  now: string,
): Refusal | undefined {
  if (person.issuer === deputy.issuer && person.subject === deputy.subject)
    return unprocessable('/deputy', 'Nobody is their own deputy.', 'WF-3')
  if (first < londonDay(Date.parse(now))) return unprocessable('/first', 'A deputy begins today or later.', 'WF-3')
  if (last < first) return unprocessable('/last', 'The last day does not lie before the first.', 'WF-3')
  if (daysBetween(first, last) >= DAYS_MAX) return unprocessable('/last', `Nobody is stood in for longer than ${DAYS_MAX} days.`, 'WF-3')
  const [conflict] = conflictsOf(role, held)
  return conflict && unprocessable('/deputy', `Whoever is ${conflict.with} does not stand in for the ${role}.`, conflict.rule)
}
