import { type Day, daysBetween, isDay, spokenDay } from '../../platform/kernel/london-day.ts'
import type { NotificationFacts } from '../kinds.ts'

/**
 * What a mail may say of a notification: references, names of organisations, roles, days. Whatever people wrote (a title, a reason, a
 * comment, what is shared) is not among it and has no way in. Pure.
 */
export type MailValue =
  | ('role' | 'due' | 'by_due' | 'days_left' | 'version' | 'party' | 'by' | 'denied_from' | 'begins' | 'from' | 'since')
  | ('signed' | 'approved' | 'added' | 'changed' | 'refused' | 'refusals' | 'week_before' | 'reason' | 'other_reasons' | 'hours')

/** What every mail may say besides. */
export const VALUES_OF_ALL = ['ref', 'authority'] as const

export interface KnownNames {
  /** The name of an organisation. */
  readonly organisation: (code: string) => string
  readonly role: (code: string) => string
  /** The London day on which it is said. */
  readonly today: Day
}

/** The notification, and the organisation that is mailed. */
export interface Mailed extends NotificationFacts {
  readonly org: string
}

const VALUES: Readonly<Record<MailValue | (typeof VALUES_OF_ALL)[number], (mailed: Mailed, names: KnownNames) => string>> = {
  ref: ({ subject }) => referenceOf(subject),
  authority: ({ org }, names) => names.organisation(org),
  role: ({ detail }, names) => names.role(code(detail['role'])),
  due: (mailed) => dueOf(mailed) ?? 'a day that is not set',
  by_due: (mailed) => (dueOf(mailed) === null ? '' : ` by ${dueOf(mailed)}`),
  version: ({ detail }) => `version ${Number(detail['version']) || 1}`,
  party: ({ detail, org }, names) => names.organisation(code(detail['org']) || org),
  by: ({ detail }, names) => (code(detail['by']) === '' ? 'A party' : names.organisation(code(detail['by']))),
  signed: ({ detail }) => partOf(detail['signed'], detail['parties'], 'signed'),
  approved: ({ detail }) => partOf(detail['approved'], detail['parties'], 'approved'),
  added: ({ detail }) => count(detail['added']),
  changed: ({ detail }) => count(detail['changed']),
  refused: ({ detail }) => count(detail['refused']),
  refusals: ({ detail }) => count(detail['refusals']),
  week_before: ({ detail }) => count(detail['week_before']),
  reason: ({ detail }) => code(detail['reason']).toLowerCase().replaceAll('_', ' ') || 'a reason that the service names',
  other_reasons: ({ detail }) => otherReasons(Number(detail['other_reasons'])),
  hours: ({ detail }) => hours(detail['hours']),
  days_left: ({ detail }, { today }) => daysLeft(dueIn(detail), today),
  from: ({ detail }) => spoken(detail['first']) ?? 'today',
  since: ({ detail }) => spoken(detail['since']) ?? 'it was recorded',
  begins: ({ detail }) => spoken(detail['effective_from']) ?? 'it begins',
  denied_from: ({ detail }) => spoken(detail['denies_from']) ?? 'never, it only warns',
}

/** The values of a mail, by the names that texts use. */
export function valuesOf(mailed: Mailed, says: readonly MailValue[], names: KnownNames): Readonly<Record<string, string>> {
  return Object.fromEntries([...VALUES_OF_ALL, ...says].map((name) => [name, VALUES[name](mailed, names)]))
}

/** Codes of the organisations that the values of a notification name. */
export function codesIn({ org, detail }: Mailed): string[] {
  return [org, code(detail['org']), code(detail['by'])].filter((one) => one !== '')
}

/** How people refer to a subject: an agreement by its reference, anything else by what it is and the end of its key. */
export function referenceOf({ type, id }: NotificationFacts['subject']): string {
  return type === 'agreement' ? id : `${WORDS[type] ?? type} ${id.slice(-8)}`
}

const WORDS: Readonly<Record<string, string>> = {
  request: 'request for a share',
  disclosure: 'one-off disclosure',
  emergency: 'emergency disclosure',
  role: 'role',
  deputy: 'deputy',
  training: 'training',
  webhook: 'webhook',
  invitation: 'invitation',
}

/** The day until which something is to be done, or on which it ends, as a person writes it; null: none is set. */
export function dueOf({ detail }: Pick<Mailed, 'detail'>): string | null {
  const day = dueIn(detail)
  return day === null ? null : spokenDay(day)
}

function dueIn(detail: Mailed['detail']): Day | null {
  return DUE.map((name) => detail[name]).find((day): day is Day => typeof day === 'string' && isDay(day)) ?? null
}

function daysLeft(day: Day | null, today: Day): string {
  if (day === null) return 'no day is set'
  const left = daysBetween(today, day)
  if (left < 0) return 'the day is over'
  return left === 0 ? 'today is the last day' : left === 1 ? '1 day is left' : `${left} days are left`
}

/** How many of how many parties have done something. */
function partOf(some: unknown, all: unknown, done: string): string {
  if (!Number.isSafeInteger(some) || !Number.isSafeInteger(all)) return `Others have ${done}`
  return `${some} of ${all} parties ${some === 1 ? 'has' : 'have'} ${done}`
}

function otherReasons(others: number): string {
  if (!Number.isSafeInteger(others) || others < 1) return ''
  return `; those for ${others === 1 ? 'another reason' : `${others} other reasons`} rose too`
}

function hours(value: unknown): string {
  return value === 1 ? '1 hour' : `${count(value)} hours`
}

function count(value: unknown): string {
  return Number.isSafeInteger(value) ? String(value) : 'some'
}

/** What rooms call such a day. */
const DUE = ['due', 'review_due', 'last_day', 'due_on', 'last']

function spoken(day: unknown): string | null {
  return typeof day === 'string' && isDay(day) ? spokenDay(day) : null
}

/** A code: nothing else of the facts is put into a mail as it stands. */
function code(value: unknown): string {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(value) ? value : ''
}
