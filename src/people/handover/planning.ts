import type { Role } from '../../identity/permissions.ts'
import { addDays, type Day } from '../../platform/kernel/london-day.ts'
import { type DeputisedRole, type Deputy, namingRefused } from '../deputy.ts'
import { BEYOND_ONE_ORGANISATION, type HeldRole, holdsOn, type Person, recordingRefused } from '../held-role.ts'
import {
  type AskedHandover,
  type DeputyPlan,
  type HandoverRefusal,
  isSame,
  namedFor,
  personKey,
  placeOfSuccessor,
  type RolePlan,
  successorsOf,
  type TakesOver,
} from './handover.ts'

/** What becomes of the roles and deputies of somebody who leaves. Pure. */

/** What is known of the organisation and of those who take over. */
export interface Known {
  /** ISO 8601. */
  readonly now: string
  readonly today: Day
  /** Roles of the leaver that are not over. */
  readonly held: readonly HeldRole[]
  /** Roles that were ever recorded for each successor, by `personKey`. */
  readonly theirs: ReadonlyMap<string, readonly HeldRole[]>
  /** Deputies that are not over: of the leaver, and for whom the leaver stands in. */
  readonly deputies: readonly Deputy[]
  /** Whether whoever asks gives roles that reach beyond one organisation. */
  readonly givesAnyRole: boolean
  readonly actor: Person
  /** Whether the roles of a person may be claimed by their issuer, and are not all recorded here. */
  readonly mayBeClaimed: (person: Person) => boolean
}

export interface RolesPlanned {
  readonly roles: readonly RolePlan[]
  readonly deputies: readonly DeputyPlan[]
  readonly refusals: readonly HandoverRefusal[]
  /** Roles of each successor once it is done, by `personKey`. */
  readonly after: ReadonlyMap<string, readonly HeldRole[]>
}

/** The first London day without the leaver. */
export function dayAfter({ last_day }: Pick<AskedHandover, 'last_day'>, today: Day): Day {
  return last_day === null ? today : addDays(last_day, 1)
}

export function planRoles(asked: AskedHandover, known: Known): RolesPlanned {
  const refusals = askedRefused(asked, known)
  const after = new Map([...known.theirs].map(([key, held]) => [key, [...held]]))
  const roles = known.held.map((held): RolePlan => {
    const ends = endOfRole(held, asked.last_day, known.today)
    const named = namedFor(asked, held.role)
    const plan = { id: held.id, role: held.role, from: held.from, to: held.to, last_day: ends.last_day }
    if (named === null || isSame(named, asked.person)) return { ...plan, passes_to: null, first_day: null, until: null }
    const theirs = after.get(personKey(named)) ?? []
    const span = stillToRecord(held.role, ends, theirs)
    if (span === null) return { ...plan, passes_to: named, first_day: null, until: null }
    const recorded: HeldRole = { id: '', person: named, org: held.org, role: held.role, from: span.from, to: span.to, ended_at: null }
    const no = givingRefused(recorded, theirs, known)
    if (no) refusals.push({ pointer: placeOfSuccessor(asked, held.role), ...no })
    else after.set(personKey(named), [...theirs, recorded])
    return { ...plan, passes_to: named, first_day: span.from, until: span.to }
  })
  return { roles, refusals, after, deputies: known.deputies.map((one) => planDeputy(one, asked, known, after)) }
}

/** Whoever was named takes over what is done in a role where they hold it by then. */
export function takesOverBy(
  asked: AskedHandover,
  { after, day, mayBeClaimed }: Pick<RolesPlanned, 'after'> & { readonly day: Day } & Pick<Known, 'mayBeClaimed'>,
): TakesOver {
  return (role) => {
    const person = namedFor(asked, role)
    if (person === null || isSame(person, asked.person)) return { person: null, whyNot: null }
    const holds = (after.get(personKey(person)) ?? []).some((one) => one.role === role && one.ended_at === null && holdsOn(one, day))
    if (holds || mayBeClaimed(person)) return { person, whyNot: null }
    return { person: null, whyNot: `They do not hold the role ${role} then.` }
  }
}

