import type { FastifyPluginAsync } from 'fastify'
import { answer, reply } from '../platform/http/answer.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'
import type { ReferenceService } from './reference.service.ts'

/** Code lists over HTTP. */
export function referenceRoutes(reference: ReferenceService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listCodeLists', async () => {
      const lists = (await reference.lists()).map(({ entries, ...list }) => ({ ...list, entry_count: entries.length }))
      return reply(200, { lists })
    })

    answer(app, 'getCodeList', async ({ params }) => {
      const list = await reference.list(params.list)
      if (!list) throw new ProblemError(problem('NOT_FOUND', 'There is no code list with this name.'))
      return reply(200, list)
    })
  }
}
