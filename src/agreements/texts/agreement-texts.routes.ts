import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { DocumentsService } from './documents.service.ts'
import type { HistoryService } from './history.service.ts'
import { PRINT_POLICY } from './printed-html.ts'

/** What can be read of an agreement besides its present record: every text, what happened, how it stood. */
export function agreementTextsRoutes(documents: DocumentsService, history: HistoryService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getAgreementVersion', async (request) => {
      const { id, version } = request.params
      return reply(200, orThrow(await documents.text(callerOf(request), id, version)))
    })

    answer(app, 'getAgreementVersionDocument', async (request) => {
      const { id, version } = request.params
      const { bytes, hash } = orThrow(await documents.document(callerOf(request), id, version))
      // One byte more is another hash.
      const headers = { etag: `"${hash}"`, 'cache-control': 'private, no-cache' }
      return bytesReply(200, 'application/json; charset=utf-8', bytes.toString('utf8'), headers)
    })

    answer(app, 'printAgreementVersion', async (request) => {
      const { id, version } = request.params
      const page = orThrow(await documents.print(callerOf(request), id, version))
      return bytesReply(200, 'text/html; charset=utf-8', page, {
        'cache-control': 'private, no-store',
        'content-security-policy': PRINT_POLICY,
      })
    })

    answer(app, 'getVersionDifferences', async (request) => {
      const { id, version } = request.params
      return reply(200, orThrow(await documents.differences(callerOf(request), id, version, request.query.from)))
    })

    answer(app, 'getAgreementHistory', async (request) => {
      const { after = 0, limit = 50 } = request.query
      return reply(200, orThrow(await history.history(callerOf(request), request.params.id, { after, limit })))
    })

    answer(app, 'getAgreementState', async (request) =>
      reply(200, orThrow(await history.state(callerOf(request), request.params.id, request.query.at))),
    )
  }
}
