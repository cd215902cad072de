import rateLimit from '@fastify/rate-limit'
import fastifyPlugin from 'fastify-plugin'
import { ProblemError, problem } from '../platform/kernel/problem.ts'

/**
 * At most so many requests a minute of one caller (token subject, else address); beyond it 429 with `Retry-After`, before
 * the body is read and without a leaf. Counted per process: with n nodes a caller has n times as many.
 */
export const rateLimitPlugin = fastifyPlugin<{ readonly perMinute: number }>(
  async (app, { perMinute }) => {
    await app.register(rateLimit, {
      max: perMinute,
      timeWindow: '1 minute',
      keyGenerator: (request) => request.principal?.sub ?? request.ip,
      errorResponseBuilder: (_request, { ttl }) =>
        new ProblemError(problem('TOO_MANY_REQUESTS', `More than ${perMinute} requests in a minute.`), {
          retryAfterSeconds: Math.ceil(ttl / 1000),
        }),
    })
  },
  // After identity, so that the caller is known.
  { name: 'rate-limit', dependencies: ['identity'] },
)
