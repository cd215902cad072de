import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Operation, type OperationId, operation } from './openapi.ts'
import { ProblemError, problem } from './problem.ts'

type Replies<Id extends OperationId> = Operation<Id>['Reply']
type Headers = Readonly<Record<string, string>>

/** Bytes that are sent as they are: a serialiser would write them anew. */
interface Bytes {
  readonly bytes: string | Buffer | Readable
  readonly type: string
}

/**
 * What a handler of an operation answers: a status that the contract documents, with the body that it documents for it; anything
 * else does not compile.
 */
export type Answer<Id extends OperationId> = {
  [Status in keyof Replies<Id>]: { readonly status: Status; readonly headers?: Headers } & ({ readonly body: Replies<Id>[Status] } | Bytes)
}[keyof Replies<Id>]

/** A request of an operation, checked against the contract. */
export type RequestOf<Id extends OperationId> = FastifyRequest<Operation<Id>>

/** A reply with a body. */
export function reply<Status extends number, Body>(status: Status, body: Body, headers: Headers = {}) {
  return { status, body, headers }
}

/** A reply that is sent as it is. */
export function bytesReply<Status extends number>(status: Status, type: string, bytes: Bytes['bytes'], headers: Headers = {}) {
  return { status, type, bytes, headers }
}

/** Registers the route of an operation. */
export function answer<Id extends OperationId>(
  app: FastifyInstance,
  id: Id,
  handler: (request: RequestOf<Id>) => Promise<Answer<Id>>,
  options: { readonly bodyLimit?: number } = {},
): void {
  app.route({
    ...operation(id),
    ...options,
    handler: async (request: FastifyRequest, response: FastifyReply) => {
      const answered = (await handler(request as RequestOf<Id>)) as { readonly status: number; readonly headers?: Headers } & (
        | { readonly body: unknown }
        | Bytes
      )
      response.code(answered.status).headers(answered.headers ?? {})
      return 'bytes' in answered ? response.type(answered.type).send(answered.bytes) : response.send(answered.body)
    },
  })
}

/**
 * The type to reply with: of those we have, the one that `Accept` weighs most; without the header the first of ours. All of ours
 * are sent in UTF-8, so a range that asks for it is met. @throws ProblemError 406 when the header leaves none of ours (RFC 9110, 12.5.1)
 */
export function typeWanted<T extends string>(request: Pick<FastifyRequest, 'headers' | 'type'>, ours: readonly [T, ...T[]]): T {
  if (!request.headers.accept?.trim()) return ours[0]
  const sent = ours.map((type) => `${type};charset=utf-8`)
  const wanted = ours[sent.indexOf(String(request.type(sent)))]
  if (wanted === undefined) throw new ProblemError(problem('NOT_ACCEPTABLE', `this address replies with ${ours.join(', ')}`))
  return wanted
}
