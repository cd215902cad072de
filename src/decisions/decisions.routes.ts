import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, bytesReply, type RequestOf } from '../platform/http/answer.ts'
import { problemOfRequest } from '../platform/http/validation-problem.ts'
import { orThrow, Refused } from '../platform/kernel/refusal.ts'
import type { Answer } from './answer.ts'
import type { Evaluation } from './decision-entry.ts'
import type { DecisionsService } from './decisions.service.ts'
import type { DecisionBody } from './request-body.ts'
import { traceOf } from './trace.ts'

const BATCH_BYTES_MAX = 1024 * 1024

/**
 * The decision API: the contract has validated, the service decides and records. A DENY is a 200: the question was answered. A
 * call that cannot be read is recorded before it is refused. It may never answer before `decide` has, nor decide by itself.
 */
export function decisionsRoutes(decisions: DecisionsService): FastifyPluginAsync {
  return async (app) => {
    app.onMalformed('/v1/decisions', async (request, found) => {
      throw new Refused(await decisions.recordRefused(callOf(request, isSimulation(request)), found))
    })

    answer(app, 'decide', async (request) => decided(request, false))
    answer(app, 'simulateDecision', async (request) => decided(request, true))
    answer(app, 'decideEach', decidedEach, { bodyLimit: BATCH_BYTES_MAX })
  }

  async function decidedEach(request: RequestOf<'decideEach'>) {
    const asked = request as FastifyRequest
    const found = problemOfRequest(asked)
    if (found) throw new Refused(await decisions.recordRefused(callOf(asked, false), found))
    const { evaluations: bodies, answers = 'FULL' } = asked.body as { evaluations: readonly DecisionBody[]; answers?: 'FULL' | 'COMPACT' }
    const { evaluations, receipt } = orThrow(await decisions.decide({ ...callOf(asked, false), bodies, inShort: answers === 'COMPACT' }))
    request.logFields['evaluations'] = String(evaluations.length)
    const texts = evaluations.map(answers === 'FULL' ? ({ text }) => text : ({ answer: given }) => JSON.stringify(inShort(given)))
    return bytesReply(200, 'application/json; charset=utf-8', `{"evaluations":[${texts.join(',')}]}`, { 'accord-receipt': receipt })
  }

  async function decided(request: RequestOf<'decide'> | RequestOf<'simulateDecision'>, simulated: boolean) {
    const asked = request as FastifyRequest
    const found = problemOfRequest(asked)
    if (found) throw new Refused(await decisions.recordRefused(callOf(asked, simulated), found))
    const { evaluations, receipt } = orThrow(await decisions.decide({ ...callOf(asked, simulated), bodies: [asked.body as DecisionBody] }))
    const [{ answer: given, text }] = evaluations as [Evaluation]
    request.logFields['decisionId'] = given.decision_id
    request.logFields['decision'] = given.decision
    return bytesReply(200, 'application/json; charset=utf-8', text, { 'accord-receipt': receipt })
  }
}

function inShort({ decision_id, decision, reasons, expires_at }: Answer) {
  return { decision_id, decision, reasons: reasons.map(({ code }) => code), expires_at }
}

function callOf(request: FastifyRequest, simulated: boolean) {
  return { caller: callerOf(request), simulated, trace: traceOf(request.headers['traceparent']) }
}

function isSimulation(request: FastifyRequest): boolean {
  return request.routeOptions.config.operation?.id === 'simulateDecision'
}
