import type { FastifyRequest } from 'fastify'

/** Addresses whose callers name their own requests: there the name is given back as it came (OpenID AuthZEN Authorization API 1.0, 10.1.3). */
const NAMED_BY_CALLER = ['/access/v1/', '/.well-known/authzen-configuration']

/** The `X-Request-ID` of a reply: ours, but where the caller's own is to come back. Ours still names the request in log lines and problems. */
export function requestIdFor({ id, url, headers }: Pick<FastifyRequest, 'id' | 'url' | 'headers'>): string {
  const own = headers['x-request-id']
  return typeof own === 'string' && NAMED_BY_CALLER.some((prefix) => url.startsWith(prefix)) ? own : id
}
