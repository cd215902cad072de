// Handovers: somebody leaves an organisation, and others take over what names them.
// Words: leaver, successor (who takes over), plan (what names the leaver, and what becomes of each).
// It must never give anybody what they could not be given by itself, nor touch what was signed or done.
import type { Role } from '../../identity/permissions.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Person } from '../held-role.ts'

/** Who leaves, when, and who takes over. */
export interface AskedHandover {
  readonly person: Person
  /** null: they leave now. */
  readonly last_day: Day | null
  readonly successor: Person | null
  /** Who takes over single roles instead, with what is done in each. */
  readonly for_roles: readonly { readonly role: Role; readonly person: Person | null }[]
}

/** A role of the leaver, until when it counts, and who holds it from when on. */
export interface RolePlan {
  readonly id: string
  readonly role: Role
  readonly from: Day
  readonly to: Day | null
  /** null: it ends at once. */
  readonly last_day: Day | null
  readonly passes_to: Person | null
  /** null: nothing has to be recorded for the successor. */
  readonly first_day: Day | null
  readonly until: Day | null
}

/** What is passed on to somebody, or why it is not. */
interface Passing {
  readonly passes_to: Person | null
  readonly why_not: string | null
}

export interface DeputyPlan extends Passing {
  readonly id: string
  readonly role: Role
  readonly person: Person
  readonly deputy: Person
  readonly first: Day
  readonly last: Day
  readonly first_day: Day | null
}

/** A step of a sign-off that the leaver has. */
export interface StepInHand extends Passing {
  readonly sign_off: string
  readonly subject_type: string
  readonly subject_id: string
  readonly chain_org: string | null
  readonly step: string
  readonly task: number
  readonly role: Role
  readonly due: Day | null
  readonly stands_in: boolean
}

/** A request for a share that the leaver picked up. */
export interface RequestInHand extends Passing {
  readonly id: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly role: Role
}

export interface HandoverPlan {
  readonly roles: readonly RolePlan[]
  readonly deputies: readonly DeputyPlan[]
  readonly steps: readonly StepInHand[]
  readonly requests: readonly RequestInHand[]
  readonly unseen: { readonly steps: number; readonly requests: number }
  readonly ends: { readonly mail: boolean; readonly calendars: number; readonly calendars_of_the_organisation: number }
  readonly stays: { readonly signatures: number; readonly steps: number }
  readonly gaps: readonly { readonly role: Role; readonly from: Day }[]
  readonly refusals: readonly HandoverRefusal[]
}

export interface HandoverRefusal {
  readonly pointer: string
  readonly detail: string
  readonly code: string | null
}

/** A handover as it is kept. */
export interface Handover extends AskedHandover {
  readonly id: string
  readonly org: string
  readonly reason: string
  readonly recorded_at: string
  /** null: what is in their hands passes once their last day is over. */
  readonly passed_on_at: string | null
  readonly plan: HandoverPlan
}

/** Who takes over what is done in a role, or why the one who was named does not; null and null: nobody was named. */
export type TakesOver = (role: Role) => { readonly person: Person | null; readonly whyNot: string | null }

/** Who was named for a role. */
export function namedFor({ for_roles, successor }: Pick<AskedHandover, 'for_roles' | 'successor'>, role: Role): Person | null {
  const own = for_roles.find((one) => one.role === role)
  return own ? own.person : successor
}

/** Everybody who takes over something. */
export function successorsOf({ for_roles, successor }: Pick<AskedHandover, 'for_roles' | 'successor'>): Person[] {
  const all = [successor, ...for_roles.map(({ person }) => person)].filter((person): person is Person => person !== null)
  return [...new Map(all.map((person) => [personKey(person), person])).values()]
}

export function personKey({ issuer, subject }: Person): string {
  return `${issuer} ${subject}`
}

export function isSame(one: Person, other: Person): boolean {
  return personKey(one) === personKey(other)
}

/** Where in what was asked a successor for a role is named. */
export function placeOfSuccessor({ for_roles }: Pick<AskedHandover, 'for_roles'>, role: Role): string {
  const index = for_roles.findIndex((one) => one.role === role)
  return index < 0 ? '/successor' : `/for_roles/${index}/person`
}
