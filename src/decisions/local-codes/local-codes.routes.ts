import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../../commands/calls.routes.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { LocalCodesService } from './local-codes.service.ts'

/** Local codes over HTTP. */
export function localCodesRoutes(localCodes: LocalCodesService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listLocalCodes', async ({ params }) => reply(200, { local_codes: orThrow(await localCodes.all(params.list)) }))
    answer(app, 'getLocalCode', async ({ params }) => outcomeReply(200, await localCodes.one(params.list, params.code)))
    answer(app, 'addLocalCode', async (request) =>
      outcomeReply(201, await localCodes.add(callOf(request), request.params.list, request.body)),
    )
    answer(app, 'endLocalCode', async (request) => outcomeReply(200, await localCodes.end(changeOf(request), request.params, request.body)))
  }
}