function askedRefused(asked: AskedHandover, { today }: Known): HandoverRefusal[] {
  const refusals: HandoverRefusal[] = []
  const say = (pointer: string, detail: string) => refusals.push({ pointer, detail, code: null })
  if (asked.last_day !== null && asked.last_day < today) say('/last_day', 'A last day lies today or later; without one they leave now.')
  if (successorsOf(asked).some((one) => isSame(one, asked.person))) say('/successor', 'Nobody is their own successor.')
  const roles = asked.for_roles.map(({ role }) => role)
  if (new Set(roles).size < roles.length) say('/for_roles', 'Each role has one successor.')
  return refusals
}

/** Until when a role of the leaver counts, and from when to when it is somebody else's. */
function endOfRole({ from, to }: HeldRole, lastDay: Day | null, today: Day) {
  // Of days to come it is taken away at once, and theirs from its first day.
  if (from > (lastDay ?? today)) return { last_day: null, from, to }
  if (lastDay === null) return { last_day: null, from: today, to }
  // Its last day is set already, and lies before they leave.
  if (to !== null && to <= lastDay) return { last_day: to, from: addDays(to, 1), to: null }
  return { last_day: lastDay, from: addDays(lastDay, 1), to }
}

/** What of these days a successor does not hold the role on yet; null: they hold it on all. */
function stillToRecord(role: Role, days: { readonly from: Day; readonly to: Day | null }, theirs: readonly HeldRole[]) {
  const same = theirs.filter((one) => one.role === role && one.ended_at === null).toSorted((a, b) => (a.from < b.from ? -1 : 1))
  let from = days.from
  for (const one of same)
    if (one.from <= from && (one.to === null || one.to >= from)) {
      if (one.to === null) return null
      from = addDays(one.to, 1)
    }
  if (days.to !== null && from > days.to) return null
  const next = same.find((one) => one.from > from && (days.to === null || one.from <= days.to))
  return { from, to: next ? addDays(next.from, -1) : days.to }
}

function givingRefused(
  role: HeldRole,
  theirs: readonly HeldRole[],
  { givesAnyRole, actor }: Known,
): Omit<HandoverRefusal, 'pointer'> | null {
  if (isSame(role.person, actor))
    return { detail: 'Nobody gives a role to themselves: name somebody else, or let another person hand it over.', code: null }
  if (BEYOND_ONE_ORGANISATION.includes(role.role) && !givesAnyRole)
    return { detail: `${role.role} is recorded by a register administrator: say that nobody takes it over here.`, code: null }
  const no = recordingRefused(role, theirs)
  return no ? { detail: `${no.detail} Name another person for ${role.role}.`, code: no.errors[0]?.code ?? null } : null
}

/** The successor takes the place of the leaver in a deputy: as whoever stands in, or whoever is stood in for. */
function planDeputy(one: Deputy, asked: AskedHandover, known: Known, after: RolesPlanned['after']): DeputyPlan {
  const { id, role, person, deputy, first, last } = one
  const plan = { id, role, person, deputy, first, last }
  const from = dayAfter(asked, known.today)
  const none = (why_not: string | null) => ({ ...plan, passes_to: null, first_day: null, why_not })
  const named = namedFor(asked, role)
  if (named === null || isSame(named, asked.person)) return none(null)
  if (last < from) return none('It is over by then.')
  const days = { first: first > from ? first : from, last }
  const next = isSame(deputy, asked.person) ? { role, person, deputy: named, ...days } : { role, person: named, deputy, ...days }
  if (isSame(next.person, next.deputy)) return none('Nobody is their own deputy (WF-3).')
  const held = (after.get(personKey(next.deputy)) ?? []).filter(({ ended_at }) => ended_at === null)
  const roles = held.filter((role) => holdsOn(role, days.first) || holdsOn(role, days.last)).map(({ role }) => role)
  const no = namingRefused(next as { role: DeputisedRole } & typeof next, roles, known.now)
  return no ? none(`${no.detail} (${no.errors[0]?.code ?? 'WF-3'})`) : { ...plan, passes_to: named, first_day: days.first, why_not: null }
}

/** Roles of the leaver that an organisation needs and that nobody takes over, each with the first day without them: gaps where nobody else holds them then. */
export function gapsPossible(
  { roles }: Pick<RolesPlanned, 'roles'>,
  needed: readonly Role[],
  today: Day,
): { readonly role: Role; readonly from: Day }[] {
  return roles.flatMap(({ role, from, last_day, passes_to }) =>
    needed.includes(role) && passes_to === null && from <= (last_day ?? today)
      ? [{ role, from: last_day === null ? today : addDays(last_day, 1) }]
      : [],
  )
}
