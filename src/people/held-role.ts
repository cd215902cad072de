import { conflictsOf, type Role } from '../identity/permissions.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { type Fault, type Refusal, refusal } from '../platform/kernel/refusal.ts'

/** Whom an issuer of tokens calls so; the same subject of another issuer is somebody else. */
export interface Person {
  readonly issuer: string
  readonly subject: string
}

/** A role that somebody holds in an organisation. */
export interface HeldRole extends HeldDays {
  readonly id: string
  readonly person: Person
  readonly org: string
  readonly role: Role
}

/** From one London day to another, both included. */
export interface HeldDays {
  readonly from: Day
  /** null: no last day is set. */
  readonly to: Day | null
  /** ISO 8601: from here on it does not count, whatever its last day is; null: it was not ended so. */
  readonly ended_at: string | null
}

/** Recorded by register administrators alone: whoever holds them reads, or writes, beyond the own organisation. */
export const BEYOND_ONE_ORGANISATION: readonly Role[] = ['REGISTER_ADMIN', 'AUDITOR']

/** Whether a role counts on a London day; of a day that is over, whether it did for some of it. */
export function holdsOn({ from, to, ended_at }: HeldDays, day: Day): boolean {
  return from <= day && (to === null || day <= to) && (ended_at === null || day <= londonDay(Date.parse(ended_at)))
}

/** Why a role cannot be recorded beside those that the person holds in the organisation already; undefined: it can. Pure. */
export function recordingRefused(asked: Pick<HeldRole, 'role' | 'from' | 'to'>, held: readonly HeldRole[]): Refusal | undefined {
  if (asked.to !== null && asked.to < asked.from) return unprocessable('/to', 'A role does not end before it begins.')
  const meanwhile = held.filter(
    ({ from, to, ended_at }) => ended_at === null && (to === null || asked.from <= to) && (asked.to === null || from <= asked.to),
  )
  if (meanwhile.some(({ role }) => role === asked.role))
    return refusal('CONFLICT', `This person holds ${asked.role} on some of these days already: end that first.`)
  const [conflict] = conflictsOf(
    asked.role,
    meanwhile.map(({ role }) => role),
  )
  return (
    conflict && unprocessable('/role', `Nobody is ${asked.role} and ${conflict.with} of one organisation at the same time.`, conflict.rule)
  )
}

/** What ending a role now, or with a last day, changes of it; or why it cannot be ended so. Pure. `today` is the London day of `now` (ISO 8601). */
export function endOf(held: HeldDays, lastDay: Day | null, now: string): Pick<HeldDays, 'to' | 'ended_at'> | Refusal {
  const today = londonDay(Date.parse(now))
  if (held.ended_at !== null || (held.to !== null && held.to < today)) return refusal('ILLEGAL_STATE', 'The role has ended.')
  if (lastDay === null) return { to: held.to, ended_at: now }
  if (lastDay < today) return unprocessable('/last_day', 'A last day lies today or later; without one the role ends now.')
  if (lastDay < held.from) return unprocessable('/last_day', `The role begins on ${held.from}.`)
  if (held.to !== null && held.to < lastDay)
    return unprocessable('/last_day', `The role ends on ${held.to}; a longer one is recorded anew.`)
  return { to: lastDay, ended_at: null }
}

/** The refusal of one member, with the rule that it breaks. */
export function unprocessable(pointer: string, detail: string, code?: string): Refusal {
  const fault: Fault = { pointer, detail, ...(code === undefined ? {} : { code }) }
  return refusal('UNPROCESSABLE', detail, [fault])
}
