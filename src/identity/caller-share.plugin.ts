import fastifyPlugin from 'fastify-plugin'
import { ProblemError, problem } from '../platform/http/problem.ts'

/**
 * Tells the server whose a request is, so that one caller's share is never everybody's: 503 with `Retry-After` where this caller,
 * its organisation or everybody has as many requests open as may be. Register it right after the identity plugin.
 */
export const callerSharePlugin = fastifyPlugin(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const { principal } = request
      if (!principal) return done()
      const { org, sub, clientId } = principal
      const isIn = app.admission.identify(request, { caller: `${org} ${clientId ?? sub}`, organisation: org })
      if (isIn) return done()
      done(new ProblemError(problem('OVERLOADED', 'As many requests of yours are being answered as there may be.')))
    })
  },
  { name: 'caller-share', dependencies: ['identity'] },
)
