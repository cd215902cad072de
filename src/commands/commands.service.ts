import type { AuditService, GovernanceAct } from '../audit/audit.service.ts'
import type { Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { etagOf, ifMatchHolds } from '../platform/kernel/entity-tags.ts'
import { type Instant, instantOf } from '../platform/kernel/instant.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { answered, type Refusal, refused } from '../platform/kernel/refusal.ts'
import type { Command, CommandResult, VersionedOutcome } from './command.ts'
import { idempotencyRepository } from './idempotency.repository.ts'
import type { KeyTurns } from './key-turns.ts'

export interface CommandsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: AuditService
  /** The newest revision of the policy, and the latest governance instant (ISO) that no act may precede. */
  readonly policyHead: (tx: Transaction) => Promise<{ readonly revision: number; readonly instant: string }>
  /** What the record of a refusal keeps of it: none of the caller's own words. */
  readonly refusalForRecord: (refusal: Refusal) => unknown
  /** Lets calls with one key in one after the other, before any of them takes a connection. */
  readonly turns: KeyTurns
}

/** What the policy is told, inside the transaction; wired by the composition root, since policy stands to the right. */
export interface PolicyPublication<Changed> {
  /** Publishes what changed as the next revision and answers its number. Its lock is taken last but for that of the log. */
  publish(tx: Transaction, changed: Changed, instant: string): Promise<number>
}

/** What the work may use. */
export interface CommandContext<State> {
  readonly tx: Transaction
  /** The subject as it stood before. */
  readonly state: State
  readonly principal: Principal
  /** The instant of the command: never before the latest governance instant, whatever this node's clock says. */
  readonly at: Instant
  /** The same, ISO 8601. */
  readonly now: string
  /** Number of this command among those on the subject, from 1. */
  readonly sequence: number
  /** Of the leaf that will record it. */
  readonly leafId: string
  readonly newId: () => string
}

/** What the work did, once its rows are written. */
export interface WorkDone<Outcome> {
  /** What it made, where the command named nothing. */
  readonly id?: string
  /** For the history and the payload of the leaf. */
  readonly detail: Readonly<Record<string, unknown>>
  /** A function where it can only be told once the subject's version has moved and the policy stands at this revision. */
  readonly outcome: Outcome | ((revision: number) => Promise<Outcome>)
  /** Where what was done is not what was asked for in full: what history and log call it. */
  readonly as?: { readonly act: string; readonly event: GovernanceAct['event'] }
  /** What was asked holds already: nothing was written, and nothing is recorded. */
  readonly isRepeat?: boolean
}

/** What was done to which subject, for whoever keeps its history. */
export interface Act<State, Work> {
  readonly id: string
  readonly act: string
  readonly principal: Principal
  /** Undefined where the work made the subject. */
  readonly before: State | undefined
  readonly done: Work
  readonly sequence: number
  readonly now: string
  readonly leafId: string
}

type LeafFacts = Partial<Pick<GovernanceAct, 'agreement' | 'sequence' | 'from' | 'to' | 'textHash'>>
/** What a leaf and its payload say of a subject. */
export interface Recorded {
  readonly leaf?: LeafFacts
  readonly payload?: Readonly<Record<string, unknown>>
}

/** What a module knows of its kind of subject; the shell calls these in the order in which they stand. */
export interface SubjectKind<State, Work> {
  readonly type: string
  /** What is said where there is none, or the caller may not know it. */
  readonly unknown: string
  /** For whom the transaction reads until `lock` or the work says otherwise. */
  readonly readerFor: (principal: Principal) => Reader
  /** Locks and reads it; undefined: there is none, or whoever asks may not know it. */
  lock(tx: Transaction, id: string, principal: Principal, at: Instant): Promise<Locked<State> | undefined>
  /** @throws Refused where the caller's organisation may not act at all */
  readonly admit?: (tx: Transaction, principal: Principal) => Promise<void>
  /** Moves the version of the subject and writes its history; answers the new version. */
  write(tx: Transaction, act: Act<State, Work>): Promise<string>
  /** Publishes what decisions may know differently from now on and answers the revision; undefined: nothing. */
  publish(tx: Transaction, act: Act<State, Work>): Promise<number | undefined>
  record(act: Act<State, Work>): Recorded
  /** What the record of a refusal may say of the subject; undefined: it is none, or not for the caller to know. */
  known(tx: Transaction, id: string, principal: Principal, at: Instant): Promise<Recorded | undefined>
}

