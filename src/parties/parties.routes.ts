import type { FastifyPluginAsync } from 'fastify'
import { type Operation, operation } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import type { Organisation } from './organisation.ts'
import type { PartiesService } from './parties.service.ts'

/** The register of organisations over HTTP. */
export function partiesRoutes(parties: PartiesService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'listOrganisations'>>({
      ...operation('listOrganisations'),
      handler: async (_request, reply) => reply.code(200).send({ organisations: (await parties.all()).map(toReply) }),
    })

    app.route<Operation<'getOrganisation'>>({
      ...operation('getOrganisation'),
      handler: async ({ params }, reply) => {
        const found = await parties.find(params.code)
        if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is no organisation with this code.'))
        return reply.code(200).send(toReply(found))
      },
    })
  }
}

function toReply(organisation: Organisation) {
  return { ...organisation, successor_of: [...organisation.successor_of], aliases: [...organisation.aliases] }
}
