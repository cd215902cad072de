import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../config.ts'
import { answer, bytesReply } from './answer.ts'
import { ProblemError, problem } from './problem.ts'

/**
 * `/.well-known/security.txt` (RFC 9116): whom to write to about a weakness. 404 where the operator named nobody, and once what it
 * named has expired: an address that nobody reads any more is worse than none.
 */
export function securityTxt(security: Config['security'], publicUrl: URL, clock: () => Date): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getSecurityTxt', async () => {
      if (!security || clock() >= security.expires) throw new ProblemError(problem('NOT_FOUND', 'there is nothing at this address'))
      const lines = [
        ...security.contacts.map((contact) => `Contact: ${contact}`),
        `Expires: ${security.expires.toISOString().replace('.000Z', 'Z')}`,
        `Canonical: ${new URL('/.well-known/security.txt', publicUrl).href}`,
        'Preferred-Languages: en',
      ]
      return bytesReply(200, 'text/plain; charset=utf-8', `${lines.join('\n')}\n`, { 'cache-control': 'public, max-age=3600' })
    })
  }
}
