import type { FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { OperationId } from '../../platform/http/openapi.ts'
import type { ActReply, IdempotencyKey } from './act.ts'
import { requestHash } from './act-shell.service.ts'
import type { ActCall } from './call.ts'

/** The key a request came with, bound to the operation, what it is about, and its body; null where it came without one. */
export function idempotencyOf(request: FastifyRequest, operationId: OperationId): IdempotencyKey | null {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') return null
  return { key, requestHash: requestHash(operationId, request.params ?? {}, request.body) }
}

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
