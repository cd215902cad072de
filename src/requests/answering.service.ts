import type { InvitationBody, MembershipService } from '../agreements/acts/membership.service.ts'
import type { Agreement } from '../agreements/agreement.ts'
import type { AgreementsService } from '../agreements/agreements.service.ts'
import type { DraftingService } from '../agreements/drafting/drafting.service.ts'
import type { DraftFacts } from '../agreements/model/draft-rules.ts'
import { draftVersion, presentParties, standingVersions } from '../agreements/model/standing.ts'
import { NO_SUCH_AGREEMENT } from '../agreements/visibility.ts'
import type { CommandResult } from '../commands/command.ts'
import { writerFor } from '../identity/permissions.ts'
import type { PartiesService } from '../parties/parties.service.ts'
import { orThrow, Refused } from '../platform/kernel/refusal.ts'
import { draftedShare } from './drafted-share.ts'
import type { RequestActs, RequestCall, RequestContext, RequestDone, ShareRequestView } from './request-acts.service.ts'
import { requestsRepository } from './requests.repository.ts'
import { no, type ShareRequest } from './share-request.ts'

export interface AnsweringOptions {
  readonly acts: RequestActs
  readonly facts: () => Promise<DraftFacts>
  readonly agreements: Pick<AgreementsService, 'find'>
  readonly drafting: Pick<DraftingService, 'beginning'>
  readonly membership: Pick<MembershipService, 'invitation'>
  readonly parties: Pick<PartiesService, 'all'>
}

/** What an officer answers. */
export interface AnswerBody {
  readonly answer: 'DRAFT_BEGUN' | 'JOIN_AGREEMENT' | 'ONE_OFF' | 'REFUSED'
  readonly reason?: string | null | undefined
  readonly agreement?: string | null | undefined
  readonly title?: string | null | undefined
  readonly instrument_type?: string | null | undefined
}

/** What the keeper of an agreement says to whoever asks to join it. */
export interface JoiningBody {
  readonly outcome: 'INVITED' | 'DECLINED'
  readonly reason?: string | null | undefined
  readonly role?: string | null | undefined
  readonly capacities?: readonly string[] | null | undefined
}

export type AnsweringService = ReturnType<typeof answeringService>

