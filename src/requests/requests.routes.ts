import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply, typeWanted } from '../platform/http/answer.ts'
import { csvReply } from '../platform/http/list-files.ts'
import type { AnsweringService } from './answering.service.ts'
import { REQUEST_COLUMNS, requestLine } from './request-line.ts'
import type { RequestsService } from './requests.service.ts'

/** Asking for a share that no agreement covers yet, over HTTP. */
export function requestsRoutes(requests: RequestsService, answering: AnsweringService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listShareRequests', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = await requests.list(callerOf(request), request.query)
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, REQUEST_COLUMNS, page.requests.map(requestLine), ['before', page.next_before])
    })
    answer(app, 'askForShare', async (request) => {
      const { status, body, headers } = outcomeReply(201, await requests.ask(callOf(request), request.body))
      return reply(status, body, { ...headers, location: `/v1/requests/${body.id}` })
    })
    answer(app, 'getShareRequest', async (request) => outcomeReply(200, await requests.read(callerOf(request), request.params.id)))
    answer(app, 'pickUpShareRequest', async (request) =>
      outcomeReply(200, await requests.pickUp({ ...callOf(request), requestId: request.params.id })),
    )
    answer(app, 'answerShareRequest', async (request) =>
      outcomeReply(200, await answering.answer({ ...callOf(request), requestId: request.params.id }, request.body)),
    )
    answer(app, 'withdrawShareRequest', async (request) =>
      outcomeReply(200, await requests.withdraw({ ...callOf(request), requestId: request.params.id }, request.body)),
    )
    answer(app, 'answerJoining', async (request) =>
      outcomeReply(200, await answering.join({ ...callOf(request), requestId: request.params.id }, request.body)),
    )
  }
}
