import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { AdviceService } from './advice.service.ts'

/** Advice on a version, and the decision table that it would make. */
export function adviceRoutes(advice: AdviceService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'adviseAgreement', async (request) =>
      reply(200, orThrow(await advice.advise(callerOf(request), request.params.id, request.query.version))),
    )
    answer(app, 'previewAgreement', async (request) => {
      const { version, provider, recipient, limit = 200, cursor } = request.query
      const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8')
      const query = { version, provider, recipient, limit, after }
      const { next, ...shown } = orThrow(await advice.preview(callerOf(request), request.params.id, query))
      return reply(200, { ...shown, next_cursor: next === null ? null : Buffer.from(next).toString('base64url') })
    })
  }
}
