import type { FastifyRequest } from 'fastify'
import type { KnownSession, LiveSession, SessionsService } from '../../identity/sessions/sessions.service.ts'
import { cookieOf } from '../cookies.ts'

/** The session that a request carries, looked up once however often it is asked for. */
export interface RequestSessions {
  /** Undefined: it carries none that counts. */
  readonly sessionOf: (request: FastifyRequest) => Promise<LiveSession | undefined>
  /** Also one that has ended, while it is known whose it was: it opens nothing. */
  readonly knownOf: (request: FastifyRequest) => Promise<KnownSession | undefined>
}

/** Looks up the session of a request when it is asked for first, and once. */
export function requestSessions({ find }: Pick<SessionsService, 'find'>, isSecure: boolean): RequestSessions {
  const asked = new WeakMap<FastifyRequest, ReturnType<RequestSessions['knownOf']>>()
  const knownOf: RequestSessions['knownOf'] = async (request) => {
    const secret = cookieOf(request, 'session', isSecure)
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
