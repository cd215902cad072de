import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandContext, CommandsService, PolicyPublication, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { writerFor } from '../identity/permissions.ts'
import { isService, type Principal } from '../identity/principal.ts'
import type { Addressed } from '../notifications/kinds.ts'
import type { NotificationKind, NotificationsService } from '../notifications/notifications.service.ts'
import type { Transaction } from '../platform/database/database.ts'
import { readAs } from '../platform/database/reader.ts'
import type { Instant } from '../platform/kernel/instant.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { refused } from '../platform/kernel/refusal.ts'
import type { Agreement } from './agreement.ts'
import { type AgreementsService, agreementsForPolicy } from './agreements.service.ts'
import type { ActingPerson, LifecycleChange, LifecycleCommand } from './model/command.ts'
import { decide } from './model/lifecycle.ts'
import { othersThan } from './model/standing.ts'
import type { ActName } from './model/standing-acts.ts'
import { actsRepository } from './store/acts.repository.ts'
import { indexForSearch } from './store/search.repository.ts'
import { successorsRepository } from './store/successors.repository.ts'
import { NO_SUCH_AGREEMENT, visibleTo } from './visibility.ts'

export interface ActingOptions {
  readonly commands: CommandsService
  readonly agreements: AgreementsService
  readonly notifications: NotificationsService
  readonly policy: PolicyPublication<{ readonly agreements: readonly Agreement[] }>
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

/** A call for an act on an agreement. */
export interface ActCall extends Call {
  readonly agreementId: string
  /** The party in whose place the caller's organisation acts, where that has ended and is followed by it: it may know the agreement for this act alone. */
  readonly inPlaceOf?: string
}

/** What every act answers first: on which agreement, what, when, and how its status moved. */
export interface ActOutcome {
  readonly agreement: string
  readonly act: ActName
  /** The instant of the act; from here on decisions stand on it. */
  readonly at: string
  readonly from: Agreement['status']
  readonly to: Agreement['status']
}

/** What an act did, once its rows are written. */
export interface ActDone<Outcome> extends WorkDone<Outcome> {
  readonly to?: Agreement['status']
  readonly version?: number
  readonly versionHash?: string
}

/** The kind of change that a command makes. */
export type ChangeOf<T extends LifecycleCommand['type'], C = LifecycleChange> = C extends { readonly type: infer U }
  ? T extends U
    ? C
    : never
  : never

/** What an act may use; `agreement` is the state before it. */
export interface ActContext extends Omit<CommandContext<Agreement>, 'state'> {
  readonly agreement: Agreement
  /** The change a command makes, by whoever calls or by who they are besides. @throws Refused when the table or a rule refuses it */
  decided<T extends LifecycleCommand>(command: T, actor?: ActingPerson): ChangeOf<T['type']>
  /** Tells organisations; absent: everybody who takes part and the keeper, but not whoever acts. */
  tell(kind: NotificationKind, detail: Readonly<Record<string, unknown>>, orgs?: readonly string[], to?: Addressed | null): Promise<void>
}

/** What the log calls each act. */
const EVENTS = {
  freeze: 'agreement.frozen',
  sign: 'agreement.signed',
  confirm: 'agreement.signature_confirmed',
  amend: 'agreement.amendment_opened',
  abandon: 'agreement.draft_abandoned',
  suspend: 'agreement.suspended',
  lift: 'agreement.suspension_lifted',
  leave: 'agreement.party_withdrawn',
  stay: 'agreement.leaving_taken_back',
  invite: 'agreement.party_invited',
  uninvite: 'agreement.invitation_taken_back',
  hand_over: 'agreement.keeper_changed',
  terminate: 'agreement.terminated',
  go_on: 'agreement.end_taken_back',
  renew: 'agreement.renewal_opened',
  confirm_review: 'agreement.review_confirmed',
  withdraw_draft: 'agreement.withdrawn',
  reject: 'agreement.rejected',
  dispose: 'agreement.disposal_confirmed',
  dispose_in_place: 'agreement.disposal_confirmed',
  attach: 'agreement.evidence_attached',
  state: 'agreement.signature_stated',
  attest: 'agreement.signature_attested',
  dispute: 'agreement.signature_disputed',
} as const satisfies Record<ActName, string>

/** Acts that no decision stands on but manifests do: each makes a revision, so that none is issued on what was before it. */
const ALWAYS_PUBLISHED: ReadonlySet<string> = new Set(['allow_standing', 'end_standing'])

/** Acts that change neither a text nor who is a party to it, and so none of the words by which the agreement is found. */
const WORDS_STAY: ReadonlySet<string> = new Set([
  ...(['suspend', 'lift', 'confirm_review', 'attach', 'state', 'attest', 'dispute'] as const satisfies readonly ActName[]),
  ...ALWAYS_PUBLISHED,
])

/** What falls due is no organisation's act: whoever keeps the text may be another by then, or have ended. */
function readerOf(principal: Principal): Reader {
  return isService(principal) ? { kind: 'system' } : writerFor(principal)
}

/** For whom the transaction reads on: who acts in the place of a body that it follows reads what that body's disposal needs, and nobody else more. */
async function admitted(tx: Transaction, id: string, principal: Principal, at: Instant, inPlaceOf: string | undefined): Promise<Reader> {
  if (inPlaceOf === undefined || !(await successorsRepository(tx).followedIn(id, principal.org, at)).includes(inPlaceOf))
    return readerOf(principal)
  await readAs(tx, { kind: 'system' })
  return { kind: 'system' }
}

export type ActingService = ReturnType<typeof actingService>

/** Every act on an agreement: what the shell of commands has to know of agreements, and what acts share. */
export function actingService({ commands, agreements, notifications, policy, mustBeConfirmed }: ActingOptions) {
  const kindFor = (inPlaceOf?: string): SubjectKind<Agreement, ActDone<unknown>> => ({
    type: 'agreement',
    unknown: NO_SUCH_AGREEMENT,
    readerFor: readerOf,
    async lock(tx, id, principal, at) {
      const reader = await admitted(tx, id, principal, at, inPlaceOf)
      const locked = await actsRepository(tx).lock(id, reader)
      const [state] = locked ? await agreements.read(tx, [id]) : []
      if (!locked || !state || !visibleTo(reader, state, at)) return undefined
      return { state, version: locked.rowVersion, actCount: locked.actCount }
    },
    admit: async (tx, principal) => (isService(principal) ? undefined : mustBeConfirmed(tx, principal.org)),
    async write(tx, { id, act, principal, before, done, sequence, now, leafId }) {
      // What is kept and published is the whole of it, whatever whoever acted may still see.
      await readAs(tx, { kind: 'system' })
      const version = await actsRepository(tx).touch(id, sequence, now)
      if (!WORDS_STAY.has(act)) await indexForSearch(tx, id)
      const from = before?.status ?? null
      await actsRepository(tx).addHistory({ agreementId: id, sequence, at: now, act, principal, from, done, leafId })
      return version
    },
    async publish(tx, { id, act, before, now }) {
      const [after] = await agreements.toPublish(tx, [id])
      const [was] = before ? agreementsForPolicy([before]) : []
      const isSame = JSON.stringify(after) === JSON.stringify(was)
      if (after === undefined || (isSame && !ALWAYS_PUBLISHED.has(act))) return undefined
      return policy.publish(tx, { agreements: [after] }, now)
    },
    record({ id, before, done, sequence, now }) {
      const to = done.to ?? before?.status
      return {
        leaf: {
          ...{ agreement: id, sequence },
          ...(before ? { from: before.status } : {}),
          ...(to === undefined ? {} : { to }),
          ...(done.versionHash === undefined ? {} : { textHash: done.versionHash }),
        },
        payload: { at: now, agreement: id, version: done.version ?? null, detail: done.detail },
      }
    },
    async known(tx, id, principal, at) {
      const found = await agreements.find(tx, await admitted(tx, id, principal, at, inPlaceOf), id, at)
      return found && { leaf: { agreement: found.id, from: found.status }, payload: { agreement: found.id } }
    },
  })
  const kind = kindFor()

  /** An act whose outcome is its own; see `CommandsService.perform`. */
  function perform<Outcome>(
    { agreementId: id, inPlaceOf, ...call }: ActCall,
    named: { readonly act: string; readonly event: `agreement.${string}` },
    work: (context: ActContext) => Promise<ActDone<Outcome>>,
  ): Promise<CommandResult<Outcome>> {
    return commands.perform(
      inPlaceOf === undefined ? kind : kindFor(inPlaceOf),
      { ...call, ...named, id },
      ({ state: agreement, ...context }) =>
        work({
          ...context,
          agreement,
          decided(command, actor = context.principal) {
            const result = decide(command, agreement, actor, context.at)
            if (result.ok) return result.value as never
            const { code, rule, detail, errors } = result.refusal
            throw refused(code, detail, errors ?? [{ pointer: '', detail, code: rule }])
          },
          tell: (what, detail, orgs = othersThan(agreement, context.principal.org, context.at), addressedTo = null) =>
            notifications.tell(context.tx, orgs, {
              ...{ kind: what, subject: { type: 'agreement', id }, at: context.now, detail, addressedTo, toldBy: context.principal.org },
            }),
        }),
    )
  }

  return {
    perform,
    /** An act of the table of the lifecycle: its outcome says first how the status moved. */
    act: <Outcome extends object>(
      call: ActCall,
      act: ActName,
      work: (context: ActContext) => Promise<ActDone<Outcome> & { readonly outcome: Outcome }>,
    ): Promise<CommandResult<ActOutcome & Outcome>> =>
      perform<ActOutcome & Outcome>(call, { act, event: EVENTS[act] }, async (context) => {
        const done = await work(context)
        const from = context.agreement.status
        const outcome = { agreement: call.agreementId, act, at: context.now, from, to: done.to ?? from, ...done.outcome }
        return { ...done, outcome }
      }),
    /** The act that makes an agreement: `work` inserts it and names it. */
    create: <Outcome>(
      call: Call,
      named: { readonly act: string; readonly event: `agreement.${string}` },
      work: (context: Omit<CommandContext<never>, 'state'>) => Promise<ActDone<Outcome> & { readonly id: string }>,
    ): Promise<CommandResult<Outcome>> => commands.create<Outcome, ActDone<Outcome>>(kind as never, { ...call, ...named }, work),
  }
}
