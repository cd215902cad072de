import type { DraftFacts } from '../agreements/model/draft-rules.ts'
import type { Call, CommandResult } from '../commands/command.ts'
import { readerFor } from '../identity/permissions.ts'
import type { Identity, Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../platform/database/reader.ts'
import type { SearchedTerms } from '../platform/kernel/asked-terms.ts'
import { type Refusal, Refused, refusal } from '../platform/kernel/refusal.ts'
import { ok, refuse } from '../platform/kernel/result.ts'
import { type AskedShare, type EarlierDecision, questionAsked } from './asked.ts'
import { NO_SUCH_REQUEST, type RequestActs, type RequestCall, type ShareRequestView, viewOf } from './request-acts.service.ts'
import { requestsRepository } from './requests.repository.ts'
import {
  type Actor,
  actRefused,
  isParty,
  no,
  otherThan,
  REQUEST_ACTS,
  type RequestActName,
  type RequestStatus,
  type ShareQuestion,
  type ShareRequest,
} from './share-request.ts'

export interface RequestsOptions {
  readonly db: Database
  readonly acts: RequestActs
  /** What a question is checked against. */
  readonly facts: () => Promise<DraftFacts>
  /** What is on record of a decision for whoever asks; undefined: nothing. */
  readonly earlier: (principal: Principal, decisionId: string) => Promise<EarlierDecision | undefined>
}

/** Which requests to list. */
export interface RequestsQuery {
  readonly mine?: boolean | undefined
  readonly status?: RequestStatus | undefined
  readonly before?: string | undefined
  readonly limit?: number | undefined
}

const PAGE = 50
/** Requests of each kind that wait for somebody, at most; the list has them all. */
const WAITING_MAX = 20

export type RequestsService = ReturnType<typeof requestsService>

/** Asking for a share that no agreement covers yet: asked, listed, read, picked up, withdrawn. It permits nothing. */
export function requestsService({ db, acts, facts, earlier }: RequestsOptions) {
  /** What somebody may do to a request as it stands. */
  async function actsOpen(tx: Transaction, request: ShareRequest, principal: Principal): Promise<RequestActName[]> {
    const keeper = await requestsRepository(tx).keeperOf(request.join_agreement)
    return (Object.keys(REQUEST_ACTS) as RequestActName[]).filter((act) => !actRefused(act, request, principal, keeper))
  }

  return {
    /** `bound`: what the named decision must fit besides; absent: nothing. */
    async ask(
      call: Call,
      asked: AskedShare,
      bound?: (decision: EarlierDecision, now: string) => Refusal | null,
    ): Promise<CommandResult<ShareRequestView>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const known = await facts()
      const decision = asked.decision_id ? await earlier(call.principal, asked.decision_id) : undefined
      return acts.ask(call, async ({ tx, principal, now, newId }) => {
        const found = questionAsked(asked, decision, known, now)
        const unbound = decision && bound?.(decision, now)
        if (unbound) throw new Refused(unbound)
        if ('faults' in found) throw new Refused(refusal('UNPROCESSABLE', 'This cannot be asked for.', found.faults))
        const { org, issuer, sub } = principal
        if (!isParty(found, org)) throw new Refused(no('FORBIDDEN', 'PARTY', 'A share is asked for by the provider or the recipient.'))
        const { why, decision_id = null, needed_by = null, join_agreement = null } = asked
        // Whether or not there is such an agreement, the same is asked, written and answered: whoever asks may not know.
        const keeper = await requestsRepository(tx).keeperOf(join_agreement)
        const request: ShareRequest = {
          ...{ id: newId(), origin: 'PERSON', asked_by: { org, issuer, sub }, asked_at: now, decision_id, why, needed_by },
          ...{ question: found.question, status: join_agreement === null ? 'OPEN' : 'AWAITING_KEEPER' },
          ...{ answer: null, join_agreement, agreement: null, picked_up_by: null },
        }
        const other = otherThan(request.question, org)
        const tell = [
          { kind: 'REQUEST_RECEIVED', orgs: [other] },
          { kind: 'JOINING_ASKED', orgs: [keeper] },
        ] as const
        return { request, tell, detail: { question: request.question, decision_id, needed_by, join_agreement, why } }
      })
    },

    /** An officer takes it up, also from a colleague; an agreement that was to be joined is then no longer asked for. */
    pickUp: (call: RequestCall): Promise<CommandResult<ShareRequestView>> =>
      acts.act(call, 'pick_up', async ({ request, principal: { org, issuer, sub } }) => ({
        request: { ...request, status: 'PICKED_UP', picked_up_by: { org, issuer, sub }, join_agreement: null },
        tell: [{ kind: 'REQUEST_PICKED_UP', orgs: [request.question.provider, request.question.recipient] }],
        detail: { by: org },
      })),

    withdraw: (call: RequestCall, { reason }: { readonly reason: string }): Promise<CommandResult<ShareRequestView>> =>
      acts.act(call, 'withdraw', async ({ request, principal }) => ({
        request: { ...request, status: 'CLOSED', answer: 'WITHDRAWN', join_agreement: null },
        tell: [{ kind: 'REQUEST_WITHDRAWN', orgs: [otherThan(request.question, principal.org)] }],
        reason,
      })),

    read: (principal: Principal, id: string): Promise<CommandResult<ShareRequestView>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const repository = requestsRepository(tx)
        const found = await repository.find(id)
        // Asked whether or not there is one: what is hidden costs what nothing costs.
        const history = await repository.history(id)
        if (!found) return refuse(refusal('NOT_FOUND', NO_SUCH_REQUEST))
        return ok({ outcome: { ...viewOf(found.request), history }, version: found.version })
      }),

    /** A request with its history, and what its reader may do to it now. */
    open: (principal: Principal, id: string) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await requestsRepository(tx).find(id)
        if (!found) return refuse(refusal('NOT_FOUND', NO_SUCH_REQUEST))
        const history = await requestsRepository(tx).history(id)
        return ok({ request: { ...viewOf(found.request), history }, acts: await actsOpen(tx, found.request, principal) })
      }),

    /** What waits for somebody: requests of others that nobody is at, those that they are at, and those to join what their organisation keeps. */
    waitingFor: (principal: Principal): Promise<ShareRequestView[]> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const kinds: readonly (readonly [status: RequestStatus, act: RequestActName])[] = [
          ['OPEN', 'pick_up'],
          ['PICKED_UP', 'answer'],
          ['AWAITING_KEEPER', 'invite'],
        ]
        const waiting: ShareRequest[] = []
        for (const [status, act] of kinds) {
          const filter = { mine: status === 'PICKED_UP' ? principal : null, status, before: null, limit: WAITING_MAX }
          for (const request of await requestsRepository(tx).list(filter))
            if ((status !== 'OPEN' || request.asked_by.org !== principal.org) && (await actsOpen(tx, request, principal)).includes(act))
              waiting.push(request)
        }
        return waiting.map(viewOf)
      }),

    /** The requests without an answer, as far as the caller may see them, for any of these shares. */
    openFor: (principal: Principal, shares: readonly Pick<ShareQuestion, 'provider' | 'recipient' | 'purpose'>[]) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        return (await requestsRepository(tx).openFor(shares)).map(({ id, status, question }) => ({
          ...{ id, question },
          status: status as Exclude<RequestStatus, 'CLOSED'>,
        }))
      }),

    /** Those that hold all of the terms, newest first. */
    search: (principal: Principal, { terms, before, limit }: SearchedTerms) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await requestsRepository(tx).search(terms, before, limit + 1)
        const page = found.slice(0, limit)
        return { requests: page.map(viewOf), next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),

    /** Newest first. */
    list: (principal: Principal, { mine = false, status, before, limit = PAGE }: RequestsQuery) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const filter = { mine: mine ? principal : null, status: status ?? null, before: before ?? null, limit: limit + 1 }
        const found = await requestsRepository(tx).list(filter)
        const page = found.slice(0, limit)
        return { requests: page.map(viewOf), next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),
  }
}

/**
 * Who asked for what an agreement came of, or for joining it: nobody approves or signs what they asked for (SD-1). Joins the transaction;
 * whoever freezes the text need not be one of the two that asked, so the service reads.
 */
export function askersOf(tx: Transaction, agreement: string): Promise<Actor[]> {
  return readingAs(tx, { kind: 'system' }, () => requestsRepository(tx).askersOf(agreement))
}

/** Who asked in a request of the reader's that was answered with a one-off disclosure between these two. Joins the transaction. */
export async function askerOfOneOff(
  tx: Transaction,
  id: string,
  { provider, recipient }: Pick<ShareQuestion, 'provider' | 'recipient'>,
): Promise<Identity | undefined> {
  const request = (await requestsRepository(tx).find(id))?.request
  const isSo = request?.answer === 'ONE_OFF' && request.question.provider === provider && request.question.recipient === recipient
  return isSo ? { issuer: request.asked_by.issuer, sub: request.asked_by.sub } : undefined
}
