import type { Instant } from '../../platform/kernel/instant.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import type { Agreement } from '../agreement.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { leadingVersion, statusAt } from './standing.ts'

/** An action on a simple contract may be brought for six years (Limitation Act 1980 s5): as long as it can be asked who signed what. */
const YEARS = 6

/**
 * The last London day on which an agreement keeps its evidence: six years after its last day. null: it is not over, or nobody knows
 * since when (rejected, withdrawn), and its evidence is kept. Pure.
 */
export function evidenceKeptUntil(agreement: Agreement, at: Instant): Day | null {
  const { terminatedAt } = lifecycleFacts(agreement)
  const status = statusAt(agreement, at)
  const lastDay = leadingVersion(agreement, at)?.effective_to ?? null
  const ended = status === 'TERMINATED' && Number.isFinite(terminatedAt) ? londonDay(terminatedAt) : null
  const days = [lastDay, ended].filter((day): day is Day => day !== null).toSorted()
  const [first] = days
  if (first === undefined || first >= londonDay(at)) return null
  return yearsAfter(first, YEARS)
}

/** The same day so many years later; for a 29 February that there is not, the 1 March. */
function yearsAfter(day: Day, years: number): Day {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(Date.UTC(year + years, month - 1, date)).toISOString().slice(0, 10)
}
