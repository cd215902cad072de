import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import type { DocumentsService } from './documents.service.ts'
import type { HistoryService } from './history.service.ts'

/** What can be read of an agreement besides its present record: every text, what happened, how it stood, what was told. */
export function agreementTextsRoutes(documents: DocumentsService, history: HistoryService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'getAgreementVersion'>>({
      ...operation('getAgreementVersion'),
      handler: async (request, reply) => {
        const { id, version } = request.params
        // The text is whatever was frozen then; the contract describes it as any object.
        return reply.code(200).send((await documents.text(callerOf(request), id, version)) as never)
      },
    })

    app.route<Operation<'getAgreementVersionDocument'>>({
      ...operation('getAgreementVersionDocument'),
      handler: async (request, reply) => {
        const { id, version } = request.params
        const { bytes, hash } = await documents.document(callerOf(request), id, version)
        // A text, not an object: the serialiser would write it anew, and one byte more is another hash.
        return reply
          .code(200)
          .type('application/json; charset=utf-8')
          .header('etag', `"${hash}"`)
          .header('cache-control', 'private, no-cache')
          .send(bytes.toString('utf8') as never)
      },
    })

    app.route<Operation<'printAgreementVersion'>>({
      ...operation('printAgreementVersion'),
      handler: async (request, reply) => {
        const { id, version } = request.params
        const page = await documents.print(callerOf(request), id, version)
        return reply
          .code(200)
          .type('text/html; charset=utf-8')
          .header('cache-control', 'private, no-store')
          .send(page as never)
      },
    })

    app.route<Operation<'getVersionDifferences'>>({
      ...operation('getVersionDifferences'),
      handler: async (request, reply) => {
        const { id, version } = request.params
        return reply.code(200).send((await documents.differences(callerOf(request), id, version, request.query.from)) as never)
      },
    })

    app.route<Operation<'getAgreementHistory'>>({
      ...operation('getAgreementHistory'),
      handler: async (request, reply) => {
        const { after = 0, limit = 50 } = request.query
        return reply.code(200).send((await history.history(callerOf(request), request.params.id, { after, limit })) as never)
      },
    })

    app.route<Operation<'getAgreementState'>>({
      ...operation('getAgreementState'),
      handler: async (request, reply) =>
        reply.code(200).send((await history.state(callerOf(request), request.params.id, request.query.at)) as never),
    })

    app.route<Operation<'listNotices'>>({
      ...operation('listNotices'),
      handler: async (request, reply) => {
        const { before = null, limit = 50 } = request.query
        return reply.code(200).send((await history.notices(callerOf(request), { before, limit })) as never)
      },
    })
  }
}
