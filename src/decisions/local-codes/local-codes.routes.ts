import type { FastifyPluginAsync } from 'fastify'
import { idempotencyOf, sendActReply } from '../../agreements/acts/call.routes.ts'
import type { Once } from '../../agreements/acts/once.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import type { LocalCodesService } from './local-codes.service.ts'

/** Local codes over HTTP. */
export function localCodesRoutes({
  localCodes,
  once,
}: {
  readonly localCodes: LocalCodesService
  readonly once: Once
}): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'listLocalCodes'>>({
      ...operation('listLocalCodes'),
      handler: async ({ params }, reply) => reply.code(200).send({ local_codes: await localCodes.all(params.list) }),
    })

    app.route<Operation<'getLocalCode'>>({
      ...operation('getLocalCode'),
      handler: async ({ params }, reply) => {
        const { view, etag } = await localCodes.one(params.list, params.code)
        reply.header('etag', etag)
        return reply.code(200).send(view)
      },
    })

    app.route<Operation<'addLocalCode'>>({
      ...operation('addLocalCode'),
      handler: async (request, reply) => {
        const principal = callerOf(request)
        const work = () => localCodes.add(principal, request.params.list, request.body)
        return sendActReply(reply, await once(principal, idempotencyOf(request, 'addLocalCode'), work))
      },
    })

    app.route<Operation<'endLocalCode'>>({
      ...operation('endLocalCode'),
      handler: async (request, reply) => {
        const principal = callerOf(request)
        const { list, code } = request.params
        const ifMatch = request.headers['if-match']
        const call = { principal, list, code, ifMatch: typeof ifMatch === 'string' ? ifMatch : null }
        return sendActReply(reply, await once(principal, idempotencyOf(request, 'endLocalCode'), () => localCodes.end(call, request.body)))
      },
    })
  }
}
