import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import type { Operation } from '../platform/http/openapi.ts'
import { operation } from '../platform/http/openapi.ts'
import { problemOfRequest } from '../platform/http/validation-problem.ts'
import { type Problem, ProblemError } from '../platform/kernel/problem.ts'
import type { DecisionsService } from './decisions.service.ts'
import type { DecisionBody } from './request-body.ts'

/** The decision API. A DENY is a 200: the question was answered. A call that cannot be read is recorded before it is refused. */
export function decisionsRoutes(decisions: DecisionsService): FastifyPluginAsync {
  return async (app) => {
    app.onMalformed('/v1/decisions', (request, found) => record(request, found))

    app.route<Operation<'decide'>>({
      ...operation('decide'),
      handler: async (request, reply) => answer(request, reply, request.body, false),
    })

    app.route<Operation<'simulateDecision'>>({
      ...operation('simulateDecision'),
      handler: async (request, reply) => answer(request, reply, request.body, true),
    })
  }

  async function answer(request: FastifyRequest, reply: FastifyReply, body: unknown, simulated: boolean) {
    const found = problemOfRequest(request)
    if (found) {
      await record(request, found)
      throw new ProblemError(found)
    }
    const call = { caller: callerOf(request), body: body as DecisionBody, simulated, traceId: traceIdOf(request) }
    const { answer: given, receipt } = await decisions.decide(call)
    request.logFields['decisionId'] = given.decision_id
    request.logFields['decision'] = given.decision
    reply.code(200).header('accord-receipt', receipt)
    // The contract's types are mutable, the answer is not: what is sent is the same.
    return given as never
  }

  async function record(request: FastifyRequest, found: Problem): Promise<void> {
    await decisions.recordMalformed(callerOf(request), found.errors ?? [], request.url.startsWith('/v1/decisions/simulate'))
  }
}

/** The trace id of a W3C `traceparent` header, null where there is none or it is not one. */
export function traceIdOf(request: FastifyRequest): string | null {
  const header = request.headers['traceparent']
  const found = typeof header === 'string' ? /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(header)?.[1] : undefined
  return found && !/^0+$/.test(found) ? found : null
}
