import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { isRole, permits, type Role } from '../identity/permissions.ts'
import type { Identity, Principal } from '../identity/principal.ts'
import type { NotificationsService } from '../notifications/notifications.service.ts'
import type { PartiesService } from '../parties/parties.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { type Refusal, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { deputiesRepository } from './deputies.repository.ts'
import { type DeputisedRole, type Deputy, namingRefused } from './deputy.ts'
import type { Person } from './held-role.ts'
import { heldRolesRepository, rolesHeld } from './held-roles.repository.ts'
import { mayKeepFor, mayReadOf } from './people.service.ts'

export interface DeputiesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly parties: PartiesService
  readonly tell: NotificationsService['tell']
  /** Whose tokens this service trusts: the issuer of a person of whom none is named. */
  readonly issuer: string
}

interface PersonNamed {
  readonly issuer?: string | undefined
  readonly subject: string
}

/** Who is to stand in for whom. */
export interface NewDeputy {
  readonly role: DeputisedRole
  /** Absent: whoever asks. */
  readonly person?: PersonNamed | undefined
  readonly deputy: PersonNamed
  readonly first: Day
  readonly last: Day
  readonly reason: string
}

interface DeputyDone extends WorkDone<Deputy> {
  readonly version: string
}

/** For whom, in which role, on which London days. */
export interface StandingIn {
  readonly role: DeputisedRole
  readonly person: Identity
  readonly first: Day
  readonly last: Day
}

const PAGE = 100

export type DeputiesService = ReturnType<typeof deputiesService>

