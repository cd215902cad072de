import { grouped } from '../../platform/kernel/grouped.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { StepKind } from '../model/route.ts'
import type { Passage } from './passages.ts'

/** What passages come to, stage by stage. Days are of 24 hours, to one decimal, without the time in which a sign-off was held. Pure. */

const DAY_MS = 86_400_000

/** A passage with what its route says of its step, and what it is of. */
export interface StagePassage extends Passage {
  readonly kind: StepKind
  readonly role: string
  readonly subject: { readonly type: string; readonly id: string }
}

/** A kind of step by who does it, whatever routes call it. */
export interface StageTimes {
  readonly kind: StepKind
  /** GOV_ROLE. */
  readonly role: string
  /** Answered within the period: approved, signed, returned or refused. */
  readonly answered: number
  /** null: none was. */
  readonly median_days: number | null
  /** Nine of ten were answered within so many days (nearest rank). */
  readonly p90_days: number | null
  /** Open now. */
  readonly waiting: number
  readonly oldest: Waiting | null
}

/** An open passage, and for how long. */
export interface Waiting {
  readonly sign_off: string
  readonly subject: { readonly type: string; readonly id: string }
  /** Whose chain; null: that of the whole. */
  readonly org: string | null
  readonly step: string
  readonly days: number
}

/** An organisation that others wait for. */
export interface WaitedFor {
  readonly org: string
  readonly waiting: number
  readonly median_days: number
  readonly oldest: Waiting
}

/** Per stage, where it takes longest first: by what waits longest, then by the median. Answered ones count where their answer lies in [from, to). */
export function stageTimes(
  passages: readonly StagePassage[],
  period: { readonly from: Instant; readonly to: Instant },
  now: Instant,
): StageTimes[] {
  const times = groupsOf(passages, ({ kind, role }) => `${kind}/${role}`).flatMap(([first, ...rest]): StageTimes[] => {
    const all = [first, ...rest]
    const answered = all
      .filter(({ end, endedAt }) => end === 'ANSWERED' && endedAt !== null && endedAt >= period.from && endedAt < period.to)
      .map((passage) => daysOf(passage, now))
    const open = all.filter(({ end }) => end === null)
    if (answered.length === 0 && open.length === 0) return []
    const { kind, role } = first
    return [
      {
        ...{ kind, role, answered: answered.length, median_days: median(answered), p90_days: nearestRank(answered, 0.9) },
        ...{ waiting: open.length, oldest: oldestOf(open, now) },
      },
    ]
  })
  return times.toSorted(
    (one, other) => (other.oldest?.days ?? -1) - (one.oldest?.days ?? -1) || (other.median_days ?? 0) - (one.median_days ?? 0),
  )
}

/** Who is waited for, the longest first. */
export function waitedFor(passages: readonly StagePassage[], now: Instant): WaitedFor[] {
  const open = passages.filter(({ end, org }) => end === null && org !== null)
  const found = groupsOf(open, ({ org }) => org ?? '').flatMap(([first, ...rest]): WaitedFor[] => {
    const theirs = [first, ...rest]
    const org = first.org ?? ''
    const oldest = oldestOf(theirs, now)
    const middle = median(theirs.map((passage) => daysOf(passage, now)))
    return oldest === null || middle === null ? [] : [{ org, waiting: theirs.length, median_days: middle, oldest }]
  })
  return found.toSorted((one, other) => other.oldest.days - one.oldest.days || (one.org < other.org ? -1 : 1))
}

/** Passages of one key each. */
function groupsOf(passages: readonly StagePassage[], keyOf: (passage: StagePassage) => string): [StagePassage, ...StagePassage[]][] {
  const of = grouped(passages, keyOf)
  return [...new Set(passages.map(keyOf))].map((key) => of(key) as [StagePassage, ...StagePassage[]])
}

function oldestOf(open: readonly StagePassage[], now: Instant): Waiting | null {
  const [oldest] = open.toSorted((one, other) => daysOf(other, now) - daysOf(one, now))
  return oldest
    ? { sign_off: oldest.signOff, subject: oldest.subject, org: oldest.org, step: oldest.step, days: daysOf(oldest, now) }
    : null
}

function daysOf({ openedAt, endedAt, heldMs }: Passage, now: Instant): number {
  return Math.round((10 * Math.max(0, (endedAt ?? now) - openedAt - heldMs)) / DAY_MS) / 10
}

/** The middle one, of an even number the mean of the two; null: there is none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  return upper === undefined || lower === undefined ? null : Math.round(10 * ((upper + lower) / 2)) / 10
}

/** The smallest that is not exceeded by this part of them; null: there is none. */
export function nearestRank(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.ceil(part * sorted.length) - 1] ?? null
}
