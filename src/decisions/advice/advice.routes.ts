import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import type { AdviceService } from './advice.service.ts'

/** Advice on a version, and the decision table that it would make. */
export function adviceRoutes(advice: AdviceService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'adviseAgreement'>>({
      ...operation('adviseAgreement'),
      handler: async (request, reply) => {
        const given = await advice.advise(callerOf(request), request.params.id, request.query.version)
        return reply.code(200).send({ ...given, advice: [...given.advice] })
      },
    })

    app.route<Operation<'previewAgreement'>>({
      ...operation('previewAgreement'),
      handler: async (request, reply) => {
        const { version, provider, recipient, limit = 200, cursor } = request.query
        const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8')
        const page = await advice.preview(callerOf(request), request.params.id, { version, provider, recipient, limit, after })
        const { next, ...shown } = page
        return reply.code(200).send({ ...shown, next_cursor: next === null ? null : Buffer.from(next).toString('base64url') })
      },
    })
  }
}
