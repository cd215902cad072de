import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply, typeWanted } from '../platform/http/answer.ts'
import { csvReply } from '../platform/http/list-files.ts'
import { type AccessRequestSubmission, askedBy, taskOf, unbound } from './access-request.ts'
import type { AnsweringService } from './answering.service.ts'
import { REQUEST_COLUMNS, requestLine } from './request-line.ts'
import type { RequestsService } from './requests.service.ts'

/** Asking for a share that no agreement covers yet, over HTTP. */
export function requestsRoutes(requests: RequestsService, answering: AnsweringService, publicUrl: URL): FastifyPluginAsync {
  const endpoint = `${publicUrl.origin}/access/v1/requests`
  return async (app) => {
    answer(app, 'listShareRequests', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = await requests.list(callerOf(request), request.query)
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, REQUEST_COLUMNS, page.requests.map(requestLine), ['before', page.next_before])
    })
    answer(app, 'submitAccessRequest', async (request) => {
      const submitted = request.body as AccessRequestSubmission
      const asked = await requests.ask(callOf(request), askedBy(submitted), (earlier, now) => unbound(submitted, earlier, now))
      const task = taskOf(outcomeReply(201, asked).body, endpoint)
      return reply(201, task, { location: task.task.status_endpoint })
    })
    answer(app, 'getAccessRequest', async (request) => {
      const found = outcomeReply(200, await requests.read(callerOf(request), request.params.id))
      return reply(200, taskOf(found.body, endpoint))
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
