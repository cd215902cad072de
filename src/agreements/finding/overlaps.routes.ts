import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import type { OverlapService } from './overlap.service.ts'

/** "Does a share already exist?" over HTTP. */
export function overlapsRoutes(overlaps: OverlapService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'findOverlaps'>>({
      ...operation('findOverlaps'),
      handler: async (request, reply) => {
        const { parties, purpose = null, categories = [] } = request.body
        const found = await overlaps.ask(callerOf(request), { parties, purpose, categories })
        return reply.code(200).send({ overlaps: found })
      },
    })
  }
}
