import type { Day } from '../platform/kernel/london-day.ts'
import type { Fault } from '../platform/kernel/refusal.ts'

/** A name for several bodies, such as "Camden GPs": a way of writing members down, never a party itself. Pure. */
export interface OrganisationGroup {
  readonly code: string
  readonly name: string
  readonly other_names: readonly string[]
  /** The organisation that keeps the list of members. */
  readonly kept_by: string
  readonly members: readonly Membership[]
}

/** One stay of a body in a group; both days belong to it, null is open. A body may leave and come back. */
export interface Membership {
  readonly org: string
  readonly from: Day | null
  readonly to: Day | null
}

/** Who is a member on a London day: in the order of the list, each once, and as the body that it is now. */
export function membersOn({ members }: Pick<OrganisationGroup, 'members'>, day: Day, current: (code: string) => string): string[] {
  const there = members.filter(({ from, to }) => (from === null || from <= day) && (to === null || day <= to))
  return [...new Set(there.map(({ org }) => current(org)))]
}

/** Stays that cannot be: one that ends before it begins, or two of one body at once. */
export function membershipFaults(members: readonly Membership[]): Fault[] {
  return members.flatMap(({ org, from, to }, index) => {
    const backwards = from !== null && to !== null && to < from
    const overlaps = members
      .slice(0, index)
      .some(
        (other) =>
          other.org === org &&
          (other.to === null || from === null || from <= other.to) &&
          (to === null || other.from === null || other.from <= to),
      )
    return [
      ...(backwards
        ? [{ pointer: `/members/${index}/to`, detail: `It ends on ${to}, before it begins on ${from}.`, code: 'ENDS_BEFORE_IT_BEGINS' }]
        : []),
      ...(overlaps ? [{ pointer: `/members/${index}/org`, detail: `${org} is a member in these days already.`, code: 'DUPLICATE' }] : []),
    ]
  })
}
