import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply, typeWanted } from '../platform/http/answer.ts'
import { csvReply } from '../platform/http/list-files.ts'
import type { BreachesService } from './breaches.service.ts'
import { EMERGENCY_COLUMNS, emergencyLine } from './disclosure-line.ts'
import type { EmergenciesService } from './emergencies.service.ts'

/** Emergencies, their reviews, and the breaches that they may be, over HTTP. */
export function emergenciesRoutes(emergencies: EmergenciesService, breaches: BreachesService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listEmergencies', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = await emergencies.list(callerOf(request), request.query)
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, EMERGENCY_COLUMNS, page.emergencies.map(emergencyLine), ['before', page.next_before])
    })
    answer(app, 'recordEmergency', async (request) => {
      const { status, body, headers } = outcomeReply(201, await emergencies.record(callOf(request), request.body))
      return reply(status, body, { ...headers, location: `/v1/emergencies/${body.id}` })
    })
    answer(app, 'getEmergency', async (request) => outcomeReply(200, await emergencies.read(callerOf(request), request.params.id)))
    answer(app, 'reviewEmergency', async (request) =>
      outcomeReply(200, await emergencies.review({ ...callOf(request), emergencyId: request.params.id }, request.body)),
    )
    answer(app, 'recordBreachAssessment', async (request) =>
      outcomeReply(200, await breaches.assess({ ...callOf(request), emergencyId: request.params.id }, request.body)),
    )
    answer(app, 'recordBreachCommunication', async (request) =>
      outcomeReply(200, await breaches.communicate({ ...callOf(request), emergencyId: request.params.id }, request.body)),
    )
  }
}
