import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { permits, type Role } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { PartiesService } from '../parties/parties.service.ts'
import type { Database } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { type Refusal, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { endOf, holdsOn } from './held-role.ts'
import { mayKeepFor, mayReadOf } from './people.service.ts'
import { givingRefused, type StaffRole } from './staff-role.ts'
import { isStaffRoleHeld, staffRolesRepository } from './staff-roles.repository.ts'

export interface StaffRolesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly parties: PartiesService
}

/** As it is shown, and whether it counts today. */
export interface StaffRoleView extends StaffRole {
  readonly counts: boolean
}

interface StaffRoleDone extends WorkDone<StaffRoleView> {
  readonly version: string
}

/** The newest of an organisation that are shown: it is given and ended a few times in years. */
const SHOWN = 100

export type StaffRolesService = ReturnType<typeof staffRolesService>

/** PRACTITIONER for all signed-in staff of an organisation: given and ended by whoever keeps its roles. */
export function staffRolesService({ db, clock, commands, parties }: StaffRolesOptions) {
  const kind: SubjectKind<StaffRole, StaffRoleDone> = {
    type: 'staff_role',
    unknown: 'There is no such role of all staff here.',
    // Whose it may be kept for is said below.
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id, principal) {
      const found = await staffRolesRepository(tx).lock(id)
      return found && mayKeepFor(principal, found.role.org) ? { state: found.role, version: found.version, actCount: 1 } : undefined
    },
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: async (_tx, { done }) => done.version,
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, staff_role: id, detail: done.detail } }),
    async known(tx, id, principal) {
      const found = await staffRolesRepository(tx).lock(id)
      return found && mayKeepFor(principal, found.role.org) ? { payload: { staff_role: id } } : undefined
    },
  }
  const shown = (role: StaffRole): StaffRoleView => ({
    ...role,
    counts: role.ended_at === null && holdsOn(role, londonDay(clock().getTime())),
  })

  return {
    /** What staff of an organisation have who have no other role in it, as it is committed at this moment: PRACTITIONER, or nothing. */
    rolesOn: async (org: string, day: Day): Promise<readonly Role[]> => ((await isStaffRoleHeld(db, org, day)) ? ['PRACTITIONER'] : []),

    /** Gives it to all staff of an organisation from one day to another; it counts from the reply on, on every node. */
    give: (
      call: Call,
      org: string,
      asked: { readonly from?: Day | undefined; readonly to?: Day | null | undefined; readonly reason: string },
    ): Promise<CommandResult<StaffRoleView>> =>
      commands.create<StaffRoleView, StaffRoleDone>(
        kind as never,
        { ...call, act: 'give', event: 'staff_role.given' },
        async ({ tx, principal, now, newId }) => {
          if ((await parties.read(tx, [org])).length === 0) throw refused('NOT_FOUND', 'There is no organisation with this code.')
          if (!mayKeepFor(principal, org))
            throw refused('FORBIDDEN', 'Which role all staff have is said by the organisation itself, or by a register administrator.')
          await parties.mustBeConfirmed(tx, org)
          const from = asked.from ?? londonDay(Date.parse(now))
          const role: StaffRole = {
            ...{ id: newId(), org, from, to: asked.to ?? null, reason: asked.reason },
            ...{ recorded_at: now, ended_at: null, end_reason: null },
          }
          const repository = staffRolesRepository(tx)
          await repository.lockFor(org)
          const no = givingRefused(role, await repository.notEnded(org), now)
          if (no) throw new Refused(no)
          await repository.insert(role, principal)
          return { id: role.id, version: '1', detail: { ...role, role: 'PRACTITIONER' }, outcome: shown(role) }
        },
      ),

    /** Ends it now, or with a last day that is still to come: the next request of whoever had it by this alone is answered without it. */
    end: (
      call: Call,
      org: string,
      id: string,
      { last_day = null, reason }: { readonly last_day?: Day | null | undefined; readonly reason: string },
    ): Promise<CommandResult<StaffRoleView>> =>
      commands.perform<StaffRole, StaffRoleView, StaffRoleDone>(
        kind,
        { ...call, id, act: 'end', event: 'staff_role.ended' },
        async ({ tx, state, principal, now }) => {
          if (state.org !== org) throw refused('NOT_FOUND', kind.unknown)
          const end = endOf(state, last_day, now)
          if ('code' in end) throw new Refused(end)
          const ended = { ...state, ...end, end_reason: reason }
          const version = await staffRolesRepository(tx).end(id, ended, principal)
          return { version, detail: { ...ended, role: 'PRACTITIONER' }, outcome: shown(ended) }
        },
      ),

    /** When all staff of an organisation had it, have it or will have it, newest first. */
    list: (principal: Principal, org: string): Promise<Result<{ readonly staff_roles: readonly StaffRoleView[] }, Refusal>> =>
      withTransactionAs(
        db,
        permits(principal.roles, 'role:read_any') ? { kind: 'auditor' } : { kind: 'party', org: principal.org },
        async (tx) => {
          if (!mayReadOf(principal, org) || (await parties.read(tx, [org])).length === 0)
            return refuse(refusal('NOT_FOUND', 'There are no roles here that you may see.'))
          return ok({ staff_roles: (await staffRolesRepository(tx).of(org, SHOWN)).map(shown) })
        },
      ),
  }
}
