import type { FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { ClientsService } from './clients.service.ts'

/** Revocation of API clients. */
export function clientsRoutes(clients: ClientsService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'revokeClient'>>({
      ...operation('revokeClient'),
      handler: async (request, reply) => {
        const { isNew, ...revocation } = await clients.revoke(callerOf(request), request.params.clientId, request.body.reason ?? null)
        return reply.code(isNew ? 201 : 200).send(revocation)
      },
    })
  }
}

/** The operations that the append itself keeps from a revoked client: see `decideNow`. */
const GUARDED_BY_THE_APPEND = new Set(['decide', 'simulateDecision'])

/**
 * Refuses a revoked client's tokens, however long they are still valid, as 401: to whoever holds one it is a token like any
 * other that has ended. Register it after the identity plugin.
 */
export const revocationPlugin = fastifyPlugin<{ readonly clients: ClientsService }>(
  async (app, { clients }) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const clientId = request.principal?.clientId ?? null
      const operationId = request.routeOptions.config?.operation?.id
      if (clientId === null || (operationId !== undefined && GUARDED_BY_THE_APPEND.has(operationId))) return done()
      clients
        .isRevoked(clientId)
        .then(
          (isRevoked) => done(isRevoked ? new ProblemError(problem('UNAUTHENTICATED', 'A valid bearer token is needed.')) : undefined),
          done,
        )
    })
  },
  { name: 'revocation', dependencies: ['identity'] },
)
