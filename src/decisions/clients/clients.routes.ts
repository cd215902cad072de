import type { FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { callOf } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { ClientsService } from './clients.service.ts'

/** API clients over HTTP: registered, revoked. */
export function clientsRoutes(clients: ClientsService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'registerClient', async (request) => {
      const { client, isNew } = orThrow(await clients.register(callOf(request), request.body)).outcome
      return isNew ? reply(201, client) : reply(200, client)
    })
    answer(app, 'listClients', async ({ query }) => reply(200, await clients.list(query)))
    answer(app, 'revokeClient', async (request) => {
      const revoked = orThrow(await clients.revoke(callerOf(request), request.params.clientId, request.body.reason ?? null))
      const { isNew, ...revocation } = revoked.outcome
      return isNew ? reply(201, revocation) : reply(200, revocation)
    })
  }
}

/** The operations that the append itself keeps from a revoked client: see `evaluateNow`. */
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
