import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { answer, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { DecisionEvidenceService, RecordReader } from './decision-evidence.service.ts'

/** `GET /v1/decisions/{id}`: what was asked and answered, where it stands in the log, and the proof. */
export function decisionRecordRoutes(
  records: DecisionEvidenceService,
  readerOf: (request: Pick<FastifyRequest, 'principal'>) => RecordReader,
): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getDecision', async (request) => {
      const found = orThrow(await records.find(request.params.id, readerOf(request), { wait: request.query.wait === 'checkpoint' }))
      return reply(200, found, { 'cache-control': 'private, no-store' })
    })
  }
}
