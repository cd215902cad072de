import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ContractOperation, Json, JsonObject } from './contract-document.ts'

/** Answers what is wrong with a value, or undefined when it fits. */
type ReplyCheck = (value: unknown) => string | undefined

/**
 * Makes every reply of a contract operation fail with a 500 when its status is not documented or its body breaks the contract.
 * For tests: the serialiser repairs instead of refusing (null becomes "", 1.7 becomes 1), so a wrong reply would pass unseen.
 */
export function checkReplies(app: FastifyInstance, compile: (schema: JsonObject) => ReplyCheck): void {
  const checked = new WeakSet<FastifyRequest>()
  const verify = (request: FastifyRequest, reply: FastifyReply, value: unknown) => {
    const operation = request.routeOptions.config.operation
    if (!operation) return
    checked.add(request)
    const schema = schemaFor(operation, reply.statusCode)
    if (schema === undefined) throw new Error(`${operation.id} replied ${reply.statusCode}, which the contract does not document`)
    const fault = schema === true ? undefined : compile(schema)(value)
    if (fault) throw new Error(`${operation.id} replied ${reply.statusCode} against the contract: ${fault}`)
  }
  // What the handler meant, before the serialiser repairs it.
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (!checked.has(request)) verify(request, reply, JSON.parse(JSON.stringify(payload)))
    return payload
  })
  // What was serialised by hand, and replies without a body.
  app.addHook('onSend', async (request, reply, payload) => {
    if (checked.has(request)) return payload
    if (isJson(reply) && typeof payload === 'string') verify(request, reply, JSON.parse(payload) as Json)
    else if (!isDocumentedText(request, reply)) verify(request, reply, undefined)
    return payload
  })
}

function schemaFor(operation: ContractOperation, status: number): JsonObject | true | undefined {
  return (
    operation.replies[String(status)] ??
    operation.replies[`${Math.floor(status / 100)}XX`] ??
    (status >= 400 ? operation.replies['default'] : undefined)
  )
}

function isJson(reply: FastifyReply): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(mediaTypeOf(reply))
}

/** Whether the operation documents this media type for this status: its text has no schema to check. */
function isDocumentedText(request: FastifyRequest, reply: FastifyReply): boolean {
  const documented = request.routeOptions.config.operation?.schema.response as Record<string, { content?: object }> | undefined
  return !isJson(reply) && Object.hasOwn(documented?.[String(reply.statusCode)]?.content ?? {}, mediaTypeOf(reply))
}

function mediaTypeOf(reply: FastifyReply): string {
  return (
    String(reply.getHeader('content-type') ?? '')
      .split(';')[0]
      ?.trim()
      .toLowerCase() ?? ''
  )
}
