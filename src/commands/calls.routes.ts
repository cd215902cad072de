import type { FastifyRequest } from 'fastify'
import { sha256Hex } from '../audit/format/canonical-json.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { reply } from '../platform/http/answer.ts'
import { etagOf } from '../platform/kernel/entity-tags.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import type { Call, CommandResult, IdempotencyKey } from './command.ts'

type AnyRequest = Pick<FastifyRequest, 'headers' | 'params' | 'body' | 'routeOptions' | 'principal' | 'ip'>

/**
 * Who calls, under which key, and which state is meant where that is said.
 *
 * @param query the choices of the address, where they are part of what is asked for
 */
export function callOf(request: AnyRequest, query: object = {}): Call {
  const ifMatch = request.headers['if-match']
  return {
    principal: callerOf(request),
    idempotency: idempotencyOf(request, query),
    address: request.ip,
    ...(typeof ifMatch === 'string' ? { ifMatch } : {}),
  }
}

/** A call that must name the state it means to change: that may not have changed since it was read. */
export function changeOf(request: AnyRequest): Call & { readonly ifMatch: string | null } {
  return { ifMatch: null, ...callOf(request) }
}

/** The key a request came with, bound to the operation, what it is about, and what its body means, however it was written; null where it came without one. */
function idempotencyOf({ headers, params, body, routeOptions }: AnyRequest, query: object): IdempotencyKey | null {
  const key = headers['idempotency-key']
  if (typeof key !== 'string') return null
  const operationId = routeOptions.config.operation?.id
  return { key, requestHash: sha256Hex(`${operationId}\n${stableJson({ ...(params as object), ...query })}\n${stableJson(body ?? null)}`) }
}

/** The reply that tells an outcome as it is, with the `ETag` of the version it left. @throws Refused with the refusal of the command */
export function outcomeReply<Status extends number, Outcome>(status: Status, answered: CommandResult<Outcome>) {
  const { outcome, version } = orThrow(answered)
  return reply(status, outcome, { etag: etagOf(version) })
}