/** Who stands in for whom, in one role and on some days: named by whoever holds the role, or by whoever keeps the roles of the organisation. */
export function deputiesService({ db, clock, commands, parties, tell, issuer }: DeputiesOptions) {
  const kind: SubjectKind<Deputy, DeputyDone> = {
    type: 'deputy',
    unknown: 'There is no such deputy here.',
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id, principal) {
      const found = await deputiesRepository(tx).lock(id)
      if (!found || (found.deputy.org !== principal.org && !permits(principal.roles, 'role:keep_any'))) return undefined
      return { state: found.deputy, version: found.version, actCount: 1 }
    },
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: async (_tx, { done }) => done.version,
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, deputy: id, detail: done.detail } }),
    known: async (_tx, id) => ({ payload: { deputy: id } }),
  }

  return {
    /** Names a deputy. Refused for a role that one does not hold oneself, unless one keeps the roles of the organisation. */
    name: (call: Call, org: string, asked: NewDeputy): Promise<CommandResult<Deputy>> =>
      commands.create<Deputy, DeputyDone>(
        kind as never,
        { ...call, act: 'name', event: 'deputy.named' },
        async ({ tx, principal, now, newId }) => {
          const { role, first, last, reason } = asked
          const person = asked.person ? personOf(asked.person, issuer) : { issuer: principal.issuer, subject: principal.sub }
          const isOwn = person.issuer === principal.issuer && person.subject === principal.sub
          const mayName = mayKeepFor(principal, org) || (isOwn && principal.org === org && principal.roles.includes(role))
          if (!mayName)
            throw refused('FORBIDDEN', 'A deputy is named by whoever holds the role, or by whoever keeps the roles of the organisation.')
          const deputy: Deputy = {
            ...{ id: newId(), org, role, person, deputy: personOf(asked.deputy, issuer), first, last, reason },
            ...{ named_at: now, ended_at: null, end_reason: null },
          }
          const held = await rolesDuring(tx, { ...deputy.deputy, org }, first, last)
          const no = namingRefused(deputy, held, now)
          if (no) throw new Refused(no)
          const [personId, deputyId] = await lockBoth(tx, [person, deputy.deputy], newId)
          await deputiesRepository(tx).insert(deputy, personId, deputyId, principal)
          const addressedTo = { persons: [{ issuer: deputy.deputy.issuer, sub: deputy.deputy.subject }], roles: [] }
          const about = { subject: { type: 'deputy', id: deputy.id }, at: now, detail: { role, first, last } }
          await tell(tx, [org], { kind: 'DEPUTY_NAMED', ...about, addressedTo, toldBy: principal.org })
          return { id: deputy.id, version: '1', detail: detailOf(deputy), outcome: deputy }
        },
      ),

    /** Ends a deputy now: by whoever is stood in for, or keeps the roles. It counts on every node from the reply on. */
    end: (call: Call, org: string, id: string, { reason }: { readonly reason: string }): Promise<CommandResult<Deputy>> =>
      commands.perform<Deputy, Deputy, DeputyDone>(
        kind,
        { ...call, id, act: 'end', event: 'deputy.ended' },
        async ({ tx, state, principal, now }) => {
          if (state.org !== org) throw refused('NOT_FOUND', kind.unknown)
          const isOwn = state.person.issuer === principal.issuer && state.person.subject === principal.sub
          if (!isOwn && !mayKeepFor(principal, org))
            throw refused('FORBIDDEN', 'A deputy is ended by whoever is stood in for, or by whoever keeps the roles.')
          if (state.ended_at !== null || state.last < londonDay(Date.parse(now))) throw refused('ILLEGAL_STATE', 'The deputy has ended.')
          const version = await deputiesRepository(tx).end(id, now, reason, principal)
          const ended = { ...state, ended_at: now, end_reason: reason }
          return { version, detail: { ...detailOf(ended), reason }, outcome: ended }
        },
      ),

    /** Who stands in for whom in an organisation; those that are over only where that is asked for. */
    list: (
      principal: Principal,
      org: string,
      {
        past = false,
        after = null,
        limit = PAGE,
      }: { readonly past?: boolean | undefined; readonly after?: string | undefined | null; readonly limit?: number | undefined },
    ): Promise<Result<{ readonly deputies: readonly Deputy[]; readonly next_after: string | null }, Refusal>> =>
      withTransactionAs(
        db,
        permits(principal.roles, 'role:read_any') ? { kind: 'auditor' } : { kind: 'party', org: principal.org },
        async (tx) => {
          if (!mayReadOf(principal, org)) return refuse(refusal('NOT_FOUND', 'There are no deputies here that you may see.'))
          const from = past ? null : londonDay(clock().getTime())
          const found = await deputiesRepository(tx).of(org, { from, after, limit: limit + 1 })
          const page = found.slice(0, limit)
          return ok({ deputies: page, next_after: found.length > limit ? (page.at(-1)?.id ?? null) : null })
        },
      ),

    /** The roles that are recorded for somebody in an organisation on the first or the last of some London days. */
    rolesDuring: (tx: Transaction, { issuer, sub, org }: Pick<Principal, 'issuer' | 'sub' | 'org'>, first: Day, last: Day) =>
      rolesDuring(tx, { issuer, subject: sub, org }, first, last),

    /** Whom somebody stands in for, by what has not ended, also with the role that it stands for, on whatever days. Joins the transaction, whoever it reads for. */
    standingInFor: (tx: Transaction, { issuer, sub, org }: Pick<Principal, 'issuer' | 'sub' | 'org'>): Promise<readonly StandingIn[]> =>
      readingAs(tx, { kind: 'system' }, async () =>
        (await deputiesRepository(tx).standingInFor(issuer, sub, org, londonDay(clock().getTime()))).map(
          ({ role, person, first, last }) => ({
            ...{ role, first, last },
            person: { issuer: person.issuer, sub: person.subject },
          }),
        ),
      ),
  }
}

async function rolesDuring(tx: Transaction, { org, ...person }: Person & { readonly org: string }, first: Day, last: Day): Promise<Role[]> {
  const days = first === last ? [first] : [first, last]
  const held: string[] = []
  for (const day of days) held.push(...(await rolesHeld(tx, person, org, day)))
  return [...new Set(held)].filter(isRole)
}

/** Both persons, locked in one order whoever names whom: two that name each other never wait for one another. */
async function lockBoth(tx: Transaction, [one, other]: readonly [Person, Person], newId: () => string): Promise<[string, string]> {
  const lock = (person: Person) => heldRolesRepository(tx).lockPerson(person, newId)
  const isFirst = `${one.issuer} ${one.subject}` < `${other.issuer} ${other.subject}`
  if (isFirst) return [await lock(one), await lock(other)]
  const second = await lock(other)
  return [await lock(one), second]
}

function detailOf({ org, role, person, deputy, first, last, reason }: Deputy) {
  return { org, role, person, deputy, first, last, reason }
}

function personOf({ issuer, subject }: PersonNamed, usual: string): Person {
  return { issuer: issuer ?? usual, subject }
}
