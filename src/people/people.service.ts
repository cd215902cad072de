import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandContext, CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { isRole, permits, type Role } from '../identity/permissions.ts'
import { type Identity, isSamePerson, type Principal } from '../identity/principal.ts'
import type { NotificationsService } from '../notifications/notifications.service.ts'
import type { PartiesService } from '../parties/parties.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { type Refusal, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { BEYOND_ONE_ORGANISATION, endOf, type HeldRole, holdsOn, type Person, recordingRefused } from './held-role.ts'
import { type HeldRoleAct, heldRolesRepository, organisationsHeld, rolesHeld } from './held-roles.repository.ts'

export interface PeopleOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly parties: PartiesService
  /** Whose tokens this service trusts: the issuer of a person of whom none is named. */
  readonly issuer: string
  readonly tell: NotificationsService['tell']
  /** Keeps where somebody gets mail for an organisation: in the transaction that records their role. */
  readonly recordAddress: (tx: Transaction, org: string, person: Identity, address: string) => Promise<void>
  /** What else follows where a role ends, now or with a last day: in the transaction that says so. */
  readonly onEnd: (
    tx: Transaction,
    held: HeldRole,
    acting: Pick<CommandContext<unknown>, 'principal' | 'at' | 'now' | 'newId'>,
  ) => Promise<void>
}

/** A role as it is shown, and whether it counts today. */
export interface HeldRoleView extends HeldRole {
  readonly counts: boolean
}

/** One page of the roles of an organisation. */
export interface HeldRolesPage {
  readonly roles: readonly HeldRoleView[]
  /** `after` of the next page; null: this is the last. */
  readonly next_after: string | null
}

/** A role with what was done to it. */
export interface HeldRoleRecord extends HeldRoleView {
  readonly history: readonly HeldRoleAct[]
}

/** Who is to hold what, from when to when, and why. */
export interface NewRole {
  readonly person: { readonly issuer?: string | undefined; readonly subject: string }
  readonly role: Exclude<Role, 'API_CLIENT'>
  readonly from?: Day | undefined
  readonly to?: Day | null | undefined
  readonly reason: string
  /** Where they get mail for the organisation, until they say so themselves. */
  readonly mail_address?: string | undefined
}

/** What was done to a role: how it is now, and what its history says of it. */
interface RoleDone extends WorkDone<HeldRoleRecord> {
  readonly held: HeldRole
  readonly reason: string
}

const PAGE = 100

export type PeopleService = ReturnType<typeof peopleService>

