import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply, typeWanted } from '../../platform/http/answer.ts'
import { csvReply } from '../../platform/http/list-files.ts'
import type { NotSharedService } from './not-shared.service.ts'
import { NOT_SHARED_COLUMNS } from './not-shared.ts'

/** Why things were not shared, over HTTP. */
export function notSharedRoutes(notShared: NotSharedService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'recordNotShared', async (request) =>
      outcomeReply(201, await notShared.record(callOf(request), request.params.id, request.body)),
    )
    answer(app, 'listNotShared', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = await notShared.list(callerOf(request), request.query)
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, NOT_SHARED_COLUMNS, page.not_shared, ['before', page.next_before])
    })
  }
}
