import type { Day } from '../../platform/kernel/london-day.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'

/**
 * Groups of organisations named in a draft, as `group:CODE` in the place of an organisation: a way of writing down who is a
 * member on that day. The text holds the members; which group they came from stands beside it. Pure.
 */

/** Where a group was named, and who was a member then. */
export interface FilledGroup {
  /** `/parties`, or `/flows/F1/recipients`. */
  readonly at: string
  readonly group: string
  readonly on: Day
  readonly members: readonly string[]
}

/** Who is a member of which group on a day. */
export interface GroupsOn {
  readonly day: Day
  readonly members: ReadonlyMap<string, readonly string[]>
}

interface PartyBody {
  readonly org: string
}
interface SidesBody {
  readonly id: string
  readonly providers: readonly string[]
  readonly recipients: readonly string[]
}
/** The members of a part's body that can name groups. */
interface NamingBody {
  readonly parties?: readonly PartyBody[]
  readonly flows?: readonly SidesBody[]
}

const PREFIX = 'group:'
/** As many as the contract lets a caller name one by one. */
const NAMED_MAX = 200

/** Whether a body may name a group at all: most do not, and then no group needs to be read. */
export function namesGroups(body: unknown): boolean {
  return JSON.stringify(body ?? null).includes(`"${PREFIX}`)
}

/** A body with its groups written out, where they stood, and what is wrong with them. */
export function fillGroups<Body>(
  body: Body,
  groups: GroupsOn,
): { readonly body: Body; readonly filled: readonly FilledGroup[]; readonly faults: readonly Fault[] } {
  const filled: FilledGroup[] = []
  const faults: Fault[] = []
  const given = body as NamingBody & Partial<SidesBody>

  /** Codes with the members of groups in their place; who is named by itself too stays there. */
  function written<T>(
    entries: readonly T[],
    codeOf: (entry: T) => string,
    as: (entry: T, org: string) => T,
    at: string,
    pointer: string,
  ): T[] {
    const named = new Set(entries.map(codeOf))
    const all = entries.flatMap((entry, index) => {
      const code = codeOf(entry)
      if (!code.startsWith(PREFIX)) return [entry]
      const group = code.slice(PREFIX.length)
      const members = groups.members.get(group)
      if (!members)
        faults.push({ pointer: `${pointer}/${index}`, detail: `There is no group ${JSON.stringify(group)}.`, code: 'UNKNOWN_GROUP' })
      if (members?.length === 0)
        faults.push({ pointer: `${pointer}/${index}`, detail: `${group} has no member on ${groups.day}.`, code: 'EMPTY_GROUP' })
      filled.push({ at, group, on: groups.day, members: members ?? [] })
      const added = (members ?? []).filter((org) => !named.has(org))
      for (const org of added) named.add(org)
      return added.map((org) => as(entry, org))
    })
    if (all.length > NAMED_MAX) faults.push({ pointer, detail: `These are ${all.length}; ${NAMED_MAX} can be named.`, code: 'TOO_MANY' })
    return all
  }

  const sides = (flow: SidesBody, pointer: string): SidesBody => ({
    ...flow,
    providers: written(
      flow.providers,
      (code) => code,
      (_code, org) => org,
      `/flows/${flow.id}/providers`,
      `${pointer}/providers`,
    ),
    recipients: written(
      flow.recipients,
      (code) => code,
      (_code, org) => org,
      `/flows/${flow.id}/recipients`,
      `${pointer}/recipients`,
    ),
  })
  const { parties, flows } = given
  const change = {
    ...(parties
      ? {
          parties: written(
            parties,
            ({ org }) => org,
            (entry, org) => ({ ...entry, org }),
            '/parties',
            '/parties',
          ),
        }
      : {}),
    ...(flows ? { flows: flows.map((flow, index) => sides(flow, `/flows/${index}`)) } : {}),
    ...(given.providers && given.recipients ? sides(given as SidesBody, '') : {}),
  }
  return { body: { ...body, ...change }, filled, faults }
}

/** What is noted of groups after an edit: of the places that were written anew, only what they were filled with now. */
export function notedGroups(before: readonly FilledGroup[], part: string, body: unknown, filled: readonly FilledGroup[]): FilledGroup[] {
  const { id } = (body ?? {}) as Partial<SidesBody>
  const isRewritten = ({ at }: FilledGroup) =>
    (part === 'parties' && at === '/parties') || (part === 'flows' && at.startsWith(id === undefined ? '/flows/' : `/flows/${id}/`))
  return [...before.filter((note) => !isRewritten(note)), ...filled]
}
