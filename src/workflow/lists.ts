import type { Role } from '../identity/permissions.ts'
import type { Identity } from '../identity/principal.ts'
import { isUuid } from '../platform/kernel/ids.ts'
import type { Day } from '../platform/kernel/london-day.ts'
import type { ChainStatus, SignOffStatus, Subject } from './model/sign-off.ts'
import type { TaskRow } from './projection.ts'
import type { StoredEvent } from './stored-event.ts'

/** What the lists of sign-offs and tasks are asked, and what they show. Pure. */

/** MINE: what somebody has, or stands in for today. POOL: what nobody has and their roles may take. ORGANISATION: all of its own. */
export type TaskOwner = 'MINE' | 'POOL' | 'ORGANISATION'

/** COLLEAGUES: what is neither theirs nor theirs to take, in sign-offs that go on. */
export type ListedOwner = TaskOwner | 'COLLEAGUES'

export interface TaskFilter {
  readonly whose: ListedOwner
  readonly state: 'OPEN' | 'DONE'
  /** True: only what is overdue today; false: only what is not. */
  readonly overdue?: boolean | undefined
  readonly subjectType?: string | undefined
  readonly subject?: string | undefined
  readonly step?: string | undefined
  readonly role?: string | undefined
}

/** Who asks, and on which London day. */
export interface TaskReader extends Identity {
  readonly org: string
  readonly roles: readonly Role[]
  readonly today: Day
  /** For whom they stand in today, and in which role. */
  readonly standsIn: readonly { readonly role: string; readonly person: Identity }[]
}

/** A task as it stands in a list. */
export interface ListedTask extends TaskRow {
  readonly sign_off_id: string
}

/** A sign-off in which words were found in what people said, the latest first. */
export interface SpokenSignOff {
  readonly id: string
  readonly subject_type: string
  readonly subject_id: string
  readonly subject_version: number
  readonly status: string
  readonly started_at: string
  readonly events: readonly StoredEvent[]
}

export interface SignOffFilter {
  readonly subjectType?: string | undefined
  readonly subject?: string | undefined
  readonly status?: string | undefined
  /** Who keeps the text, where it was returned to them to be changed. */
  readonly returnedTo?: string | undefined
}

/** A sign-off as it stands in a list. */
export interface ListedSignOff {
  readonly id: string
  readonly subject: Subject
  readonly keeper: string
  readonly route: string
  readonly status: SignOffStatus
  readonly startedAt: string
  readonly chains: readonly { readonly org: string | null; readonly status: ChainStatus }[]
}

/** Where a page of tasks ends: the day or the instant that orders the list, and the name of the task. */
export type TaskPlace = readonly [ordered: string, signOff: string, chainOrg: string, step: string, task: number]

export function placeOfTask({ sign_off_id, chain_org, step, task, state, due_day, done_at }: ListedTask): TaskPlace {
  return [(state === 'DONE' ? done_at : due_day) ?? '', sign_off_id, chain_org, step, task]
}

/** A place as it is given out: opaque, and of one list. */
export function formatPlace(state: TaskFilter['state'], place: TaskPlace): string {
  return Buffer.from(JSON.stringify([state, ...place]), 'utf8').toString('base64url')
}

/** The place that a text names; undefined where it is none of this list. */
export function parsePlace(text: string, state: TaskFilter['state']): TaskPlace | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(parts) || parts.length !== 6) return undefined
    const [of, ordered, signOff, chainOrg, step, task] = parts as unknown[]
    const isOrdered = (value: unknown): value is string =>
      typeof value === 'string' && /^\d{4}-\d{2}-\d{2}(T[0-9:.]{12}Z)?$/.test(value) && !Number.isNaN(Date.parse(value))
    const isWord = (value: unknown): value is string => typeof value === 'string' && /^[A-Z0-9_]{0,64}$/.test(value)
    if (of !== state || !isOrdered(ordered) || typeof signOff !== 'string' || !isUuid(signOff)) return undefined
    if (!isWord(chainOrg) || !isWord(step) || !Number.isInteger(task) || (task as number) < 1 || (task as number) > 1000) return undefined
    return [ordered, signOff, chainOrg, step, task as number]
  } catch {
    return undefined
  }
}