/** What a request comes to: a draft, a place in an agreement, a one-off disclosure, or a no. What is begun for it is begun in the same transaction. */
export function answeringService({ acts, facts, agreements, drafting, membership, parties }: AnsweringOptions) {
  const agreementFor = async ({ tx, principal, at }: RequestContext, id: string): Promise<Agreement> => {
    const found = await agreements.find(tx, writerFor(principal), id, at)
    if (!found) throw new Refused(no('UNPROCESSABLE', 'UNKNOWN_AGREEMENT', NO_SUCH_AGREEMENT, '/agreement'))
    return found
  }

  /** The draft that the request comes to: one that there is, or a new one that the two organisations and the flow are filled in to. */
  async function draftOf(context: RequestContext, body: AnswerBody, begin: ReturnType<DraftingService['beginning']>): Promise<string> {
    const { request, principal, at, tx, now } = context
    const { question } = request
    if (body.agreement) {
      const found = await agreementFor(context, body.agreement)
      const present = presentParties(found, at)
      if (!draftVersion(found) || !present.includes(question.provider) || !present.includes(question.recipient))
        throw new Refused(
          no('UNPROCESSABLE', 'NOT_THEIR_DRAFT', 'It holds no draft, or not both organisations take part in it.', '/agreement'),
        )
      return found.id
    }
    const title = body.title ?? `${question.purpose}: ${question.provider} to ${question.recipient}`
    const instrument_type = body.instrument_type ?? 'CONTROLLER_TO_CONTROLLER'
    const begun = await begin(
      { principal, idempotency: null, within: { tx, now } },
      { title, instrument_type, content: draftedShare(question) },
    )
    return orThrow(begun).outcome.id
  }

  /** Asks the keeper of an agreement; the answerer knows it. */
  async function joining(context: RequestContext, body: AnswerBody): Promise<RequestDone> {
    const { request, at, tx } = context
    if (!body.agreement) throw new Refused(no('UNPROCESSABLE', 'AGREEMENT', 'Name the agreement to join.', '/agreement'))
    const agreement = await agreementFor(context, body.agreement)
    if (standingVersions(agreement, at).length === 0)
      throw new Refused(no('UNPROCESSABLE', 'NO_TEXT', 'It has no text that somebody could join by a signature.', '/agreement'))
    if (joinersOf(request, agreement, at).length === 0)
      throw new Refused(no('UNPROCESSABLE', 'ALREADY_PARTIES', 'Both take part in it: what is missing is an amendment.', '/agreement'))
    const keeper = await requestsRepository(tx).keeperOf(agreement.id)
    if (keeper === null) throw new Refused(no('UNPROCESSABLE', 'NO_KEEPER', 'Nobody keeps its text, so nobody can invite.', '/agreement'))
    return {
      request: { ...request, status: 'AWAITING_KEEPER', join_agreement: agreement.id },
      reason: body.reason ?? null,
      detail: { answer: body.answer, agreement: agreement.id },
      tell: [{ kind: 'JOINING_ASKED', orgs: [keeper] }],
    }
  }

  return {
    async answer(call: RequestCall, body: AnswerBody): Promise<CommandResult<ShareRequestView>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const begin = drafting.beginning(await facts())
      return acts.act(call, 'answer', async (context) => {
        const { request } = context
        const { answer, reason = null } = body
        if (answer === 'JOIN_AGREEMENT') return joining(context, body)
        if (answer === 'REFUSED' && reason === null) throw new Refused(no('UNPROCESSABLE', 'REASON', 'A refusal says why.', '/reason'))
        if (answer !== 'DRAFT_BEGUN' && body.agreement)
          throw new Refused(no('UNPROCESSABLE', 'AGREEMENT', `${answer} names no agreement.`, '/agreement'))
        const agreement = answer === 'DRAFT_BEGUN' ? await draftOf(context, body, begin) : null
        return closed(request, answer, agreement, reason)
      })
    },

    /** The keeper invites whoever of the two takes no part yet, or says why not; then the request is open again. */
    async join(call: RequestCall, { outcome, reason = null, role, capacities }: JoiningBody): Promise<CommandResult<ShareRequestView>> {
      if (outcome === 'DECLINED')
        return acts.act(call, 'decline', async ({ request }) => {
          if (reason === null) throw new Refused(no('UNPROCESSABLE', 'REASON', 'Whoever declines says why.', '/reason'))
          return {
            request: { ...request, status: 'OPEN', join_agreement: null, picked_up_by: null },
            tell: [{ kind: 'JOINING_DECLINED', orgs: [request.question.provider, request.question.recipient] }],
            reason,
            detail: { agreement: request.join_agreement },
          }
        })
      const organisations = new Map((await parties.all()).map((organisation) => [organisation.code, organisation]))
      return acts.act(call, 'invite', async (context) => {
        const { request, tx, principal, at, now } = context
        const agreement = await agreementFor(context, request.join_agreement ?? '')
        const joiners = joinersOf(request, agreement, at)
        for (const org of joiners) {
          const body: InvitationBody = { org, role: role ?? 'CONTROLLER', capacities: capacities ?? [] }
          const invited = { principal, idempotency: null, agreementId: agreement.id, within: { tx, now } }
          orThrow(await membership.invitation(organisations.get(org))(invited, body))
        }
        return closed(request, 'JOIN_AGREEMENT', agreement.id, reason, { invited: joiners })
      })
    },
  }
}

function closed(
  request: ShareRequest,
  answer: NonNullable<ShareRequest['answer']>,
  agreement: string | null,
  reason: string | null,
  detail: Readonly<Record<string, unknown>> = {},
): RequestDone {
  return {
    request: { ...request, status: 'CLOSED', answer, agreement },
    reason,
    detail: { answer, agreement, ...detail },
    tell: [{ kind: 'REQUEST_ANSWERED', orgs: [request.question.provider, request.question.recipient] }],
  }
}

/** Which of the two organisations of a share takes no part in an agreement at an instant. */
function joinersOf({ question: { provider, recipient } }: ShareRequest, agreement: Agreement, at: number): string[] {
  const present = presentParties(agreement, at)
  return [provider, recipient].filter((org) => !present.includes(org))
}
