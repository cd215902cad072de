import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { answer, reply } from '../../platform/http/answer.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import type { DecisionRecords, RecordReader } from './recorded-decision.service.ts'

/** `GET /v1/decisions/{id}`: what was asked and answered, where it stands in the log, and the proof. */
export function decisionRecordRoutes(
  records: DecisionRecords,
  readerOf: (request: Pick<FastifyRequest, 'principal'>) => RecordReader,
): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getDecision', async (request) => {
      const found = await records.find(request.params.id, readerOf(request), { wait: request.query.wait === 'checkpoint' })
      if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is no decision with this identifier.'))
      return reply(200, found, { 'cache-control': 'private, no-store' })
    })
  }
}
