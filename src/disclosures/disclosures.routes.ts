import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply, typeWanted } from '../platform/http/answer.ts'
import { csvReply } from '../platform/http/list-files.ts'
import { DISCLOSURE_COLUMNS, disclosureLine } from './disclosure-line.ts'
import type { DisclosureRequestsService } from './disclosure-requests.service.ts'

/** One-off disclosures over HTTP: asked for here, decided in their sign-off. */
export function disclosuresRoutes(disclosures: DisclosureRequestsService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listDisclosures', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = await disclosures.list(callerOf(request), request.query)
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, DISCLOSURE_COLUMNS, page.disclosures.map(disclosureLine), ['before', page.next_before])
    })
    answer(app, 'askForDisclosure', async (request) => {
      const { status, body, headers } = outcomeReply(201, await disclosures.ask(callOf(request), request.body))
      return reply(status, body, { ...headers, location: `/v1/disclosures/${body.id}` })
    })
    answer(app, 'getDisclosure', async (request) => outcomeReply(200, await disclosures.read(callerOf(request), request.params.id)))
    answer(app, 'reviseDisclosure', async (request) =>
      outcomeReply(200, await disclosures.revise({ ...callOf(request), disclosureId: request.params.id }, request.body)),
    )
    answer(app, 'withdrawDisclosure', async (request) =>
      outcomeReply(200, await disclosures.withdraw({ ...callOf(request), disclosureId: request.params.id }, request.body)),
    )
  }
}
