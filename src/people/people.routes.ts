import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply } from '../platform/http/answer.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import type { DeputiesService } from './deputies.service.ts'
import type { HandoversService } from './handover/handovers.service.ts'
import type { PeopleService } from './people.service.ts'
import type { StaffRolesService } from './staff-roles.service.ts'
import type { TrainingService } from './training/training.service.ts'

/** Who holds which role in which organisation, who stands in for whom, who takes over from whom, who was trained, and when all staff are practitioners, over HTTP. */
export function peopleRoutes(
  people: PeopleService,
  deputies: DeputiesService,
  staffRoles: StaffRolesService,
  handovers: HandoversService,
  training: TrainingService,
): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listRoles', async (request) =>
      reply(200, orThrow(await people.list(callerOf(request), request.params.code, request.query))),
    )
    answer(app, 'recordRole', async (request) => {
      const { code } = request.params
      const { status, body, headers } = outcomeReply(201, await people.record(callOf(request), code, request.body))
      return reply(status, body, { ...headers, location: `/v1/organisations/${code}/roles/${body.id}` })
    })
    answer(app, 'getRole', async (request) =>
      outcomeReply(200, await people.read(callerOf(request), request.params.code, request.params.id)),
    )
    answer(app, 'endRole', async (request) =>
      outcomeReply(200, await people.end(changeOf(request), request.params.code, request.params.id, request.body)),
    )
    answer(app, 'listDeputies', async (request) =>
      reply(200, orThrow(await deputies.list(callerOf(request), request.params.code, request.query))),
    )
    answer(app, 'nameDeputy', async (request) => outcomeReply(201, await deputies.name(callOf(request), request.params.code, request.body)))
    answer(app, 'handOver', async (request) => {
      const { code } = request.params
      const { status, body, headers } = outcomeReply(201, await handovers.handOver(callOf(request), code, request.body))
      return reply(status, body, { ...headers, location: `/v1/organisations/${code}/handovers/${body.id}` })
    })
    answer(app, 'previewHandover', async (request) =>
      reply(200, orThrow(await handovers.preview(callerOf(request), request.params.code, request.body))),
    )
    answer(app, 'getHandover', async (request) =>
      reply(200, orThrow(await handovers.read(callerOf(request), request.params.code, request.params.id)).outcome),
    )
    answer(app, 'endDeputy', async (request) =>
      outcomeReply(200, await deputies.end(callOf(request), request.params.code, request.params.id, request.body)),
    )
    answer(app, 'listTraining', async (request) =>
      reply(200, orThrow(await training.list(callerOf(request), request.params.code, request.query))),
    )
    answer(app, 'recordTraining', async (request) =>
      outcomeReply(201, await training.record(callOf(request), request.params.code, request.body)),
    )
    answer(app, 'withdrawTraining', async (request) =>
      outcomeReply(200, await training.withdraw(callOf(request), request.params.code, request.params.id, request.body)),
    )
    answer(app, 'listStaffRoles', async (request) => reply(200, orThrow(await staffRoles.list(callerOf(request), request.params.code))))
    answer(app, 'giveStaffRole', async (request) =>
      outcomeReply(201, await staffRoles.give(callOf(request), request.params.code, request.body)),
    )
    answer(app, 'endStaffRole', async (request) =>
      outcomeReply(200, await staffRoles.end(callOf(request), request.params.code, request.params.id, request.body)),
    )
  }
}
