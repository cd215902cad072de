import type { FastifyReply, FastifyRequest } from 'fastify'
import { idempotencyOf } from '../../commands/idempotency.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { OperationId } from '../../platform/http/openapi.ts'
import type { ActReply } from './act.ts'
import type { ActCall } from './call.ts'

export { idempotencyOf }

/** The call of an operation that changes an agreement and needs `If-Match`. */
export function changeCallOf(request: FastifyRequest, operationId: OperationId): ActCall {
  const ifMatch = request.headers['if-match']
  return {
    principal: callerOf(request),
    agreementId: (request.params as { readonly id: string }).id,
    ifMatch: typeof ifMatch === 'string' ? ifMatch : null,
    idempotency: idempotencyOf(request, operationId),
  }
}

/** Sends what an act answered, with the `ETag` of the state it left. */
export function sendActReply<Body>(reply: FastifyReply, { status, body, etag }: ActReply<Body>): FastifyReply {
  return reply.code(status).header('etag', etag).send(body)
}
