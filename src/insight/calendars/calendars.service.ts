import { createHash, randomBytes } from 'node:crypto'
import type { AgreementsDue } from '../../agreements/finding/due.service.ts'
import type { MeasuresService } from '../../assessments/made/measures.service.ts'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { permits, type Role } from '../../identity/permissions.ts'
import { type Identity, isSamePerson, type Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { ListedTask } from '../../workflow/lists.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { type DueEvent, nextShown, written } from './calendar-events.ts'
import { calendarText } from './calendar-text.ts'
import { type Calendar, type CalendarScope, calendarsRepository } from './calendars.repository.ts'

export interface CalendarsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly publicUrl: URL
  readonly due: AgreementsDue
  readonly signOffs: Pick<SignOffsService, 'tasks'>
  readonly measures: Pick<MeasuresService, 'openFor'>
  /** The roles that are recorded for somebody in an organisation on a London day. */
  readonly rolesOf: (person: { readonly issuer: string; readonly subject: string }, org: string, day: Day) => Promise<readonly Role[]>
  /** Whether people of an issuer are still known here. */
  readonly isTrusted: (issuer: string) => boolean
  /** Whether the roles count that tokens claim. */
  readonly isAuthoritative: (issuer: string) => boolean
}

/** A calendar as it is shown to those whose it is. */
export interface ShownCalendar {
  readonly id: string
  readonly scope: CalendarScope
  readonly created_at: string
  readonly expires_at: string
}
/** With its address, which is told once. */
export interface MadeCalendar extends ShownCalendar {
  readonly url: string
}

interface Done<Outcome> extends WorkDone<Outcome> {
  readonly calendar: Calendar
}

const TOKEN_BYTES = 32
/** Where roles are recorded they are asked each time; what a token claimed once is believed for a shorter time. */
const DAYS_RECORDED = 366
const DAYS_CLAIMED = 90
const DAY_MS = 86_400_000
const CALENDARS_MAX = 10
const AHEAD_DAYS = 400
const TASKS_MAX = 500

export type CalendarsService = ReturnType<typeof calendarsService>

