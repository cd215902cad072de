import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../../commands/calls.routes.ts'
import type { Call, CommandResult } from '../../commands/command.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Answer, answer, type RequestOf, reply } from '../../platform/http/answer.ts'
import type { Operation, OperationId } from '../../platform/http/openapi.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { ActCall } from '../acting.service.ts'
import type { amendingService } from './amending.service.ts'
import type { attestingService } from './attesting.service.ts'
import type { disposingService } from './disposing.service.ts'
import type { endingService } from './ending.service.ts'
import type { evidenceService } from './evidence.service.ts'
import type { freezingService } from './freezing.service.ts'
import type { membershipService } from './membership.service.ts'
import type { mergingService } from './merging.service.ts'
import type { SignatureAddressesService } from './signature-addresses.service.ts'
import type { signingService } from './signing.service.ts'
import type { StandingPermitsService } from './standing-permits.service.ts'
import type { successionService } from './succession.service.ts'
import type { suspendingService } from './suspending.service.ts'

/** Everything that can be done to an agreement besides writing its draft. */
export interface AgreementActs {
  readonly freezing: ReturnType<typeof freezingService>
  readonly signing: ReturnType<typeof signingService>
  readonly signatureAddresses: SignatureAddressesService
  readonly amending: ReturnType<typeof amendingService>
  readonly suspending: ReturnType<typeof suspendingService>
  readonly membership: ReturnType<typeof membershipService>
  readonly ending: ReturnType<typeof endingService>
  readonly disposing: ReturnType<typeof disposingService>
  readonly attesting: ReturnType<typeof attestingService>
  readonly evidence: ReturnType<typeof evidenceService>
  readonly merging: ReturnType<typeof mergingService>
  readonly succession: ReturnType<typeof successionService>
  readonly standingPermits: StandingPermitsService
}

/** The body that the contract documents for a status of an operation. */
type Body<Id extends OperationId, Status> = Status extends keyof Operation<Id>['Reply'] ? Operation<Id>['Reply'][Status] : never

/**
 * Acts over HTTP, a table: operation, status of the reply, whether `If-Match` must name the state (those that change the text or end
 * something), and what is done. Who may call each, its body and its reply are the contract's.
 */
export function agreementActsRoutes(acts: AgreementActs): FastifyPluginAsync {
  const {
    freezing,
    signing,
    signatureAddresses,
    amending,
    suspending,
    membership,
    ending,
    disposing,
    attesting,
    evidence,
    merging,
    succession,
    standingPermits,
  } = acts
  return async (app) => {
    const act = actsOf(app)
    act('freezeAgreement', 200, changeOf, (call, { body }) => freezing.freeze(call, body ?? {}))
    act('signAgreement', 201, callOf, (call, { body }) => signing.sign(call, body))
    act('confirmSignature', 201, callOf, (call, { body }) => signing.confirm(call, body))
    act('amendAgreement', 201, changeOf, (call, { body }) => amending.amend(call, body))
    act('abandonDraft', 200, changeOf, (call) => amending.abandon(call))
    act('suspendAgreement', 201, callOf, (call, { body }) => suspending.suspend(call, body))
    act('liftSuspension', 200, callOf, (call, { params, body }) => suspending.lift(call, params.suspensionId, body))
    act('allowStandingPermit', 201, callOf, (call, { body }) => standingPermits.allow(call, body))
    act('endStandingPermit', 200, callOf, (call, { params, body }) => standingPermits.end(call, params.standingPermitId, body))
    act('withdrawFromAgreement', 201, callOf, (call, { body }) => membership.withdraw(call, body))
    act('takeBackWithdrawal', 200, callOf, (call, { body }) => membership.stay(call, body))
    act('inviteParty', 201, callOf, (call, { body }) => membership.invite(call, body))
    act('takeBackInvitation', 200, callOf, (call, { params, body }) => membership.uninvite(call, params.org, body))
    act('handOverAgreement', 200, callOf, (call, { body }) => membership.handOver(call, body))
    act('terminateAgreement', 200, changeOf, (call, { body }) => ending.terminate(call, body))
    act('takeBackTermination', 200, callOf, (call, { body }) => ending.goOn(call, body))
    act('withdrawDraft', 200, changeOf, (call, { body }) => ending.withdrawDraft(call, body))
    act('confirmDisposal', 201, callOf, (call, { body }) => disposing.confirm(call, body))
    act('attachEvidence', 201, callOf, (call, { body }) => evidence.attach(call, body))
    act('stateSignature', 201, callOf, (call, { body }) => attesting.state(call, body))
    act('attestSignature', 200, callOf, (call, { params }) => attesting.attest(call, params.statementId))
    act('disputeSignature', 200, callOf, (call, { params, body }) => attesting.dispute(call, params.statementId, body))
    act('rejectAgreement', 200, changeOf, (call, { body }) => ending.reject(call, body))

    answer(app, 'renewAgreement', async (request) => {
      const call = { ...changeOf(request), agreementId: request.params.id }
      const { kind, ...body } = request.body
      return kind === 'REVIEW_CONFIRMED'
        ? outcomeReply(200, await ending.confirmReview(call, body))
        : outcomeReply(201, await amending.renew(call, body))
    })
    answer(app, 'listSignatureAddresses', async (request) =>
      reply(200, { addresses: orThrow(await signatureAddresses.of(callerOf(request), request.params.id)) }),
    )
    answer(app, 'listStandingPermits', async (request) =>
      reply(200, orThrow(await standingPermits.list(callerOf(request), request.params.id))),
    )
    answer(app, 'listDisposals', async (request) => reply(200, orThrow(await disposing.list(callerOf(request), request.params.id))))
    answer(app, 'listEvidence', async (request) => reply(200, orThrow(await evidence.list(callerOf(request), request.params.id))))
    answer(app, 'listStatedSignatures', async (request) => reply(200, orThrow(await attesting.list(callerOf(request), request.params.id))))
    answer(app, 'mergeOrganisation', async (request) =>
      outcomeReply(200, await merging.merge(changeOf(request), request.params.code, request.body)),
    )
    answer(app, 'succeedOrganisation', async (request) =>
      outcomeReply(201, await succession.succeed(callOf(request), request.params.code, request.body)),
    )
  }
}

/** Registers acts on the agreement that the path names. */
function actsOf(app: FastifyInstance) {
  return <Id extends OperationId, Status extends keyof Operation<Id>['Reply'] & number>(
    id: Id,
    status: Status,
    callFor: (request: RequestOf<Id>) => Call,
    perform: (call: ActCall, request: Pick<RequestOf<Id>, 'params' | 'body'>) => Promise<CommandResult<Body<Id, Status>>>,
  ): void =>
    answer(app, id, async (request) => {
      const agreementId = (request.params as { readonly id: string }).id
      return outcomeReply(status, await perform({ ...callFor(request), agreementId }, request)) as Answer<Id>
    })
}
