import type { Call, CommandResult, RunningCommand } from '../commands/command.ts'
import type { CommandContext, CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { isOutsideCommand } from '../identity/outsider.ts'
import { readerFor, writerFor } from '../identity/permissions.ts'
import { type Identity, type Principal, servicePrincipal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { readAs, readingAs, withTransactionAs } from '../platform/database/reader.ts'
import type { SearchedTerms } from '../platform/kernel/asked-terms.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import { orThrow, type Refusal, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { act, actorOf, type Changed, type DeputisesFor, serviceActor } from './acting.service.ts'
import { formatPlace, type ListedOwner, parsePlace, placeOfTask, type SignOffFilter, type TaskFilter } from './lists.ts'
import { commandsOpenTo, type OpenCommand } from './model/allowed.ts'
import type { CommandType, SignOffActor, SignOffCommand } from './model/commands.ts'
import { type ClosedCommand, closedTo, type UnfitDeputy, unfitDeputy } from './model/decide.ts'
import type { SignOffEvent } from './model/events.ts'
import type { Fact } from './model/route.ts'
import { type ChainStatus, chainOf, type Person, type SignOff, type SignOffStatus, type Subject } from './model/sign-off.ts'
import { unfitNotice } from './notices.ts'
import { type ReactionsOptions, reactions } from './reactions.service.ts'
import { listsRepository } from './store/lists.repository.ts'
import { signOffsRepository } from './store/sign-offs.repository.ts'
import type { NumberedEvent } from './stored-event.ts'
import type { RecordedInRoom } from './subject-room.service.ts'

export interface SignOffsOptions extends ReactionsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
  readonly deputisesFor: DeputisesFor
  /** The roles that are recorded for somebody in an organisation on the first or the last of some days. */
  readonly rolesDuring: (tx: Transaction, person: Identity & { readonly org: string }, first: Day, last: Day) => Promise<readonly string[]>
}

/** What a person may ask of a sign-off here, and what the log calls it; a signature is made at what is signed off. */
const EVENTS = {
  claim: 'sign_off.claimed',
  release: 'sign_off.released',
  assign: 'sign_off.assigned',
  delegate: 'sign_off.delegated',
  approve: 'sign_off.approved',
  adopt: 'sign_off.adopted',
  return: 'sign_off.returned',
  take_back_return: 'sign_off.return_taken_back',
  refuse: 'sign_off.refused',
  overrule: 'sign_off.overruled',
  decline: 'sign_off.declined',
  chase: 'sign_off.chased',
  comment: 'sign_off.commented',
  resolve: 'sign_off.thread_resolved',
  reopen: 'sign_off.thread_reopened',
  mark: 'sign_off.marked',
} as const satisfies Partial<Record<CommandType, string>>

export type PersonalCommand = Extract<SignOffCommand, { type: keyof typeof EVENTS }>

/** What follows of itself. */
export type ServiceCommand = Extract<SignOffCommand, { type: 'fire' | 'role_ended' | 'hand_over' | 'leave' | 'close' | 'withdraw' }>

/** What a command did. */
export interface CommandDone {
  readonly signOff: string
  readonly command: CommandType
  /** ISO 8601. */
  readonly at: string
  readonly status: SignOffStatus
  /** Of the caller's party; null: it has no chain here. */
  readonly chainStatus: ChainStatus | null
  readonly events: readonly SignOffEvent[]
}

/** A sign-off on its way through a command. */
interface LockedSignOff {
  readonly signOff: SignOff
  readonly facts: readonly Fact[]
}

interface SignOffDone extends WorkDone<CommandDone> {
  readonly subject: Subject
  readonly events: readonly SignOffEvent[]
  /** What moved at what is signed off. */
  readonly moved: RecordedInRoom | undefined
  readonly version: string
}

/** The same of what follows of itself, by its command, or by the first word of the timer's key. */
const FIRED: Readonly<Record<string, `sign_off.${string}`>> = {
  hand_over: 'sign_off.handed_over',
  leave: 'sign_off.left',
  close: 'sign_off.closed',
  withdraw: 'sign_off.withdrawn',
  remind: 'sign_off.reminded',
  due: 'sign_off.overdue',
  escalate: 'sign_off.escalated',
  lapse: 'sign_off.lapsed',
}

const NO_SUCH_SIGN_OFF = 'There is no sign-off here that you may know.'

/** Whether a command is open to somebody at all: without an account only some are, besides the signature, which is given at what is signed off. */
function isOpenTo({ invitedTo }: Pick<Principal, 'invitedTo'>, command: CommandType): boolean {
  return invitedTo === undefined || command === 'sign' || isOutsideCommand(command)
}

export type SignOffsService = ReturnType<typeof signOffsService>

/** Sign-offs as people use them: what they do to one, and what they see of it. */
export function signOffsService({ db, clock, commands, mustBeConfirmed, deputisesFor, rolesDuring, ...reacting }: SignOffsOptions) {
  const { rooms } = reacting
  const { react } = reactions(reacting)
  const asSystem = <T>(tx: Transaction, work: () => Promise<T>) => readingAs(tx, { kind: 'system' }, work)
  const kind: SubjectKind<LockedSignOff, SignOffDone> = {
    type: 'sign-off',
    unknown: NO_SUCH_SIGN_OFF,
    readerFor: writerFor,
    // The subject before its sign-off, everywhere: two that come from both sides never wait for each other.
    async lock(tx, id, principal, at) {
      const found = await signOffsRepository(tx).find(id)
      const known = found && (await rooms[found.subject.type]?.lock(tx, found.subject.id, principal, at))
      if (!known) return undefined
      // Whoever knows the subject knows its sign-off; what follows reads everything.
      await readAs(tx, { kind: 'system' })
      const locked = await signOffsRepository(tx).lock(id)
      if (!locked) return undefined
      const state = { signOff: await signOffsRepository(tx).state(id), facts: known.facts }
      return { state, version: locked.version, actCount: locked.actCount }
    },
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: async (_tx, { done }) => done.version,
    async publish(tx, { done: { subject, events }, now }) {
      const room = rooms[subject.type]
      return room && room.publishes?.(events) !== false ? asSystem(tx, () => room.publish(tx, subject.id, now, events)) : undefined
    },
    record: ({ id, done, sequence, now }) => ({
      leaf: { textHash: done.subject.hash, ...(done.moved ? leafOf(done.moved) : {}) },
      payload: { at: now, sign_off: id, sequence, subject: done.subject, detail: done.detail },
    }),
    async known(tx, id) {
      const found = await signOffsRepository(tx).find(id)
      return found && { leaf: { textHash: found.subject.hash }, payload: { sign_off: id, subject: found.subject } }
    },
  }

  /** Decides a command on the locked sign-off, and everything that follows of it. */
  function perform(
    { tx, state: { signOff, facts }, principal, at, now, newId, leafId }: CommandContext<LockedSignOff>,
    command: SignOffCommand,
    { actor, named }: { readonly actor: SignOffActor; readonly named: string },
  ): Promise<SignOffDone> {
    return asSystem(tx, async () => {
      const known = command.type === 'approve' && facts.includes('ASSESSMENT_COMPLETE') ? { assessmentComplete: true } : {}
      const changed = await act(tx, signOff, { ...command, ...known }, { actor, at }, true)
      const { subject } = signOff
      const { events } = changed
      const moved = await react(tx, changed, { principal, at, now, newId, leaf: { id: leafId, act: named } })
      // What the room did may have moved the sign-off once more.
      const version = (moved && (await signOffsRepository(tx).find(signOff.id))?.version) ?? changed.version
      return {
        ...{ subject, events, moved, version, isRepeat: events.length === 0 },
        detail: detailOf(command, changed),
        outcome: outcomeOf(command, changed, principal, now),
      }
    })
  }

  /** Tells whoever handed a step over, once: what was refused wrote nothing, so this is a transaction of its own. */
  function tellUnfit({ deputy, signOff }: { readonly deputy: UnfitDeputy; readonly signOff: SignOff }): Promise<void> {
    return withTransactionAs(db, { kind: 'system' }, async (tx) => {
      // Two that are refused at once come one after the other.
      await signOffsRepository(tx).lock(signOff.id)
      const { orgs, facts } = unfitNotice(signOff, deputy, clock().toISOString())
      await reacting.notifications.tellOnce(tx, orgs, facts)
    })
  }

  return {
    /**
     * Does a command of a person; see `decide` for what it may be refused with. Of somebody without an account, only what is open to them. Of a
     * deputy who is refused as such, whoever named them hears at once.
     */
    async perform(call: Call, id: string, command: PersonalCommand): Promise<CommandResult<CommandDone>> {
      if (!isOpenTo(call.principal, command.type))
        return refuse(refusal('FORBIDDEN', 'An invitation to one agreement does not carry this command.'))
      let unfit: { readonly deputy: UnfitDeputy; readonly signOff: SignOff } | null = null
      const done = await commands.perform<LockedSignOff, CommandDone, SignOffDone>(
        kind,
        { ...call, id, act: command.type, event: EVENTS[command.type] },
        (context) =>
          asSystem(context.tx, async () => {
            const { tx, at, state } = context
            const actor = await actorOf(tx, context, deputisesFor)
            const deputy = unfitDeputy(command, state.signOff, { actor, now: at })
            unfit = deputy && { deputy, signOff: state.signOff }
            if (command.type !== 'delegate') return perform(context, command, { actor, named: command.type })
            // Who may not be the deputy is told when the task is handed over, not when they act.
            const held = await rolesDuring(tx, { ...command.to, org: actor.org }, command.first, command.last)
            return perform(context, { ...command, held }, { actor, named: command.type })
          }),
      )
      // Within another command its transaction holds what this one would wait for.
      if (!done.ok && unfit && !call.within) await tellUnfit(unfit)
      return done
    },

    /**
     * Does what follows of itself in a sign-off, as the service: where a timer is due, a role ended, or somebody left. `isStill`: whether it is to be
     * done yet. `within`: the command that it is a part of.
     */
    async follow(
      id: string,
      command: ServiceCommand,
      isStill: (tx: Transaction, at: string, signOff: SignOff) => Promise<boolean>,
      within?: RunningCommand,
    ): Promise<void> {
      const keeperIn = (tx: Transaction) => signOffsRepository(tx).keeperOf(id)
      const keeper = await (within
        ? asSystem(within.tx as Transaction, () => keeperIn(within.tx as Transaction))
        : withTransactionAs(db, { kind: 'system' }, keeperIn))
      if (keeper === undefined) return
      const word = command.type === 'fire' ? (command.timer.split(':')[1] ?? '') : command.type
      const asked = {
        principal: servicePrincipal(keeper),
        idempotency: null,
        id,
        act: word,
        event: FIRED[word] ?? `sign_off.${word}`,
        ...(within ? { within } : {}),
      } as const
      const done = await commands.perform<LockedSignOff, CommandDone, SignOffDone>(
        { ...kind, readerFor: () => ({ kind: 'system' }), admit: async () => {} },
        asked,
        async (context) => {
          const { signOff } = context.state
          const outcome = outcomeOf(command, { signOff, events: [], version: '' }, context.principal, context.now)
          const nothing = { subject: signOff.subject, events: [], moved: undefined, version: '', isRepeat: true, detail: {}, outcome }
          return (await isStill(context.tx, context.now, signOff))
            ? perform(context, command, { actor: serviceActor(keeper), named: word })
            : nothing
        },
      )
      orThrow(done)
    },

    /** A sign-off as the caller's organisation may see it, what is open to the caller, and what of the open steps is not, and why. */
    read: (
      principal: Principal,
      id: string,
    ): Promise<
      CommandResult<{ readonly signOff: SignOff; readonly commands: readonly OpenCommand[]; readonly closed: readonly ClosedCommand[] }>
    > =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await signOffsRepository(tx).find(id)
        if (!found) return refuse(refusal('NOT_FOUND', NO_SUCH_SIGN_OFF))
        const signOff = await signOffsRepository(tx).state(id)
        const acting = { actor: await actorOf(tx, { principal }, deputisesFor), now: clock().getTime() }
        const commands = commandsOpenTo(signOff, acting.actor, acting.now).filter(({ command }) => isOpenTo(principal, command))
        return ok({ outcome: { signOff, commands, closed: closedTo(signOff, acting) }, version: found.version })
      }),

    /** What happened in a sign-off, oldest first, after an event. */
    history: (
      principal: Principal,
      id: string,
      { after, limit }: { readonly after: number; readonly limit: number },
    ): Promise<Result<{ readonly events: readonly NumberedEvent[]; readonly nextAfter: number | null }, Refusal>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const signOffs = signOffsRepository(tx)
        if (!(await signOffs.find(id))) return refuse(refusal('NOT_FOUND', NO_SUCH_SIGN_OFF))
        const found = await signOffs.history(id, after, limit + 1)
        const events = found.slice(0, limit)
        return ok({ events, nextAfter: found.length > limit ? (events.at(-1)?.sequence ?? null) : null })
      }),

    /** The sign-offs that the caller's organisation may see, the last begun first. */
    list: (principal: Principal, filter: SignOffFilter, { before, limit }: { readonly before: string | null; readonly limit: number }) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await listsRepository(tx).signOffs(filter, before, limit + 1)
        const page = found.slice(0, limit)
        return { signOffs: page, nextBefore: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),

    /** Sign-offs in which somebody said all of the terms at once, in words that the caller may read, the last begun first. */
    withWords: (principal: Principal, { terms, before, limit }: SearchedTerms) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await listsRepository(tx).withWords(terms, before, limit + 1)
        const page = found.slice(0, limit)
        return { signOffs: page, nextBefore: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),

    /** The open tasks of the caller's organisation by whose they are, at most so many of each: what the caller has, may take, and what is their colleagues'. */
    openTasks: (principal: Principal, limit: number) =>
      withTransactionAs(db, { kind: 'party', org: principal.org }, async (tx) => {
        const { org, issuer, sub, roles } = principal
        const today = londonDay(clock().getTime())
        const standsIn = (await deputisesFor(tx, principal)).filter(({ first, last }) => first <= today && today <= last)
        const open = (whose: ListedOwner) =>
          listsRepository(tx).tasks({ org, issuer, sub, roles, standsIn, today }, { whose, state: 'OPEN' }, null, limit)
        return { mine: await open('MINE'), pool: await open('POOL'), colleagues: await open('COLLEAGUES') }
      }),

    /** Tasks of the caller's organisation: their own, those that their roles may take, or all. @throws Refused for a cursor that is not of this list */
    async tasks(principal: Principal, filter: TaskFilter, { cursor, limit }: { readonly cursor: string | null; readonly limit: number }) {
      const after = cursor === null ? null : parsePlace(cursor, filter.state)
      if (after === undefined)
        throw refused('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: '/query/cursor', detail: 'is not a cursor of this list' }])
      const { org, issuer, sub, roles } = principal
      return withTransactionAs(db, { kind: 'party', org }, async (tx) => {
        const today = londonDay(clock().getTime())
        const standsIn = (await deputisesFor(tx, principal)).filter(({ first, last }) => first <= today && today <= last)
        const found = await listsRepository(tx).tasks({ org, issuer, sub, roles, standsIn, today }, filter, after, limit + 1)
        const tasks = found.slice(0, limit)
        const last = tasks.at(-1)
        return { tasks, today, nextCursor: found.length > limit && last ? formatPlace(filter.state, placeOfTask(last)) : null }
      })
    },
  }
}

function outcomeOf({ type }: SignOffCommand, { signOff, events }: Changed, { org }: Principal, at: string): CommandDone {
  const chainStatus = chainOf(signOff, org)?.status ?? null
  return { signOff: signOff.id, command: type, at, status: signOff.status, chainStatus, events }
}

/** What the log keeps of a command: all of it but the words of a discussion, which stand in the sign-off alone; and whose deputy it was. */
function detailOf(command: SignOffCommand, { events }: Changed): Readonly<Record<string, unknown>> {
  const { type: _type, ...said } = { ...command, ...(command.type === 'comment' ? { text: undefined } : {}), held: undefined }
  const deputyFor = events.map(deputyOf).find((person) => person !== null)
  return { ...said, ...(deputyFor ? { deputy_for: deputyFor } : {}), events: events.map(({ type }) => type) }
}

function deputyOf(event: SignOffEvent): Person | null {
  if (event.type === 'TASK_DONE') return event.result.deputyFor
  return 'deputyFor' in event ? event.deputyFor : null
}

function leafOf({ agreement, sequence, from, to }: RecordedInRoom) {
  return { agreement, sequence, from, to }
}
