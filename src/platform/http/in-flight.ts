import type { FastifyInstance } from 'fastify'
import { problem } from '../kernel/problem.ts'
import { sendProblem } from './problem-handler.ts'

/**
 * Refuses early what could not be answered in time (FM-21 of the failure matrix): while `max` requests are being answered, the
 * next is told 503 with `Retry-After` before its token or its body is looked at. Without this they would all queue in the event
 * loop, where no limit of the log's own queue sees them. Health and metrics are always answered: they say why the others are not.
 *
 * Register it before anything that costs time.
 */
export function limitInFlight(app: FastifyInstance, max: number): void {
  let inFlight = 0
  app.addHook('onRequest', async (request, reply) => {
    if (alwaysAnswered.test(request.url)) return
    if (inFlight >= max) return sendProblem(request, reply, problem('OVERLOADED', 'The service is answering as many requests as it can.'))
    inFlight += 1
    // Also comes when the caller hangs up; `onResponse` need not.
    reply.raw.once('close', () => {
      inFlight -= 1
    })
  })
}

const alwaysAnswered = /^\/(?:health\/|metrics$)/
