import { type CommandReply, etagOf } from '../commands/command-reply.ts'
import { permits } from '../identity/permissions.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import { finder } from './find.ts'
import { type Membership, membershipFaults, membersOn, type OrganisationGroup } from './group.ts'
import { groupsRepository } from './groups.repository.ts'
import { nameKey } from './name-key.ts'
import { partiesRepository } from './parties.repository.ts'
import type { RegisterActs, RegisterCall } from './register-act.service.ts'

/** A group as it stands, with who is a member on a day. */
export interface GroupView extends OrganisationGroup {
  readonly on: Day
  readonly members_on: readonly string[]
}

/** What a group is called and who is in it, absent days as null. */
export interface GroupBody {
  readonly name: string
  readonly other_names?: readonly string[] | undefined
  readonly members: readonly { readonly org: string; readonly from?: Day | null | undefined; readonly to?: Day | null | undefined }[]
}

export type GroupsService = ReturnType<typeof groupsService>

/** Groups of bodies that are usually named together. */
export function groupsService({ db, acts, clock }: { readonly db: Database; readonly acts: RegisterActs; readonly clock: Clock }) {
  const today = () => londonDay(clock().getTime())

  async function viewsOf(
    tx: Transaction,
    codes: readonly string[] | undefined,
    on: Day,
  ): Promise<(GroupView & { readonly etag: string })[]> {
    const groups = await groupsRepository(tx).read(codes)
    const { current } = finder(await partiesRepository(tx).read())
    return groups.map(({ rowVersion, ...group }) => ({ ...group, on, members_on: membersOn(group, on, current), etag: etagOf(rowVersion) }))
  }

  return {
    /** All groups, by code, with their members on a day (undefined: today). */
    list: async (on?: Day): Promise<GroupView[]> =>
      (await withTransaction(db, (tx) => viewsOf(tx, undefined, on ?? today()))).map(({ etag: _etag, ...view }) => view),

    /** @throws ProblemError 404 */
    async find(code: string, on?: Day): Promise<{ readonly body: GroupView; readonly etag: string }> {
      const [found] = await withTransaction(db, (tx) => viewsOf(tx, [code], on ?? today()))
      if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is no group with this code.'))
      const { etag, ...body } = found
      return { body, etag }
    },

    /**
     * Makes a group, or says anew what it is called and who is in it when. Whoever made it keeps it; a register administrator may too.
     * @throws ProblemError 403, 409 for a name in use, 412 and 428 for `If-Match` of one that is there, 422 for members that cannot be
     */
    async put(call: RegisterCall, code: string, { name, other_names = [], members: given }: GroupBody): Promise<CommandReply<GroupView>> {
      const members: Membership[] = given.map(({ org, from, to }) => ({ org, from: from ?? null, to: to ?? null }))
      const isThere = (await withTransaction(db, (tx) => groupsRepository(tx).read([code]))).length > 0
      const about = isThere ? { ...call, code } : { principal: call.principal, idempotency: call.idempotency }
      return acts.perform(
        { ...about, kind: 'GROUP', act: isThere ? 'change' : 'make', event: isThere ? 'group.changed' : 'group.made' },
        async ({ tx, principal }) => {
          await partiesRepository(tx).lockNames()
          const groups = await groupsRepository(tx).read()
          const before = groups.find((group) => group.code === code)
          if (!isThere && before) throw new ProblemError(problem('CONFLICT', 'Somebody made this group at the same moment.'))
          if (before && before.kept_by !== principal.org && !permits(principal.roles, 'organisation:confirm'))
            throw new ProblemError(problem('FORBIDDEN', 'Whoever made a group, or a register administrator, says who is in it.'))
          const organisations = await partiesRepository(tx).read()
          const find = finder(organisations)
          const known = new Set(organisations.map((organisation) => organisation.code))
          const unknown = members.flatMap(({ org }, index) =>
            known.has(org)
              ? []
              : [
                  {
                    pointer: `/members/${index}/org`,
                    detail: `${org} is not in the register of organisations.`,
                    code: 'UNKNOWN_ORGANISATION',
                  },
                ],
          )
          const faults = [...unknown, ...membershipFaults(members)]
          if (faults.length > 0) throw new ProblemError(problem('UNPROCESSABLE', 'The group cannot have these members.', faults))
          const taken = [name, ...other_names].flatMap((one) => {
            const isBody = find.read(one).found !== 'NONE'
            const isGroup = groups.some(
              (group) => group.code !== code && [group.name, ...group.other_names].some((other) => nameKey(other) === nameKey(one)),
            )
            return isBody || isGroup
              ? [
                  {
                    pointer: '/name',
                    detail: `${JSON.stringify(one)} is the name of ${isBody ? 'a body' : 'another group'}.`,
                    code: 'KNOWN_NAME',
                  },
                ]
              : []
          })
          if (taken.length > 0) throw new ProblemError(problem('CONFLICT', 'The name is in use.', taken))
          await groupsRepository(tx).put({ code, name, other_names, kept_by: before?.kept_by ?? principal.org, members })
          const view = async () => {
            const [{ etag: _etag, ...body } = { etag: '' }] = await viewsOf(tx, [code], today())
            return body as GroupView
          }
          return { code, status: before ? 200 : 201, detail: { name, other_names, members }, body: view }
        },
      )
    },
  }
}
