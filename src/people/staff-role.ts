import { londonDay } from '../platform/kernel/london-day.ts'
import { type Refusal, refusal } from '../platform/kernel/refusal.ts'
import { type HeldDays, unprocessable } from './held-role.ts'

/**
 * PRACTITIONER for all staff of an organisation on some London days: whoever signs in where its people do, and has no other role there.
 * Never for a machine, and never another role.
 */
export interface StaffRole extends HeldDays {
  readonly id: string
  readonly org: string
  readonly reason: string
  readonly recorded_at: string
  readonly end_reason: string | null
}

/** Why it cannot be given for these days beside what was given and not ended; undefined: it can. Pure. */
export function givingRefused(asked: Pick<StaffRole, 'from' | 'to'>, given: readonly StaffRole[], now: string): Refusal | undefined {
  if (asked.from < londonDay(Date.parse(now))) return unprocessable('/from', 'It counts from today or later.')
  if (asked.to !== null && asked.to < asked.from) return unprocessable('/to', 'It does not end before it begins.')
  const isMeanwhile = ({ from, to }: StaffRole) => (to === null || asked.from <= to) && (asked.to === null || from <= asked.to)
  return given.some(isMeanwhile) ? refusal('CONFLICT', 'All staff have it on some of these days already: end that first.') : undefined
}
