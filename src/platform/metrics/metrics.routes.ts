import { BlockList } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import { type Operation, operation } from '../http/openapi.ts'
import { ProblemError, problem } from '../kernel/problem.ts'
import type { Metrics } from './metrics.ts'

/** This machine and private networks (RFC 1122, RFC 1918, RFC 4193). */
const near = new BlockList()
near.addSubnet('127.0.0.0', 8, 'ipv4')
near.addSubnet('10.0.0.0', 8, 'ipv4')
near.addSubnet('172.16.0.0', 12, 'ipv4')
near.addSubnet('192.168.0.0', 16, 'ipv4')
near.addAddress('::1', 'ipv6')
near.addSubnet('fc00::', 7, 'ipv6')

/** `GET /metrics`, without a token, to those near enough to scrape; for anybody else there is nothing at this address. */
export function metricsRoutes(metrics: Metrics): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'getMetrics'>>({
      ...operation('getMetrics'),
      handler: async (request, reply) => {
        if (!isNear(request.ip)) throw new ProblemError(problem('NOT_FOUND', 'there is nothing at this address'))
        const { contentType, body } = await metrics.text()
        return reply
          .code(200)
          .type(contentType)
          .send(body as never)
      },
    })
  }
}

/** Whether an address of a peer (never of a header) is this machine's or a private one. */
export function isNear(address: string): boolean {
  const ipv4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return near.check(ipv4, ipv4.includes(':') ? 'ipv6' : 'ipv4')
}
