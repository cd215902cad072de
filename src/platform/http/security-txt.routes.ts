import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../config.ts'
import { answer, bytesReply } from './answer.ts'
import { ProblemError, problem } from './problem.ts'

/** Days for which it holds where the operator said no day: RFC 9116, 2.5.5 recommends less than a year. */
const DAYS = 180
const DAY_MS = 86_400_000

/**
 * `/.well-known/security.txt` (RFC 9116): whom to write to about a weakness. 404 where the operator named nobody, and once what it
 * named has expired: an address that nobody reads any more is worse than none. Where they named no day it expires a fixed time after the
 * day on which it is read, so never in the past.
 */
export function securityTxt(security: Config['security'], publicUrl: URL, clock: () => Date): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getSecurityTxt', async () => {
      const now = clock()
      if (!security || (security.expires && now >= security.expires))
        throw new ProblemError(problem('NOT_FOUND', 'there is nothing at this address'))
      const expires = security.expires ?? new Date(Math.floor(now.getTime() / DAY_MS + DAYS) * DAY_MS)
      const lines = [
        ...security.contacts.map((contact) => `Contact: ${contact}`),
        `Expires: ${expires.toISOString().replace('.000Z', 'Z')}`,
        `Canonical: ${new URL('/.well-known/security.txt', publicUrl).href}`,
        'Preferred-Languages: en',
      ]
      return bytesReply(200, 'text/plain; charset=utf-8', `${lines.join('\n')}\n`, { 'cache-control': 'public, max-age=3600' })
    })
  }
}
