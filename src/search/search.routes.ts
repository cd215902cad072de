import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply } from '../platform/http/answer.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import type { SearchService } from './search.service.ts'

/** The search over HTTP. */
export function searchRoutes(search: SearchService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'search', async (request) => reply(200, orThrow(await search.search(callerOf(request), request.query))))
  }
}
