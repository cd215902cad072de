/** When an assessment that was approved is opened again (DP-6; UK GDPR Art 35(11)), and what becomes of the share meanwhile. Pure. */
import type { Day } from '../../platform/kernel/london-day.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import { type ChangedFact, changedFacts, changeInWords } from './changes.ts'
import type { AssessmentCodes } from './codes.ts'
import { changedLaw, type ReliedLaw, reliedOn } from './relied-law.ts'
import { derivedTriggers } from './triggers.ts'

export const REOPENING_REASONS = [
  'NEW_VERSION',
  'INCIDENT',
  'NEW_PROCESSOR',
  'NEW_COUNTRY',
  'NEW_TECHNOLOGY',
  'LAW_CHANGE',
  'REVIEW_DATE',
] as const
export type ReopeningReason = (typeof REOPENING_REASONS)[number]

/** What a reason does. */
export interface Reopening {
  /** What people read. */
  readonly label: string
  /** Whether nothing may be shared on it from that instant on. */
  readonly stops_sharing: boolean
  /** Whether what was approved before holds until its review date (Policy). */
  readonly keeps_approval: boolean
}

const LABELS: Readonly<Record<ReopeningReason, string>> = {
  NEW_VERSION: 'The agreement has a new version',
  INCIDENT: 'There was an incident',
  NEW_PROCESSOR: 'A processor is new',
  NEW_COUNTRY: 'A country is new',
  NEW_TECHNOLOGY: 'A technology is new',
  LAW_CHANGE: 'The law has changed',
  REVIEW_DATE: 'Its review is due',
}

/**
 * What opening it again for a reason does (DP-6): after an incident nothing is shared until it is approved anew. Otherwise what was
 * approved holds until its review date (Policy): what is new waits for the new approval, what goes on does not stop for it.
 */
export function reopens(reason: ReopeningReason): Reopening {
  const stops = reason === 'INCIDENT'
  return { label: LABELS[reason], stops_sharing: stops, keeps_approval: !stops }
}

/** What an approved version is looked at against. */
export interface LookedAt {
  /** What it is about, as it was sent. */
  readonly assessed: AssessedFacts
  /** The same as the agreement stands now, its draft where there is one. */
  readonly stands: AssessedFacts
  /** What the lists said of the law that it relies on when it was sent. */
  readonly law: readonly ReliedLaw[]
  /** The code lists of the day on which it was sent, and of today. */
  readonly codesThen: AssessmentCodes
  readonly codesNow: AssessmentCodes
  readonly review_due: Day
  readonly today: Day
}

/** As much of what changed as a note holds. */
const NAMED_MAX = 10
const WORDS_MAX = 150

/**
 * Why an approved assessment is opened again by itself, the gravest reason with all that changed in words; null: nothing is new (DP-6).
 * A controller that joins changes nothing of what was assessed: it accepts the risk for itself (DP-7). An incident is told by people.
 */
export function dueReopening(looked: LookedAt): { readonly reason: ReopeningReason; readonly note: string } | null {
  const { assessed, stands, review_due, today } = looked
  const changes = changedFacts(assessed, stands).filter((change) => !isController(change))
  const law = [...endedLaw(looked), ...changedLaw(looked.law, looked.codesNow), ...newTriggers(looked)]
  const found: readonly (readonly [ReopeningReason, readonly string[]])[] = [
    ['NEW_PROCESSOR', changes.filter((one) => one.kind === 'NEW_PROCESSOR' || one.kind === 'NEW_PARTY').map(changeInWords)],
    ['NEW_COUNTRY', changes.filter(({ kind }) => kind === 'NEW_COUNTRY').map(changeInWords)],
    ['NEW_TECHNOLOGY', changes.filter(({ kind }) => kind === 'NEW_TECHNOLOGY').map(changeInWords)],
    ['NEW_VERSION', changes.map(changeInWords)],
    ['LAW_CHANGE', law],
    ['REVIEW_DATE', today >= review_due ? [`its review is due on ${review_due}`] : []],
  ]
  const [reason] = found.find(([, words]) => words.length > 0) ?? []
  if (reason === undefined) return null
  const words = [...new Set(found.flatMap(([, each]) => each))]
  const more = words.length > NAMED_MAX ? `; and ${words.length - NAMED_MAX} more` : ''
  const named = words.slice(0, NAMED_MAX).map((one) => one.slice(0, WORDS_MAX))
  return { reason, note: `Opened again by itself. ${reopens(reason).label}: ${named.join('; ')}${more}` }
}

function isController({ kind, what }: ChangedFact): boolean {
  return /^(NEW|GONE)_PARTY$/.test(kind) && !/ (SUB_)?PROCESSOR$/.test(what)
}

/** Law that its flows rely on and countries that they reach, which the lists held when it was sent and hold no more. */
function endedLaw({ assessed, codesThen, codesNow }: LookedAt): string[] {
  return reliedOn(assessed)
    .filter(({ list, code }) => codesThen.has(list, code) && !codesNow.has(list, code))
    .map(({ list, code }) => `${codesNow.labelOf(list, code)} (${code}) is in force no longer`)
}

/** What calls for an assessment now and did not when it was sent. */
function newTriggers({ assessed, codesThen, codesNow }: LookedAt): string[] {
  const known = new Set(derivedTriggers(assessed, codesThen).map(({ code }) => code))
  return derivedTriggers(assessed, codesNow)
    .filter(({ code, counts }) => counts && !known.has(code))
    .map(({ because }) => `what calls for an assessment has changed: ${because}`)
}
