import { isIP } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { subscriberOf } from '../platform/http/addresses.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'

/** How many requests in a minute. */
export interface RateLimits {
  /** Of one caller, and of one address without a token; undefined: any number. */
  readonly perMinute: number | undefined
  /** Of a client that has a limit of its own. */
  readonly perMinuteOfClient?: (clientId: string) => number | null | undefined
  /** Is told of each call whose caller nobody knows, those beyond a limit too. */
  readonly onRefusedToken: (address: string) => void
  /** With a token that is refused, from one address. */
  readonly refusedTokensPerMinute: number
}

/** What says whether the service is well must always be told. */
const PROBES = new Set(['getLiveness', 'getReadiness', 'getMetrics'])

/**
 * At most so many requests a minute of one caller (the subject of its token, else its address), also where there is nothing at
 * the address; beyond it 429 with `Retry-After`, before the body is read and without a leaf. Refused tokens are counted for each
 * address: who guesses is told 429 and no longer 401. Whoever reads the public log is counted apart from whoever reads pages.
 * A client with a limit of its own is counted by that, whether it is more or less. Counted per process: with n nodes a caller has n times as many.
 */
export const rateLimitPlugin = fastifyPlugin<RateLimits>(
  async (app, { perMinute, perMinuteOfClient, onRefusedToken, refusedTokensPerMinute }) => {
    await app.register(rateLimit, { global: false, timeWindow: '1 minute' })
    const refused = limiter(app, Math.min(perMinute ?? refusedTokensPerMinute, refusedTokensPerMinute), addressOf)
    app.onUnauthenticated(async (request) => {
      onRefusedToken(addressOf(request))
      await refused(request)
    })
    const ownLimit = ({ principal }: FastifyRequest) => (principal?.clientId ? (perMinuteOfClient?.(principal.clientId) ?? null) : null)
    const ofClient = limiter(
      app,
      (request) => ownLimit(request) ?? Number.MAX_SAFE_INTEGER,
      ({ principal }) => `client ${principal?.issuer} ${principal?.clientId}`,
    )
    app.addHook('onRequest', (request, _reply, done) => {
      if (ownLimit(request) === null) return done()
      ofClient(request).then(() => done(), done)
    })
    if (perMinute === undefined) return
    const anyRequest = limiter(app, perMinute, (request) => {
      const { principal } = request
      // A subject is its issuer's own word: it may be another's as well, or look like an address.
      if (principal) return `${principal.issuer} ${principal.sub}`
      return `${request.routeOptions.url?.startsWith('/log/') ? 'log ' : ''}${addressOf(request)}`
    })
    app.addHook('onRequest', async (request) => {
      if (ownLimit(request) !== null || PROBES.has(request.routeOptions.config?.operation?.id ?? '')) return
      await anyRequest(request)
    })
  },
  // After identity, so that the caller is known.
  { name: 'rate-limit', dependencies: ['identity'] },
)

type Max = number | ((request: FastifyRequest) => number)

function limiter(app: FastifyInstance, max: Max, keyGenerator: (request: FastifyRequest) => string) {
  const check = app.createRateLimit({ max, keyGenerator })
  return async (request: FastifyRequest): Promise<void> => {
    const found = await check(request)
    if (found.isAllowed || !found.isExceeded) return
    throw new ProblemError(
      problem('TOO_MANY_REQUESTS', `More than ${typeof max === 'number' ? max : max(request)} requests in a minute.`),
      {
        retryAfterSeconds: Math.max(1, found.ttlInSeconds),
      },
    )
  }
}

/** What a proxy passes on need not be an address. */
function addressOf(request: FastifyRequest): string {
  return subscriberOf(isIP(request.ip) ? request.ip : (request.socket.remoteAddress ?? ''))
}
