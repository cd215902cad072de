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
    answer(app, 'getClientLimits', async ({ params }) => reply(200, await clients.limits(params.clientId)))
    answer(app, 'limitClient', async (request) =>
      reply(200, orThrow(await clients.limit(callOf(request), request.params.clientId, request.body)).outcome),
    )
    answer(app, 'revokeClient', async (request) => {
      const revoked = orThrow(await clients.revoke(callerOf(request), request.params.clientId, request.body.reason ?? null))
      const { isNew, ...revocation } = revoked.outcome
      return isNew ? reply(201, revocation) : reply(200, revocation)
    })
  }
}

/** Operations with several questions in a call. */
const BATCHES = new Set(['decideEach', 'evaluateAccessEach'])

/** Refuses a call with more questions than its client may ask at once: 413, and nothing is recorded. Register it after the identity plugin. */
export const batchLimitPlugin = fastifyPlugin<{ readonly clients: Pick<ClientsService, 'limitsOf'> }>(
  async (app, { clients }) => {
    app.addHook('onRoute', (route) => {
      if (!BATCHES.has(route.config?.operation?.id ?? '')) return
      route.preHandler = [route.preHandler ?? []].flat().concat((request, _reply, done) => {
        const { clientId = null } = request.principal ?? {}
        const max = clientId === null ? null : (clients.limitsOf(clientId)?.batch_items_max ?? null)
        const asked = (request.body as { readonly evaluations?: unknown } | undefined)?.evaluations
        if (max === null || !Array.isArray(asked) || asked.length <= max) return done()
        done(new ProblemError(problem('PAYLOAD_TOO_LARGE', `This client may ask ${max} questions in one call.`)))
      })
    })
  },
  { name: 'batch-limit', dependencies: ['identity'] },
)

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
