import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Operation } from '../../platform/http/openapi.ts'
import { operation } from '../../platform/http/openapi.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { DecisionRecords, RecordReader } from './recorded-decision.service.ts'

/** `GET /v1/decisions/{id}`: what was asked and answered, where it stands in the log, and the proof. */
export function decisionRecordRoutes(records: DecisionRecords, readerOf: (request: FastifyRequest) => RecordReader): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'getDecision'>>({
      ...operation('getDecision'),
      handler: async (request, reply) => {
        const found = await records.find(request.params.id, readerOf(request), { wait: request.query.wait === 'checkpoint' })
        if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is no decision with this identifier.'))
        return reply.header('cache-control', 'private, no-store').code(200).send(found)
      },
    })
  }
}