export interface Locked<State> {
  readonly state: State
  readonly version: string
  /** How many commands it has seen. */
  readonly actCount: number
}

export type CommandsService = ReturnType<typeof commandsService>

/** Performs commands, each in one transaction and always in the same steps; a refusal changes nothing and is recorded by its own mark. */
export function commandsService({ db, clock, newId, audit, policyHead, refusalForRecord, turns }: CommandsOptions) {
  async function run<State, Outcome, Work extends WorkDone<Outcome>>(
    kind: SubjectKind<State, Work>,
    command: Command,
    work: (context: CommandContext<State | undefined>) => Promise<Work>,
  ): Promise<VersionedOutcome<Outcome>> {
    const { principal, within } = command
    // What is done within another command reads for its own caller; the key, and the turn, are those of the outer one.
    if (within) {
      const tx = within.tx as Transaction
      return readingAs(tx, kind.readerFor(principal), () => perform(tx, kind, command, within.now, work))
    }
    return audit.onOpenLog(() =>
      withTransactionAs(db, kind.readerFor(principal), (tx) =>
        withKey(tx, command, clock().toISOString(), (_tx, started) => perform(tx, kind, command, started, work)),
      ),
    )
  }

  async function perform<State, Outcome, Work extends WorkDone<Outcome>>(
    tx: Transaction,
    kind: SubjectKind<State, Work>,
    command: Command,
    started: string,
    work: (context: CommandContext<State | undefined>) => Promise<Work>,
  ): Promise<VersionedOutcome<Outcome>> {
    const { principal } = command
    const locked = command.id === undefined ? undefined : await kind.lock(tx, command.id, principal, instantOf(started))
    // Before anything that depends on its state, so that a stranger hears of nothing else.
    if (command.id !== undefined && !locked) throw refused('NOT_FOUND', kind.unknown)
    if (locked) checkPrecondition(command.ifMatch, locked.version, kind.type)
    await kind.admit?.(tx, principal)
    const head = await policyHead(tx)
    const now = started > head.instant ? started : head.instant
    const sequence = (locked?.actCount ?? 0) + 1
    const leafId = newId()
    const done = await work({ tx, state: locked?.state, principal, at: instantOf(now), now, sequence, leafId, newId })
    if (done.isRepeat) return { outcome: await outcomeAt(done.outcome, head.revision), version: locked?.version ?? '' }
    const { act, event } = done.as ?? command
    const id = done.id ?? command.id ?? ''
    const performed: Act<State, Work> = { id, act, principal, before: locked?.state, done, sequence, now, leafId }
    const version = await kind.write(tx, performed)
    const revision = (await kind.publish(tx, performed)) ?? head.revision
    const outcome = await outcomeAt(done.outcome, revision)
    const { leaf = {}, payload = {} } = kind.record(performed)
    await audit.recordAct(tx, {
      ...{ ...leaf, id: leafId, event, act, org: principal.org, revision },
      payload: { ...actorOf(principal), ...payload },
    })
    return { outcome, version }
  }

  /** A refusal is an event too: who tried what, and why it was refused. */
  async function recordRefusal(kind: SubjectKind<never, never>, command: Command, refusal: Refusal): Promise<void> {
    const { principal, act, event, id } = command
    await audit.onOpenLog(() =>
      withTransactionAs(db, kind.readerFor(principal), async (tx) => {
        const { revision, instant } = await policyHead(tx)
        // Whoever may not know the subject leaves no trace of its name, and a name of nothing is a word of the caller's.
        const { leaf = {}, payload = {} } = (id === undefined ? undefined : await kind.known(tx, id, principal, instantOf(instant))) ?? {}
        await audit.recordAct(tx, {
          ...{ ...leaf, event, act, org: principal.org, revision, refused: true },
          payload: { ...actorOf(principal), ...payload, problem: refusalForRecord(refusal) },
        })
      }),
    )
  }

  async function recording<Outcome>(
    kind: SubjectKind<never, never>,
    command: Command,
    perform: () => Promise<VersionedOutcome<Outcome>>,
  ): Promise<CommandResult<Outcome>> {
    // A refusal within another command refuses that one, and is recorded with it.
    if (command.within) return answered(perform)
    const result = await answered(() => turns(command.principal, command.idempotency, perform))
    if (!result.ok && result.refusal.recorded) await recordRefusal(kind, command, result.refusal)
    return result
  }

  return {
    /**
     * Performs a command on a subject. `work` writes its rows and answers what it did, or throws `Refused`: then nothing is
     * changed. Refuses besides what is not there, a version that is no longer the present one, and a key used for another request.
     */
    perform: <State, Outcome, Work extends WorkDone<Outcome>>(
      kind: SubjectKind<State, Work>,
      command: Command & { readonly id: string },
      work: (context: CommandContext<State>) => Promise<Work>,
    ): Promise<CommandResult<Outcome>> =>
      recording(kind as SubjectKind<never, never>, command, () =>
        run<State, Outcome, Work>(kind, command, (context) => work(context as CommandContext<State>)),
      ),
    /** Performs the command that makes a subject: `work` writes it and names it. Otherwise as `perform`. */
    create: <Outcome, Work extends WorkDone<Outcome>>(
      kind: SubjectKind<never, Work>,
      command: Omit<Command, 'id'>,
      work: (context: Omit<CommandContext<never>, 'state'>) => Promise<Work>,
    ): Promise<CommandResult<Outcome>> =>
      recording(kind as SubjectKind<never, never>, command, () => run<never, Outcome, Work>(kind, command, work as never)),
  }
}

