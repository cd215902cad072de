import type { DraftFacts } from '../agreements/model/draft-rules.ts'
import { canonicalJson, sha256Hex } from '../audit/format/canonical-json.ts'
import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandContext, CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { readerFor, writerFor } from '../identity/permissions.ts'
import { type Identity, isSamePerson, type Principal } from '../identity/principal.ts'
import type { NotificationKind, NotificationsService } from '../notifications/notifications.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { SearchedTerms } from '../platform/kernel/asked-terms.ts'
import { instantOf } from '../platform/kernel/instant.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { Refused, refusal, refused, refusedBy } from '../platform/kernel/refusal.ts'
import { ok, refuse } from '../platform/kernel/result.ts'
import type { CodeLists } from '../reference/code-lists.ts'
import type { WorkflowService } from '../workflow/workflow.service.ts'
import { conditionFaults } from './disclosure-law.ts'
import {
  type AskedDisclosure,
  contentFaults,
  contentOf,
  type DisclosureContent,
  type DisclosureRequest,
  type DisclosureStatus,
  factsOf,
  isUndecided,
} from './disclosure-request.ts'
import { disclosureRequestsRepository, type StoredDisclosureRequest } from './disclosure-requests.repository.ts'

export interface DisclosureRequestsOptions {
  readonly db: Database
  readonly commands: CommandsService
  readonly workflow: WorkflowService
  readonly notifications: NotificationsService
  /** What a content is checked against. */
  readonly facts: () => Promise<DraftFacts>
  /** The code lists in force. */
  readonly codes: () => CodeLists
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
  /** Who asked for a share that was answered with a one-off disclosure between these two; undefined: nobody did. Joins the transaction. */
  readonly answeredAsker: (tx: Transaction, requestId: string, content: DisclosureContent) => Promise<Identity | undefined>
}

/** One as it is shown. */
export interface DisclosureView extends Omit<DisclosureRequest, 'asked_by' | 'revised_by'> {
  readonly asked_by_org: string
  readonly valid_from: string | null
  readonly consumed_at: string | null
}
interface Done extends WorkDone<DisclosureView> {
  readonly request: DisclosureRequest
}
/** A call for an act on one. */
export interface DisclosureCall extends Call {
  readonly disclosureId: string
}

const EVENTS = { ask: 'disclosure.asked', revise: 'disclosure.revised', withdraw: 'disclosure.withdrawn' } as const
const NO_SUCH_DISCLOSURE = 'There is no such disclosure here.'
const ROUTE = 'AD_HOC'
const PAGE = 50

export type DisclosureRequestsService = ReturnType<typeof disclosureRequestsService>

