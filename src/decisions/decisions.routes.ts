import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import type { Operation } from '../platform/http/openapi.ts'
import { operation } from '../platform/http/openapi.ts'
import { problemOfRequest } from '../platform/http/validation-problem.ts'
import type { DecisionsService } from './decisions.service.ts'
import type { DecisionBody } from './request-body.ts'
import { traceOf } from './trace.ts'

/**
 * The decision API: the contract has validated, the service decides and records. A DENY is a 200: the question was answered. A
 * call that cannot be read is recorded before it is refused. It may never answer before `decide` has, nor decide by itself.
 */
export function decisionsRoutes(decisions: DecisionsService): FastifyPluginAsync {
  return async (app) => {
    app.onMalformed('/v1/decisions', async (request, found) => {
      throw await decisions.recordRefused(callOf(request, isSimulation(request)), found)
    })

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
    if (found) throw await decisions.recordRefused(callOf(request, simulated), found)
    const call = { ...callOf(request, simulated), body: body as DecisionBody }
    const { answer: given, text, receipt } = await decisions.decide(call)
    request.logFields['decisionId'] = given.decision_id
    request.logFields['decision'] = given.decision
    reply.code(200).header('accord-receipt', receipt).header('content-type', 'application/json; charset=utf-8')
    return text as never
  }
}

function callOf(request: FastifyRequest, simulated: boolean) {
  return { caller: callerOf(request), simulated, trace: traceOf(request.headers['traceparent']) }
}

function isSimulation(request: FastifyRequest): boolean {
  return request.routeOptions.config.operation?.id === 'simulateDecision'
}
