import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandContext, CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { writerFor } from '../identity/permissions.ts'
import { isSamePerson, isService, servicePrincipal } from '../identity/principal.ts'
import type { NotificationKind, NotificationsService } from '../notifications/notifications.service.ts'
import type { Transaction } from '../platform/database/database.ts'
import { readAs } from '../platform/database/reader.ts'
import { orThrow, Refused } from '../platform/kernel/refusal.ts'
import { requestsRepository, type ShareRequestAct } from './requests.repository.ts'
import { type Actor, actRefused, REQUEST_ACTS, type RequestActName, type ShareRequest } from './share-request.ts'

export interface RequestActsOptions {
  readonly commands: CommandsService
  readonly notifications: NotificationsService
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

/** A call for an act on a request. */
export interface RequestCall extends Call {
  readonly requestId: string
}

/** A request with what was done to it; without, in lists. */
export interface ShareRequestView extends Omit<ShareRequest, 'asked_by' | 'picked_up_by'> {
  readonly asked_by_org: string
  readonly picked_up_by: { readonly org: string; readonly subject: string } | null
  readonly history?: readonly ShareRequestAct[]
}

/** What an act did: how the request is now, and what its history says of it. */
export interface RequestDone {
  readonly request: ShareRequest
  readonly reason?: string | null
  readonly detail?: Readonly<Record<string, unknown>>
  /** What was asked holds already: nothing is written. */
  readonly isRepeat?: boolean
  /** Who is told what; whoever acts is not. */
  readonly tell: readonly { readonly kind: NotificationKind; readonly orgs: readonly (string | null)[] }[]
}
interface Done extends WorkDone<ShareRequestView>, Omit<RequestDone, 'detail'> {}

/** What an act may use; `request` is how it stood before. */
export interface RequestContext extends Omit<CommandContext<ShareRequest>, 'state'> {
  readonly request: ShareRequest
}

/** What the log calls each act. */
const EVENTS = {
  ask: 'request.asked',
  pick_up: 'request.picked_up',
  hand_over: 'request.handed_over',
  answer: 'request.answered',
  withdraw: 'request.withdrawn',
  invite: 'request.joining_accepted',
  decline: 'request.joining_declined',
} as const

export type RequestActs = ReturnType<typeof requestActs>

/** Every act on a request: what the shell of commands has to know of requests. Each is one leaf of the governance log. */
export function requestActs({ commands, notifications, mustBeConfirmed }: RequestActsOptions) {
  const kind: SubjectKind<ShareRequest, Done> = {
    type: 'request',
    unknown: NO_SUCH_REQUEST,
    readerFor: writerFor,
    async lock(tx, id) {
      const found = await requestsRepository(tx).find(id, true)
      return found && { state: found.request, version: found.version, actCount: found.actCount }
    },
    admit: async (tx, principal) => (isService(principal) ? undefined : mustBeConfirmed(tx, principal.org)),
    async write(tx, { act, principal, sequence, now, leafId, done: { request, reason = null, detail, tell } }) {
      // A keeper who declines may see no more of it, and what it came to is kept all the same.
      await readAs(tx, { kind: 'system' })
      for (const { kind: what, orgs } of tell) {
        const others = orgs.filter((org): org is string => org !== null && (org !== principal.org || isService(principal)))
        const facts = { status: request.status, answer: request.answer, agreement: request.agreement }
        await notifications.tell(tx, others, {
          ...{ kind: what, subject: { type: 'request', id: request.id }, at: now, detail: facts, toldBy: principal.org },
        })
      }
      return requestsRepository(tx).addAct(
        request,
        { sequence, at: now, act: act as ShareRequestAct['act'], reason, detail, leaf_id: leafId },
        principal,
      )
    },
    publish: async () => undefined,
    record: ({ before, now, done: { request, reason = null, detail } }) => ({
      leaf: { ...(before ? { from: before.status } : {}), to: request.status },
      payload: { at: now, request: request.id, reason, detail },
    }),
    async known(tx, id) {
      const found = await requestsRepository(tx).find(id)
      return found && { leaf: { from: found.request.status }, payload: { request: id } }
    },
  }

  const outcomeOf = (tx: Transaction, request: ShareRequest) => async (): Promise<ShareRequestView> => ({
    ...viewOf(request),
    history: await requestsRepository(tx).history(request.id),
  })

  return {
    /** The act that makes a request. */
    ask: (
      call: Call,
      work: (context: Omit<CommandContext<never>, 'state'>) => Promise<RequestDone>,
    ): Promise<CommandResult<ShareRequestView>> =>
      commands.create<ShareRequestView, Done>(kind as never, { ...call, act: 'ask', event: EVENTS.ask }, async (context) => {
        const done = await work(context)
        if (!done.isRepeat) await requestsRepository(context.tx).insert(done.request)
        return { ...done, id: done.request.id, detail: done.detail ?? {}, outcome: outcomeOf(context.tx, done.request) }
      }),

    /** Passes a request on that somebody who leaves has picked up; where nobody takes it over it is open to every officer again. No act of a person on it: it follows from a handover. */
    handOver: async (
      { requestId: id, ...call }: Pick<RequestCall, 'requestId' | 'within'>,
      from: Actor,
      to: Actor | null,
    ): Promise<void> => {
      const done = await commands.perform<ShareRequest, ShareRequestView, Done>(
        kind,
        { ...call, principal: servicePrincipal(from.org), idempotency: null, id, act: 'hand_over', event: EVENTS.hand_over },
        async ({ tx, state }) => {
          const isTheirs = state.status !== 'CLOSED' && state.picked_up_by && isSamePerson(state.picked_up_by, from)
          const status = to === null && state.status === 'PICKED_UP' ? 'OPEN' : state.status
          const request = isTheirs ? { ...state, status, picked_up_by: to } : state
          return { request, tell: [], isRepeat: !isTheirs, detail: { from, to }, outcome: outcomeOf(tx, request) }
        },
      )
      orThrow(done)
    },

    /** An act of the table (`REQUEST_ACTS`), refused where the table or the role does not let it be. */
    act: (
      { requestId: id, ...call }: RequestCall,
      act: RequestActName,
      work: (context: RequestContext) => Promise<RequestDone>,
    ): Promise<CommandResult<ShareRequestView>> =>
      commands.perform<ShareRequest, ShareRequestView, Done>(
        kind,
        { ...call, id, act, event: EVENTS[act] },
        async ({ state: request, ...context }) => {
          const { tx, principal } = context
          const { by } = REQUEST_ACTS[act]
          const keeper = by === 'KEEPER' ? await requestsRepository(tx).keeperOf(request.join_agreement) : null
          const why = actRefused(act, request, principal, keeper)
          if (why) throw new Refused(why)
          const done = await work({ ...context, request })
          return { ...done, detail: done.detail ?? {}, outcome: outcomeOf(tx, done.request) }
        },
      ),
  }
}

export const NO_SUCH_REQUEST = 'There is no such request here.'

/** A request as it is shown. */
export function viewOf({ asked_by, picked_up_by, ...request }: ShareRequest): ShareRequestView {
  return {
    ...request,
    asked_by_org: asked_by.org,
    picked_up_by: picked_up_by && { org: picked_up_by.org, subject: picked_up_by.sub },
  }
}