/** Asking for a one-off disclosure, putting it right, withdrawing it, and what is seen of it; it is decided in its sign-off. */
export function disclosureRequestsService(options: DisclosureRequestsOptions) {
  const { db, commands, workflow, notifications, facts, codes, mustBeConfirmed, answeredAsker } = options
  const kind: SubjectKind<DisclosureRequest, Done> = {
    type: 'disclosure',
    unknown: NO_SUCH_DISCLOSURE,
    readerFor: writerFor,
    async lock(tx, id) {
      const found = await disclosureRequestsRepository(tx).find(id, true)
      return found && { state: found.request, version: found.version, actCount: found.actCount }
    },
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: (tx, { id }) => disclosureRequestsRepository(tx).touch(id),
    publish: async () => undefined,
    record: ({ before, now, done: { request, detail } }) => ({
      leaf: { ...(before ? { from: before.status } : {}), to: request.status, textHash: request.content_hash },
      payload: { at: now, disclosure: request.id, detail },
    }),
    async known(tx, id) {
      const found = await disclosureRequestsRepository(tx).find(id)
      return found && { leaf: { from: found.request.status }, payload: { disclosure: id } }
    },
  }

  type Context = Omit<CommandContext<never>, 'state'>

  /** Opens the sign-off of a content by the people of the provider, in place of an earlier one. */
  async function opened({ tx, principal, at, now, newId }: Context, request: DisclosureRequest): Promise<DisclosureRequest> {
    const { id, content, content_hash: hash, revision, revised_by } = request
    const asked = {
      ...{ subject: { type: 'disclosure', id, version: revision, hash }, keeper: content.provider, facts: factsOf(content), route: ROUTE },
      parties: [{ org: content.provider, facts: ['CONTROLLER' as const, 'PROVIDER' as const], requesters: revised_by }],
    }
    const { id: sign_off } = await workflow.open(tx, asked, { principal, at, now, newId })
    return { ...request, sign_off }
  }

  function checked(asked: AskedDisclosure, known: DraftFacts, now: string) {
    const content = contentOf(asked)
    const provider = known.organisations.get(content.provider)
    const law = provider ? conditionFaults(content, codes().on(londonDay(instantOf(now))), provider) : []
    const faults = [...contentFaults(content, known, now), ...law]
    if (faults.length > 0) throw new Refused(refusal('UNPROCESSABLE', 'This cannot be asked so.', faults))
    return { content, content_hash: sha256Hex(canonicalJson(content)) }
  }

  const tell = ({ tx, principal, now }: Context, kind: NotificationKind, { id, content, status }: DisclosureRequest) =>
    notifications.tell(
      tx,
      [content.provider, content.recipient].filter((org) => org !== principal.org),
      { kind, subject: { type: 'disclosure', id }, at: now, detail: { status }, toldBy: principal.org },
    )

  const outcomeOf = (tx: Transaction, id: string) => async (): Promise<DisclosureView> => {
    const found = await disclosureRequestsRepository(tx).find(id)
    if (!found) throw new Error(`disclosure ${id} was written and cannot be read`)
    return viewOf(found)
  }

  const mustBeAsker = (request: DisclosureRequest, { org }: Principal) => {
    const { asked_by, status } = request
    if (asked_by.org !== org) throw refusedBy('FORBIDDEN', 'ASKED', 'Only the organisation that asked for it does this.')
    if (!isUndecided(request))
      throw refused('ILLEGAL_STATE', `It is ${status}.`, [{ pointer: '', detail: `It is ${status}.`, code: 'STATE' }])
  }

  return {
    async ask(call: Call, body: { readonly content: AskedDisclosure; readonly request_id?: string | null | undefined }) {
      // Read before the act, so that it needs no second connection while it holds one.
      const known = await facts()
      return commands.create<DisclosureView, Done>(kind as never, { ...call, act: 'ask', event: EVENTS.ask }, async (context) => {
        const { tx, principal, now, newId } = context
        const { org, issuer, sub } = principal
        const { content, content_hash } = checked(body.content, known, now)
        if (org !== content.provider && org !== content.recipient)
          throw refusedBy('FORBIDDEN', 'PARTY', 'It is asked for by people of the provider or of the recipient.')
        const request_id = body.request_id ?? null
        const asker = request_id === null ? undefined : await answeredAsker(tx, request_id, content)
        if (request_id !== null && !asker) {
          const detail = 'No request of these two was answered with a one-off disclosure under this key.'
          throw refused('UNPROCESSABLE', detail, [{ pointer: '/request_id', detail, code: 'UNKNOWN_REQUEST' }])
        }
        const asked: DisclosureRequest = {
          ...{ id: newId(), asked_by: { org, issuer, sub }, asked_at: now, content, content_hash, revision: 1, status: 'OPEN', request_id },
          // Whoever asked for the share asked for this, too, whoever writes it down (AH-3).
          ...{
            revised_by: [{ issuer, sub }, ...(asker && !isSamePerson(asker, principal) ? [asker] : [])],
            sign_off: newId(),
            decided_at: null,
            reasons: null,
            conditions: [],
          },
        }
        await disclosureRequestsRepository(tx).insert(asked)
        const request = await opened(context, asked)
        await disclosureRequestsRepository(tx).update(request)
        await tell(context, 'DISCLOSURE_ASKED', request)
        return { id: request.id, request, detail: { content, request_id }, outcome: outcomeOf(tx, request.id) }
      })
    },

    /** The next revision, while it is not decided: what was approved of the one before holds no longer (WF-1). */
    async revise({ disclosureId: id, ...call }: DisclosureCall, body: { readonly content: AskedDisclosure }) {
      const known = await facts()
      return commands.perform<DisclosureRequest, DisclosureView, Done>(
        kind,
        { ...call, id, act: 'revise', event: EVENTS.revise },
        async ({ state, ...context }) => {
          const { tx, principal, now } = context
          mustBeAsker(state, principal)
          const { content, content_hash } = checked(body.content, known, now)
          if (content.provider !== state.content.provider || content.recipient !== state.content.recipient)
            throw refused('UNPROCESSABLE', 'Between others it is another disclosure.', [
              { pointer: '/content', detail: 'Between others it is another disclosure.', code: 'PARTIES' },
            ])
          const { issuer, sub } = principal
          const revised_by = state.revised_by.some((one) => isSamePerson(one, principal))
            ? state.revised_by
            : [...state.revised_by, { issuer, sub }]
          const revised = {
            ...state,
            content,
            content_hash,
            revision: state.revision + 1,
            revised_by,
            status: 'OPEN' as const,
            reasons: null,
          }
          await disclosureRequestsRepository(tx).update(revised)
          const request = await opened(context, revised)
          await disclosureRequestsRepository(tx).update(request)
          await tell(context, 'DISCLOSURE_ASKED', request)
          return { request, detail: { content, revision: request.revision }, outcome: outcomeOf(tx, id) }
        },
      )
    },

    withdraw: ({ disclosureId: id, ...call }: DisclosureCall, { reason }: { readonly reason: string }) =>
      commands.perform<DisclosureRequest, DisclosureView, Done>(
        kind,
        { ...call, id, act: 'withdraw', event: EVENTS.withdraw },
        async ({ state, ...context }) => {
          const { tx, principal, at, now, newId } = context
          mustBeAsker(state, principal)
          const request: DisclosureRequest = { ...state, status: 'WITHDRAWN', reasons: reason }
          await disclosureRequestsRepository(tx).update(request)
          const subject = { type: 'disclosure', id, version: state.revision }
          await workflow.onSubject(tx, subject, { type: 'withdraw', reason }, { principal, at, now, newId })
          await tell(context, 'DISCLOSURE_WITHDRAWN', request)
          return { request, detail: { reason }, outcome: outcomeOf(tx, id) }
        },
      ),

    read: (principal: Principal, id: string): Promise<CommandResult<DisclosureView>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await disclosureRequestsRepository(tx).find(id)
        return found ? ok({ outcome: viewOf(found), version: found.version }) : refuse(refusal('NOT_FOUND', NO_SUCH_DISCLOSURE))
      }),

    /** Those that hold all of the terms, newest first. */
    search: (principal: Principal, { limit, ...asked }: SearchedTerms) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await disclosureRequestsRepository(tx).search({ ...asked, limit: limit + 1 })
        const page = found.slice(0, limit)
        return { disclosures: page.map(viewOf), next_before: found.length > limit ? (page.at(-1)?.request.id ?? null) : null }
      }),

    /** Newest first. */
    list: (
      principal: Principal,
      query: { readonly status?: DisclosureStatus | undefined; readonly before?: string | undefined; readonly limit?: number | undefined },
    ) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const { status = null, before = null, limit = PAGE } = query
        const found = await disclosureRequestsRepository(tx).list({ status, before, limit: limit + 1 })
        const page = found.slice(0, limit)
        return { disclosures: page.map(viewOf), next_before: found.length > limit ? (page.at(-1)?.request.id ?? null) : null }
      }),
  }
}

function viewOf({ request, validFrom, consumedAt }: StoredDisclosureRequest): DisclosureView {
  const { asked_by, revised_by: _by, ...shown } = request
  return { ...shown, asked_by_org: asked_by.org, valid_from: validFrom, consumed_at: consumedAt }
}