/** Who holds which role in which organisation on which days. */
export function peopleService({ db, clock, commands, parties, issuer, tell, recordAddress, onEnd }: PeopleOptions) {
  const kind: SubjectKind<HeldRole, RoleDone> = {
    type: 'role',
    unknown: 'There is no such role here.',
    // Whose roles may be kept is said below: a person can be known to another organisation already.
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id, principal) {
      const found = await heldRolesRepository(tx).find(id, true)
      return found && mayKeepFor(principal, found.held.org)
        ? { state: found.held, version: found.version, actCount: found.actCount }
        : undefined
    },
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: (tx, { id, act, sequence, now, principal, leafId, done: { held, reason } }) =>
      heldRolesRepository(tx).addAct(
        id,
        { sequence, at: now, act: act as HeldRoleAct['act'], reason, last_day: held.to, leaf_id: leafId },
        principal,
      ),
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, role: id, detail: done.detail } }),
    async known(tx, id, principal) {
      const found = await heldRolesRepository(tx).find(id)
      return found && mayKeepFor(principal, found.held.org) ? { payload: { role: id } } : undefined
    },
  }
  const today = () => londonDay(clock().getTime())

  async function viewOf(tx: Transaction, held: HeldRole): Promise<HeldRoleRecord> {
    return { ...shown(held), history: await heldRolesRepository(tx).history(held.id) }
  }
  const shown = (held: HeldRole): HeldRoleView => ({ ...held, counts: held.ended_at === null && holdsOn(held, today()) })
  const detailOf = ({ org, person, role, from, to, ended_at }: HeldRole, reason: string) => ({
    org,
    person,
    role,
    from,
    to,
    ended_at,
    reason,
  })

  return {
    /** The roles that are recorded for somebody in an organisation on a London day, as they are committed at this moment. */
    rolesOf: async (person: Person, org: string, day: Day): Promise<Role[]> => (await rolesHeld(db, person, org, day)).filter(isRole),

    /** Who holds one of these roles in an organisation on a London day, or stands in for somebody in it. Joins the caller's transaction. */
    holdersOf: async (tx: Transaction, org: string, roles: readonly Role[], day: Day): Promise<(Identity & { readonly role: Role })[]> =>
      (await heldRolesRepository(tx).holders(org, roles, day)).map(({ person, role }) => ({
        ...{ issuer: person.issuer, sub: person.subject, role },
      })),

    /** Organisations in which a role is recorded for somebody on a London day. */
    organisationsOf: (person: Person, day: Day): Promise<string[]> => organisationsHeld(db, person, day),

    /** One role, for what follows when its time is over. Joins the caller's transaction. */
    /** Organisations in which somebody holds a role on a London day. Joins the transaction. */
    organisationsWithPeople: async (tx: Transaction, day: Day): Promise<ReadonlySet<string>> =>
      new Set(await heldRolesRepository(tx).organisations(day)),
    held: async (tx: Transaction, id: string): Promise<HeldRole | undefined> => (await heldRolesRepository(tx).find(id))?.held,

    /** Records that somebody holds a role. Refused for oneself, for another organisation, and beside a role that it must be kept apart from. */
    record: (call: Call, org: string, asked: NewRole): Promise<CommandResult<HeldRoleRecord>> =>
      commands.create<HeldRoleRecord, RoleDone>(
        kind as never,
        { ...call, act: 'record', event: 'role.recorded' },
        async ({ tx, principal, at, now, newId }) => {
          const [body] = await parties.read(tx, [org])
          if (!body) throw refused('NOT_FOUND', 'There is no organisation with this code.')
          if (!mayKeepFor(principal, org))
            throw refused('FORBIDDEN', 'Who holds which role is said by the organisation itself, or by a register administrator.')
          if (body.status === 'MERGED') throw refused('ILLEGAL_STATE', `${org} was merged into ${body.merged_into}.`)
          if (BEYOND_ONE_ORGANISATION.includes(asked.role) && !permits(principal.roles, 'role:keep_any'))
            throw refused('FORBIDDEN', `${asked.role} is recorded by a register administrator.`)
          const person = { issuer: asked.person.issuer ?? issuer, subject: asked.person.subject }
          if (isSamePerson(principal, { issuer: person.issuer, sub: person.subject }))
            throw refused('FORBIDDEN', 'Nobody gives a role to themselves.')
          const held: HeldRole = {
            ...{ id: newId(), person, org, role: asked.role },
            ...{ from: asked.from ?? londonDay(Date.parse(now)), to: asked.to ?? null, ended_at: null },
          }
          const repository = heldRolesRepository(tx)
          const personId = await repository.lockPerson(person, newId)
          const no = recordingRefused(held, await repository.heldBy(personId, org))
          if (no) throw new Refused(no)
          await repository.insert(personId, held)
          const { mail_address } = asked
          if (mail_address !== undefined) {
            const reader = { issuer: person.issuer, sub: person.subject }
            await recordAddress(tx, org, reader, mail_address)
            const about = { subject: { type: 'role', id: held.id }, at: now, detail: { role: held.role } }
            await tell(tx, [org], { kind: 'ROLE_GIVEN', ...about, addressedTo: { persons: [reader], roles: [] }, toldBy: principal.org })
          }
          if (held.to !== null) await onEnd(tx, held, { principal, at, now, newId })
          const { reason } = asked
          return { id: held.id, held, reason, detail: detailOf(held, reason), outcome: () => viewOf(tx, held) }
        },
      ),

    /** Ends a role now, or with a last day that is still to come. It counts from the reply on, on every node. */
    end: (
      call: Call,
      org: string,
      id: string,
      { last_day = null, reason }: { readonly last_day?: Day | null | undefined; readonly reason: string },
      /** What the person has to do is handed over besides: it does not go back to everybody of the role. */
      isHandedOver = false,
    ): Promise<CommandResult<HeldRoleRecord>> =>
      commands.perform<HeldRole, HeldRoleRecord, RoleDone>(
        kind,
        { ...call, id, act: 'end', event: 'role.ended' },
        async ({ tx, state, principal, at, now, newId }) => {
          if (state.org !== org) throw refused('NOT_FOUND', kind.unknown)
          const end = endOf(state, last_day, now)
          if ('code' in end) throw new Refused(end)
          await heldRolesRepository(tx).end(id, end)
          const held = { ...state, ...end }
          if (!isHandedOver) await onEnd(tx, held, { principal, at, now, newId })
          return { held, reason, detail: detailOf(held, reason), outcome: () => viewOf(tx, held) }
        },
      ),

    /** The roles that are recorded for whoever asks in the organisation that they act for: those of today and those to come. */
    own: (principal: Principal): Promise<readonly HeldRoleView[]> =>
      withTransactionAs(db, readerOf(principal), async (tx) => {
        const { issuer, sub: subject, org } = principal
        return (await heldRolesRepository(tx).ownFrom({ issuer, subject }, org, today())).map(shown)
      }),

    /** One role with its history. */
    read: (principal: Principal, org: string, id: string): Promise<CommandResult<HeldRoleRecord>> =>
      withTransactionAs(db, readerOf(principal), async (tx) => {
        const found = await heldRolesRepository(tx).find(id)
        if (!found || found.held.org !== org || !mayReadOf(principal, org)) return refuse(refusal('NOT_FOUND', kind.unknown))
        return ok({ outcome: await viewOf(tx, found.held), version: found.version })
      }),

    /** The roles that count today of everybody whose roles somebody may read, in the order in which they were recorded, so many at most. */
    readable: (principal: Principal, limit: number): Promise<readonly HeldRole[]> =>
      withTransactionAs(db, readerOf(principal), (tx) => {
        const org = permits(principal.roles, 'role:read_any') ? null : principal.org
        return heldRolesRepository(tx).of(org, { on: today(), after: null, limit })
      }),

    /** Who holds what in an organisation on a London day; without one, whatever was ever recorded. */
    list: (
      principal: Principal,
      org: string,
      {
        on = null,
        after = null,
        limit = PAGE,
      }: { readonly on?: Day | null | undefined; readonly after?: string | null | undefined; readonly limit?: number | undefined },
    ): Promise<Result<HeldRolesPage, Refusal>> =>
      withTransactionAs(db, readerOf(principal), async (tx) => {
        if (!mayReadOf(principal, org) || (await parties.read(tx, [org])).length === 0)
          return refuse(refusal('NOT_FOUND', 'There are no roles here that you may see.'))
        const found = await heldRolesRepository(tx).of(org, { on, after, limit: limit + 1 })
        const page = found.slice(0, limit)
        return ok({ roles: page.map(shown), next_after: found.length > limit ? (page.at(-1)?.id ?? null) : null })
      }),
  }
}

/** Whether somebody keeps the roles of an organisation. */
export function mayKeepFor(principal: Principal, org: string): boolean {
  return permits(principal.roles, 'role:keep_any') || (principal.org === org && permits(principal.roles, 'role:keep'))
}

/** Whether somebody reads who holds which role in an organisation. */
export function mayReadOf(principal: Principal, org: string): boolean {
  return principal.org === org || permits(principal.roles, 'role:read_any')
}

function readerOf(principal: Principal): Reader {
  return permits(principal.roles, 'role:read_any') ? { kind: 'auditor' } : { kind: 'party', org: principal.org }
}
