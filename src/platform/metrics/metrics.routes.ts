import type { FastifyPluginAsync } from 'fastify'
import { addressMatcher } from '../http/addresses.ts'
import { answer, bytesReply } from '../http/answer.ts'
import { ProblemError, problem } from '../http/problem.ts'
import type { Metrics } from './metrics.ts'

/** Whether an address is this machine's or of a private network (RFC 1122, RFC 1918, RFC 4193). */
export const isNear = addressMatcher(['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1', 'fc00::/7'])

/** `GET /metrics`, without a token, to those near enough to scrape; for anybody else there is nothing at this address. */
export function metricsRoutes(metrics: Metrics): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getMetrics', async (request) => {
      // Behind a trusted proxy both must be: whom it asks for, and the proxy.
      const isForUs = isNear(request.ip) && isNear(request.socket.remoteAddress ?? '')
      if (!isForUs) throw new ProblemError(problem('NOT_FOUND', 'there is nothing at this address'))
      const { contentType, body } = await metrics.text()
      return bytesReply(200, contentType, body)
    })
  }
}
