import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, type OperationId, operation } from '../../platform/http/openapi.ts'
import type { amendingService } from './amending.service.ts'
import { idempotencyOf } from './call.routes.ts'
import type { ActCall } from './call.ts'
import type { endingService } from './ending.service.ts'
import type { freezingService } from './freezing.service.ts'
import type { membershipService } from './membership.service.ts'
import type { mergingService } from './merging.service.ts'
import type { signingService } from './signing.service.ts'
import type { successionService } from './succession.service.ts'
import type { suspendingService } from './suspending.service.ts'

/** Everything that can be done to an agreement besides writing its draft. */
export interface AgreementActs {
  readonly freezing: ReturnType<typeof freezingService>
  readonly signing: ReturnType<typeof signingService>
  readonly amending: ReturnType<typeof amendingService>
  readonly suspending: ReturnType<typeof suspendingService>
  readonly membership: ReturnType<typeof membershipService>
  readonly ending: ReturnType<typeof endingService>
  readonly merging: ReturnType<typeof mergingService>
  readonly succession: ReturnType<typeof successionService>
}

/** Acts over HTTP. Each is idempotent under a key; those that change the text or end something need `If-Match`. */
export function agreementActsRoutes({
  freezing,
  signing,
  amending,
  suspending,
  membership,
  ending,
  merging,
  succession,
}: AgreementActs): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'freezeAgreement'>>({
      ...operation('freezeAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await freezing.freeze(careful(request, request.params.id))
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'signAgreement'>>({
      ...operation('signAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await signing.sign(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'confirmSignature'>>({
      ...operation('confirmSignature'),
      handler: async (request, reply) => {
        const { body, etag } = await signing.confirm(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'amendAgreement'>>({
      ...operation('amendAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await amending.amend(careful(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'abandonDraft'>>({
      ...operation('abandonDraft'),
      handler: async (request, reply) => {
        const { body, etag } = await amending.abandon(careful(request, request.params.id))
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'suspendAgreement'>>({
      ...operation('suspendAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await suspending.suspend(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'liftSuspension'>>({
      ...operation('liftSuspension'),
      handler: async (request, reply) => {
        const { id, suspensionId } = request.params
        const { body, etag } = await suspending.lift(callOf(request, id), suspensionId, request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'withdrawFromAgreement'>>({
      ...operation('withdrawFromAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await membership.withdraw(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'inviteParty'>>({
      ...operation('inviteParty'),
      handler: async (request, reply) => {
        const { body, etag } = await membership.invite(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'terminateAgreement'>>({
      ...operation('terminateAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await ending.terminate(careful(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'renewAgreement'>>({
      ...operation('renewAgreement'),
      handler: async (request, reply) => {
        const call = careful(request, request.params.id)
        const { kind, ...rest } = request.body
        if (kind === 'REVIEW_CONFIRMED') {
          const { body, etag } = await ending.confirmReview(call, rest)
          reply.header('etag', etag)
          return reply.code(200).send(body)
        }
        const { body, etag } = await amending.renew(call, rest)
        reply.header('etag', etag)
        return reply.code(201).send(body)
      },
    })

    app.route<Operation<'handOverAgreement'>>({
      ...operation('handOverAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await membership.handOver(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'takeBackInvitation'>>({
      ...operation('takeBackInvitation'),
      handler: async (request, reply) => {
        const { id, org } = request.params
        const { body, etag } = await membership.uninvite(callOf(request, id), org, request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'takeBackTermination'>>({
      ...operation('takeBackTermination'),
      handler: async (request, reply) => {
        const { body, etag } = await ending.goOn(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'takeBackWithdrawal'>>({
      ...operation('takeBackWithdrawal'),
      handler: async (request, reply) => {
        const { body, etag } = await membership.stay(callOf(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'withdrawDraft'>>({
      ...operation('withdrawDraft'),
      handler: async (request, reply) => {
        const { body, etag } = await ending.withdrawDraft(careful(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'rejectAgreement'>>({
      ...operation('rejectAgreement'),
      handler: async (request, reply) => {
        const { body, etag } = await ending.reject(careful(request, request.params.id), request.body)
        reply.header('etag', etag)
        return reply.code(200).send(body)
      },
    })

    app.route<Operation<'mergeOrganisation'>>({
      ...operation('mergeOrganisation'),
      handler: async (request, reply) => {
        const { principal, idempotency, ifMatch = null } = careful(request, request.params.code)
        const { body, etag } = await merging.merge({ principal, idempotency, ifMatch }, request.params.code, request.body)
        reply.header('etag', etag)
        return reply.code(200).send({
          ...body,
          successor_of: [...body.successor_of],
          aliases: [...body.aliases],
          departments: [...body.departments],
          merged_into: body.merged_into ?? null,
        })
      },
    })

    app.route<Operation<'succeedOrganisation'>>({
      ...operation('succeedOrganisation'),
      handler: async (request, reply) => {
        const { code } = request.params
        const { principal, idempotency } = callOf(request, code)
        const { body } = await succession.succeed({ principal, predecessor: code, idempotency }, request.body)
        return reply.code(201).send(body)
      },
    })
  }
}

/** A call that may name the state it means to change. */
function callOf(request: FastifyRequest, id: string): ActCall {
  const ifMatch = request.headers['if-match']
  const operationId = request.routeOptions.config.operation?.id as OperationId
  return {
    principal: callerOf(request),
    agreementId: id,
    ...(typeof ifMatch === 'string' ? { ifMatch } : {}),
    idempotency: idempotencyOf(request, operationId),
  }
}

/** A call that must name it: what it changes may not have changed since it was read. */
function careful(request: FastifyRequest, id: string): ActCall {
  return { ifMatch: null, ...callOf(request, id) }
}
