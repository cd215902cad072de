import type { FastifyPluginAsync } from 'fastify'
import { type Operation, operation } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import type { ReferenceService } from './reference.service.ts'

/** Code lists over HTTP. */
export function referenceRoutes(reference: ReferenceService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'listCodeLists'>>({
      ...operation('listCodeLists'),
      handler: async (_request, reply) => {
        const lists = (await reference.lists()).map(({ entries, ...list }) => ({ ...list, entry_count: entries.length }))
        return reply.code(200).send({ lists })
      },
    })

    app.route<Operation<'getCodeList'>>({
      ...operation('getCodeList'),
      handler: async ({ params }, reply) => {
        const list = await reference.list(params.list)
        if (!list) throw new ProblemError(problem('NOT_FOUND', 'There is no code list with this name.'))
        return reply.code(200).send({ ...list, entries: list.entries.map((entry) => ({ ...entry, attributes: { ...entry.attributes } })) })
      },
    })
  }
}
