import type { FastifyRequest } from 'fastify'
import type { OperationId } from '../platform/http/openapi.ts'
import type { IdempotencyKey } from './command-reply.ts'
import { requestHash } from './idempotency.service.ts'

/**
 * The key a request came with, bound to the operation, what it is about, and its body; null where it came without one.
 * @param query the choices of the address, where they are part of what is asked for
 */
export function idempotencyOf(request: FastifyRequest, operationId: OperationId, query: object = {}): IdempotencyKey | null {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') return null
  return { key, requestHash: requestHash(operationId, { ...(request.params as object), ...query }, request.body) }
}

/** `If-Match` of a call; null where it was not sent. */
export function ifMatchOf(request: FastifyRequest): string | null {
  const ifMatch = request.headers['if-match']
  return typeof ifMatch === 'string' ? ifMatch : null
}
