import { fastifyCookie } from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import type { KnownSession, LiveSession, SessionsService } from '../../identity/sessions/sessions.service.ts'

/** The session that a request carries, looked up once however often it is asked for. */
export interface RequestSessions {
  /** Undefined: it carries none that counts. */
  readonly sessionOf: (request: FastifyRequest) => Promise<LiveSession | undefined>
  /** Also one that has ended, while it is known whose it was: it opens nothing. */
  readonly knownOf: (request: FastifyRequest) => Promise<KnownSession | undefined>
}

/** The name of a cookie that browsers keep for this host alone, where they reach it by https (RFC 6265bis, 4.1.3). */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name
}

/** Looks up the session of a request when it is asked for first, and once. */
export function requestSessions({ find }: Pick<SessionsService, 'find'>, isSecure: boolean): RequestSessions {
  const asked = new WeakMap<FastifyRequest, ReturnType<RequestSessions['knownOf']>>()
  const knownOf: RequestSessions['knownOf'] = async (request) => {
    const secret = sessionSecret(request, isSecure)
    if (secret === undefined) return undefined
    const found = asked.get(request) ?? find(secret)
    asked.set(request, found)
    return found
  }
  return {
    knownOf,
    async sessionOf(request) {
      const known = await knownOf(request)
      return known?.isLive ? known : undefined
    },
  }
}

/** The secret of the session that a request carries; undefined: it carries none. */
function sessionSecret({ headers }: Pick<FastifyRequest, 'headers'>, isSecure: boolean): string | undefined {
  const sent = headers.cookie
  return sent === undefined ? undefined : fastifyCookie.parse(sent)[cookieName('session', isSecure)] || undefined
}
