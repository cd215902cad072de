/** Measures of an action plan as tasks (domain reference 4.3): whose they are, and when their owner is reminded. Pure. */
import { PERMISSIONS, type Role } from '../../identity/permissions.ts'
import { addDays, type Day, daysBetween } from '../../platform/kernel/london-day.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import type { Measure } from './content.ts'

/** A measure that somebody approved and nobody has done, of an assessment that was approved. */
export interface OpenMeasure {
  /** Key of the assessment. */
  readonly assessment: string
  readonly agreement: string
  readonly measure: Measure
}

/** Who may say that a measure is done: a role that may not is nobody's to remind. */
const DOERS = PERMISSIONS['assessment:measure']
type Doer = (typeof DOERS)[number]

/** How the posts of those roles are written. */
const POSTS: Readonly<Record<Doer, string>> = {
  ...{ IG_OFFICER: 'information governance officer', IAO: 'information asset owner' },
  ...{ INFOSEC: 'information security lead', DPO: 'data protection officer' },
}

/** The roles that a measure waits for: the one that its post names, by code or in words; any of them where it names another post. */
export function doersOf({ owner }: Pick<Measure, 'owner'>): readonly Role[] {
  const post = owner.post.trim().toLowerCase()
  const named = DOERS.filter((role) => post === POSTS[role] || post === role.toLowerCase())
  return named.length > 0 ? named : DOERS
}

/** The organisation that it waits for: its owner; whoever keeps the text where the owner has no part in the agreement, and so may not know of it. */
export function doingOrgOf(
  { owner }: Pick<Measure, 'owner'>,
  { facts, keeper }: { readonly facts: Pick<AssessedFacts, 'parties'>; readonly keeper: string },
): string {
  return facts.parties.some(({ org }) => org === owner.org) ? owner.org : keeper
}

/** Days before it is due on which its owner is reminded, and between the reminders of one that is overdue. */
const [BEFORE_DAYS, AGAIN_DAYS] = [7, 30]

/** The reminder that was due last up to today, by its day: once before the day, on the day after it, then every 30 days; undefined: none yet. */
export function lastReminder(
  { due }: Pick<Measure, 'due'>,
  today: Day,
): { readonly kind: 'MEASURE_DUE' | 'MEASURE_OVERDUE'; readonly day: Day } | undefined {
  const since = daysBetween(addDays(due, 1), today)
  if (since >= 0) return { kind: 'MEASURE_OVERDUE', day: addDays(today, -(since % AGAIN_DAYS)) }
  return today >= addDays(due, -BEFORE_DAYS) ? { kind: 'MEASURE_DUE', day: addDays(due, -BEFORE_DAYS) } : undefined
}

/** Of what is due up to this day somebody may have to be reminded today. */
export function remindedUntil(today: Day): Day {
  return addDays(today, BEFORE_DAYS)
}
