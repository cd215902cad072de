import { addDays, type Day } from '../../platform/kernel/london-day.ts'
import type { OverallRisk } from './codes.ts'

/** Prior consultation of the Information Commissioner (UK GDPR Art 36; DP-5). Days are London local dates. Pure. */

const WEEK = 7
const WEEKS_TO_ANSWER = 8
const WEEKS_EXTENDED = 14

/** Whether the regulator is to be consulted before anything is shared (UK GDPR Art 36(1)): what is left of the risk is high. */
export function needsConsultation(residual: OverallRisk | string | null): boolean {
  return residual === 'HIGH'
}

/**
 * The last day on which the regulator answers (UK GDPR Art 36(2)): eight weeks after receipt of the request, fourteen where it was
 * said within a month of receipt that it takes longer. An extension that came later, or before the request, changes nothing.
 *
 * @param submitted_on the day on which the request was received
 * @param extended_on the day on which the regulator said that it takes longer; null: never
 */
export function answerDue(submitted_on: Day, extended_on: Day | null): Day {
  const isExtended = extended_on !== null && extended_on >= submitted_on && extended_on <= monthAfter(submitted_on)
  return addDays(submitted_on, WEEK * (isExtended ? WEEKS_EXTENDED : WEEKS_TO_ANSWER))
}

/** The last day on which the regulator can still say that it takes longer: a month after receipt. */
export function extensionDue(submitted_on: Day): Day {
  return monthAfter(submitted_on)
}

/** The same day of the next month, or its last day where it has no such day. */
function monthAfter(day: Day): Day {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const next = new Date(Date.UTC(year, month, Math.min(date, last)))
  return next.toISOString().slice(0, 10)
}