/** @throws Refused where a state has to be named and none is, or another one is named than there is */
export function checkPrecondition(ifMatch: string | null | undefined, version: string, subject: string): void {
  if (ifMatch === null) throw refused('PRECONDITION_REQUIRED', 'Send If-Match with the ETag you read.')
  if (ifMatch !== undefined && !ifMatchHolds(ifMatch, etagOf(version)))
    throw refused('PRECONDITION_FAILED', `The ${subject} has changed since you read it.`)
}

/** Work with the call's key claimed before it and what came of it kept after it; where the key was used before, what came of that. */
async function withKey<Outcome>(
  tx: Transaction,
  { principal, idempotency }: Pick<Command, 'principal' | 'idempotency'>,
  at: string,
  work: (tx: Transaction, at: string) => Promise<VersionedOutcome<Outcome>>,
): Promise<VersionedOutcome<Outcome>> {
  if (!idempotency) return work(tx, at)
  const keys = idempotencyRepository(tx)
  const earlier = await keys.claimKey(principal, idempotency, at)
  if (earlier) return earlier as VersionedOutcome<Outcome>
  const done = await work(tx, at)
  await keys.keep(principal, idempotency.key, done)
  return done
}

async function outcomeAt<Outcome>(outcome: WorkDone<Outcome>['outcome'], revision: number): Promise<Outcome> {
  return typeof outcome === 'function' ? (outcome as (revision: number) => Promise<Outcome>)(revision) : outcome
}

/** Who acted, as the payload of a leaf says it: a subject means somebody only with the issuer that calls them so. */
export function actorOf({ issuer, sub, roles, org }: Principal) {
  return { actor: sub, issuer, roles, org }
}
