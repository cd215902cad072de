import type { Call, CommandResult } from '../commands/command.ts'
import { permits } from '../identity/permissions.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, refuse } from '../platform/kernel/result.ts'
import { currentCodes, finder } from './find.ts'
import { type Membership, membershipFaults, membersOn, type OrganisationGroup } from './group.ts'
import { groupsRepository } from './groups.repository.ts'
import { nameKey } from './name-key.ts'
import { partiesRepository } from './parties.repository.ts'
import type { RegisterActs } from './register-act.service.ts'

/** A group as it stands, with who is a member on a day. */
export interface GroupView extends OrganisationGroup {
  readonly on: Day
  readonly members_on: readonly string[]
}

/** A group that was written, and whether it was made by that. */
export interface PutGroup extends GroupView {
  readonly isNew: boolean
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
  ): Promise<(GroupView & { readonly version: string })[]> {
    const groups = await groupsRepository(tx).read(codes)
    const current = currentCodes(await partiesRepository(tx).read())
    return groups.map(({ rowVersion, ...group }) => ({ ...group, on, members_on: membersOn(group, on, current), version: rowVersion }))
  }

  return {
    /** All groups, by code, with their members on a day (undefined: today). */
    list: async (on?: Day): Promise<GroupView[]> =>
      (await withTransaction(db, (tx) => viewsOf(tx, undefined, on ?? today()))).map(({ version: _version, ...view }) => view),

    async find(code: string, on?: Day): Promise<CommandResult<GroupView>> {
      const [found] = await withTransaction(db, (tx) => viewsOf(tx, [code], on ?? today()))
      if (!found) return refuse(refusal('NOT_FOUND', 'There is no group with this code.'))
      const { version, ...outcome } = found
      return ok({ outcome, version })
    },

    /**
     * Makes a group, or says anew what it is called and who is in it when. Whoever made it keeps it; a register administrator may too.
     * Refused where the name is in use, and with members that cannot be.
     */
    async put(call: Call, code: string, { name, other_names = [], members: given }: GroupBody): Promise<CommandResult<PutGroup>> {
      const members: Membership[] = given.map(({ org, from, to }) => ({ org, from: from ?? null, to: to ?? null }))
      const isThere = (await withTransaction(db, (tx) => groupsRepository(tx).read([code]))).length > 0
      const about = isThere ? { ...call, code } : { principal: call.principal, idempotency: call.idempotency }
      return acts.perform(
        { ...about, kind: 'GROUP', act: isThere ? 'change' : 'make', event: isThere ? 'group.changed' : 'group.made' },
        async ({ tx, principal }) => {
          const groups = await groupsRepository(tx).read()
          const before = groups.find((group) => group.code === code)
          if (!isThere && before) throw refused('CONFLICT', 'Somebody made this group at the same moment.')
          if (before && before.kept_by !== principal.org && !permits(principal.roles, 'organisation:confirm'))
            throw refused('FORBIDDEN', 'Whoever made a group, or a register administrator, says who is in it.')
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
          if (faults.length > 0) throw refused('UNPROCESSABLE', 'The group cannot have these members.', faults)
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
          if (taken.length > 0) throw refused('CONFLICT', 'The name is in use.', taken)
          await groupsRepository(tx).put({ code, name, other_names, kept_by: before?.kept_by ?? principal.org, members })
          const outcome = async () => {
            const [{ version: _version, ...view } = { version: '' }] = await viewsOf(tx, [code], today())
            return { ...(view as GroupView), isNew: before === undefined }
          }
          return { id: code, detail: { name, other_names, members }, outcome }
        },
      )
    },
  }
}
