import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import type { ImpactService } from './impact.service.ts'
import type { ImpactChange } from './impact-change.ts'
import type { ReplayService } from './replay.service.ts'

/** Questions about decisions that were made: would the same be answered again, and what would a change have answered? */
export function replayRoutes(replays: ReplayService, impact: ImpactService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'replayDecision'>>({
      ...operation('replayDecision'),
      handler: async (request, reply) => {
        const replayed = await replays.one(callerOf(request), request.params.id)
        // The contract leaves the law of either answer open, as earlier builds recorded it.
        return reply.code(200).send(replayed as never)
      },
    })

    app.route<Operation<'reportImpact'>>({
      ...operation('reportImpact'),
      handler: async (request, reply) => {
        const { change, days } = request.body
        return reply.code(200).send(await impact.report(callerOf(request), change as ImpactChange, days))
      },
    })
  }
}