/** Calendars of what is due, for programs that hold nothing but an address: it shows what its owner may see at that moment, and no longer than they may. */
export function calendarsService({ db, clock, commands, publicUrl, due, signOffs, measures, rolesOf, ...trust }: CalendarsOptions) {
  const { isTrusted, isAuthoritative } = trust
  const kind: SubjectKind<Calendar, Done<ShownCalendar>> = {
    type: 'calendar',
    unknown: 'There is no such calendar here.',
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id, principal) {
      const found = await calendarsRepository(tx).lock(id)
      return found && isOwn(found, principal) ? { state: found, version: '1', actCount: 1 } : undefined
    },
    write: async () => '1',
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, calendar: id, detail: done.detail } }),
    known: async (_tx, id) => ({ payload: { calendar: id } }),
  }
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  /** Whoever a calendar is read for; undefined: they have no role any more, or their issuer is trusted no longer. */
  async function ownerOf({ org, madeBy, scope, roles }: Calendar, now: Date): Promise<Principal | undefined> {
    if (!isTrusted(madeBy.issuer)) return undefined
    const recorded = await rolesOf({ issuer: madeBy.issuer, subject: madeBy.sub }, org, londonDay(now.getTime()))
    const held = [...new Set([...recorded, ...(isAuthoritative(madeBy.issuer) ? roles : [])])]
    const permission = scope === 'MINE' ? 'calendar:keep' : 'calendar:keep_for_organisation'
    return permits(held, permission) ? { ...madeBy, org, roles: held, clientId: null } : undefined
  }

  async function eventsOf(owner: Principal, scope: CalendarScope): Promise<DueEvent[]> {
    const days = await due.within(owner, AHEAD_DAYS)
    const whose = scope === 'MINE' ? (['MINE', 'POOL'] as const) : (['ORGANISATION'] as const)
    const tasks: ListedTask[] = []
    for (const one of whose)
      tasks.push(...(await signOffs.tasks(owner, { whose: one, state: 'OPEN' }, { cursor: null, limit: TASKS_MAX })).tasks)
    return [
      ...days.map(({ agreement, kind: what, day }) => ({
        ...{ kind: what, record: agreement, reference: agreement, day, path: `/agreements/${encodeURIComponent(agreement)}` },
      })),
      ...tasks.flatMap(eventOfTask),
      ...(await measures.openFor(owner, TASKS_MAX, scope)).map(({ assessment, agreement, measure }) => ({
        ...{ kind: 'MEASURE_DUE' as const, record: `${assessment}/${measure.id}`, reference: agreement },
        ...{ day: measure.due, path: `/assessments/${assessment}/map` },
      })),
    ]
  }

  return {
    /** Makes a calendar; its address is told this once. Refused for that of an organisation to whoever does not keep its agreements. */
    async make(call: Call, scope: CalendarScope): Promise<CommandResult<MadeCalendar>> {
      // Asked before the act, so that it needs no second connection while it holds one.
      const recorded = await rolesHeldIn(call.principal)
      return commands.create<MadeCalendar, Done<MadeCalendar>>(
        kind as never,
        { ...call, act: 'make', event: 'calendar.made' },
        async ({ tx, principal, now, newId }) => {
          if (scope === 'ORGANISATION' && !permits(principal.roles, 'calendar:keep_for_organisation'))
            throw refused(
              'FORBIDDEN',
              'A calendar of an organisation is made by its information governance, data protection or risk officers.',
            )
          const repository = calendarsRepository(tx)
          const { issuer, sub, org } = principal
          await repository.lockMaking(org)
          const own = (await repository.of(org, now)).filter(({ madeBy }) => isSamePerson(madeBy, principal))
          if (own.length >= CALENDARS_MAX) throw refused('CONFLICT', `Nobody has more than ${CALENDARS_MAX} calendars: revoke one first.`)
          const days = recorded.length > 0 ? DAYS_RECORDED : DAYS_CLAIMED
          const token = randomBytes(TOKEN_BYTES).toString('base64url')
          const calendar: Calendar = {
            ...{ id: newId(), org, madeBy: { issuer, sub }, scope, roles: recorded.length > 0 ? [] : principal.roles },
            ...{ createdAt: now, expiresAt: new Date(Date.parse(now) + days * DAY_MS).toISOString(), revokedAt: null },
          }
          await repository.insert(calendar, hashOf(token))
          const url = new URL(`/v1/calendars/${token}.ics`, publicUrl).href
          return { id: calendar.id, calendar, detail: { scope }, outcome: { ...shown(calendar), url } }
        },
      )
    },

    /** Those that the caller made, and those of their organisation for whoever may make one. */
    list: (principal: Principal): Promise<ShownCalendar[]> =>
      asSystem(async (tx) =>
        (await calendarsRepository(tx).of(principal.org, clock().toISOString())).filter((one) => isOwn(one, principal)).map(shown),
      ),

    /** Ends a calendar: its address is none from now on. */
    revoke: (call: Call, id: string): Promise<CommandResult<ShownCalendar>> =>
      commands.perform<Calendar, ShownCalendar, Done<ShownCalendar>>(
        kind,
        { ...call, id, act: 'revoke', event: 'calendar.revoked' },
        async ({ tx, state, now }) => {
          if (state.revokedAt === null) await calendarsRepository(tx).revoke(id, now)
          return { calendar: state, detail: {}, outcome: shown(state), isRepeat: state.revokedAt !== null }
        },
      ),

    /** The calendar at an address, `<token>.ics`, as text. Refused alike for one that never was, was revoked or has lapsed, and where its owner has no role any more. */
    async read(file: string): Promise<string> {
      const token = file.endsWith('.ics') ? file.slice(0, -'.ics'.length) : ''
      const now = clock()
      const at = now.toISOString()
      const none = () => refused('NOT_FOUND', 'There is no calendar at this address.')
      const found = await asSystem((tx) => calendarsRepository(tx).lockByToken(hashOf(token), at))
      const owner = found && (await ownerOf(found, now))
      if (!found || !owner) throw none()
      // Read as their owner, each list in a transaction of its own; then kept under the lock of the calendar.
      const events = await eventsOf(owner, found.scope)
      return asSystem(async (tx) => {
        const repository = calendarsRepository(tx)
        if (!(await repository.lockByToken(hashOf(token), at))) throw none()
        const before = await repository.shown(found.id)
        const next = nextShown(before, events, at, londonDay(now.getTime()))
        await repository.show(
          found.id,
          next.filter((event) => !before.includes(event)),
        )
        return calendarText(`Accord: ${found.scope === 'MINE' ? 'my days' : found.org}`, written(next, events, at, publicUrl))
      })
    },
  }

  function rolesHeldIn({ issuer, sub, org }: Principal): Promise<readonly Role[]> {
    return rolesOf({ issuer, subject: sub }, org, londonDay(clock().getTime()))
  }
}

/** How many calendars somebody made that count: their own, and of the organisation. Joins the transaction, which reads as the system. */
export async function calendarsMadeBy(tx: Transaction, org: string, person: Identity, now: string) {
  const made = (await calendarsRepository(tx).of(org, now)).filter(({ madeBy }) => isSamePerson(madeBy, person))
  const own = made.filter(({ scope }) => scope === 'MINE').length
  return { calendars: own, calendars_of_the_organisation: made.length - own }
}

function isOwn({ org, madeBy, scope }: Calendar, principal: Principal): boolean {
  if (org !== principal.org) return false
  return isSamePerson(madeBy, principal) || (scope === 'ORGANISATION' && permits(principal.roles, 'calendar:keep_for_organisation'))
}

function shown({ id, scope, createdAt, expiresAt }: Calendar): ShownCalendar {
  return { id, scope, created_at: createdAt, expires_at: expiresAt }
}

function eventOfTask({ sign_off_id, subject_id, subject_type, chain_org, step, task, kind, due_day }: ListedTask): DueEvent[] {
  if (due_day === null) return []
  const reference = subject_type === 'agreement' ? subject_id : `${subject_type} ${subject_id.slice(-8)}`
  const record = `${sign_off_id}/${chain_org || 'ALL'}/${step}/${task}`
  return [{ kind: kind === 'SIGNATURE' ? 'SIGN_BY' : 'STEP_DUE', record, reference, day: due_day, path: `/reviews/${sign_off_id}` }]
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
