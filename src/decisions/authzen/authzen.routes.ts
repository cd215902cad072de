import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply } from '../../platform/http/answer.ts'
import { iJsonFault } from '../../platform/http/i-json.ts'
import { contract } from '../../platform/http/openapi.ts'
import { type Problem, problem } from '../../platform/http/problem.ts'
import { problemKinds } from '../../platform/http/refusals.ts'
import { problemOfRequest } from '../../platform/http/validation-problem.ts'
import { type Fault, orThrow, Refused } from '../../platform/kernel/refusal.ts'
import type { Answer } from '../answer.ts'
import type { Batch } from '../decision-call.ts'
import type { Evaluation } from '../decision-entry.ts'
import type { DecisionsService } from '../decisions.service.ts'
import type { DecisionBody } from '../request-body.ts'
import { type AuthzenDecision, decisionOf, isAskable, refusedDecision } from './authzen-answer.ts'
import { type AuthzenQuestions, batchOf, bodiesOf } from './authzen-batch.ts'
import { callNames } from './authzen-call.ts'
import { authzenConfiguration } from './authzen-configuration.ts'
import { type AuthzenQuestion, bodyOf } from './authzen-question.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const BATCH_BYTES_MAX = 1024 * 1024
const ALL: Batch = { until: null }

/**
 * OpenID AuthZEN Authorization API 1.0: the words of the standard around the decision service, which decides and records as for any other
 * caller. It may never decide by itself, nor answer before the record is made.
 */
export function authzenRoutes(decisions: DecisionsService, publicUrl: URL): FastifyPluginAsync {
  const metadata = authzenConfiguration(publicUrl)
  const configuration = JSON.stringify(metadata)
  return async (app) => {
    for (const address of ['/access/v1/evaluation', '/access/v1/evaluations'])
      app.onMalformed(address, async (request, found) => {
        throw await refusedFor(request, found)
      })

    answer(app, 'evaluateAccess', async (request) => {
      await mustFit(request, problemOfRequest(request))
      return evaluateOne(request)
    })

    answer(
      app,
      'evaluateAccessEach',
      async (request) => {
        await mustFit(request, problemOfRequest(request))
        const asked = request.body as AuthzenQuestions
        if (asked.evaluations && asked.evaluations.length > 0) return evaluateEach(request, asked)
        const faults = faultsOfOne(asked)
        if (faults.length > 0) throw await refusedFor(request, problem('INVALID_REQUEST', 'the request is not one question', faults))
        return evaluateOne(request)
      },
      { bodyLimit: BATCH_BYTES_MAX },
    )

    answer(app, 'getAuthzenConfiguration', async () =>
      bytesReply(200, JSON_TYPE, configuration, { 'cache-control': 'public, max-age=3600' }),
    )
  }

  async function evaluateOne(request: FastifyRequest) {
    const bodies = [bodyOf(request.body as AuthzenQuestion)]
    const { evaluations, receipt } = orThrow(await decisions.decide({ ...callOf(request), bodies }))
    const [{ answer: given, request: body }] = evaluations as [Evaluation]
    request.logFields['decisionId'] = given.decision_id
    request.logFields['decision'] = given.decision
    return bytesReply(200, JSON_TYPE, JSON.stringify(answerTo(given, body, callerOf(request).org)), { 'accord-receipt': receipt })
  }

  async function evaluateEach(request: FastifyRequest, asked: AuthzenQuestions) {
    const bodies = bodiesOf(asked, faultsOfOne)
    const { evaluations, receipt } = orThrow(await decisions.decide({ ...callOf(request), bodies, batch: batchOf(asked) }))
    request.logFields['evaluations'] = String(evaluations.length)
    const { org } = callerOf(request)
    const answers = evaluations.map(({ request: body, answer: given }) => answerTo(given, body, org))
    return bytesReply(200, JSON_TYPE, JSON.stringify({ evaluations: answers }), { 'accord-receipt': receipt })
  }

  function answerTo(given: Answer, body: DecisionBody, org: string): AuthzenDecision {
    const { refused } = body
    if (refused) return refusedDecision(given, { status: problemKinds[refused.code].status, message: refused.detail })
    return decisionOf(given, isAskable(given, body, org) ? metadata.access_request_endpoint : null)
  }

  /** What cannot be read as sent, or does not fit the contract, is recorded and refused. */
  async function mustFit(request: FastifyRequest, found: Problem | undefined): Promise<void> {
    const unreadable = found ?? unreadableIn(request.body)
    if (unreadable) throw await refusedFor(request, unreadable)
  }

  async function refusedFor(request: FastifyRequest, found: Problem): Promise<Refused> {
    const isBatch = request.routeOptions.config.operation?.id === 'evaluateAccessEach'
    return new Refused(await decisions.recordRefused({ ...callOf(request), ...(isBatch ? { batch: ALL } : {}) }, found))
  }
}

function callOf(request: FastifyRequest) {
  return { caller: callerOf(request), simulated: false, ...callNames(request.headers, request.body) }
}

function faultsOfOne(question: unknown): readonly Fault[] {
  return contract.faultsOf('evaluateAccess', question)
}

function unreadableIn(body: unknown): Problem | undefined {
  const fault = iJsonFault(body)
  return fault && problem('INVALID_REQUEST', 'the body is no I-JSON', [fault])
}
